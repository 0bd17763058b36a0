//! What depends on the scores as probabilities.

/// Bins of the calibration error.
const BINS: usize = 10;

/// -ln p of what came true, p clipped to [2.22e-16, 1 - 2.22e-16] as scikit-learn does.
pub(crate) fn loss_of_row(label: u8, score: f64) -> f64 {
    let p = score.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    -(if label != 0 { p } else { 1.0 - p }).ln()
}

/// Squared difference between score and outcome.
pub(crate) fn square_of_row(label: u8, score: f64) -> f64 {
    (score - f64::from(u8::from(label != 0))).powi(2)
}

/// Mean of the losses of the rows.
pub(super) fn log_loss(labels: &[u8], scores: &[f64]) -> f64 {
    let loss = |(&label, &score): (&u8, &f64)| loss_of_row(label, score);
    labels.iter().zip(scores).map(loss).sum::<f64>() / labels.len() as f64
}

/// Mean squared difference between score and outcome.
pub(super) fn brier(labels: &[u8], scores: &[f64]) -> f64 {
    let square = |(&label, &score): (&u8, &f64)| square_of_row(label, score);
    labels.iter().zip(scores).map(square).sum::<f64>() / labels.len() as f64
}

/// 1 - brier / (P (1 - P)), P being the rows' own share of positives. `None` when all rows are of one class.
pub(super) fn brier_skill(brier: f64, rows: u64, positives: u64) -> Option<f64> {
    let share = positives as f64 / rows as f64;
    let reference = share * (1.0 - share);
    (reference > 0.0).then(|| 1.0 - brier / reference)
}

/// One bin of scores.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct CalibrationBin {
    pub(super) rows: u64,
    pub(super) positives: u64,
    pub(super) score_sum: f64,
}

/// Rows by score: bin k holds (k / 10, (k + 1) / 10], the first one 0 as well (as scikit-learn's `calibration_curve`).
pub(super) fn calibration_bins(labels: &[u8], scores: &[f64]) -> [CalibrationBin; BINS] {
    let mut bins = [CalibrationBin::default(); BINS];
    for (&label, &score) in labels.iter().zip(scores) {
        let bin = (1..BINS).filter(|&k| k as f64 * 0.1 < score).count();
        bins[bin].rows += 1;
        bins[bin].positives += u64::from(label != 0);
        bins[bin].score_sum += score;
    }
    bins
}

/// Expected calibration error (Naeini et al. 2015): the mean over rows of |share of positives - mean score| of the
/// row's bin.
pub(super) fn calibration_error(labels: &[u8], scores: &[f64]) -> f64 {
    let bins = calibration_bins(labels, scores);
    let off: f64 = bins
        .iter()
        .map(|bin| (bin.positives as f64 - bin.score_sum).abs())
        .sum();
    off / labels.len() as f64
}
