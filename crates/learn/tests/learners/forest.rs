use crate::seeded::{Numbers, Rows, exclusive_or, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, RandomForestSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{fit, fit_weighted};
use mltraining_learn::model::Model;
use smartcore::ensemble::random_forest_regressor::{RandomForestRegressor, RandomForestRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

fn forest(spec: RandomForestSpec) -> AlgorithmSpec {
    AlgorithmSpec::RandomForest(spec)
}

fn small() -> RandomForestSpec {
    RandomForestSpec {
        trees: 60,
        max_depth: 6,
        ..RandomForestSpec::default()
    }
}

#[test]
fn a_planted_interaction_is_found() {
    let rows = Rows::of(5, 8000, 6, exclusive_or);
    let auc = rows.fitted_auc(&forest(small()));
    // The rows' own chances, .1 and .9, reach .9.
    assert!(auc > 0.88, "{auc}");
}

/// 2,000 against 2,000 rows: the standard deviation of the AUC of noise is .009.
#[test]
fn pure_noise_is_not_mistaken_for_a_signal() {
    for seed in 1..=5 {
        let auc = Rows::of(seed, 8000, 10, |_| 0.5).fitted_auc(&forest(small()));
        assert!((auc - 0.5).abs() < 0.03, "seed {seed}: {auc}");
    }
}

#[test]
fn the_importances_sum_to_one_and_point_at_the_planted_features() {
    let rows = Rows::of(5, 8000, 6, exclusive_or);
    let importances = rows.fit(&forest(small())).importances();
    assert!((importances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let (planted, rest) = importances.split_at(2);
    assert!(
        planted.iter().all(|p| rest.iter().all(|r| *p > 4.0 * r)),
        "{importances:?}"
    );
}

/// Half of one column is missing, and nothing but that says which rows are positive.
#[test]
fn that_a_value_is_missing_is_a_signal_too() {
    let mut numbers = Numbers::of(9);
    let (mut column, mut noise, mut labels) = (vec![], vec![], vec![]);
    for _ in 0..4000 {
        let missing = numbers.next() < 0.5;
        column.push(if missing { f32::NAN } else { numbers.next() as f32 });
        noise.push(numbers.next() as f32);
        labels.push(u8::from(numbers.next() < if missing { 0.9 } else { 0.1 }));
    }
    let rows = Rows {
        x: matrix(vec![column, noise]),
        labels,
    };
    let auc = rows.fitted_auc(&forest(RandomForestSpec {
        max_depth: 2,
        ..small()
    }));
    assert!(auc > 0.88, "{auc}");
}

#[test]
fn a_column_that_is_missing_everywhere_does_no_harm() {
    let rows = Rows::of(5, 4000, 2, |row| row[0]);
    let columns = vec![vec![f32::NAN; 4000], rows.x.column(0).to_vec(), vec![3.0; 4000]];
    let rows = Rows {
        x: matrix(columns),
        labels: rows.labels,
    };
    let model = rows.fit(&forest(small()));
    assert_eq!(model.importances(), [0.0, 1.0, 0.0]);
    assert!(rows.auc(&model.predict(&rows.x, &rows.test())) > 0.8);
}

#[test]
fn a_forest_without_a_single_split_says_the_prevalence_and_no_importance() {
    let x = matrix(vec![vec![1.0; 1000]]);
    let labels: Vec<u8> = (0..1000).map(|row| u8::from(row % 4 == 0)).collect();
    let rows: Vec<u32> = (0..1000).collect();
    let model = fit(&forest(small()), &x, &rows, &labels, 1, &Control::none()).unwrap();
    assert_eq!(model.importances(), [0.0]);
    let score = model.predict(&x, &[0])[0];
    assert!(
        (score - 0.25).abs() < 0.01,
        "{score}: the mean share of positives in 60 bags of 1,000"
    );
}

#[test]
fn a_row_counts_as_often_as_it_weighs() {
    let x = matrix(vec![vec![1.0; 1000]]);
    let labels: Vec<u8> = (0..1000).map(|row| u8::from(row % 4 == 0)).collect();
    let weights: Vec<f32> = labels
        .iter()
        .map(|&label| if label == 1 { 1.0 } else { 0.25 })
        .collect();
    let rows: Vec<u32> = (0..1000).collect();
    let control = Control::none();
    let model = fit_weighted(&forest(small()), &x, &rows, &labels, Some(&weights), 1, &control).unwrap();
    let score = model.predict(&x, &[0])[0];
    let expected = 0.25 / (0.25 + 0.75 * 0.25);
    assert!(
        (score - expected).abs() < 0.02,
        "{score}: the positives' share of all weight is {expected}"
    );
}

#[test]
fn weights_lift_the_probabilities_of_the_rare_class() {
    let rows = Rows::of(13, 8000, 4, |row| 0.2 * row[0]);
    let mean = |weight| {
        let spec = forest(RandomForestSpec {
            class_weight: weight,
            ..small()
        });
        let scores = rows.fit(&spec).predict(&rows.x, &rows.test());
        scores.iter().sum::<f64>() / scores.len() as f64
    };
    let (plain, balanced) = (mean(ClassWeight::None), mean(ClassWeight::Balanced));
    assert!((plain - 0.1).abs() < 0.02, "{plain}: the true share is .1");
    assert!(
        balanced > 0.3,
        "{balanced}: both classes weigh the same in the fit"
    );
    assert_eq!(mean(ClassWeight::Positive(1.0)), plain);
}

/// smartcore's regression forest on 0 and 1 has the same trees but for binning: leaves hold shares, squared error falls
/// as Gini impurity does. Its random numbers differ, so AUC is compared, not scores.
#[test]
fn the_forest_is_as_good_as_that_of_smartcore() {
    let rows = Rows::of(17, 4000, 6, |row| {
        0.05 + 0.5 * row[0] * row[1] + 0.4 * f64::from(u8::from(row[2] > 0.8))
    });
    let spec = RandomForestSpec {
        trees: 100,
        max_depth: 6,
        ..RandomForestSpec::default()
    };
    let ours = rows.fitted_auc(&forest(spec));
    let dense = |which: Vec<u32>| {
        let row = |i: u32| (0..6).map(|j| rows.x.column(j)[i as usize]).collect();
        DenseMatrix::from_2d_vec(&which.into_iter().map(row).collect::<Vec<Vec<f32>>>()).unwrap()
    };
    let labels: Vec<f32> = rows.labels[..2000].iter().map(|&l| f32::from(l)).collect();
    let parameters = RandomForestRegressorParameters::default()
        .with_n_trees(100)
        .with_max_depth(7) // it counts the root as a level
        .with_m(2);
    let oracle = RandomForestRegressor::fit(&dense(rows.train()), &labels, parameters).unwrap();
    let scores: Vec<f64> = oracle
        .predict(&dense(rows.test()))
        .unwrap()
        .into_iter()
        .map(|score: f32| f64::from(score))
        .collect();
    let theirs = rows.auc(&scores);
    assert!((ours - theirs).abs() < 0.01, "ours {ours}, smartcore {theirs}");
}

#[test]
fn no_tree_is_deeper_than_asked_for() {
    let rows = Rows::of(5, 4000, 6, exclusive_or);
    for max_depth in [1, 3, 64] {
        let Model::Forest(model) = rows.fit(&forest(RandomForestSpec { max_depth, ..small() })) else {
            panic!("a forest was asked for")
        };
        assert_eq!(model.trees().len(), 60);
        let depths: Vec<u32> = model
            .trees()
            .iter()
            .map(mltraining_learn::tree::Tree::depth)
            .collect();
        assert!(depths.iter().all(|&depth| depth <= max_depth), "{depths:?}");
        assert!(
            max_depth == 64 || depths.iter().all(|&depth| depth == max_depth),
            "{depths:?}"
        );
    }
}
