//! Rows to panel: checks their order, settles duplicates and hashes, with no allocation per row.

mod loose;

pub use loose::{Gathered, LooseRows};

use crate::fingerprint::{DayRows, PanelHash};
use crate::{Fingerprint, Panel};
use chrono::DateTime;
use mltraining_domain::DuplicateRule;
use std::cmp::Ordering;

/// Why rows do not make a panel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelError {
    /// A row that belongs before the one that came before it: a fault of the reader.
    #[error("row {row} ({entity:?} at {}) arrived after a row that comes later", shown(*time_micros))]
    OutOfOrder {
        /// Number of the row, from 1.
        row: u64,
        /// Its entity.
        entity: String,
        /// Its time, microseconds since 1970-01-01 UTC.
        time_micros: i64,
    },
    /// A row with more or fewer values than there are columns: a fault of the reader.
    #[error("row {row} has {found} values for {expected} columns")]
    Width {
        /// Number of the row, from 1.
        row: u64,
        /// Number of columns.
        expected: usize,
        /// Number of values.
        found: usize,
    },
    /// Rows that share their (entity, time) in a source without a rule for it.
    #[error(
        "{count} rows repeat the entity and time of another row, the first {entity:?} at {}; \
         remove them or set the source's duplicate_rule",
        shown(*time_micros)
    )]
    DuplicateKeys {
        /// Rows that repeat a key; three equal keys count 2.
        count: u64,
        /// Entity of the first.
        entity: String,
        /// Time of the first, microseconds since 1970-01-01 UTC.
        time_micros: i64,
    },
    /// More rows than a row number can name.
    #[error(
        "more than {} rows in one panel; read fewer entities or a shorter range",
        u32::MAX
    )]
    TooManyRows,
}

/// Rows that repeat the entity and time of another row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicates {
    /// How many; three equal keys count 2.
    pub count: u64,
    /// Entity of the first.
    pub entity: String,
    /// Time of the first, microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
}

/// Makes a [`Panel`] of rows that arrive ordered by (bytes of the entity, time).
#[derive(Debug)]
pub struct PanelBuilder {
    rule: DuplicateRule,
    panel: Panel,
    hash: PanelHash,
    days: DayRows,
    /// The last row waits here until the next key shows that no duplicate of it follows.
    last: Option<Key>,
    values: Vec<f64>,
    arrived: u64,
    duplicates: u64,
    example: Option<(String, i64)>,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    time: i64,
    phase: Option<i32>,
}

impl PanelBuilder {
    /// A builder for rows with these columns, in this order.
    pub fn new(columns: Vec<String>, duplicate_rule: DuplicateRule) -> Self {
        let hash = PanelHash::new(&columns);
        let width = columns.len();
        Self {
            rule: duplicate_rule,
            panel: Panel {
                columns: vec![Vec::new(); width],
                column_names: columns,
                ..Panel::default()
            },
            hash,
            days: DayRows::new(),
            last: None,
            values: Vec::with_capacity(width),
            arrived: 0,
            duplicates: 0,
            example: None,
        }
    }

    /// Adds a row. `time_micros` counts from 1970-01-01 UTC; NULL is NaN, and so is an infinite value, which is no
    /// measurement. Of rows with one key the one that sorts first (last) by phase and values is kept, whatever the order
    /// in which they arrive; under [`DuplicateRule::Refuse`] they are counted and [`finish`](Self::finish) refuses.
    ///
    /// # Errors
    /// [`PanelError::OutOfOrder`], [`PanelError::Width`] and [`PanelError::TooManyRows`].
    pub fn push(
        &mut self,
        entity: &str,
        time_micros: i64,
        phase: Option<i32>,
        values: &[f64],
    ) -> Result<(), PanelError> {
        self.arrived += 1;
        if values.len() != self.panel.column_names.len() {
            return Err(PanelError::Width {
                row: self.arrived,
                expected: self.panel.column_names.len(),
                found: values.len(),
            });
        }
        match self.order_of(entity, time_micros) {
            Ordering::Less => {
                return Err(PanelError::OutOfOrder {
                    row: self.arrived,
                    entity: entity.to_owned(),
                    time_micros,
                });
            }
            Ordering::Equal => self.settle(phase, values),
            Ordering::Greater => {
                self.seal()?;
                self.open(entity);
                self.take(time_micros, phase, values);
            }
        }
        Ok(())
    }

    /// Rows that have arrived so far, duplicates included.
    pub fn arrived(&self) -> u64 {
        self.arrived
    }

    /// Rows that the builder holds: those that have arrived and were not handed over, duplicates left out.
    pub fn held_rows(&self) -> usize {
        self.panel.times.len()
    }

    /// The rows so far that repeat a key; `None` without one.
    pub fn duplicates(&self) -> Option<Duplicates> {
        let (entity, time_micros) = self.example.clone()?;
        Some(Duplicates {
            count: self.duplicates,
            entity,
            time_micros,
        })
    }

    /// Rows of the entities that are whole: all but the last one that has arrived.
    pub fn whole_rows(&self) -> usize {
        self.panel.starts.last().copied().unwrap_or_default()
    }

    /// Hands over the entities that are whole as a panel of their own, and goes on with the rest: for those who need not hold
    /// all entities at once. What is handed over in the end is every entity once, in order; the fingerprint is that of all.
    /// Whether keys repeat is known in the end.
    pub fn take_whole(&mut self) -> Panel {
        let (rows, last) = (self.whole_rows(), self.panel.entities.len().saturating_sub(1));
        let open = Panel {
            entities: self.panel.entities.split_off(last),
            starts: vec![0; self.panel.starts.len() - last],
            times: part_off(&mut self.panel.times, rows),
            phases: part_off(&mut self.panel.phases, rows),
            column_names: self.panel.column_names.clone(),
            columns: self
                .panel
                .columns
                .iter_mut()
                .map(|column| part_off(column, rows))
                .collect(),
            ..Panel::default()
        };
        std::mem::replace(&mut self.panel, open)
    }

    /// The panel and the fingerprint of its rows; the panel is what [`take_whole`](Self::take_whole) has left.
    ///
    /// # Errors
    /// [`PanelError::DuplicateKeys`] when rows share a key under [`DuplicateRule::Refuse`]; [`PanelError::TooManyRows`].
    pub fn finish(mut self) -> Result<(Panel, Fingerprint), PanelError> {
        self.seal()?;
        if let Some(found) = self.duplicates()
            && self.rule == DuplicateRule::Refuse
        {
            return Err(PanelError::DuplicateKeys {
                count: found.count,
                entity: found.entity,
                time_micros: found.time_micros,
            });
        }
        self.panel.starts.push(self.panel.times.len());
        if let Some(day) = self.days.close() {
            self.hash.day(day);
        }
        Ok((self.panel, self.hash.finish()))
    }

    /// How a row's key compares to the last one's.
    fn order_of(&self, entity: &str, time: i64) -> Ordering {
        let (Some(current), Some(last)) = (self.panel.entities.last(), self.last) else {
            return Ordering::Greater;
        };
        let by_entity = entity.as_bytes().cmp(current.as_bytes());
        by_entity.then_with(|| time.cmp(&last.time))
    }

    /// Keeps one of two rows with the same key.
    fn settle(&mut self, phase: Option<i32>, values: &[f64]) {
        let (Some(entity), Some(last)) = (self.panel.entities.last(), self.last) else {
            return;
        };
        self.duplicates += 1;
        if self.example.is_none() {
            self.example = Some((entity.clone(), last.time));
        }
        let new = values.iter().map(|value| known(*value));
        let order = phase
            .cmp(&last.phase)
            .then_with(|| compare(new, self.values.iter().copied()));
        let replaces = match self.rule {
            DuplicateRule::Refuse => false,
            DuplicateRule::KeepFirst => order == Ordering::Less,
            DuplicateRule::KeepLast => order == Ordering::Greater,
        };
        if replaces {
            self.take(last.time, phase, values);
        }
    }

    /// Starts a new entity when this row's is one.
    fn open(&mut self, entity: &str) {
        if self
            .panel
            .entities
            .last()
            .is_some_and(|current| current == entity)
        {
            return;
        }
        self.panel.entities.push(entity.to_owned());
        self.panel.starts.push(self.panel.times.len());
        if let Some(day) = self.days.close() {
            self.hash.day(day);
        }
        self.hash.entity(entity);
    }

    fn take(&mut self, time: i64, phase: Option<i32>, values: &[f64]) {
        self.last = Some(Key { time, phase });
        self.values.clear();
        self.values.extend(values.iter().map(|value| known(*value)));
    }

    /// Moves the waiting row into the panel and the hash.
    fn seal(&mut self) -> Result<(), PanelError> {
        let Some(Key { time, phase }) = self.last else {
            return Ok(());
        };
        if self.panel.times.len() >= u32::MAX as usize {
            return Err(PanelError::TooManyRows);
        }
        if phase.is_some() && self.panel.phases.is_empty() {
            self.panel.phases = vec![None; self.panel.times.len()];
        }
        if phase.is_some() || !self.panel.phases.is_empty() {
            self.panel.phases.push(phase);
        }
        self.panel.times.push(time);
        for (column, value) in self.panel.columns.iter_mut().zip(&self.values) {
            column.push(*value);
        }
        if let Some(day) = self.days.row(time, phase, self.values.iter().copied()) {
            self.hash.day(day);
        }
        Ok(())
    }
}

/// What stands from `at` on, with room for as much again as there was: the next part will be about as long.
fn part_off<T>(values: &mut Vec<T>, at: usize) -> Vec<T> {
    let mut rest = Vec::with_capacity(values.len());
    rest.extend(values.drain(at.min(values.len())..));
    rest
}

fn known(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// Orders two rows by their known values; NaN sorts last, as NULL does in SQL.
fn compare(new: impl Iterator<Item = f64>, old: impl Iterator<Item = f64>) -> Ordering {
    new.zip(old)
        .map(|(a, b)| a.is_nan().cmp(&b.is_nan()).then_with(|| a.total_cmp(&b)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn shown(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).map_or_else(|| format!("{micros} us"), |time| time.to_rfc3339())
}

#[cfg(test)]
mod tests;
