//! Parts of a panel, and the same panel with another future: for those who prove that nothing that is known at a moment depends
//! on what comes later.

use crate::Panel;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// The positions (rising) of some of these entities, each named with its rows: whole entities in the order of a hash of their names,
/// until there are `most` rows or more. [`Panel::sample`] of the rows of these is that of the rows of all.
pub fn sampled(entities: &[(&str, u64)], most: u64) -> Vec<usize> {
    let mut rows = 0;
    let order = in_order_of_hash(entities.iter().map(|(name, _)| *name));
    let mut chosen: Vec<usize> = order
        .into_iter()
        .take_while(|entity| {
            let before = rows;
            rows += entities[*entity].1;
            before < most
        })
        .collect();
    chosen.sort_unstable();
    chosen
}

fn in_order_of_hash<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> Vec<usize> {
    let mut order: Vec<(u64, usize)> = names.map(hash).zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, entity)| entity).collect()
}

/// How much later the rows of another future are, in microseconds.
const LATER: i64 = 1_000_000;

impl Panel {
    /// At most `most` rows: whole entities in the order of a hash of their names, so that neither their names nor their times
    /// choose; of the last one only its latest rows, so that it is not history alone. All rows when there are no more.
    pub fn sample(&self, most: usize) -> Cow<'_, Panel> {
        if self.rows() <= most {
            return Cow::Borrowed(self);
        }
        let order = in_order_of_hash(self.entities.iter().map(String::as_str));
        let (mut parts, mut left) = (Vec::new(), most);
        for entity in order {
            let rows = self.range_of(entity);
            let taken = rows.len().min(left);
            if taken == 0 {
                break;
            }
            left -= taken;
            parts.push((entity, rows.end - taken..rows.end));
        }
        parts.sort_by_key(|(entity, _)| *entity);
        Cow::Owned(self.of_parts(&parts))
    }

    /// The rows at or before `cut` (microseconds since 1970-01-01 UTC), those of the contexts too. Entities without such a row are not there.
    #[must_use]
    pub fn until(&self, cut: i64) -> Panel {
        let parts = (0..self.entities.len()).filter_map(|entity| {
            let rows = self.range_of(entity);
            let known = self.times[rows.clone()].partition_point(|time| *time <= cut);
            (known > 0).then(|| (entity, rows.start..rows.start + known))
        });
        let mut known = self.of_parts(&parts.collect::<Vec<_>>());
        known.contexts = self.contexts_as(|context| context.until(cut));
        known
    }

    /// The same rows up to `cut`, and after it rows that have other values, other phases and other times; the same of the contexts.
    #[must_use]
    pub fn with_another_future(&self, cut: i64) -> Panel {
        let mut other = self.clone();
        let later: Vec<bool> = self.times.iter().map(|time| *time > cut).collect();
        let of_later = |row: &usize| later[*row];
        for row in (0..self.rows()).filter(of_later) {
            other.times[row] = other.times[row].saturating_add(LATER);
            if let Some(Some(phase)) = other.phases.get_mut(row) {
                *phase = phase.wrapping_add(1);
            }
            for column in &mut other.columns {
                column[row] = another(column[row]);
            }
        }
        other.contexts = self.contexts_as(|context| context.with_another_future(cut));
        other
    }

    fn contexts_as(&self, change: impl Fn(&Panel) -> Panel) -> Vec<(String, Arc<Panel>)> {
        let changed = |(name, panel): &(String, Arc<Panel>)| (name.clone(), Arc::new(change(panel)));
        self.contexts.iter().map(changed).collect()
    }

    /// Some rows of some entities, beside the contexts as they are: (index of the entity, rows of the panel), entities rising, no part empty.
    fn of_parts(&self, parts: &[(usize, Range<usize>)]) -> Panel {
        let picked = |from: &[f64]| {
            parts
                .iter()
                .flat_map(|(_, rows)| &from[rows.clone()])
                .copied()
                .collect()
        };
        let (mut starts, mut rows) = (vec![0], 0);
        for (_, part) in parts {
            rows += part.len();
            starts.push(rows);
        }
        let phases = parts
            .iter()
            .flat_map(|(_, rows)| self.phases.get(rows.clone()).unwrap_or_default());
        Panel {
            entities: parts
                .iter()
                .map(|(entity, _)| self.entities[*entity].clone())
                .collect(),
            starts,
            times: parts
                .iter()
                .flat_map(|(_, rows)| &self.times[rows.clone()])
                .copied()
                .collect(),
            phases: phases.copied().collect(),
            column_names: self.column_names.clone(),
            columns: self.columns.iter().map(|column| picked(column)).collect(),
            contexts: self.contexts.clone(),
        }
    }
}

/// A value that is far from what it was; a known one for an unknown.
fn another(value: f64) -> f64 {
    let other = if value.is_nan() { 1.0 } else { -1.5 * value - 1.0 };
    if other.is_finite() { other } else { 0.0 }
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo), mixed once more: names that differ in their last letter would else stay together.
fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (fnv ^ (fnv >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::sampled;
    use crate::{Panel, PanelBuilder};
    use mltraining_domain::DuplicateRule;

    /// Entities e0, e1, .. with so many rows each, at 0, 10, 20 us; the value tells entity and time.
    fn panel(rows: &[i64], phase: Option<i32>) -> Panel {
        let mut builder = PanelBuilder::new(vec!["x".to_owned()], DuplicateRule::Refuse);
        for (entity, rows) in rows.iter().enumerate() {
            for time in 0..*rows {
                let value = entity as f64 * 1000.0 + time as f64;
                builder
                    .push(&format!("e{entity}"), 10 * time, phase, &[value])
                    .unwrap();
            }
        }
        builder.finish().unwrap().0
    }

    #[test]
    fn a_sample_has_whole_entities_but_for_the_last_and_their_own_rows() {
        let whole = panel(&[5; 9], Some(1));
        assert_eq!(whole.sample(45).rows(), 45);
        let sample = whole.sample(12);
        assert_eq!((sample.rows(), sample.entities().len()), (12, 3));
        let mut lengths: Vec<usize> = (0..3).map(|entity| sample.range_of(entity).len()).collect();
        lengths.sort_unstable();
        assert_eq!(lengths, [2, 5, 5]);
        for (entity, name) in sample.entities().iter().enumerate() {
            let rows = sample.range_of(entity);
            let number: f64 = name[1..].parse().unwrap();
            let last = rows.end - 1;
            assert_eq!(sample.column("x").unwrap()[last], 1000.0 * number + 4.0);
            assert_eq!(sample.times()[last], 40, "of the one that is cut the latest rows");
        }
        assert_eq!(sample.phases().unwrap().len(), 12);
        assert!(sample.entities().is_sorted());
    }

    #[test]
    fn the_rows_of_chosen_entities_have_the_sample_of_all() {
        let rows = [3, 9, 1, 5, 5, 2];
        let whole = panel(&rows, None);
        let named = whole.entities().iter().zip(rows);
        let named: Vec<(&str, u64)> = named
            .map(|(name, rows)| (name.as_str(), rows.unsigned_abs()))
            .collect();
        for most in 0..=25 {
            let chosen = sampled(&named, most);
            let of_chosen: u64 = chosen.iter().map(|entity| named[*entity].1).sum();
            assert!(of_chosen >= most, "{most}: {chosen:?}");
            let parts: Vec<_> = chosen
                .iter()
                .map(|entity| (*entity, whole.range_of(*entity)))
                .collect();
            let (ours, theirs) = (whole.of_parts(&parts), whole.sample(most as usize));
            let ours = ours.sample(most as usize);
            assert_eq!(
                (ours.entities(), ours.times()),
                (theirs.entities(), theirs.times())
            );
        }
        assert_eq!(sampled(&named, 26).len(), 6);
    }

    #[test]
    fn what_is_known_at_the_cut_is_the_same_in_both_worlds_and_the_rest_is_not() {
        for phase in [None, Some(1)] {
            let whole = panel(&[1, 4], phase);
            let until = whole.until(10);
            assert_eq!(until.times(), [0, 0, 10]);
            assert_eq!(until.column("x").unwrap(), [0.0, 1000.0, 1001.0]);
            assert_eq!(whole.until(-1).entities().len(), 0);
            let other = whole.with_another_future(10);
            assert_eq!(other.times(), [0, 0, 10, 1_000_020, 1_000_030]);
            let values = other.column("x").unwrap();
            assert_eq!(values[..3], [0.0, 1000.0, 1001.0]);
            assert!(values[3] < 0.0 && values[4] < 0.0);
            assert_eq!((other.phase_of(2), other.phase_of(3)), (phase, phase.map(|_| 2)));
        }
    }
}
