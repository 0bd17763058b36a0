//! One tree on known rows, against a search over everything.

use super::draw::Draw;
use super::grow::{Grower, Grown, Scratch, Shape};
use super::search::Search;
use crate::binned::BinnedMatrix;
use crate::class_weight::Weights;
use crate::control::Control;
use crate::fit::FitError;
use crate::matrix::Matrix;
use crate::random::Random;
use crate::tree::{Node, RowBlock, Side};
use mltraining_domain::{AlgorithmSpec, ClassWeight, RandomForestSpec};
use proptest::prelude::*;
use std::sync::atomic::AtomicBool;

/// Rows, each drawn equally often.
#[derive(Debug)]
struct Case {
    columns: Vec<Vec<f32>>,
    labels: Vec<u8>,
    times: u8,
    spec: RandomForestSpec,
}

impl Case {
    fn matrix(&self) -> Matrix {
        let names = (0..self.columns.len()).map(|j| format!("f{j}")).collect();
        Matrix::new(names, self.columns.clone()).unwrap()
    }

    fn rows(&self) -> Vec<u32> {
        (0..self.labels.len() as u32).collect()
    }

    fn weights(&self) -> Weights {
        let positives: f64 = self.labels.iter().map(|&label| f64::from(label)).sum();
        let negatives = self.labels.len() as f64 - positives;
        Weights::of(self.spec.class_weight, positives, negatives)
    }

    fn grow(&self, control: &Control<'_>) -> Result<Grown, FitError> {
        let bins = BinnedMatrix::of(&self.matrix(), &self.rows(), &Control::none())?;
        let draw = |(row, &label): (usize, &u8)| Draw::new(row as u32, self.times, label);
        let mut draws: Vec<Draw> = self.labels.iter().enumerate().map(draw).collect();
        let shape = Shape {
            max_features: self.spec.max_features,
            max_depth: self.spec.max_depth,
            min_samples_leaf: self.spec.min_samples_leaf,
        };
        let grower = Grower::new(shape, &bins, self.weights(), control);
        grower.grow(
            &mut draws,
            &mut Random::of(1, 1),
            &mut Scratch::<Search>::default(),
        )
    }

    /// Weight of the positives and of all rows that `goes` takes, and how often they were drawn.
    fn sums(&self, goes: impl Fn(usize) -> bool) -> (f64, f64, u32) {
        let (weights, times) = (self.weights(), f64::from(self.times));
        let rows = (0..self.labels.len()).filter(|&row| goes(row));
        rows.fold((0.0, 0.0, 0), |(positive, total, draws), row| {
            match self.labels[row] {
                1 => (
                    positive + times * weights.positive,
                    total + times * weights.positive,
                    draws + u32::from(self.times),
                ),
                _ => (
                    positive,
                    total + times * weights.negative,
                    draws + u32::from(self.times),
                ),
            }
        })
    }

    /// How much weight x Gini impurity falls, halved, when the rows for which `left` holds go left. Gini is 2 p (1 - p).
    fn gain(&self, left: impl Fn(usize) -> bool) -> f64 {
        let impurity = |(positive, total, _): (f64, f64, u32)| positive * (1.0 - positive / total);
        let (l, r) = (self.sums(&left), self.sums(|row| !left(row)));
        if l.2 < self.spec.min_samples_leaf || r.2 < self.spec.min_samples_leaf {
            return 0.0;
        }
        impurity(self.sums(|_| true)) - impurity(l) - impurity(r)
    }

    fn goes_left(&self, feature: usize, threshold: f32, missing: Side, row: usize) -> bool {
        let value = self.columns[feature][row];
        if value.is_nan() {
            missing == Side::Left
        } else {
            value <= threshold
        }
    }

    /// The best gain over every value of every feature and both sides for missing values.
    fn best_gain(&self) -> f64 {
        let mut best = 0.0;
        for (feature, column) in self.columns.iter().enumerate() {
            for &threshold in column.iter().filter(|v| !v.is_nan()) {
                for side in [Side::Left, Side::Right] {
                    let gain = self.gain(|row| self.goes_left(feature, threshold, side, row));
                    best = f64::max(best, gain);
                }
            }
        }
        best
    }
}

fn stump(min_samples_leaf: u32, class_weight: ClassWeight) -> RandomForestSpec {
    RandomForestSpec {
        max_depth: 1,
        max_features: Some(1.0),
        min_samples_leaf,
        class_weight,
        ..RandomForestSpec::default()
    }
}

/// Few distinct values, so that cuts lie between all of them; some are missing.
fn value() -> impl Strategy<Value = f32> {
    (0u8..14).prop_map(|v| if v < 12 { f32::from(v) / 4.0 } else { f32::NAN })
}

fn case(rows: std::ops::Range<usize>, times: u8) -> impl Strategy<Value = Case> {
    let row = (value(), value(), 0u8..10);
    let weight = prop_oneof![
        Just(ClassWeight::None),
        Just(ClassWeight::Balanced),
        Just(ClassWeight::Positive(3.7))
    ];
    (proptest::collection::vec(row, rows), 1u32..40, weight).prop_map(move |(rows, least, weight)| {
        let mut labels: Vec<u8> = rows
            .iter()
            .map(|row| u8::from(f32::from(row.2) < 2.0 + 2.0 * row.0.max(0.0)))
            .collect();
        (labels[0], labels[1]) = (0, 1);
        let columns = vec![
            rows.iter().map(|row| row.0).collect(),
            rows.iter().map(|row| row.1).collect(),
        ];
        Case {
            columns,
            labels,
            times,
            spec: stump(least, weight),
        }
    })
}

fn check_stump(case: &Case) -> Result<(), TestCaseError> {
    let grown = case.grow(&Control::none()).unwrap();
    let expected = case.best_gain();
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 + 1e-5 * b.abs();
    prop_assert!(
        close(grown.gains.iter().sum(), expected),
        "{:?}, not {expected}",
        grown.gains
    );
    let root = grown.tree.nodes()[0];
    if grown.tree.depth() == 0 {
        return Ok(());
    }
    let left = |row: usize| case.goes_left(usize::from(root.feature), root.threshold, root.missing, row);
    prop_assert!(
        close(case.gain(left), expected),
        "the split {root:?} is not worth {expected}"
    );
    for (leaf, side) in [(1, true), (2, false)] {
        let (positive, total, draws) = case.sums(|row| left(row) == side);
        prop_assert!(close(f64::from(grown.tree.nodes()[leaf].value), positive / total));
        prop_assert!(draws >= case.spec.min_samples_leaf);
    }
    Ok(())
}

proptest! {
    /// Up to 199 rows: occupied bins only.
    #[test]
    fn the_split_of_a_small_node_is_the_best_gini_split(case in case(2..60, 1)) {
        check_stump(&case)?;
    }

    /// From 200 rows on: histograms of 16-bit counts.
    #[test]
    fn the_split_of_a_large_node_is_the_best_gini_split(case in case(200..260, 3)) {
        check_stump(&case)?;
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))] // the search over everything takes long on so many rows

    /// More than 65,535 draws of each class: histograms of 32-bit counts.
    #[test]
    fn the_split_of_a_huge_node_is_the_best_gini_split(case in case(800..860, 255)) {
        check_stump(&case)?;
    }
}

/// 3,000 rows of 250 distinct values; positive more often where both are large.
fn wavy(spec: RandomForestSpec) -> Case {
    let mut random = Random::of(3, 3);
    let (mut a, mut b, mut labels) = (vec![], vec![], vec![]);
    for _ in 0..3000 {
        let (x, y) = (random.below(250), random.below(250));
        a.push(x as f32);
        b.push(y as f32);
        labels.push(u8::from(random.below(62_500) < x * y));
    }
    Case {
        columns: vec![a, b],
        labels,
        times: 2,
        spec,
    }
}

fn leaf_of(nodes: &[Node], case: &Case, row: usize) -> usize {
    let mut at = 0;
    while nodes[at].left as usize != at {
        let node = nodes[at];
        let left = case.goes_left(usize::from(node.feature), node.threshold, node.missing, row);
        at = node.left as usize + usize::from(!left);
    }
    at
}

#[test]
fn every_leaf_of_a_deep_tree_holds_the_share_and_the_number_of_its_rows() {
    let spec = RandomForestSpec {
        max_depth: 20,
        min_samples_leaf: 14,
        ..RandomForestSpec::default()
    };
    let case = wavy(spec);
    let grown = case.grow(&Control::none()).unwrap();
    let nodes = grown.tree.nodes();
    let leaves: Vec<usize> = (0..3000).map(|row| leaf_of(nodes, &case, row)).collect();
    let mut used = 0;
    for leaf in (0..nodes.len()).filter(|&node| grown.tree.is_leaf(node)) {
        let (positive, total, draws) = case.sums(|row| leaves[row] == leaf);
        assert!(draws >= 14, "leaf {leaf} holds {draws} draws");
        assert_eq!(nodes[leaf].value, (positive / total) as f32);
        used += draws;
    }
    assert_eq!(used, 6000);
    assert!(
        grown.tree.depth() > 5,
        "a tree of {} levels tests little",
        grown.tree.depth()
    );
}

#[test]
fn predictions_of_a_tree_are_the_leaves_that_its_rows_fell_into() {
    let case = wavy(RandomForestSpec {
        max_depth: 20,
        ..RandomForestSpec::default()
    });
    let grown = case.grow(&Control::none()).unwrap();
    let mut sums = vec![0.0; 3000];
    grown
        .tree
        .add_to(&RowBlock::of(&case.matrix(), &case.rows()), &mut sums);
    for (row, sum) in sums.iter().enumerate() {
        assert_eq!(
            *sum,
            f64::from(grown.tree.nodes()[leaf_of(grown.tree.nodes(), &case, row)].value)
        );
    }
}

/// Nothing is missing in training; two thirds of the rows go right.
#[test]
fn values_missing_for_the_first_time_go_where_more_rows_went() {
    let column: Vec<f32> = (0..300).map(|row| if row < 100 { 1.0 } else { 2.0 }).collect();
    let labels = (0..300).map(|row| u8::from(row < 100)).collect();
    let case = Case {
        columns: vec![column],
        labels,
        times: 1,
        spec: stump(1, ClassWeight::None),
    };
    assert_eq!(
        case.grow(&Control::none()).unwrap().tree.nodes()[0].missing,
        Side::Right
    );
    let labels = (0..300).map(|row| u8::from(row < 200)).collect();
    let column: Vec<f32> = (0..300).map(|row| if row < 200 { 1.0 } else { 2.0 }).collect();
    let case = Case {
        columns: vec![column],
        labels,
        times: 1,
        spec: stump(1, ClassWeight::None),
    };
    assert_eq!(
        case.grow(&Control::none()).unwrap().tree.nodes()[0].missing,
        Side::Left
    );
}

#[test]
fn a_tree_that_is_cancelled_while_it_grows_is_given_up() {
    let cancel = AtomicBool::new(true);
    let control = Control {
        cancel: &cancel,
        progress: &|_, _| {},
    };
    let found = wavy(RandomForestSpec::default()).grow(&control);
    assert_eq!(found.err(), Some(FitError::Cancelled));
}

#[test]
fn a_feature_is_found_among_many_that_never_change() {
    // Node after node tries one constant feature after the other before it meets the only one that says something.
    let rows = 4_000;
    let mut columns = vec![vec![1.0; rows]; 60];
    columns[59] = (0..rows).map(|i| (i % 100) as f32).collect();
    let names = (0..60).map(|j| format!("f{j}")).collect();
    let labels: Vec<u8> = (0..rows).map(|i| u8::from(i % 100 >= 50)).collect();
    let x = Matrix::new(names, columns).unwrap();
    let all: Vec<u32> = (0..rows as u32).collect();
    let spec = AlgorithmSpec::RandomForest(RandomForestSpec {
        trees: 20,
        ..RandomForestSpec::default()
    });
    let model = crate::fit::fit(&spec, &x, &all, &labels, 7, &Control::none()).unwrap();
    let scores = model.predict(&x, &all);
    for (score, label) in scores.iter().zip(&labels) {
        assert_eq!(*score >= 0.5, *label == 1, "{score}");
    }
}
