//! The numbers of scikit-learn, and of XGBoost's regression, on the same rows: see ../sklearn/reference.py.

use crate::seeded::{Numbers, matrix};
use crate::xgboost::{Seen, check, walk};
use mltraining_domain::{
    AlgorithmSpec, DecisionTreeSpec, ElasticNetSpec, GaussianNbSpec, GradientBoostingSpec, KnnSpec, RidgeSpec,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitRows, Truth, fit_truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    positives: usize,
    boosted: Vec<Boosted>,
    trees: Vec<OneTree>,
    fitted: Vec<Fitted>,
}

#[derive(Deserialize)]
struct Boosted {
    name: String,
    predictions: Vec<f64>,
    gains: Vec<f64>,
    trees: Vec<Vec<Seen>>,
}

#[derive(Deserialize)]
struct OneTree {
    name: String,
    tree: Vec<Seen>,
}

#[derive(Deserialize)]
struct Fitted {
    name: String,
    /// `None` where neighbours are equally far, of which scikit-learn takes either.
    predictions: Vec<Option<f64>>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../sklearn/reference.json")).unwrap()
}

/// The rows of reference.py.
struct Fixed {
    x: Matrix,
    targets: Vec<f32>,
    labels: Vec<u8>,
    weights: Vec<f32>,
}

impl Fixed {
    fn new() -> Self {
        let mut numbers = Numbers::of(11);
        let (mut columns, mut targets, mut weights) = (vec![vec![]; 3], vec![], vec![]);
        let rounded = |v: f64| ((64.0 * v).floor() / 64.0) as f32;
        for _ in 0..400 {
            let [a, b, c, d, e] = std::array::from_fn(|_| numbers.next());
            let when = |condition: bool| f64::from(u8::from(condition));
            columns[0].push(rounded(a));
            columns[1].push(if b < 0.2 { f32::NAN } else { rounded(b) });
            columns[2].push(rounded(c));
            targets.push((0.5 * when(a >= 0.5) + c * when(b >= 0.6) + 0.25 * c + 0.25 * d) as f32);
            weights.push(if e < 0.5 { 1.0 } else { 0.25 });
        }
        Self {
            x: matrix(columns),
            labels: targets.iter().map(|target| u8::from(*target > 0.6)).collect(),
            targets,
            weights,
        }
    }

    fn rows(&self) -> Vec<u32> {
        (0..400).collect()
    }

    fn numbers(&self, spec: &AlgorithmSpec, weighted: bool) -> Model {
        self.fit(spec, Truth::Numbers(&self.targets), weighted)
    }

    fn classes(&self, spec: &AlgorithmSpec, weighted: bool) -> Model {
        self.fit(spec, Truth::Classes(&self.labels), weighted)
    }

    fn fit(&self, spec: &AlgorithmSpec, truth: Truth<'_>, weighted: bool) -> Model {
        let (train, validation) = (self.rows(), Vec::new());
        let rows = FitRows {
            train: &train,
            validation: &validation,
        };
        let weights = weighted.then_some(self.weights.as_slice());
        fit_truth(spec, &self.x, rows, truth, weights, 1, &Control::none()).unwrap()
    }
}

/// XGBoost computes in f32.
#[test]
fn boosted_trees_of_numbers_their_leaves_gains_and_sums_are_those_of_xgboost() {
    let (fixed, rows) = (Fixed::new(), Fixed::new().rows());
    for case in reference().boosted {
        let plain = GradientBoostingSpec {
            trees: 5,
            max_depth: 3,
            learning_rate: 0.3,
            ..GradientBoostingSpec::default()
        };
        let spec = match case.name.as_str() {
            "penalised" => GradientBoostingSpec {
                l1: 0.7,
                l2: 0.3,
                min_child_weight: 8.0,
                ..plain
            },
            _ => plain,
        };
        let model = fixed.numbers(&AlgorithmSpec::GradientBoosting(spec), case.name == "weighted");
        let Model::Boosted(boosted) = &model else {
            panic!("boosting was asked for")
        };
        assert_eq!(boosted.trees().len(), case.trees.len());
        for (nth, (ours, theirs)) in boosted.trees().iter().zip(&case.trees).enumerate() {
            let mut seen = Vec::new();
            walk(ours, 0, &fixed.x, &rows, &mut seen);
            check(&format!("{}, tree {nth}", case.name), &seen, theirs);
        }
        for (a, b) in model.predict(&fixed.x, &rows).iter().zip(&case.predictions) {
            assert!((a - b).abs() < 2e-6, "{}: {a}, not {b}", case.name);
        }
        for (a, b) in boosted.gains().iter().zip(&case.gains) {
            assert!(
                (a - b).abs() < 1e-4 * b.max(1.0),
                "{}: a gain of {a}, not {b}",
                case.name
            );
        }
    }
}

#[test]
fn a_single_tree_has_the_splits_and_leaves_of_scikit_learn() {
    let (fixed, rows) = (Fixed::new(), Fixed::new().rows());
    let spec = AlgorithmSpec::DecisionTree(DecisionTreeSpec {
        max_depth: 4,
        min_samples_leaf: 5,
        ..DecisionTreeSpec::default()
    });
    for case in reference().trees {
        let model = match case.name.as_str() {
            "numbers" => fixed.numbers(&spec, false),
            _ => fixed.classes(&spec, false),
        };
        let Model::DecisionTree(tree) = &model else {
            panic!("a tree was asked for")
        };
        let mut seen = Vec::new();
        walk(&tree.trees()[0], 0, &fixed.x, &rows, &mut seen);
        check(&case.name, &seen, &case.tree);
    }
}

#[test]
fn linear_models_bayes_and_neighbours_say_what_those_of_scikit_learn_say() {
    let fixed = Fixed::new();
    let reference = reference();
    assert_eq!(
        fixed.labels.iter().filter(|label| **label == 1).count(),
        reference.positives
    );
    let ridge = AlgorithmSpec::Ridge(RidgeSpec { l2: 3.0 });
    let net = |penalty, l1_share| {
        AlgorithmSpec::ElasticNet(ElasticNetSpec {
            penalty,
            l1_share,
            max_iterations: 10_000,
            tolerance: 1e-12,
        })
    };
    let bayes = AlgorithmSpec::GaussianNb(GaussianNbSpec {
        smoothing: 1e-3,
        ..GaussianNbSpec::default()
    });
    let knn = AlgorithmSpec::Knn(KnnSpec { neighbors: 7 });
    for case in reference.fitted {
        let model = match case.name.as_str() {
            "ridge" => fixed.numbers(&ridge, false),
            "ridge weighted" => fixed.numbers(&ridge, true),
            "lasso" => fixed.numbers(&net(0.02, 1.0), false),
            "elastic net" => fixed.numbers(&net(0.05, 0.3), false),
            "gaussian nb" => fixed.classes(&bayes, false),
            "gaussian nb weighted" => fixed.classes(&bayes, true),
            "knn numbers" => fixed.numbers(&knn, false),
            "knn classes" => fixed.classes(&knn, false),
            other => panic!("a case {other} that the script has and the test does not"),
        };
        // Features are f32 when distances are made of them.
        let close = if case.name.starts_with("knn") { 1e-6 } else { 1e-9 };
        let found = model.predict(&fixed.x, &fixed.rows());
        let known = found
            .iter()
            .zip(&case.predictions)
            .filter_map(|(a, b)| Some((*a, (*b)?)));
        let known: Vec<(f64, f64)> = known.collect();
        assert!(known.len() > 380, "{}: {} rows are told", case.name, known.len());
        let off = known.into_iter().filter(|(a, b)| (a - b).abs() > close);
        let off: Vec<_> = off.collect();
        assert!(
            off.is_empty(),
            "{}: {} rows differ, such as {:?}",
            case.name,
            off.len(),
            off[0]
        );
    }
}
