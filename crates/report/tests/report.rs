//! The page and the model card of made-up findings: all of them, hostile ones, and none.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Utc};
use mltraining_domain::{
    Baseline, CorrelatedFeature, Curves, Evaluation, FeatureDrop, Fold, ForecastPart, Interval,
    IntervalUnset, Intervals, LeakProof, Metrics, RegressionIntervals, RowCounts, ScoreIntervals,
    SingleFeature, Slice, SliceKind, Slices, Span, Task, TestGap, TimeRange, TrainSpec, UnseenEntities,
    Verdict, VersionFacts,
};
use mltraining_learn::metrics::{Cut, curves, forecast_parts, measure, measure_numbers};
use mltraining_report::{Onnx, Parity, Report, Shown};

const HOSTILE: &str = "</td></svg><script>alert('x')</script><img src=x onerror=alert(1)>\"' | `*_[a](b)";
const FOLDS: usize = 5;

/// Everything that a report tells of.
struct Findings {
    spec: TrainSpec,
    facts: VersionFacts,
    evaluation: Evaluation,
    curves: Curves,
    parts: Vec<ForecastPart>,
    onnx: Onnx,
}

impl Findings {
    fn report(&self) -> Report<'_> {
        Report {
            spec: &self.spec,
            facts: &self.facts,
            evaluation: &self.evaluation,
            shown: match self.spec.label.task() {
                Task::Binary => Shown::Scores(&self.curves),
                Task::Regression => Shown::Numbers(&self.parts),
            },
            onnx: &self.onnx,
        }
    }

    fn html(&self) -> String {
        self.report().html().unwrap()
    }
}

fn time(hour: usize) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + 3600 * hour as i64, 0).unwrap()
}

/// Scores that tell something, and labels.
fn scored(rows: u64) -> (Vec<u8>, Vec<f64>) {
    let mut state = 7u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    let row = |_| {
        let score = next() * next();
        (u8::from(next() < score * 0.8), score)
    };
    (0..rows).map(row).unzip()
}

fn spec(column: &str) -> TrainSpec {
    let text = serde_json::json!({
        "model": "rise", "source": "coin_metrics",
        "range": {"start": time(0), "end": time(240)},
        "label": {"change_at_horizon": {
            "column": column, "change": 0.1, "direction": "UP", "horizon": 600_000_000, "tolerance": null
        }},
        "features": {"sets": ["core"], "features": [], "windows": [{"bars": 5}, {"bars": 10}], "exclude": []},
        "algorithm": {"random_forest": {
            "trees": 100, "max_depth": 10, "min_samples_leaf": 1, "max_features": null, "max_samples": 1.0,
            "class_weight": "none"
        }},
        "split": {"walk_forward": {"folds": 5, "scheme": "EXPANDING", "embargo": 0}},
        "threshold": {"utility": {"gain": 5.0, "loss": 1.0}},
        "seed": 42, "entities": [], "phases": [], "max_rows": 5_000_000
    });
    serde_json::from_value(text).unwrap()
}

fn metrics(rows: u64) -> Metrics {
    let (labels, scores) = scored(rows);
    measure(&labels, &scores, Cut::At(1.0 / 6.0))
}

fn baselines(rows: u64) -> Vec<Baseline> {
    [
        "prevalence",
        "last_label",
        "best_single_feature",
        "logistic_regression",
    ]
    .map(|name| Baseline {
        name: name.to_owned(),
        rule: None,
        metrics: Metrics {
            roc_auc: Some(0.6),
            ..metrics(rows)
        },
    })
    .to_vec()
}

fn fold(index: usize) -> Fold {
    let (start, end) = (time(40 * index), time(40 * index + 39));
    Fold {
        index: index as u32,
        train_start: time(0),
        train_end: time(40 * index - 1),
        test_start: start,
        test_end: end,
        train_rows: 800 * index as u64,
        train_positives: 100,
        test_rows: 800,
        test_positives: 90,
        metrics: metrics(700 + index as u64),
        uncalibrated: None,
        intervals: Some(ScoreIntervals {
            blocks: 9,
            roc_auc: Interval::Between { low: 0.7, high: 0.82 },
            average_precision: Interval::Unset(IntervalUnset::Undefined),
            regression: None,
        }),
        baselines: baselines(700),
        unseen: None,
        leak_proof: LeakProof {
            latest_train_resolve: time(40 * index - 1),
            first_test_decision: start,
            purged_rows: 12,
            embargoed_rows: 0,
            gaps: vec![TestGap {
                first_test_decision: start,
                latest_test_resolve: end,
                latest_train_resolve: Some(time(40 * index - 1)),
                next_train_decision: None,
            }],
        },
    }
}

/// Findings with every part, whose names are all `name`.
fn findings(name: &str) -> Findings {
    let (labels, scores) = scored(4000);
    let features: Vec<String> = (0..40)
        .map(|nth| format!("rolling_mean({name}, {nth})"))
        .collect();
    let evaluation = evaluation(name, features.len(), (&labels, &scores));
    Findings {
        spec: spec(name),
        facts: facts(features),
        curves: curves(&labels, &scores),
        parts: Vec::new(),
        onnx: Onnx::Kept(Parity {
            rows: 10_000,
            largest_difference: 2.2e-16,
        }),
        evaluation,
    }
}

fn evaluation(name: &str, features: usize, (labels, scores): (&[u8], &[f64])) -> Evaluation {
    let slice = |value: &str| Slice {
        value: value.to_owned(),
        metrics: metrics(300),
    };
    let parts = |kind| Slices {
        kind,
        slices: vec![slice(name), slice("")],
        other_values: 2,
        other_rows: 77,
    };
    Evaluation {
        folds: (1..=FOLDS).map(fold).collect(),
        overall: measure(labels, scores, Cut::At(1.0 / 6.0)),
        uncalibrated: Some(metrics(4000)),
        baselines: baselines(4000),
        skill: Some(0.123),
        intervals: Some(intervals()),
        unseen: Some(UnseenEntities {
            entities: 3,
            metrics: metrics(200),
            mean_roc_auc: Some(0.7),
        }),
        shuffled_roc_auc: Some(0.503),
        alarms: vec![SingleFeature {
            name: name.to_owned(),
            roc_auc: 0.995,
        }],
        importances: (0..features).map(|nth| 0.1 / (nth + 1) as f64).collect(),
        permutation: (0..features)
            .map(|nth| FeatureDrop {
                mean: 0.05 - 0.002 * nth as f64,
                deviation: Some(0.003),
            })
            .collect(),
        slices: [
            SliceKind::Entity,
            SliceKind::Phase,
            SliceKind::Day,
            SliceKind::HourOfDay,
        ]
        .map(parts)
        .to_vec(),
        ..Evaluation::default()
    }
}

fn intervals() -> Intervals {
    Intervals {
        block: Span::from_mins(24 * 60),
        resamples: 1000,
        overall: ScoreIntervals {
            blocks: 45,
            roc_auc: Interval::Between {
                low: 0.71,
                high: 0.79,
            },
            average_precision: Interval::Between { low: 0.3, high: 0.4 },
            regression: None,
        },
        best_baseline: Some("logistic_regression".to_owned()),
        skill: Interval::Between {
            low: 0.06,
            high: 0.18,
        },
        p_value: Some(0.0002),
        verdict: Some(Verdict::Skill),
    }
}

fn facts(feature_names: Vec<String>) -> VersionFacts {
    VersionFacts {
        source_fingerprint: "cd".repeat(32),
        spec_hash: "ab".repeat(32),
        feature_names,
        rows: RowCounts {
            read: 12_345,
            warm_up: 345,
            positives: 1_500,
            negatives: 9_500,
            unknown: 900,
            filtered: 100,
            ..RowCounts::default()
        },
        decision_range: TimeRange {
            start: time(0),
            end: time(239),
        },
        latest_resolve_time: time(240),
        entities: 45,
        threshold: Some(1.0 / 6.0),
        model_sha256: "ef".repeat(32),
        service_version: "0.1.0".to_owned(),
        git_hash: "1a2b3c4".to_owned(),
    }
}

#[test]
fn the_page_tells_everything_that_was_found() {
    let page = findings("close").html();
    for told in [
        "It has skill beyond chance and the best simple rule",
        "close rises by 10.0 % or more in 10 minutes",
        "logistic_regression, reaches 0.600",
        "+0.123",
        "0.060 to 0.180",
        "p\u{a0}&#60;\u{a0}0.001",
        "12,345",
        "never counted as negative",
        "coin_metrics",
        "random_forest",
        "rolling_mean(close, 0)",
        "metrics.json has 10 more",
        "By hour of the day",
        "2 more with 77 rows",
        "ROC AUC of 0.503",
        "each of which tells nearly all",
        "On 3 entities that no fold had seen",
        "differs by 2e-16 at most",
        "a hit worth 5",
        &"ab".repeat(32),
        &"cd".repeat(32),
        &"ef".repeat(32),
        "0.1.0, commit 1a2b3c4",
    ] {
        assert!(page.contains(told), "{told} is not told");
    }
    let charts = [
        "skill",
        "fold-times",
        "by-fold",
        "roc",
        "precision-recall",
        "calibration",
        "thresholds",
        "utilities",
    ];
    for chart in charts {
        assert!(
            page.contains(&format!("id=\"{chart}-title\"")),
            "no chart {chart}"
        );
    }
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

/// The same of a model of numbers.
fn findings_of_numbers(name: &str) -> Findings {
    let mut found = findings(name);
    let label =
        serde_json::json!({"change_target": {"column": name, "horizon": 600_000_000, "tolerance": null}});
    found.spec.label = serde_json::from_value(label).unwrap();
    found.facts.threshold = None;
    let (_, forecasts) = scored(4000);
    let truths: Vec<f32> = forecasts
        .iter()
        .map(|forecast| 0.001 * *forecast as f32)
        .collect();
    found.parts = forecast_parts(&truths, &forecasts);
    let metrics = measure_numbers(&truths, &forecasts);
    let sure = Interval::Between {
        low: 0.21,
        high: 0.34,
    };
    let intervals = RegressionIntervals {
        rmse: sure,
        mae: sure,
        median_absolute_error: sure,
        r2: sure,
        spearman: Interval::Unset(IntervalUnset::Undefined),
    };
    let of_numbers = |intervals_of: &mut ScoreIntervals| intervals_of.regression = Some(intervals);
    let evaluation = &mut found.evaluation;
    of_numbers(&mut evaluation.intervals.as_mut().unwrap().overall);
    let baselines = ["mean", "last_value", "best_single_feature", "logistic_regression"];
    for fold in &mut evaluation.folds {
        fold.metrics = metrics.clone();
        of_numbers(fold.intervals.as_mut().unwrap());
        for (baseline, name) in fold.baselines.iter_mut().zip(baselines) {
            baseline.name = name.to_owned();
            baseline.metrics = metrics.clone();
        }
    }
    evaluation.baselines.clone_from(&evaluation.folds[0].baselines);
    evaluation.overall = metrics.clone();
    evaluation.uncalibrated = None;
    evaluation.unseen.as_mut().unwrap().metrics = metrics.clone();
    evaluation.alarms.clear();
    evaluation.correlated = vec![CorrelatedFeature {
        name: name.to_owned(),
        spearman: 0.991,
    }];
    (evaluation.shuffled_roc_auc, evaluation.shuffled_spearman) = (None, Some(-0.012));
    for slices in &mut evaluation.slices {
        slices
            .slices
            .iter_mut()
            .for_each(|slice| slice.metrics = metrics.clone());
    }
    found
}

#[test]
fn the_page_of_a_model_of_numbers_tells_how_near_it_comes_and_nothing_of_classes() {
    let found = findings_of_numbers("close");
    let page = found.html();
    for told in [
        "Foresees <strong>the change of close in 10 minutes</strong>",
        "mean R²",
        "Its mean RMSE is ",
        "that of the best simple rule, logistic_regression, is ",
        "The share of that error which it takes away, +0.123, lies within 0.060 to 0.180",
        "0.21 to 0.34",
        "some draws hold one number alone",
        "R² lost without it",
        "rank correlation of −0.012",
        "close (rank correlation +0.991)",
        "the mean so far",
        "Mean absolute error",
        ">labelled<",
    ] {
        assert!(page.contains(told), "{told} is not told");
    }
    for chart in ["skill", "fold-times", "by-fold", "forecasts"] {
        assert!(
            page.contains(&format!("id=\"{chart}-title\"")),
            "no chart {chart}"
        );
    }
    for of_classes in [
        "ROC AUC",
        "positive",
        "threshold",
        "Threshold",
        "calibrat",
        "Brier",
        "whether <",
    ] {
        let told = page.split("<details><summary>The whole spec").next().unwrap();
        assert!(!told.contains(of_classes), "{of_classes} is told of numbers");
    }
    let card = found.report().model_card().unwrap();
    for told in [
        "Foresees the change of close",
        "| | mean R² of the folds | RMSE | MAE | Spearman |",
        "a number for an entity",
        "commit 1a2b3c4",
    ] {
        assert!(card.contains(told), "{told} is not told:\n{card}");
    }
    for of_classes in [
        "ROC AUC",
        "positive",
        "hreshold",
        "out-of-fold score",
        "probabilities",
    ] {
        assert!(
            !card.contains(of_classes),
            "{of_classes} is told of numbers:\n{card}"
        );
    }
}

#[test]
fn of_numbers_what_is_unknown_is_a_dash_too() {
    let mut found = findings_of_numbers("close");
    (found.evaluation, found.parts) = (Evaluation::default(), Vec::new());
    let page = found.html();
    assert!(page.contains("There are no forecasts to show") && !page.contains("<svg"));
    assert!(page.contains(">–<") && !page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let page = findings("close").html();
    for outside in [
        "http://",
        "https://",
        "src=",
        "url(",
        "@import",
        "<script",
        "<link",
        "<iframe",
        "href=\"//",
    ] {
        assert!(!page.contains(outside), "{outside} is in the page");
    }
}

#[test]
fn the_page_has_a_name_for_every_chart_and_table_and_no_id_twice() {
    let page = findings("close").html();
    let charts = page.matches("<svg ").count();
    assert_eq!(page.matches("role=\"img\" aria-labelledby=").count(), charts);
    assert_eq!(
        (page.matches("<desc id=").count(), page.matches("</svg>").count()),
        (charts, charts)
    );
    let tables = page.matches("<table>").count();
    assert_eq!(
        (
            page.matches("<caption>").count(),
            page.matches("</table>").count()
        ),
        (tables, tables)
    );
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands for two things");
}

#[test]
fn no_name_breaks_out_of_its_place() {
    let found = findings(HOSTILE);
    let page = found.html();
    for tag in ["<script", "<img", "</td></svg>", "onerror=alert(1)>\""] {
        assert!(!page.contains(tag), "{tag} is in the page");
    }
    assert!(
        page.contains("&#60;script&#62;alert(&#39;x&#39;)"),
        "the name is shown as it is"
    );
    assert_eq!(page.matches("<svg ").count(), page.matches("</svg>").count());
    assert_eq!(page.matches("<td").count(), page.matches("</td>").count());
    let card = found.report().model_card().unwrap();
    for tag in ["<script", "<img", "[a](b)", " | `"] {
        assert!(!card.contains(tag), "{tag} is in the card");
    }
}

#[test]
fn what_is_unknown_is_a_dash_and_no_zero() {
    let mut found = findings("close");
    found.evaluation = Evaluation::default();
    found.curves = Curves::default();
    found.facts.threshold = None;
    found.onnx = Onnx::LeftOut("too large".to_owned());
    let page = found.html();
    for told in [
        "It cannot be said whether it has skill",
        "no score does what was asked for",
        "left out: too large",
    ] {
        assert!(page.contains(told), "{told} is not told");
    }
    assert!(!page.contains("<svg"), "there is nothing to draw");
    assert!(page.contains(">–<") && !page.contains("NaN") && !page.contains("inf"));
    let card = found.report().model_card().unwrap();
    assert!(
        !card.contains("model.onnx` (the same") && card.contains("too little time"),
        "{card}"
    );
}

#[test]
fn a_model_without_skill_is_said_to_have_none() {
    let mut found = findings("close");
    let intervals = found.evaluation.intervals.as_mut().unwrap();
    intervals.skill = Interval::Between {
        low: -0.03,
        high: 0.02,
    };
    intervals.verdict = Some(Verdict::NoSkill);
    found.evaluation.skill = Some(-0.004);
    let page = found.html();
    assert!(page.contains("No skill that could be told from the best simple rule"));
    assert!(page.contains("class=\"verdict bad\"") && page.contains("−0.030 to 0.020"));
}

#[test]
fn the_card_has_the_headings_of_model_cards_and_the_facts() {
    let card = findings("close").report().model_card().unwrap();
    let headings: Vec<&str> = card.lines().filter(|line| line.starts_with('#')).collect();
    let expected = [
        "# Model card: rise",
        "## Model details",
        "## Intended use",
        "## Data",
        "## Evaluation",
        "## Caveats",
        "## To make it again",
    ];
    assert_eq!(headings, expected);
    for told in [
        "0.060 to 0.180",
        "12,345 read",
        "| logistic\\_regression | 0.600 |",
        &"ef".repeat(32),
    ] {
        assert!(card.contains(told), "{told} is not told:\n{card}");
    }
}

#[test]
fn the_same_findings_give_the_same_text() {
    let found = findings("close");
    assert_eq!(found.html(), found.html());
    assert_eq!(
        found.report().model_card().unwrap(),
        found.report().model_card().unwrap()
    );
}
