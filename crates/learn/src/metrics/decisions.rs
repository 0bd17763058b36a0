//! What depends on yes and no alone.

use mltraining_domain::{Confusion, Metrics};

/// Counts decisions against labels.
pub(super) fn confusion(labels: &[u8], yes: impl Iterator<Item = bool>) -> Confusion {
    let mut counts = Confusion::default();
    for (&label, yes) in labels.iter().zip(yes) {
        let count = match (label != 0, yes) {
            (true, true) => &mut counts.true_positives,
            (true, false) => &mut counts.false_negatives,
            (false, true) => &mut counts.false_positives,
            (false, false) => &mut counts.true_negatives,
        };
        *count += 1;
    }
    counts
}

/// Writes everything that follows from `counts`.
pub(super) fn fill(metrics: &mut Metrics, counts: Confusion) {
    metrics.accuracy = ratio(counts.true_positives + counts.true_negatives, rows(&counts));
    metrics.precision = precision(&counts);
    metrics.recall = recall(&counts);
    metrics.specificity = ratio(
        counts.true_negatives,
        counts.true_negatives + counts.false_positives,
    );
    let (negatives, positives) = (
        counts.true_negatives + counts.false_positives,
        counts.true_positives + counts.false_negatives,
    );
    metrics.false_positive_rate = ratio(counts.false_positives, negatives);
    metrics.false_negative_rate = ratio(counts.false_negatives, positives);
    let both = metrics.recall.zip(metrics.specificity);
    metrics.balanced_accuracy = both.map(|(recall, specificity)| (recall + specificity) / 2.0);
    metrics.f1 = f1(&counts);
    metrics.mcc = mcc(&counts);
    metrics.kappa = kappa(&counts);
    metrics.confusion = Some(counts);
}

/// TP / (TP + FP); `None` when nothing is a yes.
pub(crate) fn precision(c: &Confusion) -> Option<f64> {
    ratio(c.true_positives, c.true_positives + c.false_positives)
}

/// TP / (TP + FN); `None` without a positive.
pub(crate) fn recall(c: &Confusion) -> Option<f64> {
    ratio(c.true_positives, c.true_positives + c.false_negatives)
}

/// 2 TP / (2 TP + FP + FN); `None` when there is neither a positive nor a yes.
pub(crate) fn f1(c: &Confusion) -> Option<f64> {
    let hits = 2 * c.true_positives;
    ratio(hits, hits + c.false_positives + c.false_negatives)
}

/// Matthews correlation; `None` when one class, or one answer, does not occur.
pub(crate) fn mcc(c: &Confusion) -> Option<f64> {
    let [tn, fp, fneg, tp] = signed(c);
    let product = |a: i128, b: i128| (a * b) as f64;
    let scale = product(tp + fp, tp + fneg).sqrt() * product(tn + fp, tn + fneg).sqrt();
    (scale > 0.0).then(|| (tp * tn - fp * fneg) as f64 / scale)
}

/// Cohen's kappa, 2 (TP TN - FP FN) / ((TP + FP)(FP + TN) + (TP + FN)(FN + TN)); `None` when chance alone would always
/// be right.
fn kappa(c: &Confusion) -> Option<f64> {
    let [tn, fp, fneg, tp] = signed(c);
    let scale = (tp + fp) * (fp + tn) + (tp + fneg) * (fneg + tn);
    (scale > 0).then(|| (2 * (tp * tn - fp * fneg)) as f64 / scale as f64)
}

fn rows(c: &Confusion) -> u64 {
    c.true_negatives + c.false_positives + c.false_negatives + c.true_positives
}

fn signed(c: &Confusion) -> [i128; 4] {
    [
        c.true_negatives,
        c.false_positives,
        c.false_negatives,
        c.true_positives,
    ]
    .map(i128::from)
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
