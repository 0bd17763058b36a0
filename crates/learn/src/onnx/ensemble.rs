//! Trees as the operator `TreeEnsemble` has them: its inner nodes and its leaves in lists of their own.

use super::graph::{Graph, ML, doubles, integer, integers, of_tensor, tensor};
use super::proto::tensor_proto::DataType;
use crate::tree::{Side, Tree};

/// `aggregate_function`: what the trees say of a target is added up.
const SUM: i64 = 1;
/// `post_transform`: nothing.
const NONE: i64 = 0;

/// How a node holds a value against its split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// To the first child when the value is at most the split.
    AtMost = 0,
    /// To the first child when the value is below it.
    Below = 1,
}

/// Where a node leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Child {
    Node(usize),
    Leaf(usize),
}

/// Trees on their way.
#[derive(Default)]
pub(super) struct Ensemble {
    features: Vec<i64>,
    modes: Vec<u8>,
    splits: Vec<f64>,
    firsts: Vec<i64>,
    first_leaves: Vec<i64>,
    seconds: Vec<i64>,
    second_leaves: Vec<i64>,
    missing_first: Vec<i64>,
    targets: Vec<i64>,
    weights: Vec<f64>,
    roots: Vec<i64>,
}

/// An inner node without its children.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub feature: u16,
    pub mode: Mode,
    pub at: f64,
    pub missing: Side,
}

impl Ensemble {
    /// Adds a tree whose leaves are of the one target.
    pub(super) fn tree(&mut self, tree: &Tree) {
        let before = (self.features.len(), self.weights.len());
        let (mut inner, mut leaves) = before;
        // Nodes and leaves are numbered in the order of the tree's own list.
        let mut places = Vec::with_capacity(tree.nodes().len());
        for at in 0..tree.nodes().len() {
            let (next, place) = if tree.is_leaf(at) {
                (&mut leaves, Child::Leaf as fn(usize) -> Child)
            } else {
                (&mut inner, Child::Node as fn(usize) -> Child)
            };
            places.push(place(*next));
            *next += 1;
        }
        for (at, node) in tree.nodes().iter().enumerate() {
            if tree.is_leaf(at) {
                self.leaf(0, f64::from(node.value));
                continue;
            }
            let split = Split {
                feature: node.feature,
                mode: Mode::AtMost,
                at: f64::from(node.threshold),
                missing: node.missing,
            };
            let left = node.left as usize;
            self.node(split, places[left], places[left + 1]);
        }
        match places[0] {
            Child::Node(root) => self.root(root),
            Child::Leaf(leaf) => self.lone(leaf),
        }
    }

    /// Adds a leaf; its number.
    pub(super) fn leaf(&mut self, target: i64, weight: f64) -> Child {
        self.targets.push(target);
        self.weights.push(weight);
        Child::Leaf(self.weights.len() - 1)
    }

    /// Adds an inner node; its number.
    pub(super) fn node(&mut self, split: Split, first: Child, second: Child) -> Child {
        self.features.push(split.feature.into());
        self.modes.push(split.mode as u8);
        self.splits.push(split.at);
        let number = |child| match child {
            Child::Node(at) => (at as i64, 0),
            Child::Leaf(at) => (at as i64, 1),
        };
        let ((first, first_leaf), (second, second_leaf)) = (number(first), number(second));
        self.firsts.push(first);
        self.first_leaves.push(first_leaf);
        self.seconds.push(second);
        self.second_leaves.push(second_leaf);
        self.missing_first.push(i64::from(split.missing == Side::Left));
        Child::Node(self.features.len() - 1)
    }

    /// Makes a node the root of a tree.
    pub(super) fn root(&mut self, node: usize) {
        self.roots.push(node as i64);
    }

    /// A tree that is one leaf has a node both of whose children it is.
    fn lone(&mut self, leaf: usize) {
        let split = Split {
            feature: 0,
            mode: Mode::AtMost,
            at: 0.0,
            missing: Side::Left,
        };
        self.node(split, Child::Leaf(leaf), Child::Leaf(leaf));
        self.root(self.features.len() - 1);
    }

    /// Adds the operator to a graph: double [rows, targets] of double [rows, features].
    pub(super) fn write(self, values: &str, targets: usize, graph: &mut Graph) -> String {
        let (nodes, leaves) = (self.features.len(), self.weights.len());
        let attributes = vec![
            integer("aggregate_function", SUM),
            integers("leaf_targetids", self.targets),
            of_tensor("leaf_weights", doubles(&[leaves], &self.weights)),
            integer("n_targets", targets as i64),
            integers("nodes_falseleafs", self.second_leaves),
            integers("nodes_falsenodeids", self.seconds),
            integers("nodes_featureids", self.features),
            integers("nodes_missing_value_tracks_true", self.missing_first),
            of_tensor("nodes_modes", tensor(&[nodes], DataType::Uint8, self.modes)),
            of_tensor("nodes_splits", doubles(&[nodes], &self.splits)),
            integers("nodes_trueleafs", self.first_leaves),
            integers("nodes_truenodeids", self.firsts),
            integer("post_transform", NONE),
            integers("tree_roots", self.roots),
        ];
        graph.op_of(ML, "TreeEnsemble", &[values], attributes)
    }
}
