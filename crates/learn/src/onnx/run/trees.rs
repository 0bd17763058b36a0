//! `ai.onnx.ml.TreeEnsemble` 5.

use super::table::Table;
use super::{elements, malformed};
use crate::onnx::OnnxError;
use crate::onnx::proto::{NodeProto, TensorProto};

/// The trees of one operator.
pub(super) struct Trees {
    nodes: Vec<Node>,
    /// Target and weight.
    leaves: Vec<(usize, f64)>,
    roots: Vec<usize>,
    targets: usize,
}

struct Node {
    feature: usize,
    split: f64,
    /// Also values that are equal to the split go to the first child.
    or_equal: bool,
    missing_first: bool,
    first: Child,
    second: Child,
}

#[derive(Clone, Copy)]
enum Child {
    Node(usize),
    Leaf(usize),
}

impl Trees {
    pub(super) fn of(operator: &NodeProto) -> Result<Self, OnnxError> {
        let attributes = Attributes(operator);
        for (name, expected) in [("aggregate_function", 1), ("post_transform", 0)] {
            let found = attributes.integer(name)?;
            if found != expected {
                return Err(OnnxError::Unsupported(format!("{name} {found}")));
            }
        }
        let targets = attributes.integer("n_targets")? as usize;
        let weights = elements(attributes.tensor("leaf_weights")?, f64::from_le_bytes);
        let of = attributes.integers("leaf_targetids")?;
        if of.len() != weights.len() || of.iter().any(|&target| target as usize >= targets) {
            return Err(malformed("leaves without a target"));
        }
        let trees = Self {
            nodes: attributes.nodes()?,
            leaves: of.iter().map(|&target| target as usize).zip(weights).collect(),
            roots: attributes
                .integers("tree_roots")?
                .iter()
                .map(|&root| root as usize)
                .collect(),
            targets,
        };
        trees.check()?;
        Ok(trees)
    }

    /// Every child and root is there.
    fn check(&self) -> Result<(), OnnxError> {
        let there = |child: Child| match child {
            Child::Node(at) => at < self.nodes.len(),
            Child::Leaf(at) => at < self.leaves.len(),
        };
        let whole = self
            .nodes
            .iter()
            .all(|node| there(node.first) && there(node.second));
        if whole && self.roots.iter().all(|&root| root < self.nodes.len()) {
            Ok(())
        } else {
            Err(malformed("a tree that leads nowhere"))
        }
    }

    /// For each row the sums of the weights of its leaves, by target.
    pub(super) fn sums(&self, x: &Table<f64>) -> Result<Table<f64>, OnnxError> {
        let mut cells = Vec::with_capacity(x.rows * self.targets);
        for row in x.cells.chunks(x.columns) {
            let mut sums = vec![0.0; self.targets];
            for &root in &self.roots {
                let (target, weight) = self.leaf(root, row)?;
                sums[target] += weight;
            }
            cells.extend(sums);
        }
        Ok(Table::new(x.rows, self.targets, cells))
    }

    fn leaf(&self, root: usize, row: &[f64]) -> Result<(usize, f64), OnnxError> {
        let mut at = root;
        // A way is never longer than there are nodes, unless it goes in circles.
        for _ in 0..=self.nodes.len() {
            let node = &self.nodes[at];
            let value = *row
                .get(node.feature)
                .ok_or_else(|| malformed("a feature that is not there"))?;
            let first = match value.is_nan() {
                true => node.missing_first,
                false => value < node.split || (node.or_equal && value == node.split),
            };
            match if first { node.first } else { node.second } {
                Child::Node(next) => at = next,
                Child::Leaf(leaf) => return Ok(self.leaves[leaf]),
            }
        }
        Err(malformed("a tree that goes in circles"))
    }
}

struct Attributes<'a>(&'a NodeProto);

impl Attributes<'_> {
    fn nodes(&self) -> Result<Vec<Node>, OnnxError> {
        let features = self.integers("nodes_featureids")?;
        let modes = &self.tensor("nodes_modes")?.raw_data;
        let splits = elements(self.tensor("nodes_splits")?, f64::from_le_bytes);
        let missing = self.integers("nodes_missing_value_tracks_true")?;
        let firsts = self.children("nodes_truenodeids", "nodes_trueleafs")?;
        let seconds = self.children("nodes_falsenodeids", "nodes_falseleafs")?;
        let lengths = [
            modes.len(),
            splits.len(),
            missing.len(),
            firsts.len(),
            seconds.len(),
        ];
        if lengths.iter().any(|length| *length != features.len()) {
            return Err(malformed("lists of nodes of different lengths"));
        }
        let node = |at: usize| {
            let or_equal = match modes[at] {
                0 => true,
                1 => false,
                other => return Err(OnnxError::Unsupported(format!("nodes of mode {other}"))),
            };
            Ok(Node {
                feature: features[at] as usize,
                split: splits[at],
                or_equal,
                missing_first: missing[at] != 0,
                first: firsts[at],
                second: seconds[at],
            })
        };
        (0..features.len()).map(node).collect()
    }

    fn children(&self, ids: &str, leaves: &str) -> Result<Vec<Child>, OnnxError> {
        let (ids, leaves) = (self.integers(ids)?, self.integers(leaves)?);
        let child = |(&id, &leaf): (&i64, &i64)| match leaf {
            0 => Child::Node(id as usize),
            _ => Child::Leaf(id as usize),
        };
        Ok(ids.iter().zip(leaves).map(child).collect())
    }

    fn integer(&self, name: &str) -> Result<i64, OnnxError> {
        Ok(self.attribute(name)?.i)
    }

    fn integers(&self, name: &str) -> Result<&[i64], OnnxError> {
        Ok(&self.attribute(name)?.ints)
    }

    fn tensor(&self, name: &str) -> Result<&TensorProto, OnnxError> {
        let tensor = self.attribute(name)?.t.as_ref();
        tensor.ok_or_else(|| malformed(&format!("{name} is no tensor")))
    }

    fn attribute(&self, name: &str) -> Result<&crate::onnx::proto::AttributeProto, OnnxError> {
        let named = self.0.attribute.iter().find(|attribute| attribute.name == name);
        named.ok_or_else(|| malformed(&format!("no attribute {name}")))
    }
}
