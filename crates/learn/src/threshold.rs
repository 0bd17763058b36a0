//! From which score on a model says yes.

use crate::metrics::{self, Counts};
use mltraining_domain::ThresholdSpec;

/// The threshold that `spec` asks for, on scores that the model gave to rows it had not seen. A score at or above the
/// threshold is a yes; a chosen threshold is always one of the scores. Of thresholds that are equally good the highest
/// is taken: it says yes least often.
///
/// `None` when no threshold does what is asked for (a precision that is never reached, no positives), or a score is NaN.
///
/// # Panics
/// When labels and scores differ in number.
pub fn choose(spec: ThresholdSpec, labels: &[u8], scores: &[f64]) -> Option<f64> {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    if let ThresholdSpec::Fixed(threshold) = spec {
        return Some(threshold);
    }
    let ranked = metrics::ranked(labels, scores)?;
    let all = ranked
        .iter()
        .fold(Counts::default(), |sum, group| sum.and(group.counts));
    let mut best: Option<(Worth, f64)> = None;
    let mut yes = Counts::default();
    for group in &ranked {
        yes = yes.and(group.counts);
        let Some(worth) = worth(spec, yes, all) else {
            continue;
        };
        if best.is_none_or(|(found, _)| worth > found) {
            best = Some((worth, group.score));
        }
    }
    best.map(|(_, threshold)| threshold)
}

/// What is compared: the first number, and among equals the second.
type Worth = (f64, f64);

/// What a threshold is worth that says yes to `yes` of `all`; `None` when it does not count.
fn worth(spec: ThresholdSpec, yes: Counts, all: Counts) -> Option<Worth> {
    let confusion = yes.confusion(all);
    let precision = metrics::precision(&confusion)?;
    let recall = metrics::recall(&confusion)?;
    match spec {
        ThresholdSpec::MaxF1 => metrics::f1(&confusion).map(|f1| (f1, 0.0)),
        ThresholdSpec::MaxMcc => metrics::mcc(&confusion).map(|mcc| (mcc, 0.0)),
        ThresholdSpec::MinPrecision(least) => (precision >= least).then_some((recall, precision)),
        ThresholdSpec::MinRecall(least) => (recall >= least).then_some((precision, recall)),
        ThresholdSpec::Fixed(_) => None,
    }
}
