//! Every number of scikit-learn 1.9.1 that concerns these metrics (12 digits; the recipe of each case is beside it).

use super::probabilities::{CalibrationBin, calibration_bins};
use super::*;

/// What scikit-learn says of one case, and `None` where the value is undefined: scikit-learn says nan or 0 there.
struct Expected {
    roc_auc: Option<f64>,
    average_precision: Option<f64>,
    log_loss: f64,
    brier: f64,
    accuracy: f64,
    balanced_accuracy: Option<f64>,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    mcc: Option<f64>,
    kappa: Option<f64>,
    /// tn, fp, fn, tp
    confusion: [u64; 4],
}

fn close(name: &str, found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(a), Some(b)) => assert!((a - b).abs() <= 1e-12, "{name}: {a:.13}, not {b:.12}"),
        (a, b) => assert_eq!(a, b, "{name}"),
    }
}

fn check(labels: &[u8], scores: &[f64], cut: f64, expected: &Expected) {
    let m = measure(labels, scores, Cut::At(cut));
    close("roc_auc", m.roc_auc, expected.roc_auc);
    close(
        "average_precision",
        m.average_precision,
        expected.average_precision,
    );
    close("log_loss", m.log_loss, Some(expected.log_loss));
    close("brier", m.brier, Some(expected.brier));
    close("accuracy", m.accuracy, Some(expected.accuracy));
    close(
        "balanced_accuracy",
        m.balanced_accuracy,
        expected.balanced_accuracy,
    );
    close("precision", m.precision, expected.precision);
    close("recall", m.recall, expected.recall);
    close("f1", m.f1, expected.f1);
    close("mcc", m.mcc, expected.mcc);
    close("kappa", m.kappa, expected.kappa);
    let c = m.confusion.unwrap();
    let counts = [
        c.true_negatives,
        c.false_positives,
        c.false_negatives,
        c.true_positives,
    ];
    assert_eq!(counts, expected.confusion);
    assert_eq!((m.threshold, m.rows), (Some(cut), labels.len() as u64));
    assert_eq!(m.positives, c.true_positives + c.false_negatives);
    close(
        "false_positive_rate",
        m.false_positive_rate,
        m.specificity.map(|s| 1.0 - s),
    );
    close(
        "false_negative_rate",
        m.false_negative_rate,
        m.recall.map(|r| 1.0 - r),
    );
}

/// 2,000 rows of a linear congruential generator (Numerical Recipes; x <- 1664525 x + 1013904223 mod 2^32 from 42) in
/// pairs (u, v): score = u^2 rounded to 2 digits, positive iff v < 0.02 + 0.6 score.
pub(crate) fn generated() -> (Vec<u8>, Vec<f64>) {
    let row = |pair: &[f64]| {
        let score = (pair[0] * pair[0] * 100.0).round_ties_even() / 100.0;
        (u8::from(pair[1] < 0.02 + 0.6 * score), score)
    };
    generator(4000).chunks(2).map(row).unzip()
}

/// The first numbers of the generator, from 0 to 1.
fn generator(count: usize) -> Vec<f64> {
    let mut x: u32 = 42;
    let next = |_| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(x) / 4_294_967_296.0
    };
    (0..count).map(next).collect()
}

#[test]
fn case_a_of_the_documentation_reproduces_scikit_learn() {
    let expected = Expected {
        roc_auc: Some(0.75),
        average_precision: Some(0.833_333_333_333),
        log_loss: 0.472_287_953_809,
        brier: 0.158_125,
        accuracy: 0.75,
        balanced_accuracy: Some(0.75),
        precision: Some(1.0),
        recall: Some(0.5),
        f1: Some(0.666_666_666_667),
        mcc: Some(0.577_350_269_190),
        kappa: Some(0.5),
        confusion: [2, 0, 1, 1],
    };
    check(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8], 0.5, &expected);
}

#[test]
fn case_b_with_ties_reproduces_scikit_learn() {
    let expected = Expected {
        roc_auc: Some(0.777_777_777_778),
        average_precision: Some(0.733_333_333_333),
        log_loss: 0.497_218_292_259,
        brier: 0.17,
        accuracy: 0.666_666_666_667,
        balanced_accuracy: Some(0.666_666_666_667),
        precision: Some(0.6),
        recall: Some(1.0),
        f1: Some(0.75),
        mcc: Some(0.447_213_595_500),
        kappa: Some(0.333_333_333_333),
        confusion: [1, 2, 0, 3],
    };
    check(
        &[0, 1, 0, 1, 1, 0],
        &[0.5, 0.5, 0.5, 0.5, 0.9, 0.1],
        0.5,
        &expected,
    );
}

/// scikit-learn says 0 for precision (nothing is a yes: 0 / 0) and for MCC (0 / 0): both are undefined and `None` here.
#[test]
fn case_c_with_one_score_reproduces_scikit_learn_where_it_is_defined() {
    let expected = Expected {
        roc_auc: Some(0.5),
        average_precision: Some(0.25),
        log_loss: 0.569_717_141_594,
        brier: 0.19,
        accuracy: 0.75,
        balanced_accuracy: Some(0.5),
        precision: None,
        recall: Some(0.0),
        f1: Some(0.0),
        mcc: None,
        kappa: Some(0.0),
        confusion: [3, 0, 1, 0],
    };
    check(&[0, 0, 0, 1], &[0.2; 4], 0.5, &expected);
}

#[test]
fn case_d_of_perfect_scores_reproduces_scikit_learn() {
    let expected = Expected {
        roc_auc: Some(1.0),
        average_precision: Some(1.0),
        log_loss: 0.111_571_775_657,
        brier: 0.02,
        accuracy: 1.0,
        balanced_accuracy: Some(1.0),
        precision: Some(1.0),
        recall: Some(1.0),
        f1: Some(1.0),
        mcc: Some(1.0),
        kappa: Some(1.0),
        confusion: [2, 0, 0, 2],
    };
    check(&[0, 0, 1, 1], &[0.0, 0.2, 0.8, 1.0], 0.5, &expected);
}

#[test]
fn case_e_of_inverted_scores_reproduces_scikit_learn() {
    let expected = Expected {
        roc_auc: Some(0.0),
        average_precision: Some(0.416_666_666_667),
        log_loss: 18.826_545_650_776,
        brier: 0.82,
        accuracy: 0.0,
        balanced_accuracy: Some(0.0),
        precision: Some(0.0),
        recall: Some(0.0),
        f1: Some(0.0),
        mcc: Some(-1.0),
        kappa: Some(-1.0),
        confusion: [0, 2, 2, 0],
    };
    check(&[1, 1, 0, 0], &[0.0, 0.2, 0.8, 1.0], 0.5, &expected);
}

/// scikit-learn says 0 for average precision, precision, recall, F1 and MCC, nan for AUC and kappa, and 1 for balanced
/// accuracy (the mean over one class): all are undefined without a positive and `None` here.
#[test]
fn case_f_of_one_class_reproduces_scikit_learn_where_it_is_defined() {
    let expected = Expected {
        roc_auc: None,
        average_precision: None,
        log_loss: 0.299_001_158_669,
        brier: 0.075,
        accuracy: 1.0,
        balanced_accuracy: None,
        precision: None,
        recall: None,
        f1: None,
        mcc: None,
        kappa: None,
        confusion: [4, 0, 0, 0],
    };
    let (labels, scores) = ([0; 4], [0.1, 0.2, 0.3, 0.4]);
    check(&labels, &scores, 0.5, &expected);
    assert_eq!(measure(&labels, &scores, Cut::None).brier_skill, None);
}

#[test]
fn case_g_of_2000_generated_rows_reproduces_scikit_learn() {
    let (labels, scores) = generated();
    let mut expected = Expected {
        roc_auc: Some(0.808_158_756_340),
        average_precision: Some(0.505_731_419_781),
        log_loss: 0.543_927_504_303,
        brier: 0.163_131_9,
        accuracy: 0.7645,
        balanced_accuracy: Some(0.720_476_815_913),
        precision: Some(0.474_832_214_765),
        recall: Some(0.641_723_356_009),
        f1: Some(0.545_805_207_329),
        mcc: Some(0.399_694_886_822),
        kappa: Some(0.391_601_779_468),
        confusion: [1246, 313, 158, 283],
    };
    check(&labels, &scores, 0.5, &expected);
    expected.accuracy = 0.608;
    expected.balanced_accuracy = Some(0.715_220_961_166);
    expected.precision = Some(0.349_956_255_468);
    expected.recall = Some(0.907_029_478_458);
    expected.f1 = Some(0.505_050_505_051);
    expected.mcc = Some(0.360_614_668_634);
    expected.kappa = Some(0.274_031_725_925);
    expected.confusion = [816, 743, 41, 400];
    check(&labels, &scores, 0.2, &expected);
}

#[test]
fn calibration_bins_reproduce_the_calibration_curve_of_scikit_learn() {
    let (labels, scores) = generated();
    let bins = calibration_bins(&labels, &scores);
    let shares = [
        0.028662, 0.100402, 0.175879, 0.2, 0.311377, 0.384615, 0.443478, 0.440945, 0.485149, 0.642202,
    ];
    let means = [
        0.033885, 0.151285, 0.251307, 0.354171, 0.454731, 0.552538, 0.656957, 0.75315, 0.853267, 0.953119,
    ];
    for (bin, (share, mean)) in bins.iter().zip(shares.iter().zip(means)) {
        assert!((bin.positives as f64 / bin.rows as f64 - share).abs() < 1e-6);
        assert!((bin.score_sum / bin.rows as f64 - mean).abs() < 1e-6);
    }
}

/// 98 of the 2,000 scores lie exactly on a border between bins, and the reference number 0.120320226966 puts them into
/// both bins: it weighs the bins (k / 10, (k + 1) / 10] of `calibration_curve` by the counts of numpy's bins
/// [k / 10, (k + 1) / 10). With one convention for both, either one, the error is 0.11949: that is ours.
#[test]
fn the_calibration_error_is_that_of_one_convention_for_borders() {
    let (labels, scores) = generated();
    let found = measure(&labels, &scores, Cut::None).expected_calibration_error;
    close("expected_calibration_error", found, Some(0.119_49));

    let off = |bin: &CalibrationBin| (bin.positives as f64 - bin.score_sum).abs() / bin.rows as f64;
    let numpy = |k: usize| {
        let edge = |k: usize| k as f64 * 0.1;
        scores
            .iter()
            .filter(|&&s| edge(k) <= s && (s < edge(k + 1) || k == 9))
            .count() as f64
            / 2000.0
    };
    let bins = calibration_bins(&labels, &scores);
    let mixed = bins.iter().enumerate().map(|(k, bin)| numpy(k) * off(bin)).sum();
    close("the reference's mixture", Some(mixed), Some(0.120_320_226_966));
}

#[test]
fn brier_skill_is_measured_against_the_prevalence_of_the_rows() {
    let labels = [1, 0, 0, 0];
    let skill = |scores: &[f64]| measure(&labels, scores, Cut::None).brier_skill.unwrap();
    assert_eq!(skill(&[0.25; 4]), 0.0);
    assert_eq!(skill(&[1.0, 0.0, 0.0, 0.0]), 1.0);
    assert!(skill(&[0.0, 1.0, 1.0, 1.0]) < 0.0);
}

#[test]
fn decisions_made_elsewhere_are_measured_without_a_threshold() {
    let m = measure(
        &[1, 0, 1, 0],
        &[0.9, 0.8, 0.1, 0.2],
        Cut::Decisions(&[true, false, true, true]),
    );
    assert_eq!(m.threshold, None);
    assert_eq!(
        (m.precision, m.recall, m.specificity),
        (Some(2.0 / 3.0), Some(1.0), Some(0.5))
    );
}

#[test]
fn without_a_cut_nothing_is_decided() {
    let m = measure(&[1, 0], &[0.9, 0.1], Cut::None);
    assert_eq!(
        (m.accuracy, m.f1, m.confusion, m.threshold),
        (None, None, None, None)
    );
    assert_eq!(m.roc_auc, Some(1.0));
}

#[test]
fn no_rows_and_scores_that_are_no_numbers_measure_nothing() {
    assert_eq!(measure(&[], &[], Cut::At(0.5)), Metrics::default());
    let m = measure(&[1, 0], &[0.9, f64::NAN], Cut::At(0.5));
    let expected = Metrics {
        rows: 2,
        positives: 1,
        threshold: Some(0.5),
        ..Metrics::default()
    };
    assert_eq!(m, expected);
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let (labels, scores) = generated();
    let (mut backwards, mut reversed) = (labels.clone(), scores.clone());
    backwards.reverse();
    reversed.reverse();
    let (a, b) = (
        measure(&labels, &scores, Cut::At(0.5)),
        measure(&backwards, &reversed, Cut::At(0.5)),
    );
    assert_eq!(
        (a.roc_auc, a.average_precision, a.mcc),
        (b.roc_auc, b.average_precision, b.mcc)
    );
}

/// U[..500] and 1.1 U[500..1000] of the generator, the numbers of scipy 1.16: ks_2samp 0.102.
#[test]
fn the_distance_of_two_samples_is_that_of_scipy() {
    let drawn = generator(1000);
    let scores: Vec<f64> = drawn[..500]
        .iter()
        .copied()
        .chain(drawn[500..].iter().map(|u| u * 1.1))
        .collect();
    let labels: Vec<u8> = (0..1000).map(|row| u8::from(row < 500)).collect();
    close("ks", measure(&labels, &scores, Cut::None).ks, Some(0.102));
    // Classes of unlike size, computed apart from the definition.
    let (labels, scores) = generated();
    close(
        "ks",
        measure(&labels, &scores, Cut::None).ks,
        Some(0.484_478_247_147),
    );
}

#[test]
fn the_distance_is_1_when_the_classes_are_apart_and_undefined_with_one_class() {
    let ks = |labels: &[u8]| measure(labels, &[0.1, 0.2, 0.8, 0.9], Cut::None).ks;
    assert_eq!(ks(&[0, 0, 1, 1]), Some(1.0));
    assert_eq!(ks(&[1, 1, 0, 0]), Some(1.0), "either way round");
    assert_eq!(ks(&[1, 1, 1, 1]), None);
}

/// scikit-learn: precision_recall_curve has 102 points, one for each distinct score and one more, and the trapezoid under them
/// is 0.508673714638: not the average precision.
#[test]
fn the_precision_recall_curve_has_the_points_of_scikit_learn() {
    let (labels, scores) = generated();
    let ranked = ranked(&labels, &scores).unwrap();
    assert_eq!(ranked.len() + 1, 102);
    let (mut above, mut last, mut area) = (Counts::default(), (0.0, 1.0), 0.0);
    for tied in &ranked {
        above = above.and(tied.counts);
        let recall = above.positives as f64 / 441.0;
        let precision = above.positives as f64 / (above.positives + above.negatives) as f64;
        area += (recall - last.0) * (precision + last.1) / 2.0;
        last = (recall, precision);
    }
    close("trapezoid", Some(area), Some(0.508_673_714_638));
}
