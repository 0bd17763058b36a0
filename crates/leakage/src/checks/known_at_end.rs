//! Columns that hold what is known only at the end: filled in later, into rows of before.

use super::CheckKind;
use crate::looked::Looked;
use crate::{Check, Finding, Outcome, Scope, Severity, Subject};
use mltraining_panel::Panel;
use mltraining_panel::compute::Cancelled;
use rayon::prelude::*;
use std::sync::atomic::Ordering;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::KnownAtEnd,
    description: "columns that are constant within every entity and equal the largest, the smallest or the last value that another \
                  column has there over all its rows, at rows before it was reached: in at least half of the entities \
                  that can tell. On the whole entities that were read, evenly spaced, so many that entities times columns are at most 1,000,000",
    run,
};

/// Entities times columns, at most.
const CELLS: usize = 1_000_000;
/// In so many of the entities that can tell.
const SHARE: f64 = 0.5;
/// From here on there is no doubt.
const SURE: f64 = 0.9;
/// Values that differ by no more than this, relative to the larger, are equal: the column may be stored with fewer digits.
const ROUNDING: f64 = 1e-6;
/// What a column may be taken from, in the order of [`Column::ends`].
const ENDS: [&str; 3] = ["the largest", "the smallest", "the last"];

/// One column of one entity.
#[derive(Clone, Copy)]
struct Column {
    /// The value at all its known rows, with the first of these rows; `None` when it changes or is never known.
    constant: Option<(f64, usize)>,
    /// Each end with the first row that has it; `None` when it is never known.
    ends: Option<[(f64, usize); 3]>,
}

/// How often a column equals an end of another.
#[derive(Default)]
struct Evidence {
    can_tell: u64,
    equal: u64,
    first: Option<f64>,
    varies: bool,
}

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let panel = looked.question.panel;
    let names = panel.column_names();
    let step = panel
        .entities()
        .len()
        .div_ceil((CELLS / names.len().max(1)).max(1))
        .max(1);
    let entities: Vec<usize> = (0..panel.entities().len()).step_by(step).collect();
    let of_entities = entities.par_iter().map(|entity| {
        if looked.question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        Ok(columns_of(panel, *entity))
    });
    let of_entities: Vec<Vec<Column>> = of_entities.collect::<Result<_, Cancelled>>()?;
    let constants = (0..names.len()).filter(|column| is_constant(&of_entities, *column));
    let mut findings = Vec::new();
    for column in constants {
        if looked.question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        findings.extend(best(&of_entities, names, column));
    }
    Ok(Outcome {
        scope: Scope {
            rows: entities
                .iter()
                .map(|entity| panel.range_of(*entity).len() as u64)
                .sum(),
            entities: entities.len() as u64,
            columns: names.len() as u64,
            ..Scope::default()
        },
        findings,
    })
}

fn columns_of(panel: &Panel, entity: usize) -> Vec<Column> {
    let rows = panel.range_of(entity);
    let columns = panel.column_names().iter().filter_map(|name| panel.column(name));
    columns.map(|all| column(&all[rows.clone()])).collect()
}

fn column(values: &[f64]) -> Column {
    let known = || {
        values
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, value)| !value.is_nan())
    };
    let Some((start, first)) = known().next() else {
        return Column {
            constant: None,
            ends: None,
        };
    };
    let (mut largest, mut smallest, mut last) = ((first, start), (first, start), (first, start));
    for (row, value) in known() {
        if value > largest.0 {
            largest = (value, row);
        }
        if value < smallest.0 {
            smallest = (value, row);
        }
        last = (value, row);
    }
    let reached = known()
        .find(|(_, value)| *value == last.0)
        .map_or(last.1, |(row, _)| row);
    Column {
        constant: (largest.0 == smallest.0).then_some((first, start)),
        ends: Some([largest, smallest, (last.0, reached)]),
    }
}

/// Whether a column never changes within an entity, and is known in one.
fn is_constant(entities: &[Vec<Column>], column: usize) -> bool {
    let changes = |of: &Vec<Column>| of[column].ends.is_some() && of[column].constant.is_none();
    let known = |of: &Vec<Column>| of[column].constant.is_some();
    !entities.iter().any(changes) && entities.iter().any(known)
}

/// The end of another column that the constant one equals most often, when that is often enough.
fn best(entities: &[Vec<Column>], names: &[String], constant: usize) -> Option<Finding> {
    let others = (0..names.len()).filter(|other| *other != constant);
    let pairs = others.flat_map(|other| (0..ENDS.len()).map(move |end| (other, end)));
    let judged = pairs.map(|(other, end)| (other, end, evidence(entities, constant, other, end)));
    let convincing = judged.filter(|(_, _, found)| found.convinces());
    let (other, end, found) = convincing.max_by(|a, b| a.2.share().total_cmp(&b.2.share()))?;
    let share = found.share();
    Some(Finding {
        severity: if share >= SURE {
            Severity::Error
        } else {
            Severity::Warning
        },
        subject: Subject::Column(names[constant].clone()),
        other: Some(names[other].clone()),
        value: Some(share),
        change: None,
        text: format!(
            "is constant and equals {} value of `{}`, also at rows before it was reached, in {} of {} entities that can tell: it \
             was filled in later and is known only at the end; make no feature of it",
            ENDS[end], names[other], found.equal, found.can_tell
        ),
    })
}

fn evidence(entities: &[Vec<Column>], constant: usize, other: usize, end: usize) -> Evidence {
    let mut found = Evidence::default();
    for columns in entities {
        let (Some((value, known_from)), Some(ends)) = (columns[constant].constant, columns[other].ends)
        else {
            continue;
        };
        let (reached, at) = ends[end];
        if columns[other].constant.is_some() || at <= known_from {
            continue; // it was there by then, so that nothing is told of the future
        }
        found.can_tell += 1;
        if (value - reached).abs() <= ROUNDING * value.abs().max(reached.abs()) {
            found.equal += 1;
            let first = *found.first.get_or_insert(value);
            found.varies |= value != first;
        }
    }
    found
}

impl Evidence {
    fn share(&self) -> f64 {
        self.equal as f64 / self.can_tell as f64
    }

    /// A flag that is 1 in every entity equals the largest value of any other flag: it must differ between entities, or be a
    /// number that is no flag.
    fn convinces(&self) -> bool {
        let is_flag = self.first.is_some_and(|value| value == 0.0 || value.abs() == 1.0);
        let telling = self.varies || (self.can_tell == 1 && !is_flag);
        self.equal > 0 && self.share() >= SHARE && telling
    }
}
