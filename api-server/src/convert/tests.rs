//! Every field of a request to train: what is refused under which name, and that what is taken comes back as it was.
#![allow(clippy::unwrap_used)]

use super::{preview, source, train_request, train_spec};
use mltraining_domain::name::ProjectName;
use mltraining_domain::{
    AlgorithmSpec, ChangeAtHorizon, ClassWeight, Direction, FeatureExpr, FeatureSpec, Holdout, LabelSpec,
    LogisticRegressionSpec, ProjectId, RandomForestSpec, Reason, Span, SplitSpec, ThresholdSpec, TimeRange,
    TrainSpec, Violations, WalkForward, WalkForwardScheme, Window,
};
use mltraining_proto::v1;
use proptest::prelude::*;
use prost_types::{Duration, Timestamp};
use v1::algorithm_spec::Algorithm;
use v1::label_spec::Kind;
use v1::split_spec::Split;
use v1::threshold_spec::Rule;

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

fn algorithm(algorithm: Algorithm) -> Vec<(String, Reason)> {
    in_spec(|spec| {
        spec.algorithm = Some(v1::AlgorithmSpec {
            algorithm: Some(algorithm),
        });
    })
}

fn split(split: Split) -> Vec<(String, Reason)> {
    in_spec(|spec| spec.split = Some(v1::SplitSpec { split: Some(split) }))
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
fn only(found: Vec<(String, Reason)>, field: &str) {
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
    only(after(|r| r.model_id = HOSTILE.to_owned()), "model_id");
    only(after(|r| r.model_id.clear()), "model_id");
    only(after(|r| r.request_id = HOSTILE.to_owned()), "request_id");
    only(after(|r| r.priority = Some(5)), "priority");
    only(after(|r| r.priority = Some(-1)), "priority");
    only(after(|r| r.timeout = seconds(0)), "timeout");
    only(after(|r| r.timeout = seconds(7 * 86_400 + 1)), "timeout");
    only(after(|r| r.timeout = seconds(-1)), "timeout");
    only(
        after(|r| r.labels = [(HOSTILE.to_owned(), "a".to_owned())].into()),
        "labels",
    );
    let many = (0..65).map(|i| (format!("k{i}"), "v".to_owned())).collect();
    only(after(|r| r.labels = many), "labels");
}

#[test]
fn every_field_of_the_spec_is_named_when_it_is_wrong() {
    only(in_spec(|s| s.source = HOSTILE.to_owned()), "spec.source");
    only(
        in_spec(|s| s.source = "projects/other/sources/x".to_owned()),
        "spec.source",
    );
    only(in_spec(|s| s.range = None), "spec.range");
    only(in_spec(|s| s.range = range(10, 10)), "spec.range");
    only(in_spec(|s| s.range = range(11, 10)), "spec.range");
    only(
        in_spec(|s| s.range.as_mut().unwrap().start = None),
        "spec.range.start",
    );
    only(
        in_spec(|s| s.range.as_mut().unwrap().end = None),
        "spec.range.end",
    );
    only(in_spec(|s| s.range = range(-1, 10)), "spec.range.start");
    only(in_spec(|s| s.range = range(0, i64::MAX)), "spec.range.end");
    only(in_spec(|s| s.label = None), "spec.label");
    only(
        in_spec(|s| s.label = Some(v1::LabelSpec::default())),
        "spec.label",
    );
    only(in_spec(|s| s.entities = vec!["a".to_owned(); 2]), "spec.entities");
    only(
        in_spec(|s| s.entities = vec!["a\0".to_owned()]),
        "spec.entities[0]",
    );
    only(
        in_spec(|s| s.entities = (0..10_001).map(|i| i.to_string()).collect()),
        "spec.entities",
    );
    only(in_spec(|s| s.phases = vec![1, 1]), "spec.phases");
    only(in_spec(|s| s.max_rows = Some(0)), "spec.max_rows");
    only(in_spec(|s| s.max_rows = Some(-1)), "spec.max_rows");
    only(in_spec(|s| s.max_rows = Some(100_000_001)), "spec.max_rows");
}

#[test]
fn every_field_of_the_label_is_named_when_it_is_wrong() {
    const PATH: &str = "spec.label.change_at_horizon";
    for change in [f64::NAN, f64::INFINITY, 0.0, -0.1, 1000.1] {
        only(in_label(|l| l.change = change), &format!("{PATH}.change"));
    }
    only(
        in_label(|l| {
            l.change = 1.5;
            l.direction = v1::Direction::Down.into();
        }),
        &format!("{PATH}.change"),
    );
    only(in_label(|l| l.direction = 7), &format!("{PATH}.direction"));
    for horizon in [
        None,
        seconds(0),
        seconds(-1),
        seconds(367 * 86_400),
        Some(Duration { seconds: 0, nanos: 1 }),
    ] {
        only(in_label(|l| l.horizon = horizon), &format!("{PATH}.horizon"));
    }
    only(
        in_label(|l| l.tolerance = seconds(-1)),
        &format!("{PATH}.tolerance"),
    );
    only(
        in_label(|l| l.tolerance = seconds(367 * 86_400)),
        &format!("{PATH}.tolerance"),
    );
}

#[test]
fn every_parameter_of_an_algorithm_is_named_when_it_is_wrong() {
    const FOREST: &str = "spec.algorithm.random_forest";
    for trees in [0, -5, 10_001] {
        only(in_forest(|f| f.trees = Some(trees)), &format!("{FOREST}.trees"));
    }
    only(
        in_forest(|f| f.max_depth = Some(65)),
        &format!("{FOREST}.max_depth"),
    );
    only(
        in_forest(|f| f.min_samples_leaf = Some(0)),
        &format!("{FOREST}.min_samples_leaf"),
    );
    for share in [0.0, 1.1, -1.0, f64::NAN] {
        only(
            in_forest(|f| f.max_features = Some(share)),
            &format!("{FOREST}.max_features"),
        );
        only(
            in_forest(|f| f.max_samples = Some(share)),
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
        in_forest(|f| f.class_weight = weight(9, None)),
        &format!("{FOREST}.class_weight.mode"),
    );
    for positive in [0.0, -1.0, f64::NAN, 1e7] {
        let field = format!("{FOREST}.class_weight.positive_weight");
        only(in_forest(|f| f.class_weight = weight(0, Some(positive))), &field);
        only(in_forest(|f| f.class_weight = weight(2, Some(1.0))), &field);
    }
    const LINEAR: &str = "spec.algorithm.logistic_regression";
    for l2 in [-1.0, f64::NAN, f64::INFINITY] {
        only(in_regression(|l| l.l2 = Some(l2)), &format!("{LINEAR}.l2"));
    }
    only(
        in_regression(|l| l.max_iterations = Some(-1)),
        &format!("{LINEAR}.max_iterations"),
    );
    for tolerance in [0.0, 1.0, f64::NAN] {
        only(
            in_regression(|l| l.tolerance = Some(tolerance)),
            &format!("{LINEAR}.tolerance"),
        );
    }
}

#[test]
fn every_field_of_split_and_threshold_is_named_when_it_is_wrong() {
    for folds in [0, -1, 51] {
        only(walk(|w| w.folds = Some(folds)), "spec.split.walk_forward.folds");
    }
    only(walk(|w| w.scheme = 3), "spec.split.walk_forward.scheme");
    only(
        walk(|w| w.embargo = seconds(-1)),
        "spec.split.walk_forward.embargo",
    );
    only(
        walk(|w| w.embargo = seconds(367 * 86_400)),
        "spec.split.walk_forward.embargo",
    );
    for test_share in [0.0, 0.95, f64::NAN] {
        let holdout = v1::Holdout {
            test_share: Some(test_share),
            embargo: None,
        };
        only(split(Split::Holdout(holdout)), "spec.split.holdout.test_share");
    }
    for score in [-0.1, 1.1, f64::NAN] {
        only(threshold(Rule::Fixed(score)), "spec.threshold.fixed");
        only(
            threshold(Rule::MinPrecision(score)),
            "spec.threshold.min_precision",
        );
        only(threshold(Rule::MinRecall(score)), "spec.threshold.min_recall");
    }
}

#[test]
fn every_field_of_the_features_is_named_when_it_is_wrong() {
    use v1::window::Length;
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
        in_features(|f| f.features = vec!["close".into(); 4097]),
        "spec.features.features",
    );
    only(
        in_features(|f| {
            f.windows = vec![
                v1::Window {
                    length: Some(Length::Bars(3))
                };
                65
            ]
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

#[test]
fn every_field_of_a_preview_is_named_when_it_is_wrong() {
    let good = || v1::PreviewLabelsRequest {
        range: range(0, 10),
        label: smallest().spec.unwrap().label,
        ..v1::PreviewLabelsRequest::default()
    };
    let fields = |request| {
        let mut found = Violations::new();
        preview::read(request, &project(), &mut found);
        found.iter().map(|v| v.field.clone()).collect::<Vec<_>>()
    };
    assert!(fields(good()).is_empty());
    let wrong: [(&str, fn(&mut v1::PreviewLabelsRequest)); 10] = [
        ("source", |r| r.source = HOSTILE.to_owned()),
        ("range", |r| r.range = range(10, 10)),
        ("label", |r| r.label = None),
        ("entities", |r| r.entities = vec!["a".to_owned(); 2]),
        ("entities[0]", |r| r.entities = vec!["\0".to_owned()]),
        ("phases", |r| r.phases = vec![1, 1]),
        ("max_rows", |r| r.max_rows = Some(0)),
        ("max_rows", |r| r.max_rows = Some(-1)),
        ("max_entities", |r| r.max_entities = Some(1001)),
        ("max_entities", |r| r.max_entities = Some(-1)),
    ];
    for (field, change) in wrong {
        let mut request = good();
        change(&mut request);
        assert_eq!(fields(request), [field]);
    }
}

#[test]
fn every_field_of_a_source_is_named_when_it_is_wrong() {
    let good = || v1::Source {
        table: "candles".to_owned(),
        entity_column: "symbol".to_owned(),
        time_column: "at".to_owned(),
        bar_interval: seconds(60),
        ..v1::Source::default()
    };
    let fields = |source: v1::Source| {
        let mut found = Violations::new();
        let draft = source::require(Some(source), &"candles".parse().unwrap(), &mut found);
        found.extend(draft.check_names());
        found.iter().map(|v| v.field.clone()).collect::<Vec<_>>()
    };
    assert_eq!(fields(good()), Vec::<String>::new());
    let phase = |id, bar_interval| v1::Phase {
        id,
        bar_interval,
        ..v1::Phase::default()
    };
    let column = |data_type, role, unit: &str| v1::SourceColumn {
        name: "close".to_owned(),
        data_type,
        role,
        unit: unit.to_owned(),
    };
    let wrong: Vec<(&str, v1::Source)> = vec![
        (
            "source.display_name",
            v1::Source {
                display_name: "x".repeat(101),
                ..good()
            },
        ),
        (
            "source.schema",
            v1::Source {
                schema: "a\0".to_owned(),
                ..good()
            },
        ),
        (
            "source.table",
            v1::Source {
                table: String::new(),
                ..good()
            },
        ),
        (
            "source.entity_column",
            v1::Source {
                entity_column: "x".repeat(64),
                ..good()
            },
        ),
        (
            "source.time_column",
            v1::Source {
                time_column: String::new(),
                ..good()
            },
        ),
        (
            "source.phase_column",
            v1::Source {
                phase_column: "a\n".to_owned(),
                ..good()
            },
        ),
        (
            "source.bar_interval",
            v1::Source {
                bar_interval: None,
                ..good()
            },
        ),
        (
            "source.bar_interval",
            v1::Source {
                bar_interval: seconds(0),
                ..good()
            },
        ),
        (
            "source.duplicate_rule",
            v1::Source {
                duplicate_rule: 9,
                ..good()
            },
        ),
        (
            "source.columns[0].data_type",
            v1::Source {
                columns: vec![column(9, 0, "")],
                ..good()
            },
        ),
        (
            "source.columns[0].role",
            v1::Source {
                columns: vec![column(0, 9, "")],
                ..good()
            },
        ),
        (
            "source.columns[0].unit",
            v1::Source {
                columns: vec![column(0, 0, &"x".repeat(33))],
                ..good()
            },
        ),
        (
            "source.phase_column",
            v1::Source {
                phases: vec![phase(1, None)],
                ..good()
            },
        ),
        (
            "source.phases[0].id",
            v1::Source {
                phases: vec![phase(-1, None)],
                phase_column: "p".into(),
                ..good()
            },
        ),
        (
            "source.phases[0].bar_interval",
            v1::Source {
                phases: vec![phase(1, seconds(-1))],
                phase_column: "p".into(),
                ..good()
            },
        ),
        (
            "source.phases[1].id",
            v1::Source {
                phases: vec![phase(1, None); 2],
                phase_column: "p".into(),
                ..good()
            },
        ),
    ];
    for (field, source) in wrong {
        assert_eq!(fields(source), [field]);
    }
}

fn spans() -> impl Strategy<Value = Span> {
    (1_i64..366 * 86_400_000_000).prop_map(|micros| Span::from_micros(micros).unwrap())
}

fn labels() -> impl Strategy<Value = LabelSpec> {
    let column = proptest::option::of("[a-z_]{1,20}");
    let direction = prop_oneof![Just(Direction::Up), Just(Direction::Down)];
    let fields = (
        column,
        1e-6..1.0,
        direction,
        spans(),
        proptest::option::of(spans()),
    );
    fields.prop_map(|(column, change, direction, horizon, tolerance)| {
        LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column,
            change,
            direction,
            horizon,
            tolerance,
        })
    })
}

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        (1_u32..100_000).prop_map(Window::Bars),
        spans().prop_map(Window::Time)
    ]
}

fn expressions() -> impl Strategy<Value = FeatureExpr> {
    let with_window =
        ("[a-z_]{1,12}", "[a-z_]{1,12}", windows()).prop_map(|(head, column, window)| FeatureExpr {
            head,
            column: Some(column),
            window: Some(window),
        });
    let bare = "[a-z_]{1,12}".prop_map(|head| FeatureExpr {
        head,
        column: None,
        window: None,
    });
    prop_oneof![with_window, bare]
}

fn features() -> impl Strategy<Value = FeatureSpec> {
    let lists = (
        proptest::collection::vec("[a-z]{1,8}", 1..3),
        proptest::collection::vec(expressions(), 0..5),
        proptest::collection::vec(windows(), 1..5),
        proptest::collection::vec(expressions(), 0..3),
    );
    lists.prop_map(|(sets, features, windows, exclude)| FeatureSpec {
        sets,
        features,
        windows,
        exclude,
    })
}

fn algorithms() -> impl Strategy<Value = AlgorithmSpec> {
    let weight = || {
        prop_oneof![
            Just(ClassWeight::None),
            Just(ClassWeight::Balanced),
            (0.001..1e6).prop_map(ClassWeight::Positive)
        ]
    };
    let share = || 0.01..1.0;
    let forest = (
        1_u32..10_000,
        1_u32..64,
        1_u32..1000,
        proptest::option::of(share()),
        share(),
        weight(),
    );
    let forest = forest.prop_map(
        |(trees, max_depth, min_samples_leaf, max_features, max_samples, class_weight)| {
            AlgorithmSpec::RandomForest(RandomForestSpec {
                trees,
                max_depth,
                min_samples_leaf,
                max_features,
                max_samples,
                class_weight,
            })
        },
    );
    let linear = (0.0..1e6, 1_u32..10_000, 1e-12..0.5, weight());
    let linear = linear.prop_map(|(l2, max_iterations, tolerance, class_weight)| {
        AlgorithmSpec::LogisticRegression(LogisticRegressionSpec {
            l2,
            max_iterations,
            tolerance,
            class_weight,
        })
    });
    prop_oneof![forest, linear]
}

fn splits() -> impl Strategy<Value = SplitSpec> {
    let scheme = prop_oneof![
        Just(WalkForwardScheme::Expanding),
        Just(WalkForwardScheme::Rolling)
    ];
    let walk = (1_u32..50, scheme, spans()).prop_map(|(folds, scheme, embargo)| {
        SplitSpec::WalkForward(WalkForward {
            folds,
            scheme,
            embargo,
        })
    });
    let holdout = (0.01..0.9, spans())
        .prop_map(|(test_share, embargo)| SplitSpec::Holdout(Holdout { test_share, embargo }));
    prop_oneof![walk, holdout]
}

fn thresholds() -> impl Strategy<Value = ThresholdSpec> {
    prop_oneof![
        Just(ThresholdSpec::MaxF1),
        Just(ThresholdSpec::MaxMcc),
        (0.0..1.0).prop_map(ThresholdSpec::Fixed),
        (0.0..1.0).prop_map(ThresholdSpec::MinPrecision),
        (0.0..1.0).prop_map(ThresholdSpec::MinRecall),
    ]
}

fn ranges() -> impl Strategy<Value = TimeRange> {
    let micros = (0_i64..250_000_000_000_000_000, 1_i64..1_000_000_000_000_000);
    micros.prop_map(|(start, length)| TimeRange {
        start: chrono::DateTime::from_timestamp_micros(start).unwrap(),
        end: chrono::DateTime::from_timestamp_micros(start + length).unwrap(),
    })
}

fn specs() -> impl Strategy<Value = TrainSpec> {
    let parts = (
        labels(),
        features(),
        algorithms(),
        splits(),
        thresholds(),
        ranges(),
    );
    let rest = (
        any::<u64>(),
        proptest::collection::btree_set("\\PC{0,12}", 0..4),
        1_u64..100_000_000,
    );
    (parts, rest).prop_map(|(parts, (seed, entities, max_rows))| {
        let (label, features, algorithm, split, threshold, range) = parts;
        TrainSpec {
            model: "pump".parse().unwrap(),
            source: "candles".parse().unwrap(),
            range,
            label,
            features,
            algorithm,
            split,
            threshold,
            seed,
            entities: entities.into_iter().collect(),
            phases: vec![1, 3],
            max_rows,
        }
    })
}

proptest! {
    #[test]
    fn a_spec_reads_back_as_it_was_shown(spec in specs()) {
        let request = v1::TrainModelRequest {
            model_id: spec.model.to_string(),
            spec: Some(train_spec::show(&spec, &project())),
            ..v1::TrainModelRequest::default()
        };
        let mut found = Violations::new();
        let read = train_request::read(request, &project(), &mut found);
        prop_assert!(found.is_empty(), "{}", found);
        prop_assert_eq!(read.spec, spec);
    }
}
