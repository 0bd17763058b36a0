//! A tree while it grows.

use super::search::Split;
use crate::binned::{BinnedMatrix, MISSING};
use crate::tree::{Node, Side, Tree};

/// Nodes and the bins that their thresholds stand for, so that binned rows can walk down.
pub(super) struct Draft {
    nodes: Vec<Node>,
    cuts: Vec<u8>,
    gains: Vec<(u16, f64)>,
}

impl Draft {
    /// A single leaf.
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![Node::leaf(0, 0.0)],
            cuts: vec![0],
            gains: Vec::new(),
        }
    }

    /// Gives the node two leaves; the left one's index, which the right one's follows.
    pub(super) fn split(&mut self, node: usize, split: &Split, bins: &BinnedMatrix) -> usize {
        let left = self.nodes.len();
        self.nodes[node] = Node {
            threshold: bins.threshold(usize::from(split.feature), split.cut),
            left: left as u32,
            value: 0.0,
            feature: split.feature,
            missing: split.missing,
        };
        self.cuts[node] = split.cut;
        self.gains.push((split.feature, split.gain));
        for leaf in [left, left + 1] {
            self.nodes.push(Node::leaf(leaf as u32, 0.0));
            self.cuts.push(0);
        }
        left
    }

    /// Sets what a leaf predicts.
    pub(super) fn set_value(&mut self, leaf: usize, value: f32) {
        self.nodes[leaf].value = value;
    }

    /// What the tree predicts for a binned row.
    pub(super) fn value_of(&self, bins: &BinnedMatrix, row: usize) -> f32 {
        let mut at = 0;
        loop {
            let node = &self.nodes[at];
            if node.left as usize == at {
                return node.value;
            }
            let bin = bins.column(usize::from(node.feature))[row];
            let left = match bin {
                MISSING => node.missing == Side::Left,
                bin => bin <= self.cuts[at],
            };
            at = node.left as usize + usize::from(!left);
        }
    }

    /// What each split gained, by feature.
    pub(super) fn gains(&self) -> &[(u16, f64)] {
        &self.gains
    }

    /// The tree with its leaves in units of `scale`.
    pub(super) fn into_tree(mut self, features: usize, scale: f32) -> Tree {
        self.nodes.iter_mut().for_each(|node| node.value *= scale);
        Tree::new(self.nodes, features).expect("children are pushed after their parent, once")
    }
}
