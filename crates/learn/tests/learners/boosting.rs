use crate::seeded::{Numbers, Rows, exclusive_or, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, EarlyStopping, GradientBoostingSpec, Growth, Monotone};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, FitRows, fit, fit_validated, fit_weighted};
use mltraining_learn::gradient_boosting::Boosted;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{Cut, measure};
use mltraining_learn::model::Model;
use mltraining_learn::tree::Side;
use proptest::prelude::*;
use std::sync::Mutex;

const GROWTHS: [Growth; 3] = [
    Growth::DepthWise,
    Growth::LeafWise { max_leaves: 24 },
    Growth::Symmetric,
];

fn boosting(spec: GradientBoostingSpec) -> AlgorithmSpec {
    AlgorithmSpec::GradientBoosting(spec)
}

/// One tree whose leaves are not shrunk.
fn one_tree() -> GradientBoostingSpec {
    GradientBoostingSpec {
        trees: 1,
        learning_rate: 1.0,
        max_depth: 1,
        min_child_weight: 0.0,
        ..GradientBoostingSpec::default()
    }
}

fn all(x: &Matrix) -> Vec<u32> {
    (0..x.rows() as u32).collect()
}

fn boosted(x: &Matrix, labels: &[u8], weights: Option<&[f32]>, spec: GradientBoostingSpec) -> Boosted {
    let model = fit_weighted(&boosting(spec), x, &all(x), labels, weights, 1, &Control::none()).unwrap();
    match model {
        Model::Boosted(boosted) => boosted,
        other => panic!("boosting was asked for, not {}", other.algorithm()),
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 2e-6 * b.abs().max(1.0)
}

/// Eight rows, three of them positive, and the best cut of one column by hand: at p = 3/8 each negative has the gradient 3/8,
/// each positive -5/8, and all the second derivative 15/64. Cut after the fifth value, the left side has 5 x 3/8, the right
/// one -3 x 5/8.
#[test]
fn the_first_split_and_its_leaves_are_those_of_the_formula() {
    let x = matrix(vec![(1..=8).map(|v| v as f32).collect()]);
    let labels = [0, 0, 0, 0, 0, 1, 1, 1];
    for (l1, l2) in [(0.0, 1.0), (0.0, 0.0), (0.5, 2.0)] {
        let found = boosted(&x, &labels, None, GradientBoostingSpec { l1, l2, ..one_tree() });
        assert!(close(found.base(), (3.0f64 / 5.0).ln()), "{}", found.base());
        let nodes = found.trees()[0].nodes();
        assert_eq!((nodes[0].feature, nodes[0].threshold), (0, 5.5));
        let (left, right) = (5.0 * 15.0 / 64.0 + l2, 3.0 * 15.0 / 64.0 + l2);
        let soft = 1.875 - l1;
        assert!(close(f64::from(nodes[1].value), -soft / left), "{nodes:?}");
        assert!(close(f64::from(nodes[2].value), soft / right), "{nodes:?}");
        assert!(
            close(found.gains()[0], soft * soft * (1.0 / left + 1.0 / right)),
            "{:?}",
            found.gains()
        );
    }
}

/// A weight of w counts as w rows of that kind do: base, gradients and second derivatives.
#[test]
fn row_weights_and_class_weights_weigh_gradients() {
    let x = matrix(vec![vec![1.0, 1.0, 1.0, 2.0, 2.0]]);
    let labels = [0, 0, 1, 1, 1];
    let leaves = |weights: Option<&[f32]>, class_weight| {
        let found = boosted(
            &x,
            &labels,
            weights,
            GradientBoostingSpec {
                class_weight,
                ..one_tree()
            },
        );
        let nodes = found.trees()[0].nodes();
        (found.base(), f64::from(nodes[1].value), f64::from(nodes[2].value))
    };
    // Positives .5, negatives 1: 2 against 1.5, p = 3/7.
    let by_row = leaves(Some(&[1.0, 1.0, 0.5, 0.5, 0.5]), ClassWeight::None);
    let p = 3.0 / 7.0f64;
    let h = p * (1.0 - p);
    let expected = (
        (1.5f64 / 2.0).ln(),
        -(2.0 * p - 0.5 * (1.0 - p)) / (2.5 * h + 1.0),
        (1.0 - p) / (h + 1.0),
    );
    for (found, expected) in [
        (by_row.0, expected.0),
        (by_row.1, expected.1),
        (by_row.2, expected.2),
    ] {
        assert!(close(found, expected), "{found}, not {expected}");
    }
    assert_eq!(by_row, leaves(None, ClassWeight::Positive(0.5)));
    // Two copies of each row are two rows.
    let twice: Vec<u32> = [all(&x), all(&x)].concat();
    let fitted = |rows: &[u32], spec| fit(&boosting(spec), &x, rows, &labels, 1, &Control::none()).unwrap();
    let spec = GradientBoostingSpec {
        l2: 2.0,
        ..one_tree()
    };
    let half = GradientBoostingSpec {
        l2: 1.0,
        ..one_tree()
    };
    let (a, b) = (
        fitted(&twice, spec).predict(&x, &all(&x)),
        fitted(&all(&x), half).predict(&x, &all(&x)),
    );
    assert!(a.iter().zip(&b).all(|(a, b)| close(*a, *b)), "{a:?} {b:?}");
}

#[test]
fn weights_that_differ_a_million_times_still_count() {
    let rows = Rows::of(8, 4000, 3, |row| 0.2 + 0.6 * row[0]);
    let auc = |weight| {
        rows.fitted_auc(&boosting(GradientBoostingSpec {
            class_weight: ClassWeight::Positive(weight),
            trees: 30,
            max_depth: 3,
            min_child_weight: 0.0,
            l2: 0.0,
            ..GradientBoostingSpec::default()
        }))
    };
    let plain = auc(1.0);
    for weight in [1e-3, 1e3] {
        let found = auc(weight);
        assert!(found > plain - 0.02, "weight {weight}: {found}, without {plain}");
    }
}

#[test]
fn a_planted_interaction_is_found_and_importances_point_at_it() {
    let rows = Rows::of(5, 8000, 6, exclusive_or);
    for growth in GROWTHS {
        let spec = GradientBoostingSpec {
            growth,
            trees: 40,
            max_depth: 4,
            ..GradientBoostingSpec::default()
        };
        let model = rows.fit(&boosting(spec));
        let auc = rows.auc(&model.predict(&rows.x, &rows.test()));
        // The rows' own chances, .1 and .9, reach .9.
        assert!(auc > 0.86, "{growth:?}: {auc}");
        let importances = model.importances();
        assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(
            importances[0] + importances[1] > 0.7,
            "{growth:?}: {importances:?}"
        );
    }
}

#[test]
fn pure_noise_is_not_mistaken_for_a_signal() {
    for growth in GROWTHS {
        let spec = boosting(GradientBoostingSpec {
            growth,
            trees: 20,
            ..GradientBoostingSpec::default()
        });
        let auc = Rows::of(3, 8000, 10, |_| 0.5).fitted_auc(&spec);
        assert!((auc - 0.5).abs() < 0.035, "{growth:?}: {auc}");
    }
}

/// The column's values say nothing, that one is missing says all.
#[test]
fn missing_values_go_to_the_side_that_gains_more() {
    let n = f32::NAN;
    let x = matrix(vec![vec![1.0, 2.0, 3.0, 4.0, n, n, n, n]]);
    for growth in GROWTHS {
        let spec = GradientBoostingSpec { growth, ..one_tree() };
        let found = boosted(&x, &[0, 0, 0, 0, 1, 1, 1, 1], None, spec.clone());
        let root = found.trees()[0].nodes()[0];
        assert_eq!((root.threshold, root.missing), (f32::INFINITY, Side::Right));
        // With the higher values positive, the missing ones that are positive too go to the right.
        let found = boosted(&x, &[0, 0, 1, 1, 1, 1, 1, 1], None, spec.clone());
        let root = found.trees()[0].nodes()[0];
        assert_eq!((root.threshold, root.missing), (2.5, Side::Right));
        let found = boosted(&x, &[1, 1, 0, 0, 1, 1, 1, 1], None, spec);
        let root = found.trees()[0].nodes()[0];
        assert_eq!((root.threshold, root.missing), (2.5, Side::Left));
    }
}

#[test]
fn values_missing_for_the_first_time_go_where_more_weight_went() {
    let x = matrix(vec![vec![1.0, 1.0, 1.0, 2.0]]);
    for growth in GROWTHS {
        let spec = GradientBoostingSpec { growth, ..one_tree() };
        let found = boosted(&x, &[0, 0, 0, 1], None, spec);
        assert_eq!(found.trees()[0].nodes()[0].missing, Side::Left, "{growth:?}");
    }
}

/// Rows of each leaf of each tree.
fn leaf_counts(model: &Boosted, x: &Matrix, rows: &[u32]) -> Vec<Vec<u32>> {
    let count = |tree: &mltraining_learn::tree::Tree| {
        let mut counts = vec![0; tree.nodes().len()];
        for &row in rows {
            let mut at = 0;
            while !tree.is_leaf(at) {
                let node = tree.nodes()[at];
                let value = x.column(usize::from(node.feature))[row as usize];
                let left = match value.is_nan() {
                    true => node.missing == Side::Left,
                    false => value <= node.threshold,
                };
                at = node.left as usize + usize::from(!left);
            }
            counts[at] += 1;
        }
        (0..counts.len())
            .filter(|&node| tree.is_leaf(node))
            .map(|node| counts[node])
            .collect()
    };
    model.trees().iter().map(count).collect()
}

#[test]
fn leaves_depth_and_size_stay_within_their_limits() {
    let rows = Rows::of(6, 3000, 4, |row| 0.02 + 0.2 * row[0] * row[1]);
    let train = rows.train();
    for (growth, least) in [
        (Growth::DepthWise, 37),
        (Growth::LeafWise { max_leaves: 11 }, 37),
        (Growth::Symmetric, 1),
    ] {
        let spec = GradientBoostingSpec {
            growth,
            trees: 25,
            max_depth: 5,
            min_samples_leaf: least,
            min_child_weight: 0.0,
            ..GradientBoostingSpec::default()
        };
        let Model::Boosted(model) = rows.fit(&boosting(spec)) else {
            panic!("boosting was asked for")
        };
        assert!(model.trees().iter().all(|tree| tree.depth() <= 5));
        let counts = leaf_counts(&model, &rows.x, &train);
        assert!(counts.iter().all(|leaves| leaves.iter().sum::<u32>() == 1500));
        let smallest = counts.iter().flatten().min().unwrap();
        if growth == Growth::Symmetric {
            assert!(counts.iter().all(|leaves| leaves.len().is_power_of_two()));
        } else {
            assert!(
                (least..60).contains(smallest),
                "{growth:?}: a leaf of {smallest} rows"
            );
        }
        if let Growth::LeafWise { max_leaves } = growth {
            assert!(counts.iter().all(|leaves| leaves.len() <= max_leaves as usize));
            assert!(counts.iter().any(|leaves| leaves.len() == max_leaves as usize));
        }
    }
}

#[test]
fn all_nodes_of_a_level_of_a_symmetric_tree_are_cut_alike() {
    let rows = Rows::of(6, 3000, 4, exclusive_or);
    let Model::Boosted(model) = rows.fit(&boosting(GradientBoostingSpec {
        growth: Growth::Symmetric,
        trees: 5,
        max_depth: 4,
        ..GradientBoostingSpec::default()
    })) else {
        panic!("boosting was asked for")
    };
    for tree in model.trees() {
        let mut level = vec![0];
        while !tree.is_leaf(level[0]) {
            let first = tree.nodes()[level[0]];
            for &node in &level {
                let node = tree.nodes()[node];
                assert_eq!((node.feature, node.threshold), (first.feature, first.threshold));
            }
            level = level
                .iter()
                .flat_map(|&node| {
                    [
                        tree.nodes()[node].left as usize,
                        tree.nodes()[node].left as usize + 1,
                    ]
                })
                .collect();
        }
        assert!(level.iter().all(|&node| tree.is_leaf(node)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Over the whole range of a constrained feature, at any values of the others, missing ones too.
    #[test]
    fn a_monotone_feature_never_turns(seed in 1u32..10_000, rising in any::<bool>(), leaf_wise in any::<bool>()) {
        let rows = Rows::of(seed, 1200, 3, |row| 0.1 + 0.8 * (3.0 * row[0]).sin().abs() * row[1]);
        let direction = if rising { Monotone::Increasing } else { Monotone::Decreasing };
        let spec = GradientBoostingSpec {
            trees: 20,
            max_depth: 5,
            learning_rate: 0.5,
            growth: if leaf_wise { Growth::LeafWise { max_leaves: 20 } } else { Growth::DepthWise },
            monotone: [("f0".to_owned(), direction)].into(),
            ..GradientBoostingSpec::default()
        };
        let model = rows.fit(&boosting(spec));
        let mut numbers = Numbers::of(seed);
        for _ in 0..20 {
            let (b, c) = (numbers.next() as f32, numbers.next() as f32);
            let b = if b < 0.2 { f32::NAN } else { b };
            let grid: Vec<f32> = (-2..=42).map(|i| i as f32 / 40.0).collect();
            let x = matrix(vec![grid.clone(), vec![b; grid.len()], vec![c; grid.len()]]);
            let scores = model.predict(&x, &all(&x));
            for pair in scores.windows(2) {
                prop_assert!(if rising { pair[0] <= pair[1] } else { pair[0] >= pair[1] }, "{:?}", scores);
            }
        }
        let used = model.importances()[0];
        prop_assert!(used > 0.0, "a feature that no tree looks at turns nowhere");
    }
}

#[test]
fn a_direction_of_a_feature_that_there_is_not_is_refused_by_its_name() {
    let rows = Rows::of(1, 200, 2, |row| row[0]);
    let spec = boosting(GradientBoostingSpec {
        monotone: [("close".to_owned(), Monotone::Increasing)].into(),
        ..GradientBoostingSpec::default()
    });
    let found = fit(&spec, &rows.x, &rows.train(), &rows.labels, 1, &Control::none());
    assert_eq!(found.unwrap_err(), FitError::UnknownFeature("close".to_owned()));
}

fn stopping(rounds: u32) -> GradientBoostingSpec {
    GradientBoostingSpec {
        trees: 300,
        learning_rate: 0.5,
        early_stopping: Some(EarlyStopping { rounds, share: 0.2 }),
        ..GradientBoostingSpec::default()
    }
}

/// Noise with a little signal, some of it in what is missing, on which hundreds of trees learn the noise by heart.
fn noisy() -> Rows {
    let rows = Rows::of(
        4,
        6000,
        5,
        |row| if row[0] < 0.3 { 0.7 } else { 0.3 + 0.2 * row[0] },
    );
    let hidden = |v: &f32| if *v < 0.3 { f32::NAN } else { *v };
    let mut columns: Vec<Vec<f32>> = (0..5).map(|j| rows.x.column(j).to_vec()).collect();
    columns[0] = columns[0].iter().map(hidden).collect();
    Rows {
        x: matrix(columns),
        labels: rows.labels,
    }
}

#[test]
fn early_stopping_keeps_the_trees_up_to_the_lowest_loss() {
    let rows = noisy();
    let (train, validation) = (rows.train(), rows.test());
    let parts = FitRows {
        train: &train,
        validation: &validation,
    };
    let steps = Mutex::new(Vec::new());
    let progress = |done, _| steps.lock().unwrap().push(done);
    let control = Control {
        cancel: Control::none().cancel,
        progress: &progress,
    };
    let Ok(Model::Boosted(model)) = fit_validated(
        &boosting(stopping(7)),
        &rows.x,
        parts,
        &rows.labels,
        None,
        1,
        &control,
    ) else {
        panic!("boosting was asked for")
    };
    let kept = model.trees().len();
    assert!(kept < 100, "{kept} trees");
    assert_eq!(
        steps.lock().unwrap().len(),
        kept + 7,
        "seven trees more were tried"
    );
    // Without stopping the same trees are grown first: none of their numbers up to there has a lower loss.
    let loss = |trees: u32| {
        let spec = GradientBoostingSpec {
            trees,
            early_stopping: None,
            ..stopping(7)
        };
        let model = fit(
            &boosting(spec),
            &rows.x,
            &train,
            &rows.labels,
            1,
            &Control::none(),
        )
        .unwrap();
        let scores = model.predict(&rows.x, &validation);
        measure(&rows.labels[3000..], &scores, Cut::None)
            .log_loss
            .unwrap()
    };
    let losses: Vec<f64> = (1..=kept as u32 + 7).map(loss).collect();
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[kept - 1], lowest, "{losses:?}");
    assert_eq!(Model::Boosted(model).importances().len(), 5);
}

#[test]
fn early_stopping_without_rows_to_stop_by_is_refused() {
    let rows = noisy();
    let found = fit(
        &boosting(stopping(7)),
        &rows.x,
        &rows.train(),
        &rows.labels,
        1,
        &Control::none(),
    );
    assert_eq!(found.unwrap_err(), FitError::NoValidationRows);
}

#[test]
fn rows_and_features_that_are_not_drawn_still_get_the_sum_of_all_trees() {
    // Gradients of rows that a tree did not see must know of it: with a wrong sum the loss would not fall.
    let rows = Rows::of(9, 6000, 6, |row| 0.1 + 0.8 * row[0] * row[1]);
    let loss = |row_share, feature_share| {
        let model = rows.fit(&boosting(GradientBoostingSpec {
            row_share,
            feature_share,
            trees: 60,
            max_depth: 3,
            ..GradientBoostingSpec::default()
        }));
        let scores = model.predict(&rows.x, &rows.test());
        measure(&rows.labels[3000..], &scores, Cut::None)
            .log_loss
            .unwrap()
    };
    let all = loss(1.0, 1.0);
    for (rows, features) in [(0.3, 1.0), (1.0, 0.5), (0.5, 0.5)] {
        let found = loss(rows, features);
        assert!(
            (found - all).abs() < 0.012,
            "{found} with {rows} and {features}, {all} with all"
        );
    }
}
