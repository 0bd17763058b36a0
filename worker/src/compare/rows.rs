//! The rows that all versions can score: each reads its own entities and phases, and only what all of them read is compared.

use mltraining_panel::rows::LabelledRows;
use std::cmp::Ordering;

/// One reading: its labelled rows, by entity (in the order of their bytes) and time.
pub(super) struct Reading {
    /// The rows.
    pub rows: LabelledRows,
    /// Of each version that read so, the scores of the rows.
    pub scored: Vec<OfVersion>,
}

/// What a version says of a reading's rows.
pub(super) struct OfVersion {
    /// Its place among the versions.
    pub place: usize,
    /// Its threshold.
    pub threshold: Option<f64>,
    /// The scores.
    pub scores: Vec<f64>,
}

/// A label that two readings have not the same: the source changed in between.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    /// Whose.
    pub entity: String,
    /// When it was decided, microseconds.
    pub decision: i64,
}

/// For each reading the places of the rows that all of them have, in the same order.
pub(super) fn common(readings: &[&LabelledRows]) -> Result<Vec<Vec<u32>>, Changed> {
    let Some((first, others)) = readings.split_first() else {
        return Ok(Vec::new());
    };
    let mut places: Vec<Vec<u32>> = vec![(0..first.len() as u32).collect()];
    for other in others {
        let (kept, theirs) = meet(first, &places[0], other)?;
        for of in &mut places {
            *of = kept.iter().map(|&at| of[at]).collect();
        }
        places.push(theirs);
    }
    Ok(places)
}

/// Which of `some` rows of the one reading are in the other, as numbers within `some`, and where they are there.
fn meet(one: &LabelledRows, some: &[u32], other: &LabelledRows) -> Result<(Vec<usize>, Vec<u32>), Changed> {
    let (mut kept, mut theirs) = (Vec::new(), Vec::new());
    let (mut ours, mut others) = (Keys::new(one), Keys::new(other));
    let mut next = 0;
    for (nth, &row) in some.iter().enumerate() {
        let row = row as usize;
        let entity = ours.entity(row);
        while next < other.len() {
            let order = others
                .entity(next)
                .as_bytes()
                .cmp(entity.as_bytes())
                .then(other.decisions[next].cmp(&one.decisions[row]));
            match order {
                Ordering::Less => next += 1,
                Ordering::Greater => break,
                Ordering::Equal => {
                    if truth(one, row) != truth(other, next) {
                        return Err(Changed {
                            entity: entity.to_owned(),
                            decision: one.decisions[row],
                        });
                    }
                    kept.push(nth);
                    theirs.push(next as u32);
                    next += 1;
                    break;
                }
            }
        }
    }
    Ok((kept, theirs))
}

/// What came true in a row: its class, or the bits of its number.
fn truth(rows: &LabelledRows, row: usize) -> (Option<u8>, Option<u32>) {
    let number = rows.targets.get(row).map(|number| number.to_bits());
    (rows.labels.get(row).copied(), number)
}

/// The entities of rows that are asked for in order.
struct Keys<'a> {
    rows: &'a LabelledRows,
    entity: usize,
}

impl<'a> Keys<'a> {
    fn new(rows: &'a LabelledRows) -> Self {
        Self { rows, entity: 0 }
    }

    fn entity(&mut self, row: usize) -> &'a str {
        while self.rows.entity_ends[self.entity] as usize <= row {
            self.entity += 1;
        }
        &self.rows.entity_names[self.entity]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows by entity: name, then decision times and labels.
    fn rows(of: &[(&str, &[(i64, u8)])]) -> LabelledRows {
        let mut made = LabelledRows::default();
        for (entity, rows) in of {
            for (decision, label) in *rows {
                made.decisions.push(*decision);
                made.labels.push(*label);
            }
            made.entity_names.push((*entity).to_owned());
            made.entity_ends.push(made.labels.len() as u32);
        }
        made
    }

    #[test]
    fn only_rows_that_all_readings_have_are_common_and_they_stand_in_one_order() {
        let one = rows(&[
            ("a", &[(1, 0), (2, 1), (3, 0)]),
            ("c", &[(1, 1)]),
            ("d", &[(5, 0)]),
        ]);
        let two = rows(&[
            ("a", &[(2, 1), (3, 0)]),
            ("b", &[(1, 1)]),
            ("c", &[(1, 1), (2, 0)]),
        ]);
        let three = rows(&[("B", &[(9, 0)]), ("a", &[(1, 0), (3, 0)]), ("c", &[(1, 1)])]);
        assert_eq!(common(&[&one]).unwrap(), [vec![0, 1, 2, 3, 4]]);
        assert_eq!(common(&[&one, &two]).unwrap(), [vec![1, 2, 3], vec![0, 1, 3]]);
        assert_eq!(
            common(&[&one, &two, &three]).unwrap(),
            [vec![2, 3], vec![1, 3], vec![2, 3]]
        );
        assert_eq!(
            common(&[&one, &rows(&[("z", &[(1, 0)])])]).unwrap(),
            [vec![], Vec::<u32>::new()]
        );
        assert_eq!(common(&[]).unwrap(), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn a_label_that_changed_between_two_readings_is_named() {
        let one = rows(&[("a", &[(1, 0), (2, 1)])]);
        let two = rows(&[("a", &[(1, 0), (2, 0)])]);
        let changed = common(&[&one, &two]).unwrap_err();
        assert_eq!((changed.entity.as_str(), changed.decision), ("a", 2));
    }

    #[test]
    fn a_number_that_changed_between_two_readings_is_named() {
        let numbers = |numbers: &[f32]| {
            let mut made = rows(&[("a", &[(1, 0), (2, 0)])]);
            made.labels.clear();
            made.targets = numbers.to_vec();
            made
        };
        let (one, two) = (numbers(&[0.5, -0.25]), numbers(&[0.5, -0.125]));
        assert_eq!(common(&[&one, &one]).unwrap(), [vec![0, 1], vec![0, 1]]);
        let changed = common(&[&one, &two]).unwrap_err();
        assert_eq!((changed.entity.as_str(), changed.decision), ("a", 2));
    }
}
