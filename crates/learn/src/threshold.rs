//! From which score on a model says yes.

use crate::metrics::{self, Counts, Tied};
use mltraining_domain::ThresholdSpec;

/// The threshold that `spec` asks for, on scores that the model gave to rows it had not seen. A score at or above the
/// threshold is a yes; a chosen threshold is always one of the scores. Of thresholds that are equally good the highest
/// is taken: it says yes least often.
///
/// `days` is the time that the scores are of, in days: what [`ThresholdSpec::TopPerDay`] counts by.
///
/// `None` when no threshold does what is asked for (a precision that is never reached, no positives, more rows with the highest
/// score than are wanted), or a score is NaN.
///
/// # Panics
/// When labels and scores differ in number.
pub fn choose(spec: ThresholdSpec, labels: &[u8], scores: &[f64], days: f64) -> Option<f64> {
    assert_eq!(labels.len(), scores.len(), "one label for each score");
    if let Some(threshold) = spec.given() {
        return Some(threshold);
    }
    let ranked = metrics::ranked(labels, scores)?;
    if let ThresholdSpec::TopPerDay(rows) = spec {
        return top(&ranked, (f64::from(rows) * days) as u64);
    }
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

/// The lowest score at which at most `most` rows are a yes.
fn top(ranked: &[Tied], most: u64) -> Option<f64> {
    let mut yes = 0;
    let fits = |tied: &&Tied| {
        yes += tied.counts.positives + tied.counts.negatives;
        yes <= most
    };
    ranked.iter().take_while(fits).last().map(|tied| tied.score)
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
        ThresholdSpec::Fixed(_)
        | ThresholdSpec::Utility(_)
        | ThresholdSpec::TopPerDay(_)
        | ThresholdSpec::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::tests::generated;
    use crate::metrics::{Cut, measure};
    use mltraining_domain::{Metrics, Utility};
    use proptest::prelude::*;

    const RULES: [ThresholdSpec; 4] = [
        ThresholdSpec::MaxF1,
        ThresholdSpec::MaxMcc,
        ThresholdSpec::MinPrecision(0.6),
        ThresholdSpec::MinRecall(0.7),
    ];

    /// scikit-learn's precision_recall_curve on the same rows: best F1 0.555371900826 at 0.40.
    #[test]
    fn the_best_f1_of_the_generated_rows_is_where_scikit_learn_finds_it() {
        let (labels, scores) = generated();
        let threshold = choose(ThresholdSpec::MaxF1, &labels, &scores, 1.0).unwrap();
        assert_eq!(threshold, 0.4);
        let f1 = measure(&labels, &scores, Cut::At(threshold)).f1.unwrap();
        assert!((f1 - 0.555_371_900_826).abs() <= 1e-12);
    }

    #[test]
    fn a_fixed_threshold_is_taken_as_it_is() {
        assert_eq!(choose(ThresholdSpec::Fixed(0.3), &[], &[], 1.0), Some(0.3));
    }

    #[test]
    fn so_many_rows_a_day_are_called_as_were_asked_for_or_fewer_when_scores_tie() {
        let scores = [0.9, 0.8, 0.8, 0.5, 0.4, 0.3, 0.2, 0.1];
        let top = |rows, days: u32| choose(ThresholdSpec::TopPerDay(rows), &[0; 8], &scores, f64::from(days));
        assert_eq!(top(1, 1), Some(0.9));
        assert_eq!(top(2, 1), Some(0.9), "two more share the next score");
        assert_eq!(top(1, 4), Some(0.5), "four rows in four days");
        assert_eq!(top(100, 1), Some(0.1));
        assert_eq!(
            choose(ThresholdSpec::TopPerDay(1), &[0, 1], &[0.5, 0.5], 1.0),
            None
        );
        assert_eq!(choose(ThresholdSpec::TopPerDay(1), &[], &[], 0.0), None);
    }

    #[test]
    fn a_utility_needs_no_scores() {
        let utility = Utility { gain: 9.0, loss: 1.0 };
        assert_eq!(choose(ThresholdSpec::Utility(utility), &[], &[], 0.0), Some(0.1));
    }

    #[test]
    fn of_equally_good_thresholds_the_highest_is_taken() {
        // F1 is 2/3 at 0.9 and at 0.2.
        let (labels, scores) = ([1, 0, 0, 1], [0.9, 0.8, 0.7, 0.2]);
        assert_eq!(choose(ThresholdSpec::MaxF1, &labels, &scores, 1.0), Some(0.9));
    }

    #[test]
    fn what_cannot_be_reached_gives_no_threshold() {
        let scores = [0.9, 0.8, 0.1];
        assert_eq!(
            choose(ThresholdSpec::MinPrecision(0.6), &[0, 0, 1], &scores, 1.0),
            None
        );
        for rule in RULES {
            assert_eq!(
                choose(rule, &[0, 0, 0], &scores, 1.0),
                None,
                "{rule:?} without positives"
            );
            assert_eq!(choose(rule, &[], &[], 1.0), None, "{rule:?} without rows");
            assert_eq!(
                choose(rule, &[1, 0], &[f64::NAN, 0.1], 1.0),
                None,
                "{rule:?} with a score that is no number"
            );
        }
        assert_eq!(choose(ThresholdSpec::MaxMcc, &[1, 1], &[0.9, 0.1], 1.0), None);
    }

    /// What a rule wants of a threshold, as two numbers, from the metrics at that threshold.
    fn wanted(rule: ThresholdSpec, m: &Metrics) -> Option<(f64, f64)> {
        let (precision, recall) = (m.precision?, m.recall?);
        match rule {
            ThresholdSpec::MaxF1 => m.f1.map(|f1| (f1, 0.0)),
            ThresholdSpec::MaxMcc => m.mcc.map(|mcc| (mcc, 0.0)),
            ThresholdSpec::MinPrecision(least) => (precision >= least).then_some((recall, precision)),
            ThresholdSpec::MinRecall(least) => (recall >= least).then_some((precision, recall)),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn no_threshold_is_better_than_the_chosen_one(
            rows in proptest::collection::vec((0u8..2, 0u8..12), 1..60)
        ) {
            let (labels, scores): (Vec<u8>, Vec<f64>) =
                rows.iter().map(|&(label, score)| (label, f64::from(score) / 12.0)).unzip();
            for rule in RULES {
                let tried = |t: f64| wanted(rule, &measure(&labels, &scores, Cut::At(t))).map(|w| (w, t));
                let best = scores.iter().filter_map(|&t| tried(t)).reduce(|a, b| if b > a { b } else { a });
                prop_assert_eq!(choose(rule, &labels, &scores, 1.0), best.map(|(_, t)| t));
            }
        }
    }
}
