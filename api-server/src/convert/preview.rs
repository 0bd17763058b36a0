//! Counts of labels, before any job.

use super::field::{large_count, wire_count};
use super::time::{self, show_instant};
use super::{label, train_spec};
use chrono::{DateTime, Utc};
use mltraining_domain::spec::train::{DEFAULT_MAX_ROWS, MAX_ENTITIES, MAX_MAX_ROWS};
use mltraining_domain::{LabelSpec, ProjectId, SourceId, TimeRange, Violations};
use mltraining_panel::preview::{LabelCounts, LabelPreview};
use mltraining_proto::v1;
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
}

const DEFAULT_SHOWN: u32 = 100;
const MOST_SHOWN: u32 = 1000;

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    request: v1::PreviewLabelsRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> PreviewRequest {
    let read = PreviewRequest {
        source: train_spec::source(&request.source, project, "source", found),
        range: time::require_range(request.range, "range", found),
        known_before: time::read_instant(request.known_before, "known_before", found),
        label: label::require(request.label, "label", found),
        entities: request.entities,
        phases: request.phases,
        max_rows: large_count(request.max_rows, DEFAULT_MAX_ROWS, "max_rows", found),
        max_entities: super::field::count(request.max_entities, DEFAULT_SHOWN, "max_entities", found)
            as usize,
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

/// The counts, with the `most` entities that have the most rows.
pub(crate) fn show(preview: &LabelPreview, most: usize) -> v1::PreviewLabelsResponse {
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
        day: DateTime::from_timestamp_micros(*day).map(show_instant),
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
