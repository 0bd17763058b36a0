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

fn evaluation() -> v1::Evaluation {
    let importance = |feature: &str, share: f64| v1::FeatureImportance {
        feature: feature.to_owned(),
        share,
    };
    v1::Evaluation {
        folds: vec![fold(1, 5_736, 812, Some(0.612)), fold(2, 100, 0, None)],
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

                                                                                          model         prevalence
fold  test rows from – to                  train rows  purged  test rows      positive  ROC AUC     AP     ROC AUC     AP
1     1970-01-02 00:00 – 1970-01-02 23:00       5,000      36      5,736  812 (14.2 %)    0.612  0.300       0.500  0.142
2     1970-01-03 00:00 – 1970-01-03 23:00      10,000      36        100     0 (0.0 %)        –  0.300           –  0.000
mean                                                                                          –  0.300           –  0.071
all                                                        72      5,836  812 (13.9 %)    0.600  0.240       0.500  0.139

skill       +0.100 mean ROC AUC of the folds over the best baseline, prevalence
threshold   0.312; in the folds: precision –, recall –, F1 –, MCC –
scores      Brier – (skill –), log loss –, calibration error –

feature                 importance
rolling_std(close, 10)      75.0 %  ████████████████████████
close                       25.0 %  ████████";
    assert_eq!(text, expected, "\n{text}");
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
