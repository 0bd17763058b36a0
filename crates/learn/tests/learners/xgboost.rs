//! The trees of XGBoost on the same rows: see ../xgboost/reference.py.

use crate::seeded::{Numbers, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, GradientBoostingSpec, Growth, Monotone};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit_weighted;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use mltraining_learn::tree::{Side, Tree};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    method: String,
    positives: usize,
    probabilities: Vec<f64>,
    gains: Vec<f64>,
    trees: Vec<Vec<Seen>>,
}

/// A node, from the root on, left before right.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(crate) enum Seen {
    /// Feature, and how many of the node's rows go left.
    Split(u16, usize),
    Leaf([f64; 1]),
}

/// The rows of reference.py.
fn fixed() -> (Matrix, Vec<u8>, Vec<f32>) {
    let mut numbers = Numbers::of(11);
    let (mut columns, mut labels, mut weights) = (vec![vec![]; 3], vec![], vec![]);
    let rounded = |v: f64| ((64.0 * v).floor() / 64.0) as f32;
    for _ in 0..400 {
        let [a, b, c, d, e] = std::array::from_fn(|_| numbers.next());
        let when = |condition: bool| f64::from(u8::from(condition));
        columns[0].push(rounded(a));
        columns[1].push(if b < 0.2 { f32::NAN } else { rounded(b) });
        columns[2].push(rounded(c));
        let chance = 0.1 + 0.5 * a * when(b < 0.2) + 0.4 * c * when(b >= 0.6) + 0.2 * a;
        labels.push(u8::from(d < chance));
        weights.push(if e < 0.5 { 1.0 } else { 0.25 });
    }
    (matrix(columns), labels, weights)
}

fn spec(name: &str) -> GradientBoostingSpec {
    let plain = GradientBoostingSpec {
        trees: 5,
        max_depth: 3,
        learning_rate: 0.3,
        ..GradientBoostingSpec::default()
    };
    match name {
        "plain" => plain,
        "penalised" => GradientBoostingSpec {
            l1: 0.7,
            l2: 0.3,
            min_child_weight: 4.0,
            ..plain
        },
        "weighted" => GradientBoostingSpec {
            class_weight: ClassWeight::Positive(3.0),
            ..plain
        },
        "monotone" => GradientBoostingSpec {
            monotone: [
                ("f0".to_owned(), Monotone::Decreasing),
                ("f2".to_owned(), Monotone::Increasing),
            ]
            .into(),
            ..plain
        },
        "leaf_wise" => GradientBoostingSpec {
            growth: Growth::LeafWise { max_leaves: 7 },
            max_depth: 64,
            ..plain
        },
        other => panic!("a case {other} that the script has and the test does not"),
    }
}

/// Our nodes in the order of the script.
pub(crate) fn walk(tree: &Tree, at: usize, x: &Matrix, rows: &[u32], seen: &mut Vec<Seen>) {
    let node = tree.nodes()[at];
    if tree.is_leaf(at) {
        seen.push(Seen::Leaf([f64::from(node.value)]));
        return;
    }
    let column = x.column(usize::from(node.feature));
    let goes_left = |row: &u32| match column[*row as usize] {
        value if value.is_nan() => node.missing == Side::Left,
        value => value <= node.threshold,
    };
    let (left, right): (Vec<u32>, Vec<u32>) = rows.iter().copied().partition(goes_left);
    seen.push(Seen::Split(node.feature, left.len()));
    walk(tree, node.left as usize, x, &left, seen);
    walk(tree, node.left as usize + 1, x, &right, seen);
}

pub(crate) fn check(name: &str, ours: &[Seen], theirs: &[Seen]) {
    assert_eq!(ours.len(), theirs.len(), "{name}: {ours:?}, not {theirs:?}");
    for pair in ours.iter().zip(theirs) {
        match pair {
            (Seen::Leaf([a]), Seen::Leaf([b])) => {
                assert!((a - b).abs() < 2e-6, "{name}: a leaf of {a}, not {b}");
            }
            (Seen::Split(f, t), Seen::Split(g, u)) => assert_eq!((f, t), (g, u), "{name}"),
            (a, b) => panic!("{name}: {a:?}, not {b:?}"),
        }
    }
}

/// XGBoost computes in f32. Thresholds between the same two values of a node's rows may differ, and so may the side of missing
/// values that training has not seen, so that splits are compared by the rows that go left.
#[test]
fn trees_leaves_gains_and_probabilities_are_those_of_xgboost() {
    let (x, labels, weights) = fixed();
    let rows: Vec<u32> = (0..400).collect();
    let cases: Vec<Case> = serde_json::from_str(include_str!("../xgboost/reference.json")).unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let name = format!("{} {}", case.name, case.method);
        assert_eq!(labels.iter().filter(|label| **label == 1).count(), case.positives);
        let algorithm = AlgorithmSpec::GradientBoosting(spec(&case.name));
        let weights = (case.name == "weighted").then_some(weights.as_slice());
        let fitted = fit_weighted(&algorithm, &x, &rows, &labels, weights, 1, &Control::none());
        let model = fitted.unwrap();
        let Model::Boosted(boosted) = &model else {
            panic!("boosting was asked for")
        };
        assert_eq!(boosted.trees().len(), case.trees.len());
        for (nth, (ours, theirs)) in boosted.trees().iter().zip(&case.trees).enumerate() {
            let mut seen = Vec::new();
            walk(ours, 0, &x, &rows, &mut seen);
            check(&format!("{name}, tree {nth}"), &seen, theirs);
        }
        for (a, b) in model.predict(&x, &rows).iter().zip(&case.probabilities) {
            assert!((a - b).abs() < 1e-6, "{name}: {a}, not {b}");
        }
        for (a, b) in boosted.gains().iter().zip(&case.gains) {
            assert!((a - b).abs() < 1e-4 * b.max(1.0), "{name}: {a}, not {b}");
        }
    }
}
