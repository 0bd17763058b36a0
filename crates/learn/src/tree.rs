//! A binary decision tree, whole and bounded: what forests (and later boosting) are made of.

use crate::matrix::{self, Matrix};
use rayon::prelude::*;

/// No tree is deeper.
pub const MAX_DEPTH: u32 = 64;
/// Rows that walk down a tree side by side, so that their loads overlap.
const LANES: usize = 8;
/// Levels that are walked between two looks at whether all rows have arrived at their leaves.
const LEVELS: u32 = 8;

/// Where a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// To the child at `left`.
    Left,
    /// To the child at `left + 1`.
    Right,
}

/// One node. A leaf is its own left child and sends every row there, so that a walk needs no test for leaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Rows whose value is at most this go left; +inf in leaves, and in splits that part values from missing ones.
    pub threshold: f32,
    /// Index of the left child; the right one follows it. A leaf's own index.
    pub left: u32,
    /// A leaf's prediction; 0 elsewhere.
    pub value: f32,
    /// Index of the feature that is looked at.
    pub feature: u16,
    /// Where rows go whose value is missing.
    pub missing: Side,
}

/// A tree whose nodes are known to be in order: children follow their parents, each node but the root is the child of
/// one parent, and none is deeper than [`MAX_DEPTH`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    nodes: Vec<Node>,
    depth: u32,
}

/// Why nodes are no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// No root.
    #[error("a tree without nodes")]
    Empty,
    /// A child that does not follow its parent, does not exist, or has two parents.
    #[error("node {0} has children that are not its own")]
    Children(usize),
    /// A node that no parent leads to.
    #[error("node {0} has no parent")]
    Orphan(usize),
    /// A feature that the model does not have.
    #[error("node {0} looks at a feature that does not exist")]
    Feature(usize),
    /// A threshold or value that is no number.
    #[error("node {0} holds a value that is no number")]
    NotANumber(usize),
    /// Deeper than [`MAX_DEPTH`].
    #[error("deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Node {
    /// The leaf at `index` that predicts `value`.
    pub fn leaf(index: u32, value: f32) -> Self {
        Self {
            threshold: f32::INFINITY,
            left: index,
            value,
            feature: 0,
            missing: Side::Left,
        }
    }

    fn is_leaf(&self, index: usize) -> bool {
        self.left as usize == index
    }
}

impl Tree {
    /// Checks that `nodes` are a tree over `features` features.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(nodes: Vec<Node>, features: usize) -> Result<Self, TreeError> {
        let mut depths = vec![None; nodes.len()];
        *depths.first_mut().ok_or(TreeError::Empty)? = Some(0);
        let mut deepest = 0;
        for (index, node) in nodes.iter().enumerate() {
            let depth: u32 = depths[index].ok_or(TreeError::Orphan(index))?;
            deepest = deepest.max(depth);
            check_node(node, index, features)?;
            if node.is_leaf(index) {
                continue;
            }
            // Nodes up to here have a depth by now, so that a child that does not follow its parent shows as taken.
            let left = node.left as usize;
            let children = depths
                .get_mut(left..left.saturating_add(2))
                .ok_or(TreeError::Children(index))?;
            if children.iter().any(Option::is_some) {
                return Err(TreeError::Children(index));
            }
            children.fill(Some(depth + 1));
        }
        if deepest > MAX_DEPTH {
            return Err(TreeError::TooDeep);
        }
        Ok(Self {
            nodes,
            depth: deepest,
        })
    }

    /// The nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// True for the node at `index` if it has no children.
    pub fn is_leaf(&self, index: usize) -> bool {
        self.nodes[index].is_leaf(index)
    }

    /// Levels below the root.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Adds the prediction for each row of `block` to `sums`.
    pub(crate) fn add_to(&self, block: &RowBlock, sums: &mut [f64]) {
        let rows = block.values.chunks_exact(block.features * LANES);
        for (rows, sums) in rows.zip(sums.chunks_mut(LANES)) {
            let at = self.walk(rows, block.features);
            for (sum, &at) in sums.iter_mut().zip(&at) {
                *sum += f64::from(self.nodes[at as usize].value);
            }
        }
    }

    /// Leaves of [`LANES`] rows, `features` values each.
    fn walk(&self, rows: &[f32], features: usize) -> [u32; LANES] {
        let rows: [&[f32]; LANES] = std::array::from_fn(|lane| &rows[lane * features..][..features]);
        let mut at = [0; LANES];
        let mut levels = self.depth;
        while levels > 0 {
            let before = at;
            let some = levels.min(LEVELS);
            for _ in 0..some {
                for (at, row) in at.iter_mut().zip(&rows) {
                    *at = self.nodes[*at as usize].child(row);
                }
            }
            if at == before {
                break; // all have arrived
            }
            levels -= some;
        }
        at
    }
}

/// For each of `rows` what `finish` makes of `start` and the sum of the trees' predictions, computed in the rayon pool of the
/// caller.
pub(crate) fn sum(
    trees: &[Tree],
    x: &Matrix,
    rows: &[u32],
    start: f64,
    finish: impl Fn(f64) -> f64 + Sync,
) -> Vec<f64> {
    let mut sums = vec![start; rows.len()];
    let block = RowBlock::rows_for(x.features());
    sums.par_chunks_mut(block)
        .zip(rows.par_chunks(block))
        .for_each(|(sums, rows)| {
            let values = RowBlock::of(x, rows);
            for tree in trees {
                tree.add_to(&values, sums);
            }
            sums.iter_mut().for_each(|sum| *sum = finish(*sum));
        });
    sums
}

impl Node {
    #[inline]
    fn child(&self, row: &[f32]) -> u32 {
        let value = row[usize::from(self.feature)];
        // No short circuit: a branch here is guessed wrong too often.
        let right = (value > self.threshold) | (value.is_nan() & (self.missing == Side::Right));
        self.left + u32::from(right)
    }
}

fn check_node(node: &Node, index: usize, features: usize) -> Result<(), TreeError> {
    if node.threshold.is_nan() || !node.value.is_finite() {
        return Err(TreeError::NotANumber(index));
    }
    if usize::from(node.feature) >= features {
        return Err(TreeError::Feature(index));
    }
    let leaf = Node::leaf(index as u32, node.value);
    if node.is_leaf(index) && *node != leaf {
        return Err(TreeError::Children(index));
    }
    Ok(())
}

/// Some rows of a matrix, row by row, so that a walk down a tree stays within a few cache lines.
pub(crate) struct RowBlock {
    values: Vec<f32>,
    features: usize,
}

impl RowBlock {
    /// Rows in a block: as many as fit beside a tree into the nearest caches.
    pub(crate) fn rows_for(features: usize) -> usize {
        (8192 / features).clamp(1, 32) * LANES
    }

    /// `rows` of `x`, padded to a whole number of lanes.
    pub(crate) fn of(x: &Matrix, rows: &[u32]) -> Self {
        let features = x.features();
        let mut values = vec![0.0; rows.len().next_multiple_of(LANES) * features];
        let span = matrix::span_of(rows);
        for feature in 0..features {
            let column = x.span(feature, span.clone());
            for (value, &row) in values[feature..].iter_mut().step_by(features).zip(rows) {
                *value = column[row as usize - span.start];
            }
        }
        Self { values, features }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(left: u32, feature: u16, threshold: f32, missing: Side) -> Node {
        Node {
            threshold,
            left,
            value: 0.0,
            feature,
            missing,
        }
    }

    fn small() -> Vec<Node> {
        vec![
            split(1, 0, 0.5, Side::Right),
            Node::leaf(1, 0.1),
            split(3, 1, f32::INFINITY, Side::Right),
            Node::leaf(3, 0.2),
            Node::leaf(4, 0.3),
        ]
    }

    #[test]
    fn rows_walk_by_threshold_and_by_the_learned_side_of_missing_values() {
        let tree = Tree::new(small(), 2).unwrap();
        let (n, i) = (f32::NAN, f32::MAX);
        let columns = vec![
            vec![0.5, 0.6, 0.6, n, n, -i, i, 0.0, 1.0],
            vec![n, 1.0, n, n, 2.0, i, i, n, n],
        ];
        let x = Matrix::new(vec!["a".to_owned(), "b".to_owned()], columns).unwrap();
        let rows: Vec<u32> = (0..9).collect();
        let mut sums = vec![0.0; 9];
        tree.add_to(&RowBlock::of(&x, &rows), &mut sums);
        let leaves = [0.1, 0.2, 0.3, 0.3, 0.2, 0.1, 0.2, 0.1, 0.3f32];
        assert_eq!(sums, leaves.map(f64::from));
        assert_eq!(tree.depth(), 2);
    }

    #[test]
    fn nodes_that_are_no_tree_are_refused() {
        let broken = |change: &dyn Fn(&mut Vec<Node>)| {
            let mut nodes = small();
            change(&mut nodes);
            Tree::new(nodes, 2).unwrap_err()
        };
        assert_eq!(broken(&|n| n.clear()), TreeError::Empty);
        assert_eq!(broken(&|n| n[2].left = 1), TreeError::Children(2));
        assert_eq!(broken(&|n| n[2].left = 4), TreeError::Children(2));
        assert_eq!(broken(&|n| n[2].left = u32::MAX), TreeError::Children(2));
        assert_eq!(broken(&|n| n[2] = Node::leaf(2, 0.0)), TreeError::Orphan(3));
        assert_eq!(broken(&|n| n[2].feature = 2), TreeError::Feature(2));
        assert_eq!(broken(&|n| n[0].threshold = f32::NAN), TreeError::NotANumber(0));
        assert_eq!(broken(&|n| n[4].value = f32::INFINITY), TreeError::NotANumber(4));
    }

    #[test]
    fn a_tree_of_more_than_64_levels_is_refused() {
        let mut nodes = vec![split(1, 0, 0.0, Side::Left)];
        for level in 0..MAX_DEPTH {
            let leaf = nodes.len() as u32;
            nodes.push(Node::leaf(leaf, 0.0));
            let inner = leaf + 1;
            nodes.push(if level + 1 < MAX_DEPTH {
                split(inner + 1, 0, 0.0, Side::Left)
            } else {
                Node::leaf(inner, 0.0)
            });
        }
        assert_eq!(Tree::new(nodes.clone(), 1).unwrap().depth(), MAX_DEPTH);
        let last = nodes.len() as u32 - 1;
        nodes[last as usize] = split(last + 1, 0, 0.0, Side::Left);
        nodes.extend([Node::leaf(last + 1, 0.0), Node::leaf(last + 2, 0.0)]);
        assert_eq!(Tree::new(nodes, 1).unwrap_err(), TreeError::TooDeep);
    }
}
