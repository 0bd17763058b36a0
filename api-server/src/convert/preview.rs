//! Counts of labels, before any job.

use super::field::{large_count, wire_count};
use super::time::{self, show_micros};
use super::{label, train_spec};
use chrono::{DateTime, Utc};
use mltraining_domain::spec::train::{DEFAULT_MAX_ROWS, MAX_ENTITIES, MAX_MAX_ROWS};
use mltraining_domain::{LabelSpec, ProjectId, SourceId, Span, TimeRange, Violations};
use mltraining_panel::preview::{GridCell, LabelCounts, LabelPreview};
use mltraining_proto::v1;
use prost_types::Duration;
use std::collections::BTreeSet;

/// What a preview looks at.
#[derive(Debug, Clone)]
pub(crate) struct PreviewRequest {
    /// The source.
    pub(crate) source: SourceId,
    /// Decision times.
    pub(crate) range: TimeRange,
    /// Only rows recorded before this instant; all without.
    pub(crate) known_before: Option<DateTime<Utc>>,
    /// What is to be foreseen.
    pub(crate) label: LabelSpec,
    /// Only these; empty means all.
    pub(crate) entities: Vec<String>,
    /// Only these; empty means all.
    pub(crate) phases: Vec<i32>,
    /// More rows are refused.
    pub(crate) max_rows: u64,
    /// Entities that are shown.
    pub(crate) max_entities: usize,
    /// Changes of a grid; empty without one.
    pub(crate) grid_changes: Vec<f64>,
    /// Horizons of a grid; empty without one.
    pub(crate) grid_horizons: Vec<Span>,
}

const DEFAULT_SHOWN: u32 = 100;
const MOST_SHOWN: u32 = 1000;
/// Changes, and horizons, of a grid.
const MOST_OF_GRID: usize = 10;
const GRID_CHANGES: &str = "grid_changes";
const GRID_HORIZONS: &str = "grid_horizons";

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    request: v1::PreviewLabelsRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> PreviewRequest {
    let label = label::require(request.label, "label", found);
    label::require_class(&label, "label", found);
    let (grid_changes, grid_horizons) = read_grid(&label, request.grid_changes, request.grid_horizons, found);
    let read = PreviewRequest {
        source: train_spec::source(&request.source, project, "source", found),
        range: time::require_range(request.range, "range", found),
        known_before: time::read_instant(request.known_before, "known_before", found),
        label,
        entities: request.entities,
        phases: request.phases,
        max_rows: large_count(request.max_rows, DEFAULT_MAX_ROWS, "max_rows", found),
        max_entities: super::field::count(request.max_entities, DEFAULT_SHOWN, "max_entities", found)
            as usize,
        grid_changes,
        grid_horizons,
    };
    train_spec::check_entities(&read.entities, "entities", found);
    let differ = |all: usize, different: usize| all == different;
    let entities = read.entities.iter().collect::<BTreeSet<_>>().len();
    let phases = read.phases.iter().collect::<BTreeSet<_>>().len();
    found.require(read.entities.len() <= MAX_ENTITIES, "entities", || {
        format!(
            "{} entities; at most {MAX_ENTITIES} are taken, or none for all",
            read.entities.len()
        )
    });
    found.require(differ(read.entities.len(), entities), "entities", || {
        "an entity is named twice".to_owned()
    });
    found.require(read.phases.len() <= 1000, "phases", || {
        "at most 1000 phases are taken".to_owned()
    });
    found.require(differ(read.phases.len(), phases), "phases", || {
        "a phase is named twice".to_owned()
    });
    found.require((1..=MAX_MAX_ROWS).contains(&read.max_rows), "max_rows", || {
        format!("{} rows; give 1 to {MAX_MAX_ROWS}", read.max_rows)
    });
    found.require(read.max_entities <= MOST_SHOWN as usize, "max_entities", || {
        format!("{} entities; give 0 to {MOST_SHOWN}", read.max_entities)
    });
    read
}

/// The changes and the horizons of a grid; the label's own stands for a side that was not said. Both are empty when neither
/// was.
fn read_grid(
    label: &LabelSpec,
    changes: Vec<f64>,
    horizons: Vec<Duration>,
    found: &mut Violations,
) -> (Vec<f64>, Vec<Span>) {
    if changes.is_empty() && horizons.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let Some(own) = label.change() else {
        let field = if changes.is_empty() {
            GRID_HORIZONS
        } else {
            GRID_CHANGES
        };
        let text = format!(
            "a grid needs a label with a change and a horizon, and {} has no change; take change_at_horizon or \
             extreme_within_horizon, or leave the grid out",
            label.name()
        );
        found.invalid(field, text);
        return (Vec::new(), Vec::new());
    };
    let read = |(i, horizon)| time::require_span(Some(horizon), &format!("{GRID_HORIZONS}[{i}]"), found);
    let horizons: Vec<Span> = horizons.into_iter().enumerate().map(read).collect();
    check_side(&changes, GRID_CHANGES, found);
    check_side(&horizons, GRID_HORIZONS, found);
    for (i, change) in changes.iter().enumerate() {
        check_part(
            label.with(*change, label.horizon()),
            ".change",
            &format!("{GRID_CHANGES}[{i}]"),
            found,
        );
    }
    for (i, horizon) in horizons.iter().enumerate() {
        check_part(
            label.with(own, *horizon),
            ".horizon",
            &format!("{GRID_HORIZONS}[{i}]"),
            found,
        );
    }
    (or_own(changes, own), or_own(horizons, label.horizon()))
}

/// What was given, or the label's own when nothing was.
fn or_own<T>(given: Vec<T>, own: T) -> Vec<T> {
    if given.is_empty() { vec![own] } else { given }
}

/// Notes too many values, and those that were given before.
fn check_side<T: PartialEq>(values: &[T], field: &str, found: &mut Violations) {
    found.require(values.len() <= MOST_OF_GRID, field, || {
        format!(
            "{} values; at most {MOST_OF_GRID} are taken, the rest in another call",
            values.len()
        )
    });
    for (i, value) in values.iter().enumerate().take(MOST_OF_GRID) {
        found.require(!values[..i].contains(value), &format!("{field}[{i}]"), || {
            "given twice; give each value once".to_owned()
        });
    }
}

/// Notes under `field` what is wrong with this part of a label.
fn check_part(label: Option<LabelSpec>, part: &str, field: &str, found: &mut Violations) {
    let wrong = label.map_or_else(Violations::new, |label| label.check("label"));
    for violation in wrong.iter().filter(|violation| violation.field.ends_with(part)) {
        found.add(field, violation.reason, violation.description.clone());
    }
}

/// The counts, with the `most` entities that have the most rows.
pub(crate) fn show(preview: &LabelPreview, grid: &[GridCell], most: usize) -> v1::PreviewLabelsResponse {
    let mut entities: Vec<_> = preview.by_entity.iter().collect();
    // Entities come ordered by name, and the sort is stable.
    entities.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.rows()));
    let by_entity = entities
        .into_iter()
        .take(most)
        .map(|(entity, counts)| v1::EntityLabelCounts {
            entity: entity.clone(),
            counts: Some(show_counts(counts)),
        });
    let by_day = preview.by_day.iter().map(|(day, counts)| v1::DayLabelCounts {
        day: show_micros(*day),
        counts: Some(show_counts(counts)),
    });
    let by_phase = preview
        .by_phase
        .iter()
        .map(|(phase, counts)| v1::PhaseLabelCounts {
            phase: *phase,
            counts: Some(show_counts(counts)),
        });
    v1::PreviewLabelsResponse {
        total: Some(show_counts(&preview.total)),
        entity_count: wire_count(preview.by_entity.len() as u64),
        by_entity: by_entity.collect(),
        by_day: by_day.collect(),
        by_phase: by_phase.collect(),
        mean_uniqueness: preview.mean_uniqueness,
        mean_overlap: preview.mean_overlap,
        grid: grid.iter().map(show_cell).collect(),
    }
}

fn show_cell(cell: &GridCell) -> v1::LabelGridCell {
    v1::LabelGridCell {
        change: cell.change,
        horizon: Some(time::show_span(cell.horizon)),
        counts: Some(show_counts(&cell.counts)),
        mean_uniqueness: cell.mean_uniqueness,
        mean_overlap: cell.mean_overlap,
    }
}

fn show_counts(counts: &LabelCounts) -> v1::LabelCounts {
    v1::LabelCounts {
        positives: wire_count(counts.positives),
        negatives: wire_count(counts.negatives),
        unknown: wire_count(counts.unknown),
        positive_share: counts.positive_share(),
    }
}
