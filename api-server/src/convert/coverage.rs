//! What a source holds.

use super::field::wire_count;
use super::time::{show_instant, show_range, show_span};
use mltraining_domain::TimeRange;
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;
use mltraining_store::sources::{ColumnCoverage, Coverage, Gaps, PhaseCoverage};

/// The coverage of a range; of everything without one.
pub(crate) fn show(
    coverage: &Coverage,
    source: &SourceName,
    range: Option<&TimeRange>,
) -> v1::SourceCoverage {
    let rows = coverage.rows;
    v1::SourceCoverage {
        source: source.to_string(),
        range: range.map(show_range),
        row_count: wire_count(rows),
        entity_count: wire_count(coverage.entities),
        first_time: coverage.first.map(show_instant),
        last_time: coverage.last.map(show_instant),
        duplicate_key_count: wire_count(coverage.duplicates),
        columns: coverage
            .columns
            .iter()
            .map(|column| show_column(column, rows))
            .collect(),
        phases: coverage.phases.iter().map(show_phase).collect(),
        gaps: Some(show_gaps(&coverage.gaps)),
    }
}

fn show_column(column: &ColumnCoverage, rows: u64) -> v1::ColumnCoverage {
    v1::ColumnCoverage {
        column: column.name.clone(),
        null_count: wire_count(column.nulls),
        null_share: (rows > 0).then(|| column.nulls as f64 / rows as f64),
    }
}

fn show_phase(phase: &PhaseCoverage) -> v1::PhaseCoverage {
    v1::PhaseCoverage {
        phase: phase.phase,
        row_count: wire_count(phase.rows),
    }
}

fn show_gaps(gaps: &Gaps) -> v1::GapSummary {
    let (longest, entity) = gaps.longest.clone().unzip();
    v1::GapSummary {
        gap_count: wire_count(gaps.count),
        longest_gap: longest.map(show_span),
        longest_gap_entity: entity.unwrap_or_default(),
    }
}
