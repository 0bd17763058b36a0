//! One tree, level by level or best leaf first.

use super::draft::Draft;
use super::histogram::Histogram;
use super::leaf::{Leaf, Next, Parted, Rows, Splitter, carve};
use super::search::Split;
use super::symmetric;
use crate::fit::FitError;
use mltraining_domain::{GradientBoostingSpec, Growth};
use rayon::prelude::*;

/// Histograms that wait for their node's split take at most so many bytes in all; beyond that both children are counted.
const MOST_KEPT: usize = 256 << 20;

/// What the growth of one tree needs.
#[derive(Clone, Copy)]
pub(super) struct Grower<'a> {
    pub(super) spec: &'a GradientBoostingSpec,
    pub(super) splitter: Splitter<'a>,
}

impl Grower<'_> {
    /// Grows a tree on `rows`. The leaves say which of these are theirs.
    pub(super) fn grow(&self, rows: &mut Rows) -> Result<(Draft, Vec<Leaf>), FitError> {
        let mut draft = Draft::new();
        let leaves = match self.spec.growth {
            Growth::DepthWise => self.depth_wise(rows, &mut draft)?,
            Growth::LeafWise { max_leaves } => self.leaf_wise(rows, &mut draft, max_leaves as usize)?,
            Growth::Symmetric => symmetric::grow(self, rows, &mut draft)?,
        };
        Ok((draft, leaves))
    }

    pub(super) fn root(&self, rows: &Rows, next: Next) -> Result<Leaf, FitError> {
        Ok(Leaf {
            node: 0,
            rows: 0..rows.rows().len(),
            depth: 0,
            facts: self.splitter.facts(rows.rows(), next)?,
        })
    }

    fn depth_wise(&self, rows: &mut Rows, draft: &mut Draft) -> Result<Vec<Leaf>, FitError> {
        let mut finished = Vec::new();
        let mut level = vec![self.root(rows, Next::Search)?];
        while !level.is_empty() {
            let (mut parents, ends): (Vec<Leaf>, Vec<Leaf>) =
                level.into_iter().partition(|leaf| leaf.facts.split.is_some());
            finished.extend(ends);
            let next = parents.first().map_or(Next::Stop, |leaf| self.after(leaf));
            self.forget_some(&mut parents);
            level = self.split_best(parents, rows, draft, next)?;
        }
        Ok(finished)
    }

    fn leaf_wise(
        &self,
        rows: &mut Rows,
        draft: &mut Draft,
        max_leaves: usize,
    ) -> Result<Vec<Leaf>, FitError> {
        let mut leaves = vec![self.root(rows, Next::Search)?];
        while leaves.len() < max_leaves {
            let Some(best) = best_leaf(&leaves) else { break };
            let parent = leaves.swap_remove(best);
            let last = leaves.len() + 2 == max_leaves;
            let next = if last { Next::Stop } else { self.after(&parent) };
            leaves.extend(self.split_best(vec![parent], rows, draft, next)?);
            self.forget_some(&mut leaves);
        }
        Ok(leaves)
    }

    /// What is made of the children of `leaf`.
    pub(super) fn after(&self, leaf: &Leaf) -> Next {
        if leaf.depth + 1 < self.spec.max_depth {
            Next::Search
        } else {
            Next::Stop
        }
    }

    /// Drops histograms beyond what may be kept.
    fn forget_some(&self, leaves: &mut [Leaf]) {
        let bytes = Histogram::bytes(self.splitter.searcher.columns.features().len());
        let with = leaves.iter_mut().filter(|leaf| leaf.facts.histogram.is_some());
        with.skip((MOST_KEPT / bytes).max(1))
            .for_each(|leaf| leaf.facts.histogram = None);
    }

    /// Splits each of these leaves by its own best split.
    fn split_best(
        &self,
        parents: Vec<Leaf>,
        rows: &mut Rows,
        draft: &mut Draft,
        next: Next,
    ) -> Result<Vec<Leaf>, FitError> {
        let splits: Vec<Split> = parents.iter().filter_map(|leaf| leaf.facts.split).collect();
        self.split(parents, &splits, rows, draft, next)
    }

    /// Splits leaves, whose ranges of rows ascend, and gives their children in the same order.
    pub(super) fn split(
        &self,
        parents: Vec<Leaf>,
        splits: &[Split],
        rows: &mut Rows,
        draft: &mut Draft,
        next: Next,
    ) -> Result<Vec<Leaf>, FitError> {
        let bins = self.splitter.searcher.bins;
        let places: Vec<_> = parents
            .iter()
            .zip(splits)
            .map(|(leaf, split)| {
                (
                    draft.split(leaf.node, split, bins),
                    leaf.rows.clone(),
                    leaf.depth + 1,
                )
            })
            .collect();
        let parted = carve(parents, rows)
            .into_par_iter()
            .zip(splits)
            .with_max_len(1)
            .map(|(parent, split)| self.splitter.part(parent, split, next))
            .collect::<Result<Vec<Parted>, FitError>>()?;
        let mut children = Vec::with_capacity(2 * parted.len());
        for (parted, (node, range, depth)) in parted.into_iter().zip(places) {
            let middle = range.start + parted.lefts;
            let sides = [(node, range.start..middle), (node + 1, middle..range.end)];
            for (facts, (node, rows)) in parted.children.into_iter().zip(sides) {
                children.push(Leaf {
                    node,
                    rows,
                    depth,
                    facts,
                });
            }
        }
        Ok(children)
    }
}

/// The leaf whose split gains most, the first of equals; `None` when none can be split.
fn best_leaf(leaves: &[Leaf]) -> Option<usize> {
    let mut best: Option<(usize, &Leaf, f64)> = None;
    for (place, leaf) in leaves.iter().enumerate() {
        let Some(split) = leaf.facts.split else { continue };
        let better = best.is_none_or(|(_, other, gain)| {
            split.gain > gain || (split.gain == gain && leaf.node < other.node)
        });
        if better {
            best = Some((place, leaf, split.gain));
        }
    }
    best.map(|(place, ..)| place)
}
