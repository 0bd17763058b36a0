//! What is shown of a spec reads back as the same spec.

use super::project;
use crate::convert::{train_request, train_spec};
use mltraining_domain::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, ClassWeight, ColumnLabel, CombinatorialPurged, Comparison,
    Direction, EarlyStopping, ExtraTreesSpec, ExtremeWithinHorizon, FeatureExpr, FeatureSpec,
    GradientBoostingSpec, Growth, Holdout, LabelSpec, LogisticRegressionSpec, Monotone, RandomForestSpec,
    SampleWeight, Span, SplitSpec, ThresholdAtHorizon, ThresholdSpec, TimeRange, TrainSpec, TripleBarrier,
    Utility, Violations, WalkForward, WalkForwardScheme, Window,
};
use mltraining_proto::v1;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn spans() -> impl Strategy<Value = Span> {
    (1_i64..366 * 86_400_000_000).prop_map(|micros| Span::from_micros(micros).unwrap())
}

fn labels() -> impl Strategy<Value = LabelSpec> {
    let column = || proptest::option::of("[a-z_]{1,20}");
    let ratio = || 1e-6..1.0;
    let direction = || prop_oneof![Just(Direction::Up), Just(Direction::Down)];
    let ahead = || (spans(), proptest::option::of(spans()));
    let change = (column(), ratio(), direction(), ahead());
    let change = change.prop_map(|(column, change, direction, (horizon, tolerance))| {
        LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column,
            change,
            direction,
            horizon,
            tolerance,
        })
    });
    let extreme = (column(), column(), ratio(), direction(), ahead());
    let extreme = extreme.prop_map(
        |(column, extreme_column, change, direction, (horizon, tolerance))| {
            LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
                column,
                extreme_column,
                change,
                direction,
                horizon,
                tolerance,
            })
        },
    );
    let barrier = (column(), column(), column(), ratio(), ratio(), ahead());
    let barrier = barrier.prop_map(
        |(column, upper_column, lower_column, upper, lower, (horizon, tolerance))| {
            LabelSpec::TripleBarrier(TripleBarrier {
                column,
                upper_column,
                lower_column,
                upper,
                lower,
                horizon,
                tolerance,
            })
        },
    );
    prop_oneof![change, extreme, barrier, thresholds_at_horizon(), columns()]
}

fn thresholds_at_horizon() -> impl Strategy<Value = LabelSpec> {
    let comparison = prop_oneof![
        Just(Comparison::AtLeast),
        Just(Comparison::Above),
        Just(Comparison::AtMost),
        Just(Comparison::Below)
    ];
    let horizon = prop_oneof![Just(Span::ZERO), spans()];
    let column = proptest::option::of("[a-z_]{1,20}");
    let parts = (
        column,
        comparison,
        -1e9..1e9,
        horizon,
        proptest::option::of(spans()),
    );
    parts.prop_map(|(column, comparison, value, horizon, tolerance)| {
        LabelSpec::Threshold(ThresholdAtHorizon {
            column,
            comparison,
            value,
            horizon,
            tolerance,
        })
    })
}

fn columns() -> impl Strategy<Value = LabelSpec> {
    let delay = prop_oneof![Just(Span::ZERO), spans()];
    ("[a-z_]{1,20}", delay).prop_map(|(column, delay)| LabelSpec::Column(ColumnLabel { column, delay }))
}

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        (1_u32..100_000).prop_map(Window::Bars),
        spans().prop_map(Window::Time)
    ]
}

fn expressions() -> impl Strategy<Value = FeatureExpr> {
    let bare = "[a-z_]{1,12}".prop_map(|head| FeatureExpr::bare(&head));
    let with_window = ("[a-z_]{1,12}", "[a-z_]{1,12}", windows())
        .prop_map(|(head, column, window)| FeatureExpr::new(&head, [column, window.to_string()]))
        .boxed();
    let nested = ("[a-z_]{1,12}", with_window.clone())
        .prop_map(|(head, inner)| FeatureExpr::new(&head, [inner.into()]));
    prop_oneof![with_window, nested, bare]
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

fn weight() -> impl Strategy<Value = ClassWeight> {
    prop_oneof![
        Just(ClassWeight::None),
        Just(ClassWeight::Balanced),
        (0.001..1e6).prop_map(ClassWeight::Positive)
    ]
}

fn boosting() -> impl Strategy<Value = AlgorithmSpec> {
    let growth = prop_oneof![
        Just(Growth::DepthWise),
        Just(Growth::Symmetric),
        (2_u32..4096).prop_map(|max_leaves| Growth::LeafWise { max_leaves })
    ];
    let direction = prop_oneof![Just(Monotone::Increasing), Just(Monotone::Decreasing)];
    let monotone = proptest::collection::btree_map("[a-z_]{1,20}", direction, 0..4);
    let stopping = (1_u32..1000, 0.01..0.5).prop_map(|(rounds, share)| EarlyStopping { rounds, share });
    let counts = (1_u32..10_000, 1_u32..10, 1_u32..1000, growth);
    let shares = (0.01..1.0, 0.01..1.0, 0.01..1.0);
    let penalties = (0.0..1e3, 0.0..1e3, 0.0..1e3);
    let rest = (monotone, proptest::option::of(stopping), weight());
    (counts, shares, penalties, rest).prop_map(
        |((trees, max_depth, leaf, growth), shares, penalties, (monotone, early_stopping, class_weight))| {
            let free = growth != Growth::Symmetric;
            AlgorithmSpec::GradientBoosting(GradientBoostingSpec {
                trees,
                learning_rate: shares.0,
                growth,
                max_depth,
                row_share: shares.1,
                feature_share: shares.2,
                l1: penalties.0,
                l2: penalties.1,
                min_child_weight: penalties.2,
                min_samples_leaf: if free { leaf } else { 1 },
                monotone: if free { monotone } else { BTreeMap::new() },
                early_stopping,
                class_weight,
            })
        },
    )
}

fn algorithms() -> impl Strategy<Value = AlgorithmSpec> {
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
    let counts = (1_u32..10_000, 1_u32..64, 1_u32..1000);
    let extra = (counts, proptest::option::of(share()), weight());
    let extra = extra.prop_map(
        |((trees, max_depth, min_samples_leaf), max_features, class_weight)| {
            AlgorithmSpec::ExtraTrees(ExtraTreesSpec {
                trees,
                max_depth,
                min_samples_leaf,
                max_features,
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
    prop_oneof![forest, extra, linear, boosting()]
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
    let holdout = (0.01..0.9, spans()).prop_map(|(test_share, embargo)| {
        SplitSpec::Holdout(Holdout {
            test_share,
            embargo,
            test_start: None,
        })
    });
    let choice = prop_oneof![
        (2_u32..50).prop_map(|blocks| (blocks, 1)),
        Just((6, 2)),
        Just((9, 3))
    ];
    let choice = (choice, spans()).prop_map(|((blocks, test_blocks), embargo)| {
        SplitSpec::CombinatorialPurged(CombinatorialPurged {
            blocks,
            test_blocks,
            embargo,
        })
    });
    prop_oneof![walk, holdout, choice]
}

fn thresholds() -> impl Strategy<Value = ThresholdSpec> {
    prop_oneof![
        Just(ThresholdSpec::MaxF1),
        Just(ThresholdSpec::MaxMcc),
        (0.0..1.0).prop_map(ThresholdSpec::Fixed),
        (0.0..1.0).prop_map(ThresholdSpec::MinPrecision),
        (0.0..1.0).prop_map(ThresholdSpec::MinRecall),
        (1e-3..1e3, 1e-3..1e3).prop_map(|(gain, loss)| ThresholdSpec::Utility(Utility { gain, loss })),
        (1_u32..1_000_000).prop_map(ThresholdSpec::TopPerDay),
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
        proptest::option::of(0.01..0.5),
        prop_oneof![Just(SampleWeight::None), Just(SampleWeight::Uniqueness)],
        prop_oneof![
            Just(Calibration::None),
            Just(Calibration::Platt),
            Just(Calibration::Isotonic)
        ],
        proptest::collection::btree_set("\\PC{0,12}", 0..4),
        1_u64..100_000_000,
    );
    (parts, rest).prop_map(
        |(parts, (seed, unseen_entity_share, sample_weight, calibration, entities, max_rows))| {
            let (label, features, algorithm, split, threshold, range) = parts;
            // A combinatorial split counts no rows of a day.
            let threshold = match (threshold, &split) {
                (ThresholdSpec::TopPerDay(_), SplitSpec::CombinatorialPurged(_)) => ThresholdSpec::MaxF1,
                (threshold, _) => threshold,
            };
            TrainSpec {
                model: "pump".parse().unwrap(),
                source: "candles".parse().unwrap(),
                range,
                label,
                features,
                algorithm,
                split,
                unseen_entity_share,
                sample_weight,
                calibration,
                threshold,
                seed,
                known_before: seed.is_multiple_of(2).then_some(range.end),
                entities: entities.into_iter().collect(),
                phases: vec![1, 3],
                max_rows,
            }
        },
    )
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
