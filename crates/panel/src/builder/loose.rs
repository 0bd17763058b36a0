//! Rows to panel that arrive in any order: for those who hold all of them anyway, so that nobody before need sort them.

use super::{Duplicates, PanelError, compare, known};
use crate::fingerprint::{DayRows, DaySum, PanelHash};
use crate::{Fingerprint, Panel};
use mltraining_domain::DuplicateRule;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// Makes a [`Panel`] of rows in any order: the same one, with the same fingerprint, that a
/// [`PanelBuilder`](crate::PanelBuilder) makes of the rows in order.
#[derive(Debug)]
pub struct LooseRows {
    column_names: Vec<String>,
    names: HashMap<Arc<str>, u32>,
    /// The entity of the last row: the next one often has the same.
    last: Option<(Arc<str>, u32)>,
    /// Of each row: its entity by the order of arrival, time, phase, values.
    entities: Vec<u32>,
    times: Vec<i64>,
    phases: Vec<Option<i32>>,
    columns: Vec<Vec<f64>>,
}

/// What loose rows come to.
#[derive(Debug)]
pub struct Gathered {
    /// The panel.
    pub panel: Panel,
    /// The fingerprint of its rows.
    pub fingerprint: Fingerprint,
    /// Rows that repeated a key and were settled by the rule; `None` without one.
    pub duplicates: Option<Duplicates>,
}

impl LooseRows {
    /// For rows with these columns, in this order.
    pub fn new(columns: Vec<String>) -> Self {
        Self {
            columns: vec![Vec::new(); columns.len()],
            column_names: columns,
            names: HashMap::new(),
            last: None,
            entities: Vec::new(),
            times: Vec::new(),
            phases: Vec::new(),
        }
    }

    /// Adds a row; see [`PanelBuilder::push`](crate::PanelBuilder::push).
    ///
    /// # Errors
    /// [`PanelError::Width`] and [`PanelError::TooManyRows`].
    pub fn push(
        &mut self,
        entity: &str,
        time_micros: i64,
        phase: Option<i32>,
        values: &[f64],
    ) -> Result<(), PanelError> {
        if values.len() != self.columns.len() {
            return Err(PanelError::Width {
                row: self.rows() as u64 + 1,
                expected: self.columns.len(),
                found: values.len(),
            });
        }
        if self.rows() >= u32::MAX as usize {
            return Err(PanelError::TooManyRows);
        }
        let entity = self.number(entity);
        self.entities.push(entity);
        self.times.push(time_micros);
        self.phases.push(phase);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(known(*value));
        }
        Ok(())
    }

    /// Rows that have arrived.
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// Puts the rows in order, and settles those that share a key. Runs in rayon's current pool.
    ///
    /// # Errors
    /// [`PanelError::DuplicateKeys`] when rows share a key under [`DuplicateRule::Refuse`].
    pub fn finish(mut self, rule: DuplicateRule) -> Result<Gathered, PanelError> {
        let (names, order, ends) = self.order();
        let (kept, starts, duplicates) = self.settle(&names, order, &ends, rule);
        if let Some(found) = &duplicates
            && rule == DuplicateRule::Refuse
        {
            return Err(PanelError::DuplicateKeys {
                count: found.count,
                entity: found.entity.clone(),
                time_micros: found.time_micros,
            });
        }
        let phases = put(self.phases, &kept);
        let columns = self.columns.into_iter();
        let panel = Panel {
            entities: names,
            starts,
            times: put(self.times, &kept),
            phases: if phases.iter().any(Option::is_some) {
                phases
            } else {
                Vec::new()
            },
            column_names: self.column_names,
            // One after another, each in the place of the one it is made of.
            columns: columns.map(|column| put(column, &kept)).collect(),
            contexts: Vec::new(),
        };
        Ok(Gathered {
            fingerprint: fingerprint(&panel),
            panel,
            duplicates,
        })
    }

    fn number(&mut self, entity: &str) -> u32 {
        if let Some((name, number)) = &self.last
            && **name == *entity
        {
            return *number;
        }
        let (name, number) = match self.names.get_key_value(entity) {
            Some((name, number)) => (name.clone(), *number),
            None => {
                let (name, number): (Arc<str>, u32) = (entity.into(), self.names.len() as u32);
                self.names.insert(name.clone(), number);
                (name, number)
            }
        };
        self.last = Some((name, number));
        number
    }

    /// The entities in the order of their bytes; the rows in the order of entity and time; where the rows of each entity end.
    fn order(&mut self) -> (Vec<String>, Vec<u32>, Vec<usize>) {
        let mut named: Vec<(Arc<str>, u32)> = self.names.drain().collect();
        named.sort_unstable();
        let mut counts = vec![0; named.len()];
        for entity in &self.entities {
            counts[*entity as usize] += 1;
        }
        let (mut next, mut ends, mut before) = (vec![0; named.len()], Vec::with_capacity(named.len()), 0);
        for (_, entity) in &named {
            next[*entity as usize] = before;
            before += counts[*entity as usize];
            ends.push(before);
        }
        let mut order = vec![0; self.rows()];
        for (row, entity) in std::mem::take(&mut self.entities).into_iter().enumerate() {
            order[next[entity as usize]] = row as u32;
            next[entity as usize] += 1;
        }
        let mut start = 0;
        for end in &ends {
            order[start..*end].sort_by_key(|row| self.times[*row as usize]);
            start = *end;
        }
        let names = named.iter().map(|(name, _)| name.to_string());
        (names.collect(), order, ends)
    }

    /// The rows of `order` that stay, where those of each entity start, and what was found of shared keys.
    fn settle(
        &self,
        names: &[String],
        mut order: Vec<u32>,
        ends: &[usize],
        rule: DuplicateRule,
    ) -> (Vec<u32>, Vec<usize>, Option<Duplicates>) {
        let (mut kept, mut next, mut starts) = (0, 0, vec![0]);
        let mut found: Option<Duplicates> = None;
        for (name, end) in names.iter().zip(ends) {
            while next < *end {
                let time = self.times[order[next] as usize];
                let rest = order[next..*end].iter();
                let count = rest.take_while(|row| self.times[**row as usize] == time).count();
                // Written over those that were looked at before: a list of its own would be as long.
                order[kept] = self.best(&order[next..next + count], rule);
                kept += 1;
                next += count;
                if count > 1 {
                    let found = found.get_or_insert_with(|| Duplicates {
                        count: 0,
                        entity: name.clone(),
                        time_micros: time,
                    });
                    found.count += count as u64 - 1;
                }
            }
            starts.push(kept);
        }
        order.truncate(kept);
        (order, starts, found)
    }

    /// Of rows with one key the one that stays.
    fn best(&self, equal: &[u32], rule: DuplicateRule) -> u32 {
        let replaces = match rule {
            DuplicateRule::Refuse => return equal[0],
            DuplicateRule::KeepFirst => Ordering::Less,
            DuplicateRule::KeepLast => Ordering::Greater,
        };
        let mut best = equal[0];
        for row in &equal[1..] {
            if self.compare(*row, best) == replaces {
                best = *row;
            }
        }
        best
    }

    fn compare(&self, new: u32, old: u32) -> Ordering {
        let (new, old) = (new as usize, old as usize);
        let by_phase = self.phases[new].cmp(&self.phases[old]);
        by_phase.then_with(|| {
            let of = |row: usize| self.columns.iter().map(move |column| column[row]);
            compare(of(new), of(old))
        })
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what is put in order is given back at once"
)]
fn put<T: Copy>(values: Vec<T>, order: &[u32]) -> Vec<T> {
    order.iter().map(|row| values[*row as usize]).collect()
}

/// The days of the entities are summed up beside each other.
fn fingerprint(panel: &Panel) -> Fingerprint {
    let entities = (0..panel.entities.len()).into_par_iter();
    let days = entities.map_init(DayRows::new, |rows, entity| days_of(panel, entity, rows));
    let days: Vec<Vec<DaySum>> = days.collect();
    let mut hash = PanelHash::new(&panel.column_names);
    for (name, days) in panel.entities.iter().zip(days) {
        hash.entity(name);
        days.into_iter().for_each(|day| hash.day(day));
    }
    hash.finish()
}

/// The days of one entity, in order.
fn days_of(panel: &Panel, entity: usize, rows: &mut DayRows) -> Vec<DaySum> {
    let each = panel.range_of(entity).filter_map(|row| {
        let values = panel.columns.iter().map(|column| column[row]);
        rows.row(panel.times[row], panel.phase_of(row), values)
    });
    let mut days: Vec<DaySum> = each.collect();
    days.extend(rows.close());
    days
}
