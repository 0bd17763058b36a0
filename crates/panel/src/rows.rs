//! Which rows of the panel are learned from: those decided in the range whose label is known.

mod phases;

use crate::Panel;
use crate::labels::{self, LabelValue};
use crate::split::{SplitRows, unseen};
use crate::targets::{self, Targets};
use mltraining_domain::{LabelSpec, Reason, RowCounts, SourceSpec, TimeRange, TrainSpec};
pub use phases::RowPhases;

/// The rows that a training learns from and is tested on, in the panel's order (entity, then time).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelledRows {
    /// Index of each row in its panel.
    pub panel_rows: Vec<u32>,
    /// 1 for a positive, 0 for a negative; empty where numbers are foreseen.
    pub labels: Vec<u8>,
    /// The number to foresee, finite; empty where classes are foreseen.
    pub targets: Vec<f32>,
    /// Decision time of each row, microseconds.
    pub decisions: Vec<i64>,
    /// When each label was known, microseconds.
    pub resolves: Vec<i64>,
    /// Where all rows of the panel went.
    pub counts: RowCounts,
    /// Entities with at least one labelled row.
    pub entities: u64,
    /// Where the rows of each of them end.
    pub entity_ends: Vec<u32>,
    /// Their names.
    pub entity_names: Vec<String>,
    /// The phase of each row; empty when no row has one.
    pub phases: RowPhases,
    /// Of them those that are held out from every training part.
    pub unseen_entities: u64,
    /// Whether the entity of each row is held out; empty when none is.
    pub held_out: Vec<bool>,
}

/// Why a training of these rows would end without a model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RowsError {
    /// No row of the range.
    #[error("the source has no row from {}; GetSourceCoverage tells where it has some", span(.range))]
    RangeEmpty {
        /// The decision times asked for.
        range: TimeRange,
    },
    /// No label is known.
    #[error(
        "none of the {} rows from {} has a known label ({} unknown, {} of other phases); \
         choose a longer range or a shorter horizon",
        .counts.read - .counts.warm_up, span(.range), .counts.unknown, .counts.filtered
    )]
    NoneKnown {
        /// The decision times asked for.
        range: TimeRange,
        /// Where the rows went.
        counts: RowCounts,
    },
    /// No label is positive.
    #[error("none of {labelled} labelled rows is positive; choose a smaller change or a longer range")]
    NoPositives {
        /// Rows with a known label.
        labelled: u64,
    },
    /// Every label is positive.
    #[error("all {labelled} labelled rows are positive; choose a larger change")]
    NoNegatives {
        /// Rows with a known label.
        labelled: u64,
    },
    /// The share of entities to hold out takes none of them, or each.
    #[error(
        "{} of the {entities} entities with a known label falls into the share {share} that is held out; take more \
         entities or another split.unseen_entity_share",
        if *.unseen == 0 { "none" } else { "each" }
    )]
    UnseenShare {
        /// The share asked for.
        share: f64,
        /// Entities with a known label.
        entities: u64,
        /// Of them those that are held out.
        unseen: u64,
    },
}

impl RowsError {
    /// The reason to tell a client.
    pub fn reason(&self) -> Reason {
        match self {
            Self::RangeEmpty { .. } => Reason::TimeRangeEmpty,
            Self::NoneKnown { .. } | Self::UnseenShare { .. } => Reason::TooFewRows,
            Self::NoPositives { .. } => Reason::LabelHasNoPositives,
            Self::NoNegatives { .. } => Reason::LabelHasNoNegatives,
        }
    }
}

fn span(range: &TimeRange) -> String {
    format!("{} to {}", range.start.to_rfc3339(), range.end.to_rfc3339())
}

/// Labels every row of the panel and keeps those in the spec's range and phases with a known label. Takes every choice of
/// rows, also one that leaves nothing: [`check`](LabelledRows::check) tells whether a training can come of it.
pub fn select(panel: &Panel, spec: &TrainSpec, source: &SourceSpec) -> LabelledRows {
    let (start, end) = (spec.range.start_micros(), spec.range.end_micros());
    let known_end = spec.range.known_end_micros(spec.known_before);
    let known = Known::of(panel, spec, source, known_end);
    let mut rows = LabelledRows::default();
    rows.counts.read = panel.rows() as u64;
    for entity in 0..panel.entities().len() {
        let before = rows.panel_rows.len();
        for i in panel.range_of(entity) {
            let time = panel.times()[i];
            if time < start {
                rows.counts.warm_up += 1;
                continue;
            }
            debug_assert!(
                time < end,
                "the reader never returns a row at or after the end of the range"
            );
            if !wanted_phase(panel, i, &spec.phases) {
                rows.counts.filtered += 1;
                continue;
            }
            let Some((truth, resolve)) = known.at(i) else {
                rows.counts.unknown += 1;
                continue;
            };
            rows.push(i, time, truth, resolve);
            if panel.phases().is_some() {
                rows.phases.push(panel.phase_of(i));
            }
        }
        rows.close(&panel.entities()[entity], before, spec.unseen_entity_share);
    }
    rows
}

/// What came true in one row.
#[derive(Clone, Copy)]
enum Truth {
    Class(u8),
    Number(f32),
}

/// What is known of the rows of a panel.
enum Known {
    Classes(labels::Labels),
    Numbers(Targets),
}

impl Known {
    fn of(panel: &Panel, spec: &TrainSpec, source: &SourceSpec, end: i64) -> Self {
        match &spec.label {
            LabelSpec::ChangeTarget(target) => Self::Numbers(targets::changes(panel, target, source, end)),
            label => Self::Classes(labels::compute(panel, label, source, end)),
        }
    }

    /// What came true in a row, and when that was known; `None` where it cannot be. A number that an f32 cannot hold cannot.
    fn at(&self, row: usize) -> Option<(Truth, i64)> {
        match self {
            Self::Classes(labels) => {
                let class = match labels.values[row] {
                    LabelValue::Unknown => return None,
                    LabelValue::Positive => 1,
                    LabelValue::Negative => 0,
                };
                Some((Truth::Class(class), labels.resolve_times[row]))
            }
            Self::Numbers(targets) => {
                let number = targets.values[row] as f32;
                number
                    .is_finite()
                    .then(|| (Truth::Number(number), targets.resolve_times[row]))
            }
        }
    }
}

/// Whether a row is decided in the spec's range and phases.
pub fn is_wanted(panel: &Panel, row: usize, spec: &TrainSpec) -> bool {
    let (start, end) = (spec.range.start_micros(), spec.range.end_micros());
    (start..end).contains(&panel.times()[row]) && wanted_phase(panel, row, &spec.phases)
}

fn wanted_phase(panel: &Panel, row: usize, phases: &[i32]) -> bool {
    if phases.is_empty() {
        return true;
    }
    panel.phase_of(row).is_some_and(|p| phases.contains(&p))
}

fn row_number(row: usize) -> u32 {
    u32::try_from(row).expect("the row limit lies below 2^32")
}

impl LabelledRows {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.labels.len() + self.targets.len() // one of the two is empty
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&mut self, row: usize, decision: i64, truth: Truth, resolve: i64) {
        self.panel_rows.push(row_number(row));
        match truth {
            Truth::Class(label) => {
                self.labels.push(label);
                self.counts.positives += u64::from(label);
                self.counts.negatives += u64::from(1 - label);
            }
            Truth::Number(number) => {
                self.targets.push(number);
                self.counts.numbers += 1;
            }
        }
        self.decisions.push(decision);
        self.resolves.push(resolve);
    }

    /// Counts an entity whose rows begin at `before`, and holds it out when its name says so.
    fn close(&mut self, entity: &str, before: usize, unseen_share: Option<f64>) {
        let rows = self.panel_rows.len() - before;
        if rows == 0 {
            return;
        }
        self.entities += 1;
        self.entity_ends.push(row_number(self.panel_rows.len()));
        self.entity_names.push(entity.to_owned());
        let Some(share) = unseen_share else {
            return;
        };
        let held_out = unseen::is_held_out(entity, share);
        self.unseen_entities += u64::from(held_out);
        self.held_out.extend(std::iter::repeat_n(held_out, rows));
    }

    /// Adds the rows of later entities, which were selected by the same spec from a panel of their own.
    pub fn append(&mut self, mut later: Self) {
        let before = row_number(self.len());
        if !(self.phases.is_empty() && later.phases.is_empty()) {
            self.phases.fill(self.len()); // a panel without any phase names none
            later.phases.fill(later.len());
            self.phases.append(&later.phases);
        }
        self.entity_names.append(&mut later.entity_names);
        self.panel_rows.append(&mut later.panel_rows);
        self.labels.append(&mut later.labels);
        self.targets.append(&mut later.targets);
        self.decisions.append(&mut later.decisions);
        self.resolves.append(&mut later.resolves);
        self.held_out.append(&mut later.held_out);
        self.entity_ends
            .extend(later.entity_ends.iter().map(|end| before + end));
        self.entities += later.entities;
        self.unseen_entities += later.unseen_entities;
        self.counts = self.counts.and(later.counts);
    }

    /// What is parted into folds.
    pub fn split_rows(&self) -> SplitRows<'_> {
        SplitRows {
            decision: &self.decisions,
            resolve: &self.resolves,
            held_out: &self.held_out,
        }
    }

    /// Whether a training can come of these rows, which were selected by this spec.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn check(&self, spec: &TrainSpec) -> Result<(), RowsError> {
        let counts = self.counts;
        let (labelled, range) = (counts.labelled(), spec.range);
        if counts.read == counts.warm_up {
            return Err(RowsError::RangeEmpty { range });
        }
        if labelled == 0 {
            return Err(RowsError::NoneKnown { range, counts });
        }
        if counts.numbers == 0 && counts.positives == 0 {
            return Err(RowsError::NoPositives { labelled });
        }
        if counts.numbers == 0 && counts.negatives == 0 {
            return Err(RowsError::NoNegatives { labelled });
        }
        let (entities, unseen) = (self.entities, self.unseen_entities);
        match spec.unseen_entity_share {
            Some(share) if unseen == 0 || unseen == entities => Err(RowsError::UnseenShare {
                share,
                entities,
                unseen,
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_batch_without_phases_keep_their_places_among_those_with_some() {
        let of = |phases: &[Option<i32>], entity: &str| LabelledRows {
            labels: vec![0, 1],
            phases: phases.iter().copied().collect(),
            entity_names: vec![entity.to_owned()],
            entity_ends: vec![2],
            ..LabelledRows::default()
        };
        let mut rows = of(&[], "a");
        rows.append(of(&[Some(1), None], "b"));
        rows.append(of(&[], "c"));
        let phases: Vec<Option<i32>> = rows.phases.iter().collect();
        assert_eq!(phases, [None, None, Some(1), None, None, None]);
        assert_eq!(rows.entity_names, ["a", "b", "c"]);
        assert_eq!(rows.entity_ends, [2, 4, 6]);
        let mut none = of(&[], "a");
        none.append(of(&[], "b"));
        assert!(none.phases.is_empty());
    }
}
