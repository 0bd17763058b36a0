//! Metrics of scores, or of foreseen numbers, against what came true. What is undefined on the rows is `None`, never 0.

mod curves;
mod decisions;
mod forecasts;
mod numbers;
mod probabilities;
mod ranking;
#[cfg(test)]
pub(crate) mod tests;
mod top;

pub use curves::curves;
pub(crate) use decisions::{f1, mcc, precision, recall};
pub use forecasts::forecast_parts;
use mltraining_domain::{CalibrationBin, Confusion, Metrics};
pub use numbers::{average_ranks, measure_numbers, r2, spearman};
pub(crate) use probabilities::{loss_of_row, square_of_row};
pub(crate) use ranking::{Counts, Tied, ranked};

/// Where a yes begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cut<'a> {
    /// Nowhere: only what needs no threshold is measured.
    None,
    /// At this score: at or above it is a yes.
    At(f64),
    /// Decided elsewhere, one decision per row (folds have thresholds of their own).
    Decisions(&'a [bool]),
}

/// Area under the ROC curve of any scores, ties averaged; `None` without rows, with a NaN, and when a class is missing.
/// `labels` are 0 or 1.
///
/// # Panics
/// When labels and scores differ in number.
pub fn roc_auc(labels: &[u8], scores: &[f64]) -> Option<f64> {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    ranked(labels, scores).and_then(|ranked| ranking::roc_auc(&ranked))
}

/// How often scores came true, by ten bins of equal width, the lowest first. `labels` are 0 or 1.
///
/// # Panics
/// When labels and scores differ in number.
pub fn calibration(labels: &[u8], scores: &[f64]) -> Vec<CalibrationBin> {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    let bins = probabilities::calibration_bins(labels, scores);
    let count = bins.len() as f64;
    let bin = |(nth, bin): (usize, &probabilities::CalibrationBin)| CalibrationBin {
        above: nth as f64 / count,
        up_to: (nth + 1) as f64 / count,
        rows: bin.rows,
        positives: bin.positives,
        mean_score: (bin.rows > 0).then(|| bin.score_sum / bin.rows as f64),
    };
    bins.iter().enumerate().map(bin).collect()
}

/// Measures `scores` (probabilities of a positive) against `labels` (0 or 1). Sorts once.
///
/// Without rows, and for scores of which one is NaN, all that needs scores is `None`. What needs both classes is `None`
/// when one is missing. Precision, recall, F1, MCC and kappa are `None` when their denominator is 0.
///
/// # Panics
/// When labels, scores and decisions differ in number.
pub fn measure(labels: &[u8], scores: &[f64], cut: Cut<'_>) -> Metrics {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    let rows = labels.len() as u64;
    let positives = labels.iter().map(|&label| u64::from(label != 0)).sum();
    let mut metrics = Metrics {
        rows,
        positives,
        ..Metrics::default()
    };
    if rows == 0 {
        return metrics;
    }
    if let Some(ranked) = ranked(labels, scores) {
        metrics.roc_auc = ranking::roc_auc(&ranked);
        metrics.average_precision = ranking::average_precision(&ranked);
        metrics.ks = ranking::ks(&ranked);
        metrics.top = top::rows(&ranked);
        metrics.log_loss = Some(probabilities::log_loss(labels, scores));
        let brier = probabilities::brier(labels, scores);
        metrics.brier = Some(brier);
        metrics.brier_skill = probabilities::brier_skill(brier, rows, positives);
        metrics.expected_calibration_error = Some(probabilities::calibration_error(labels, scores));
    }
    match cut {
        Cut::None => {}
        Cut::At(threshold) => {
            metrics.threshold = Some(threshold);
            if !scores.iter().any(|score| score.is_nan()) {
                let yes = scores.iter().map(|&score| score >= threshold);
                decisions::fill(&mut metrics, decisions::confusion(labels, yes));
            }
        }
        Cut::Decisions(given) => {
            assert_eq!(labels.len(), given.len(), "one label for each decision");
            decisions::fill(&mut metrics, decisions::confusion(labels, given.iter().copied()));
        }
    }
    metrics
}

impl Counts {
    /// What comes of saying yes to these and no to the rest of `all`.
    pub(crate) fn confusion(self, all: Counts) -> Confusion {
        Confusion {
            true_positives: self.positives,
            false_positives: self.negatives,
            false_negatives: all.positives - self.positives,
            true_negatives: all.negatives - self.negatives,
        }
    }
}
