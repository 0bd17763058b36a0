//! Every field of a request: what is refused, and under which name.
#![allow(clippy::unwrap_used)]

mod round_trip;

use super::{preview, source, train_request, train_spec};
use mltraining_domain::name::ProjectName;
use mltraining_domain::{
    AlgorithmSpec, FeatureSpec, ProjectId, Reason, SplitSpec, ThresholdSpec, Violations,
};
use mltraining_proto::v1;
use prost_types::{Duration, Timestamp};
use v1::algorithm_spec::Algorithm;
use v1::label_spec::Kind;
use v1::split_spec::Split;
use v1::threshold_spec::Rule;
use v1::window::Length;

const HOSTILE: &str = "x\"; drop table job; --";

fn project() -> ProjectId {
    ProjectName::parse("").unwrap().0
}

fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

fn label() -> v1::ChangeAtHorizon {
    v1::ChangeAtHorizon {
        change: 0.05,
        horizon: seconds(600),
        ..v1::ChangeAtHorizon::default()
    }
}

/// The smallest good request.
fn smallest() -> v1::TrainModelRequest {
    v1::TrainModelRequest {
        model_id: "pump".to_owned(),
        spec: Some(v1::TrainSpec {
            range: range(0, 3600),
            label: Some(v1::LabelSpec {
                kind: Some(Kind::ChangeAtHorizon(label())),
            }),
            ..v1::TrainSpec::default()
        }),
        ..v1::TrainModelRequest::default()
    }
}

fn range(start: i64, end: i64) -> Option<v1::TimeRange> {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    Some(v1::TimeRange {
        start: at(start),
        end: at(end),
    })
}

fn violations(request: v1::TrainModelRequest) -> Vec<(String, Reason)> {
    let mut found = Violations::new();
    train_request::read(request, &project(), &mut found);
    found.iter().map(|v| (v.field.clone(), v.reason)).collect()
}

/// What is found wrong with the smallest request after `change`.
fn after(change: impl FnOnce(&mut v1::TrainModelRequest)) -> Vec<(String, Reason)> {
    let mut request = smallest();
    change(&mut request);
    violations(request)
}

fn in_spec(change: impl FnOnce(&mut v1::TrainSpec)) -> Vec<(String, Reason)> {
    after(|request| change(request.spec.as_mut().unwrap()))
}

fn in_label(change: impl FnOnce(&mut v1::ChangeAtHorizon)) -> Vec<(String, Reason)> {
    in_spec(|spec| {
        let mut label = label();
        change(&mut label);
        spec.label = Some(v1::LabelSpec {
            kind: Some(Kind::ChangeAtHorizon(label)),
        });
    })
}

fn kind(kind: Kind) -> Vec<(String, Reason)> {
    in_spec(|spec| spec.label = Some(v1::LabelSpec { kind: Some(kind) }))
}

fn in_forest(change: impl FnOnce(&mut v1::RandomForest)) -> Vec<(String, Reason)> {
    let mut forest = v1::RandomForest::default();
    change(&mut forest);
    algorithm(Algorithm::RandomForest(forest))
}

fn in_regression(change: impl FnOnce(&mut v1::LogisticRegression)) -> Vec<(String, Reason)> {
    let mut regression = v1::LogisticRegression::default();
    change(&mut regression);
    algorithm(Algorithm::LogisticRegression(regression))
}

fn in_boosting(change: impl FnOnce(&mut v1::GradientBoosting)) -> Vec<(String, Reason)> {
    let mut boosting = v1::GradientBoosting::default();
    change(&mut boosting);
    algorithm(Algorithm::GradientBoosting(boosting))
}

fn algorithm(algorithm: Algorithm) -> Vec<(String, Reason)> {
    in_spec(|spec| {
        spec.algorithm = Some(v1::AlgorithmSpec {
            algorithm: Some(algorithm),
        });
    })
}

fn split(split: Split) -> Vec<(String, Reason)> {
    in_spec(|spec| {
        spec.split = Some(v1::SplitSpec {
            split: Some(split),
            ..v1::SplitSpec::default()
        });
    })
}

fn walk(change: impl FnOnce(&mut v1::WalkForward)) -> Vec<(String, Reason)> {
    let mut walk = v1::WalkForward::default();
    change(&mut walk);
    split(Split::WalkForward(walk))
}

fn threshold(rule: Rule) -> Vec<(String, Reason)> {
    in_spec(|spec| spec.threshold = Some(v1::ThresholdSpec { rule: Some(rule) }))
}

fn in_features(change: impl FnOnce(&mut v1::FeatureSpec)) -> Vec<(String, Reason)> {
    in_spec(|spec| {
        let mut features = v1::FeatureSpec::default();
        change(&mut features);
        spec.features = Some(features);
    })
}

fn window(length: Option<v1::window::Length>) -> Vec<(String, Reason)> {
    in_features(|features| features.windows = vec![v1::Window { length }])
}

/// Exactly this field is wrong.
fn only(found: &[(String, Reason)], field: &str) {
    assert_eq!(found, [(field.to_owned(), Reason::InvalidField)]);
}

#[test]
fn the_smallest_request_is_good_and_gets_every_default() {
    let mut found = Violations::new();
    let read = train_request::read(smallest(), &project(), &mut found);
    assert!(found.is_empty(), "{found}");
    assert_eq!(read.spec.source.as_str(), "coin_metrics");
    assert_eq!((read.spec.seed, read.spec.max_rows), (42, 5_000_000));
    assert_eq!(read.spec.features, FeatureSpec::default());
    assert_eq!(read.spec.algorithm, AlgorithmSpec::default());
    assert_eq!(read.spec.split, SplitSpec::default());
    assert_eq!(read.spec.threshold, ThresholdSpec::MaxF1);
    let shown = train_spec::show(&read.spec, &project());
    assert_eq!(shown.source, "projects/default/sources/coin_metrics");
    let Some(Algorithm::RandomForest(forest)) = shown.algorithm.unwrap().algorithm else {
        panic!("the default is a random forest")
    };
    assert_eq!((forest.trees, forest.max_depth), (Some(100), Some(10)));
}

#[test]
fn every_field_of_the_request_is_named_when_it_is_wrong() {
    only(&after(|r| r.model_id = HOSTILE.to_owned()), "model_id");
    only(&after(|r| r.model_id.clear()), "model_id");
    only(&after(|r| r.request_id = HOSTILE.to_owned()), "request_id");
    only(&after(|r| r.priority = Some(5)), "priority");
    only(&after(|r| r.priority = Some(-1)), "priority");
    only(&after(|r| r.timeout = seconds(0)), "timeout");
    only(&after(|r| r.timeout = seconds(7 * 86_400 + 1)), "timeout");
    only(&after(|r| r.timeout = seconds(-1)), "timeout");
    only(
        &after(|r| r.labels = [(HOSTILE.to_owned(), "a".to_owned())].into()),
        "labels",
    );
    let many = (0..65).map(|i| (format!("k{i}"), "v".to_owned())).collect();
    only(&after(|r| r.labels = many), "labels");
}

#[test]
fn every_field_of_the_spec_is_named_when_it_is_wrong() {
    only(&in_spec(|s| s.source = HOSTILE.to_owned()), "spec.source");
    only(
        &in_spec(|s| s.source = "projects/other/sources/x".to_owned()),
        "spec.source",
    );
    only(&in_spec(|s| s.range = None), "spec.range");
    only(&in_spec(|s| s.range = range(10, 10)), "spec.range");
    only(&in_spec(|s| s.range = range(11, 10)), "spec.range");
    only(
        &in_spec(|s| s.range.as_mut().unwrap().start = None),
        "spec.range.start",
    );
    only(
        &in_spec(|s| s.range.as_mut().unwrap().end = None),
        "spec.range.end",
    );
    only(&in_spec(|s| s.range = range(-1, 10)), "spec.range.start");
    only(&in_spec(|s| s.range = range(0, i64::MAX)), "spec.range.end");
    only(&in_spec(|s| s.label = None), "spec.label");
    only(
        &in_spec(|s| s.label = Some(v1::LabelSpec::default())),
        "spec.label",
    );
    only(
        &in_spec(|s| s.entities = vec!["a".to_owned(); 2]),
        "spec.entities",
    );
    only(
        &in_spec(|s| s.entities = vec!["a\0".to_owned()]),
        "spec.entities[0]",
    );
    only(
        &in_spec(|s| s.entities = (0..10_001).map(|i| i.to_string()).collect()),
        "spec.entities",
    );
    only(&in_spec(|s| s.phases = vec![1, 1]), "spec.phases");
    only(&in_spec(|s| s.max_rows = Some(0)), "spec.max_rows");
    only(&in_spec(|s| s.max_rows = Some(-1)), "spec.max_rows");
    only(&in_spec(|s| s.max_rows = Some(100_000_001)), "spec.max_rows");
}

#[test]
fn every_field_of_the_label_is_named_when_it_is_wrong() {
    const PATH: &str = "spec.label.change_at_horizon";
    for change in [f64::NAN, f64::INFINITY, 0.0, -0.1, 1000.1] {
        only(&in_label(|l| l.change = change), &format!("{PATH}.change"));
    }
    only(
        &in_label(|l| {
            l.change = 1.5;
            l.direction = v1::Direction::Down.into();
        }),
        &format!("{PATH}.change"),
    );
    only(&in_label(|l| l.direction = 7), &format!("{PATH}.direction"));
    for horizon in [
        None,
        seconds(0),
        seconds(-1),
        seconds(367 * 86_400),
        Some(Duration { seconds: 0, nanos: 1 }),
    ] {
        only(&in_label(|l| l.horizon = horizon), &format!("{PATH}.horizon"));
    }
    only(
        &in_label(|l| l.tolerance = seconds(-1)),
        &format!("{PATH}.tolerance"),
    );
    only(
        &in_label(|l| l.tolerance = seconds(367 * 86_400)),
        &format!("{PATH}.tolerance"),
    );
}

#[test]
fn every_field_of_the_other_kinds_of_labels_is_named_when_it_is_wrong() {
    let all = |kind_name: &str, fields: &[&str]| -> Vec<(String, Reason)> {
        let path = |field| (format!("spec.label.{kind_name}.{field}"), Reason::InvalidField);
        fields.iter().map(path).collect()
    };
    let extreme = v1::ExtremeWithinHorizon {
        change: 2.0,
        direction: v1::Direction::Down.into(),
        tolerance: seconds(-1),
        ..v1::ExtremeWithinHorizon::default()
    };
    let expected = all("extreme_within_horizon", &["horizon", "tolerance", "change"]);
    assert_eq!(kind(Kind::ExtremeWithinHorizon(extreme)), expected);
    let direction = v1::ExtremeWithinHorizon {
        change: 0.1,
        direction: 9,
        horizon: seconds(60),
        ..v1::ExtremeWithinHorizon::default()
    };
    let expected = all("extreme_within_horizon", &["direction"]);
    assert_eq!(kind(Kind::ExtremeWithinHorizon(direction)), expected);
    let barrier = v1::TripleBarrier {
        upper: -0.1,
        lower: 1.5,
        horizon: seconds(0),
        tolerance: seconds(367 * 86_400),
        ..v1::TripleBarrier::default()
    };
    let expected = all("triple_barrier", &["upper", "lower", "horizon", "tolerance"]);
    assert_eq!(kind(Kind::TripleBarrier(barrier)), expected);
    let threshold = v1::ThresholdAtHorizon {
        comparison: 5,
        value: f64::NAN,
        horizon: None,
        ..v1::ThresholdAtHorizon::default()
    };
    let expected = all("threshold", &["comparison", "horizon", "value"]);
    assert_eq!(kind(Kind::Threshold(threshold)), expected);
    let expected = all("column", &["delay", "column"]);
    assert_eq!(kind(Kind::Column(v1::ColumnLabel::default())), expected);
}

#[test]
fn a_horizon_of_0_must_be_said_and_is_good_where_the_row_may_tell_its_label() {
    let threshold = v1::ThresholdAtHorizon {
        horizon: seconds(0),
        ..v1::ThresholdAtHorizon::default()
    };
    assert_eq!(kind(Kind::Threshold(threshold)), []);
    let column = v1::ColumnLabel {
        column: "churned".to_owned(),
        delay: seconds(0),
    };
    assert_eq!(kind(Kind::Column(column)), []);
}

/// What is wrong with a request for a number, as field and text.
fn number(change: impl FnOnce(&mut v1::TrainSpec)) -> Vec<(String, String)> {
    let target = v1::ChangeTarget {
        horizon: seconds(600),
        ..v1::ChangeTarget::default()
    };
    let mut request = smallest();
    let spec = request.spec.as_mut().unwrap();
    spec.label = Some(v1::LabelSpec {
        kind: Some(Kind::ChangeTarget(target)),
    });
    change(spec);
    let mut found = Violations::new();
    train_request::read(request, &project(), &mut found);
    found
        .iter()
        .map(|v| (v.field.clone(), v.description.clone()))
        .collect()
}

#[test]
fn a_number_to_foresee_is_taken_without_what_belongs_to_classes() {
    assert_eq!(number(|_| {}), []);
    let told = number(|spec| {
        spec.threshold = Some(v1::ThresholdSpec {
            rule: Some(v1::threshold_spec::Rule::MaxF1(v1::MaxF1 {})),
        });
        spec.set_calibration(v1::Calibration::Platt);
        let forest = v1::RandomForest {
            class_weight: Some(v1::ClassWeight {
                mode: v1::ClassWeightMode::Balanced.into(),
                positive_weight: None,
            }),
            ..v1::RandomForest::default()
        };
        spec.algorithm = Some(v1::AlgorithmSpec {
            algorithm: Some(v1::algorithm_spec::Algorithm::RandomForest(forest)),
        });
    });
    let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
    let expected = [
        "spec.threshold",
        "spec.calibration",
        "spec.algorithm.random_forest.class_weight",
    ];
    assert_eq!(fields, expected, "{told:?}");
}

#[test]
fn a_learner_of_classes_is_refused_for_a_number_with_those_that_learn_it_and_the_other_way_round() {
    use v1::algorithm_spec::Algorithm;
    let with = |algorithm| {
        Some(v1::AlgorithmSpec {
            algorithm: Some(algorithm),
        })
    };
    let told = number(|spec| {
        spec.algorithm = with(Algorithm::LogisticRegression(v1::LogisticRegression::default()));
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "spec.algorithm");
    for able in [
        "random_forest",
        "extra_trees",
        "gradient_boosting",
        "ridge",
        "elastic_net",
    ] {
        assert!(told[0].1.contains(able), "{told:?}");
    }
    let mut request = smallest();
    request.spec.as_mut().unwrap().algorithm = with(Algorithm::Ridge(v1::Ridge::default()));
    let mut found = Violations::new();
    train_request::read(request, &project(), &mut found);
    let told = found.to_string();
    assert!(
        told.contains("ridge does not foresee a class") && told.contains("logistic_regression"),
        "{told}"
    );
}

#[test]
fn every_parameter_of_an_algorithm_is_named_when_it_is_wrong() {
    const FOREST: &str = "spec.algorithm.random_forest";
    for trees in [0, -5, 10_001] {
        only(&in_forest(|f| f.trees = Some(trees)), &format!("{FOREST}.trees"));
    }
    only(
        &in_forest(|f| f.max_depth = Some(65)),
        &format!("{FOREST}.max_depth"),
    );
    only(
        &in_forest(|f| f.min_samples_leaf = Some(0)),
        &format!("{FOREST}.min_samples_leaf"),
    );
    for share in [0.0, 1.1, -1.0, f64::NAN] {
        only(
            &in_forest(|f| f.max_features = Some(share)),
            &format!("{FOREST}.max_features"),
        );
        only(
            &in_forest(|f| f.max_samples = Some(share)),
            &format!("{FOREST}.max_samples"),
        );
    }
    let weight = |mode, positive_weight| {
        Some(v1::ClassWeight {
            mode,
            positive_weight,
        })
    };
    only(
        &in_forest(|f| f.class_weight = weight(9, None)),
        &format!("{FOREST}.class_weight.mode"),
    );
    for positive in [0.0, -1.0, f64::NAN, 1e7] {
        let field = format!("{FOREST}.class_weight.positive_weight");
        only(&in_forest(|f| f.class_weight = weight(0, Some(positive))), &field);
        only(&in_forest(|f| f.class_weight = weight(2, Some(1.0))), &field);
    }
    const LINEAR: &str = "spec.algorithm.logistic_regression";
    for l2 in [-1.0, f64::NAN, f64::INFINITY] {
        only(&in_regression(|l| l.l2 = Some(l2)), &format!("{LINEAR}.l2"));
    }
    only(
        &in_regression(|l| l.max_iterations = Some(-1)),
        &format!("{LINEAR}.max_iterations"),
    );
    for tolerance in [0.0, 1.0, f64::NAN] {
        only(
            &in_regression(|l| l.tolerance = Some(tolerance)),
            &format!("{LINEAR}.tolerance"),
        );
    }
}

#[test]
fn every_parameter_of_extra_trees_is_named_when_it_is_wrong() {
    let wrong = |field: &str, change: &dyn Fn(&mut v1::ExtraTrees)| {
        let mut trees = v1::ExtraTrees::default();
        change(&mut trees);
        only(
            &algorithm(Algorithm::ExtraTrees(trees)),
            &format!("spec.algorithm.extra_trees.{field}"),
        );
    };
    assert_eq!(algorithm(Algorithm::ExtraTrees(v1::ExtraTrees::default())), []);
    wrong("trees", &|t| t.trees = Some(10_001));
    wrong("max_depth", &|t| t.max_depth = Some(-1));
    wrong("min_samples_leaf", &|t| t.min_samples_leaf = Some(0));
    wrong("max_features", &|t| t.max_features = Some(1.1));
    wrong("class_weight.mode", &|t| {
        t.class_weight = Some(v1::ClassWeight {
            mode: 9,
            positive_weight: None,
        });
    });
}

#[test]
fn every_parameter_of_gradient_boosting_is_named_when_it_is_wrong() {
    let wrong = |field: &str, change: &dyn Fn(&mut v1::GradientBoosting)| {
        only(
            &in_boosting(change),
            &format!("spec.algorithm.gradient_boosting.{field}"),
        );
    };
    assert_eq!(in_boosting(|_| {}), []);
    assert_eq!(in_boosting(|b| b.max_leaves = Some(64)), [], "leaf-wise, then");
    wrong("trees", &|b| b.trees = Some(-1));
    wrong("max_depth", &|b| b.max_depth = Some(65));
    wrong("min_samples_leaf", &|b| b.min_samples_leaf = Some(0));
    wrong("growth", &|b| b.growth = 9);
    for max_leaves in [-1, 1, 5000] {
        wrong("max_leaves", &|b| b.max_leaves = Some(max_leaves));
    }
    wrong("max_leaves", &|b| {
        b.growth = v1::Growth::DepthWise.into();
        b.max_leaves = Some(31);
    });
    for share in [0.0, 1.1, f64::NAN] {
        wrong("learning_rate", &|b| b.learning_rate = Some(share));
        wrong("row_share", &|b| b.row_share = Some(share));
        wrong("feature_share", &|b| b.feature_share = Some(share));
    }
    for penalty in [-1.0, f64::NAN, f64::INFINITY] {
        wrong("l1", &|b| b.l1 = Some(penalty));
        wrong("l2", &|b| b.l2 = Some(penalty));
        wrong("min_child_weight", &|b| b.min_child_weight = Some(penalty));
    }
    for direction in [0, 3] {
        wrong("monotone", &|b| {
            b.monotone = [("close".to_owned(), direction)].into();
        });
    }
    let stopping = |rounds, validation_share| {
        Some(v1::EarlyStopping {
            rounds,
            validation_share,
        })
    };
    assert_eq!(in_boosting(|b| b.early_stopping = stopping(None, None)), []);
    for rounds in [-1, 0, 1001] {
        wrong("early_stopping.rounds", &|b| {
            b.early_stopping = stopping(Some(rounds), None);
        });
    }
    for share in [0.0, 0.6, f64::NAN] {
        let field = "early_stopping.validation_share";
        wrong(field, &|b| b.early_stopping = stopping(None, Some(share)));
    }
}

#[test]
fn every_field_of_a_split_is_named_when_it_is_wrong() {
    for folds in [0, -1, 51] {
        only(&walk(|w| w.folds = Some(folds)), "spec.split.walk_forward.folds");
    }
    only(&walk(|w| w.scheme = 3), "spec.split.walk_forward.scheme");
    only(
        &walk(|w| w.embargo = seconds(-1)),
        "spec.split.walk_forward.embargo",
    );
    only(
        &walk(|w| w.embargo = seconds(367 * 86_400)),
        "spec.split.walk_forward.embargo",
    );
    for test_share in [0.0, 0.95, f64::NAN] {
        let holdout = v1::Holdout {
            test_share: Some(test_share),
            ..v1::Holdout::default()
        };
        only(&split(Split::Holdout(holdout)), "spec.split.holdout.test_share");
    }
    let choice = |blocks, test_blocks, embargo| {
        let choice = v1::CombinatorialPurged {
            blocks,
            test_blocks,
            embargo,
        };
        split(Split::CombinatorialPurged(choice))
    };
    const CHOICE: &str = "spec.split.combinatorial_purged";
    assert_eq!(choice(None, None, None), [], "6 blocks, 2 of them tested");
    for blocks in [-1, 0, 1, 51] {
        only(&choice(Some(blocks), Some(1), None), &format!("{CHOICE}.blocks"));
    }
    for test_blocks in [-1, 0, 6] {
        only(
            &choice(None, Some(test_blocks), None),
            &format!("{CHOICE}.test_blocks"),
        );
    }
    only(&choice(Some(10), Some(3), None), &format!("{CHOICE}.test_blocks"));
    only(&choice(None, None, seconds(-1)), &format!("{CHOICE}.embargo"));
    for share in [0.0, -0.1, 0.51, f64::NAN] {
        let unseen = in_spec(|spec| {
            spec.split = Some(v1::SplitSpec {
                unseen_entity_share: Some(share),
                ..v1::SplitSpec::default()
            });
        });
        only(&unseen, "spec.split.unseen_entity_share");
    }
}

#[test]
fn every_field_of_weights_calibration_and_threshold_is_named_when_it_is_wrong() {
    only(&in_spec(|spec| spec.sample_weight = 3), "spec.sample_weight");
    only(&in_spec(|spec| spec.calibration = 4), "spec.calibration");
    for rows in [0, -1, 1_000_001] {
        only(&threshold(Rule::TopPerDay(rows)), "spec.threshold.top_per_day");
    }
    let combined = in_spec(|spec| {
        let rule = Some(Rule::TopPerDay(5));
        spec.threshold = Some(v1::ThresholdSpec { rule });
        let split = Some(Split::CombinatorialPurged(v1::CombinatorialPurged::default()));
        spec.split = Some(v1::SplitSpec {
            split,
            ..v1::SplitSpec::default()
        });
    });
    only(&combined, "spec.threshold.top_per_day");
    let utility = |gain, loss| threshold(Rule::Utility(v1::Utility { gain, loss }));
    only(&utility(0.0, 1.0), "spec.threshold.utility.gain");
    only(&utility(1.0, -1.0), "spec.threshold.utility.loss");
    for score in [-0.1, 1.1, f64::NAN] {
        only(&threshold(Rule::Fixed(score)), "spec.threshold.fixed");
        only(
            &threshold(Rule::MinPrecision(score)),
            "spec.threshold.min_precision",
        );
        only(&threshold(Rule::MinRecall(score)), "spec.threshold.min_recall");
    }
}

#[test]
fn every_field_of_the_features_is_named_when_it_is_wrong() {
    for length in [
        None,
        Some(Length::Bars(0)),
        Some(Length::Bars(-1)),
        Some(Length::Bars(100_001)),
    ] {
        let found = window(length);
        assert!(
            found.len() == 1 && found[0].0.starts_with("spec.features.windows[0]"),
            "{found:?}"
        );
    }
    for length in [seconds(0), seconds(-1), seconds(367 * 86_400)] {
        let found = window(length.map(Length::Duration));
        assert!(
            found.len() == 1 && found[0].0.starts_with("spec.features.windows[0]"),
            "{found:?}"
        );
    }
    let unknown = |found: Vec<(String, Reason)>, field: &str| {
        assert_eq!(found, [(field.to_owned(), Reason::UnknownFeature)]);
    };
    unknown(
        in_features(|f| f.features = vec!["close".into(), "f(".into()]),
        "spec.features.features[1]",
    );
    unknown(
        in_features(|f| f.features = vec!["f(".into()]),
        "spec.features.features[0]",
    );
    unknown(
        in_features(|f| f.exclude = vec!["(a)".into()]),
        "spec.features.exclude[0]",
    );
    only(
        &in_features(|f| f.features = vec!["close".into(); 4097]),
        "spec.features.features",
    );
    only(
        &in_features(|f| {
            f.windows = vec![
                v1::Window {
                    length: Some(Length::Bars(3))
                };
                65
            ];
        }),
        "spec.features.windows",
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let found = after(|request| {
        request.model_id = "X".to_owned();
        request.priority = Some(9);
        let spec = request.spec.as_mut().unwrap();
        spec.range = range(2, 1);
        spec.label = None;
        spec.max_rows = Some(-1);
        spec.features = Some(v1::FeatureSpec {
            features: vec!["f(".to_owned()],
            ..v1::FeatureSpec::default()
        });
    });
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    for field in [
        "model_id",
        "priority",
        "spec.range",
        "spec.label",
        "spec.max_rows",
        "spec.features.features[0]",
    ] {
        assert!(fields.contains(&field), "{field} is missing in {fields:?}");
    }
    assert_eq!(fields.len(), 6, "{fields:?}");
    assert!(!violations(v1::TrainModelRequest::default()).is_empty());
}

#[test]
fn an_unknown_feature_is_called_by_its_name_with_the_nearest_known_one() {
    let asked = v1::FeatureSpec {
        sets: vec!["cor".to_owned()],
        features: vec!["close".to_owned(), "rolling_meen(close, 10)".to_owned()],
        ..v1::FeatureSpec::default()
    };
    let found = Violations::one(
        "spec.features.features[1]",
        Reason::UnknownFeature,
        "unknown feature `rolling_meen`; did you mean `rolling_mean`?",
    );
    let refusal = super::features::refuse(found, &asked);
    let shown = format!("{refusal:?}");
    assert!(shown.contains(r#""did_you_mean": "rolling_mean""#), "{shown}");
    assert!(
        shown.contains(r#""feature": "rolling_meen(close, 10)""#),
        "{shown}"
    );
}

/// The fields that are wrong with the good request for a preview after `change`.
fn in_preview(change: impl FnOnce(&mut v1::PreviewLabelsRequest)) -> Vec<String> {
    let mut request = v1::PreviewLabelsRequest {
        range: range(0, 10),
        label: smallest().spec.unwrap().label,
        ..v1::PreviewLabelsRequest::default()
    };
    change(&mut request);
    let mut found = Violations::new();
    preview::read(request, &project(), &mut found);
    found.iter().map(|v| v.field.clone()).collect()
}

#[test]
fn every_field_of_a_preview_is_named_when_it_is_wrong() {
    assert_eq!(in_preview(|_| {}), Vec::<String>::new());
    assert_eq!(in_preview(|r| r.source = HOSTILE.to_owned()), ["source"]);
    assert_eq!(in_preview(|r| r.range = range(10, 10)), ["range"]);
    assert_eq!(in_preview(|r| r.label = None), ["label"]);
    assert_eq!(in_preview(|r| r.entities = vec!["a".to_owned(); 2]), ["entities"]);
    assert_eq!(
        in_preview(|r| r.entities = vec!["\0".to_owned()]),
        ["entities[0]"]
    );
    assert_eq!(in_preview(|r| r.phases = vec![1, 1]), ["phases"]);
    assert_eq!(in_preview(|r| r.max_rows = Some(0)), ["max_rows"]);
    assert_eq!(in_preview(|r| r.max_rows = Some(-1)), ["max_rows"]);
    assert_eq!(in_preview(|r| r.max_entities = Some(1001)), ["max_entities"]);
    assert_eq!(in_preview(|r| r.max_entities = Some(-1)), ["max_entities"]);
}

/// The fields that are wrong with the good source after `change`.
fn in_source(change: impl FnOnce(&mut v1::Source)) -> Vec<String> {
    let mut source = v1::Source {
        table: "candles".to_owned(),
        entity_column: "symbol".to_owned(),
        time_column: "at".to_owned(),
        phase_column: "phase".to_owned(),
        bar_interval: seconds(60),
        ..v1::Source::default()
    };
    change(&mut source);
    let mut found = Violations::new();
    let draft = source::require(Some(source), &"candles".parse().unwrap(), &project(), &mut found);
    found.extend(draft.check_names());
    found.iter().map(|v| v.field.clone()).collect()
}

#[test]
fn every_field_of_a_source_is_named_when_it_is_wrong() {
    assert_eq!(in_source(|_| {}), Vec::<String>::new());
    assert_eq!(
        in_source(|s| s.display_name = "x".repeat(101)),
        ["source.display_name"]
    );
    assert_eq!(in_source(|s| s.schema = "a\0".to_owned()), ["source.schema"]);
    assert_eq!(in_source(|s| s.table.clear()), ["source.table"]);
    assert_eq!(
        in_source(|s| s.entity_column = "x".repeat(64)),
        ["source.entity_column"]
    );
    assert_eq!(in_source(|s| s.time_column.clear()), ["source.time_column"]);
    assert_eq!(
        in_source(|s| s.phase_column = "a\n".to_owned()),
        ["source.phase_column"]
    );
    for interval in [None, seconds(0), seconds(-1)] {
        assert_eq!(in_source(|s| s.bar_interval = interval), ["source.bar_interval"]);
    }
    assert_eq!(in_source(|s| s.duplicate_rule = 9), ["source.duplicate_rule"]);
}

#[test]
fn every_field_of_a_column_and_a_phase_is_named_when_it_is_wrong() {
    let column = |change: fn(&mut v1::SourceColumn)| {
        in_source(|source| {
            source.columns.push(v1::SourceColumn::default());
            change(&mut source.columns[0]);
        })
    };
    assert_eq!(column(|c| c.data_type = 9), ["source.columns[0].data_type"]);
    assert_eq!(column(|c| c.role = 9), ["source.columns[0].role"]);
    assert_eq!(column(|c| c.unit = "x".repeat(33)), ["source.columns[0].unit"]);
    let phase = |change: fn(&mut v1::Phase)| {
        in_source(|source| {
            source.phases.push(v1::Phase::default());
            change(&mut source.phases[0]);
        })
    };
    assert_eq!(phase(|p| p.id = -1), ["source.phases[0].id"]);
    assert_eq!(
        phase(|p| p.display_name = "x".repeat(101)),
        ["source.phases[0].display_name"]
    );
    assert_eq!(
        phase(|p| p.bar_interval = seconds(-1)),
        ["source.phases[0].bar_interval"]
    );
    let twice = in_source(|source| source.phases = vec![v1::Phase::default(); 2]);
    assert_eq!(twice, ["source.phases[1].id"]);
    let without_column = in_source(|source| {
        source.phase_column.clear();
        source.phases.push(v1::Phase::default());
    });
    assert_eq!(without_column, ["source.phase_column"]);
}
