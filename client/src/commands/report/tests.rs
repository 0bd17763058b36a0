#![allow(clippy::unwrap_used)]

use super::*;

fn metrics(rows: i64, positives: i64, auc: Option<f64>, ap: f64) -> Option<v1::Metrics> {
    Some(v1::Metrics {
        rows,
        positives,
        roc_auc: auc,
        average_precision: Some(ap),
        ..v1::Metrics::default()
    })
}

fn prevalence(rows: i64, positives: i64, auc: Option<f64>) -> Vec<v1::Baseline> {
    let metrics = metrics(rows, positives, auc, positives as f64 / rows as f64);
    vec![v1::Baseline {
        name: "prevalence".to_owned(),
        metrics,
        rule: None,
    }]
}

fn fold(index: i32, rows: i64, positives: i64, auc: Option<f64>) -> v1::Fold {
    let hour = |hours: i64| Some(when::timestamp(hours * 3_600_000_000));
    v1::Fold {
        index,
        test_start_time: hour(24 * i64::from(index)),
        test_end_time: hour(24 * i64::from(index) + 23),
        train_rows: 5_000 * i64::from(index),
        test_rows: rows,
        test_positives: positives,
        purged_rows: 36,
        metrics: metrics(rows, positives, auc, 0.3),
        baselines: prevalence(rows, positives, auc.map(|_| 0.5)),
        ..v1::Fold::default()
    }
}

fn sure(low: f64, high: f64) -> v1::ScoreIntervals {
    let interval = v1::Interval {
        low: Some(low),
        high: Some(high),
        ..v1::Interval::default()
    };
    v1::ScoreIntervals {
        blocks: 6,
        roc_auc: Some(interval),
        average_precision: None,
        regression: None,
    }
}

fn evaluation() -> v1::Evaluation {
    let importance = |feature: &str, share: f64| v1::FeatureImportance {
        feature: feature.to_owned(),
        share,
        roc_auc_drop: Some(share / 10.0),
        roc_auc_drop_deviation: Some(0.0042),
        ..v1::FeatureImportance::default()
    };
    v1::Evaluation {
        folds: vec![
            v1::Fold {
                intervals: Some(sure(0.55, 0.67)),
                ..fold(1, 5_736, 812, Some(0.612))
            },
            fold(2, 100, 0, None),
        ],
        overall: metrics(5_836, 812, Some(0.6), 0.24),
        baselines: prevalence(5_836, 812, Some(0.5)),
        skill: Some(0.1),
        importances: vec![
            importance("close", 0.25),
            importance("rolling_std(close, 10)", 0.75),
        ],
        ..v1::Evaluation::default()
    }
}

#[test]
fn a_report_shows_every_fold_beside_the_baselines() {
    let version = v1::ModelVersion {
        name: "projects/default/models/pump/versions/3".to_owned(),
        threshold: Some(0.3125),
        evaluation: Some(evaluation()),
        ..v1::ModelVersion::default()
    };
    let text = super::version(&version, Paint::Plain);
    let expected = "\
pump version 3

                                                                                          model                      prevalence
fold  test rows from – to                  train rows  purged  test rows      positive  ROC AUC  95 %            AP     ROC AUC
1     1970-01-02 00:00 – 1970-01-02 23:00       5,000      36      5,736  812 (14.2 %)    0.612  0.550–0.670  0.300       0.500
2     1970-01-03 00:00 – 1970-01-03 23:00      10,000      36        100     0 (0.0 %)        –  –            0.300           –
mean                                                                                          –               0.300           –
all                                                        72      5,836  812 (13.9 %)    0.600  –            0.240       0.500

skill       +0.100 mean ROC AUC of the folds over the best baseline, prevalence
threshold   0.312; in the folds: precision –, recall –, F1 –, MCC –
scores      Brier – (skill –), log loss –, calibration error –

feature                 importance                            ROC AUC lost without it
rolling_std(close, 10)      75.0 %  ████████████████████████           +0.075 ± 0.004
close                       25.0 %  ████████                           +0.025 ± 0.004";
    assert_eq!(text, expected, "\n{text}");
}

fn intervals(skill: v1::Interval, verdict: v1::Verdict) -> v1::Intervals {
    v1::Intervals {
        block: Some(when::duration(mltraining_domain::Span::from_mins(24 * 60))),
        resamples: 1000,
        overall: Some(v1::ScoreIntervals {
            blocks: 30,
            ..v1::ScoreIntervals::default()
        }),
        best_baseline: "prevalence".to_owned(),
        skill: Some(skill),
        p_value: Some(0.0123),
        verdict: verdict.into(),
    }
}

#[test]
fn the_verdict_is_told_with_its_interval_or_with_what_is_missing() {
    let told = |intervals: v1::Intervals| {
        let evaluation = v1::Evaluation {
            intervals: Some(intervals),
            ..evaluation()
        };
        let text = facts::lines(&v1::ModelVersion::default(), &evaluation, Paint::Plain);
        text.lines().nth(1).unwrap().to_owned()
    };
    let between = |low, high| v1::Interval {
        low: Some(low),
        high: Some(high),
        ..v1::Interval::default()
    };
    assert_eq!(
        told(intervals(between(0.02, 0.18), v1::Verdict::Skill)),
        "verdict     skill: 95 % of the skill lie from +0.020 to +0.180, p 0.012 (1000 draws of 30 blocks of 1d)"
    );
    let none = told(intervals(between(-0.02, 0.18), v1::Verdict::NoSkill));
    assert!(
        none.contains("no skill: 95 % of the skill lie from -0.020"),
        "{none}"
    );
    let unset = v1::Interval {
        unset_reason: v1::IntervalUnsetReason::TooFewBlocks.into(),
        ..v1::Interval::default()
    };
    let unset = told(intervals(unset, v1::Verdict::Unspecified));
    assert!(
        unset.contains("none: the tests fill 30 blocks of 1d, and 5 are needed"),
        "{unset}"
    );
}

#[test]
fn a_model_that_adds_nothing_is_told_so() {
    let nothing = v1::Evaluation {
        skill: Some(-0.01),
        ..evaluation()
    };
    let text = facts::lines(&v1::ModelVersion::default(), &nothing, Paint::Plain);
    assert!(
        text.contains(
            "-0.010 mean ROC AUC of the folds over the best baseline, prevalence, which is as good or better"
        ),
        "{text}"
    );
    assert!(text.contains("threshold   unset"), "{text}");
}

#[test]
fn parts_of_the_rows_are_told_by_their_worst_and_their_best() {
    let slice = |value: &str, rows, auc| v1::Slice {
        value: value.to_owned(),
        metrics: metrics(rows, 1, auc, 0.1),
    };
    let slices = v1::Slices {
        kind: v1::SliceKind::Entity.into(),
        slices: vec![
            slice("B", 1_200, Some(0.7)),
            slice("A", 900, Some(0.4)),
            slice("C", 10, None),
            slice("D", 5, Some(0.6)),
        ],
        other_values: 3,
        other_rows: 30,
    };
    let text = super::slices::table(&[slices], Paint::Plain).unwrap();
    let expected = "\
ROC AUC by  parts  worst               middle  best                  not listed
entity          4  0.400 A (900 rows)   0.600  0.700 B (1,200 rows)           3";
    assert_eq!(text, expected, "\n{text}");
    assert_eq!(super::slices::table(&[], Paint::Plain), None);
}
