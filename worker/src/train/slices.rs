//! What was said of the test rows, by entity, phase, day and hour.

use super::folds::time;
use chrono::Timelike;
use mltraining_domain::{Metrics, Slice, SliceKind, Slices};
use mltraining_panel::rows::LabelledRows;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The metrics of some test rows.
type Measure<'a> = dyn Fn(&[usize]) -> Metrics + 'a;

/// No more entities are listed.
const MOST_ENTITIES: usize = 20;
/// No more parts of another kind are: a year of days.
const MOST_OTHERS: usize = 366;

/// Test rows parted in every way; by phase only where rows have one. `measured` measures some of `out`, by their places there.
pub(super) fn measure(out: &[u32], rows: &LabelledRows, measured: &Measure<'_>) -> Vec<Slices> {
    let at = |row: u32| time(rows.decisions[row as usize]);
    let entity = grouped(out, |row| rows.entity_ends.partition_point(|end| *end <= row));
    let name = |&entity: &usize| rows.entity_names[entity].clone();
    let mut found = vec![slices(SliceKind::Entity, entity, measured, name)];
    if !rows.phases.is_empty() {
        let phase = grouped(out, |row| rows.phases.get(row as usize));
        let name = |phase: &Option<i32>| phase.map_or_else(String::new, |phase| phase.to_string());
        found.push(slices(SliceKind::Phase, phase, measured, name));
    }
    let day = grouped(out, |row| at(row).date_naive());
    found.push(slices(SliceKind::Day, day, measured, ToString::to_string));
    let hour = grouped(out, |row| at(row).hour());
    found.push(slices(SliceKind::HourOfDay, hour, measured, |hour| {
        format!("{hour:02}")
    }));
    found
}

/// Places among the test rows by what `key` says of their rows.
fn grouped<K: Ord>(out: &[u32], key: impl Fn(u32) -> K) -> BTreeMap<K, Vec<usize>> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (place, &row) in out.iter().enumerate() {
        groups.entry(key(row)).or_default().push(place);
    }
    groups
}

fn slices<K: Ord>(
    kind: SliceKind,
    groups: BTreeMap<K, Vec<usize>>,
    measured: &Measure<'_>,
    name: impl Fn(&K) -> String,
) -> Slices {
    let most = if kind == SliceKind::Entity {
        MOST_ENTITIES
    } else {
        MOST_OTHERS
    };
    let mut groups: Vec<(K, Vec<usize>)> = groups.into_iter().collect();
    if kind == SliceKind::Entity || groups.len() > most {
        groups.sort_by_key(|(_, places)| Reverse(places.len())); // stable: of equals the first
    }
    let others = groups.split_off(groups.len().min(most));
    if kind != SliceKind::Entity {
        groups.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let slice = |(key, places): &(K, Vec<usize>)| Slice {
        value: name(key),
        metrics: measured(places),
    };
    Slices {
        kind,
        slices: groups.iter().map(slice).collect(),
        other_values: others.len() as u64,
        other_rows: others.iter().map(|(_, places)| places.len() as u64).sum(),
    }
}
