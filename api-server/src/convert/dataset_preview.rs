//! What a training would learn from, before any job.

use super::field::{count, small_wire_count, wire_count};
use super::job_error::show_reason;
use super::model_version::show_rows;
use super::time::show_micros;
use super::train_spec;
use mltraining_domain::{ProjectId, TrainSpec, Violations};
use mltraining_panel::Fingerprint;
use mltraining_panel::preview::{ColumnPreview, DatasetPreview, FoldPreview, ShownRow};
use mltraining_proto::v1;

/// What is looked at.
#[derive(Debug)]
pub(crate) struct DatasetRequest {
    /// What a training would be asked for. Its model is a stand-in: nothing is trained.
    pub(crate) spec: TrainSpec,
    /// The features as they were written, to call a wrong one by its name.
    pub(crate) asked: v1::FeatureSpec,
    /// Rows that are shown.
    pub(crate) shown: usize,
}

const DEFAULT_SHOWN: u32 = 20;
const MOST_SHOWN: u32 = 1000;
/// Values of features in all shown rows together: what fits into an answer.
const MOST_VALUES: usize = 200_000;
const SHOWN: &str = "max_rows_shown";

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    request: v1::PreviewDatasetRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> DatasetRequest {
    let shown = count(request.max_rows_shown, DEFAULT_SHOWN, SHOWN, found);
    found.require(shown <= MOST_SHOWN, SHOWN, || {
        format!("{shown} rows; give 0 to {MOST_SHOWN}")
    });
    let (spec, asked) = train_spec::read_to_look(request.spec, project, found);
    DatasetRequest {
        spec,
        asked,
        shown: shown as usize,
    }
}

/// Refuses more values than an answer holds, once it is known how many features there are.
pub(crate) fn check_size(shown: usize, features: usize) -> Violations {
    let mut found = Violations::new();
    found.require(shown.saturating_mul(features) <= MOST_VALUES, SHOWN, || {
        format!(
            "{shown} rows of {features} features are more than {MOST_VALUES} values; give at most {}, or fewer features",
            MOST_VALUES / features.max(1)
        )
    });
    found
}

/// The preview as the wire holds it.
pub(crate) fn show(seen: &DatasetPreview, fingerprint: &Fingerprint) -> v1::PreviewDatasetResponse {
    let counts = &seen.counts;
    let purged = seen.folds.iter().map(|fold| fold.purged_rows).sum();
    let labeled = counts.labelled();
    let rows = seen.shown.iter().enumerate();
    v1::PreviewDatasetResponse {
        row_counts: Some(show_rows(counts, Some(purged))),
        positive_share: (labeled > 0).then(|| counts.positives as f64 / labeled as f64),
        entity_count: wire_count(seen.entities),
        unseen_entity_count: wire_count(seen.unseen_entities),
        source_fingerprint: fingerprint.to_string(),
        first_decision_time: seen.decisions.and_then(|(first, _)| show_micros(first)),
        last_decision_time: seen.decisions.and_then(|(_, last)| show_micros(last)),
        latest_resolve_time: seen.latest_resolve.and_then(show_micros),
        features: seen.columns.iter().map(show_statistics).collect(),
        folds: seen.folds.iter().map(show_fold).collect(),
        rows: rows.map(|(i, row)| show_row(i, row, &seen.columns)).collect(),
        refusal: seen.refusal.as_ref().map(|refusal| v1::TrainingRefusal {
            reason: show_reason(refusal.reason).into(),
            message: refusal.message.clone(),
        }),
    }
}

fn show_statistics(column: &ColumnPreview) -> v1::FeatureStatistics {
    let statistics = &column.statistics;
    let quantile = |i: usize| statistics.quantiles.map(|quantiles| quantiles[i]);
    v1::FeatureStatistics {
        feature: column.name.clone(),
        count: wire_count(statistics.count),
        missing: wire_count(statistics.missing),
        mean: statistics.mean,
        std: statistics.std,
        min: statistics.min,
        p01: quantile(0),
        p25: quantile(1),
        p50: quantile(2),
        p75: quantile(3),
        p99: quantile(4),
        max: statistics.max,
        zero_variance: statistics.zero_variance,
    }
}

fn show_fold(fold: &FoldPreview) -> v1::FoldPreview {
    v1::FoldPreview {
        index: small_wire_count(fold.index),
        train_start_time: show_micros(fold.train_start),
        train_end_time: show_micros(fold.train_end),
        test_start_time: show_micros(fold.test_start),
        test_end_time: show_micros(fold.test_end),
        train_rows: wire_count(fold.train_rows),
        train_positives: wire_count(fold.train_positives),
        test_rows: wire_count(fold.test_rows),
        test_positives: wire_count(fold.test_positives),
        unseen_rows: wire_count(fold.unseen_rows),
        purged_rows: wire_count(fold.purged_rows),
        embargoed_rows: wire_count(fold.embargoed_rows),
    }
}

/// The `i`-th of the shown rows.
fn show_row(i: usize, row: &ShownRow, columns: &[ColumnPreview]) -> v1::DatasetRow {
    let value = |column: &ColumnPreview| {
        let value = column.shown[i];
        v1::FeatureValue {
            value: (!value.is_nan()).then_some(value),
        }
    };
    v1::DatasetRow {
        entity: row.entity.clone(),
        time: show_micros(row.decision),
        positive: row.label == 1,
        resolve_time: show_micros(row.resolve),
        values: columns.iter().map(value).collect(),
    }
}
