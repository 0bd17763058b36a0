//! Which rows of the panel are learned from: those decided in the range whose label is known.

use crate::work::WorkError;
use mltraining_domain::{FailureClass, JobFailure, Reason, RowCounts, SourceSpec, TrainSpec, WorkPhase};
use mltraining_panel::Panel;
use mltraining_panel::labels::{self, LabelValue};
use mltraining_panel::split::{SplitRows, unseen};

/// The rows that a job learns from and is tested on, in the panel's order (entity, then time).
pub(super) struct LabelledRows {
    /// Index of each row in the panel.
    pub panel_rows: Vec<u32>,
    /// 1 for a positive, 0 for a negative.
    pub labels: Vec<u8>,
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
    /// Of them those that are held out from every training part.
    pub unseen_entities: u64,
    /// Whether the entity of each row is held out; empty when none is.
    pub held_out: Vec<bool>,
}

/// Labels every row of the panel and keeps those in the range with a known label.
pub(super) fn select(
    panel: &Panel,
    spec: &TrainSpec,
    source: &SourceSpec,
) -> Result<LabelledRows, WorkError> {
    let (start, end) = (spec.range.start_micros(), spec.range.end_micros());
    let labels = labels::compute(panel, &spec.label, source, end);
    let mut rows = LabelledRows {
        panel_rows: Vec::new(),
        labels: Vec::new(),
        decisions: Vec::new(),
        resolves: Vec::new(),
        counts: RowCounts {
            read: panel.rows() as u64,
            ..RowCounts::default()
        },
        entities: 0,
        entity_ends: Vec::new(),
        unseen_entities: 0,
        held_out: Vec::new(),
    };
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
            let label = match labels.values[i] {
                LabelValue::Unknown => {
                    rows.counts.unknown += 1;
                    continue;
                }
                LabelValue::Positive => 1,
                LabelValue::Negative => 0,
            };
            rows.push(i, time, label, labels.resolve_times[i]);
        }
        rows.close(&panel.entities()[entity], before, spec.unseen_entity_share);
    }
    rows.check(spec)
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
    fn push(&mut self, row: usize, decision: i64, label: u8, resolve: i64) {
        self.panel_rows.push(row_number(row));
        self.labels.push(label);
        self.decisions.push(decision);
        self.resolves.push(resolve);
        self.counts.positives += u64::from(label);
        self.counts.negatives += u64::from(1 - label);
    }

    /// Counts an entity whose rows begin at `before`, and holds it out when its name says so.
    fn close(&mut self, entity: &str, before: usize, unseen_share: Option<f64>) {
        let rows = self.panel_rows.len() - before;
        if rows == 0 {
            return;
        }
        self.entities += 1;
        self.entity_ends.push(row_number(self.panel_rows.len()));
        let Some(share) = unseen_share else {
            return;
        };
        let held_out = unseen::is_held_out(entity, share);
        self.unseen_entities += u64::from(held_out);
        self.held_out.extend(std::iter::repeat_n(held_out, rows));
    }

    /// What is parted into folds.
    pub(super) fn split_rows(&self) -> SplitRows<'_> {
        SplitRows {
            decision: &self.decisions,
            resolve: &self.resolves,
            held_out: &self.held_out,
        }
    }

    /// Refuses a share of entities that holds out none, or all.
    fn check_unseen(&self, share: f64) -> Result<(), WorkError> {
        let (entities, unseen) = (self.entities, self.unseen_entities);
        if 0 < unseen && unseen < entities {
            return Ok(());
        }
        let which = if unseen == 0 { "none" } else { "each" };
        Err(WorkError::Failed(JobFailure {
            class: FailureClass::User,
            reason: Reason::TooFewRows,
            message: format!(
                "{which} of the {entities} entities with a known label falls into the share {share} that is held out; take more \
                 entities or another split.unseen_entity_share"
            ),
            phase: WorkPhase::Split,
        }))
    }

    fn check(self, spec: &TrainSpec) -> Result<Self, WorkError> {
        let c = self.counts;
        let in_range = c.read - c.warm_up;
        let span = format!(
            "{} to {}",
            spec.range.start.to_rfc3339(),
            spec.range.end.to_rfc3339()
        );
        let (reason, message) = if in_range == 0 {
            (
                Reason::TimeRangeEmpty,
                format!("the source has no row from {span}; GetSourceCoverage tells where it has some"),
            )
        } else if c.labelled() == 0 {
            let text = format!(
                "none of the {in_range} rows from {span} has a known label ({} unknown, {} of other phases); \
                 choose a longer range or a shorter horizon",
                c.unknown, c.filtered
            );
            (Reason::TooFewRows, text)
        } else if c.positives == 0 {
            let text = format!(
                "none of {} labelled rows is positive; choose a smaller change or a longer range",
                c.negatives
            );
            (Reason::LabelHasNoPositives, text)
        } else if c.negatives == 0 {
            let text = format!(
                "all {} labelled rows are positive; choose a larger change",
                c.positives
            );
            (Reason::LabelHasNoNegatives, text)
        } else {
            spec.unseen_entity_share
                .map_or(Ok(()), |share| self.check_unseen(share))?;
            return Ok(self);
        };
        Err(WorkError::Failed(JobFailure {
            class: FailureClass::User,
            reason,
            message,
            phase: WorkPhase::Labels,
        }))
    }
}
