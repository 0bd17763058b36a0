//! One tree: nodes are split depth first, rows parted in place.

use super::draw::{Draw, Tally};
use super::node::Node as SplitNode;
use super::search::{Split, SplitSearch};
use crate::binned::BinnedMatrix;
use crate::class_weight::Weights;
use crate::control::Control;
use crate::fit::FitError;
use crate::parting::{Parting, Rule};
use crate::random::Random;
use crate::tree::{Node, Tree};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// How trees are grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Share of the features tried at each split; `None`: the square root of their number.
    pub(crate) max_features: Option<f64>,
    pub(crate) max_depth: u32,
    pub(crate) min_samples_leaf: u32,
}

impl Shape {
    /// How many of so many features are tried at each split.
    pub(crate) fn tried(&self, features: usize) -> usize {
        let features = features as f64;
        let tried = self
            .max_features
            .map_or(features.sqrt(), |share| share * features);
        (tried as usize).max(1)
    }
}

/// What all trees of a forest have in common.
pub(crate) struct Grower<'a> {
    bins: &'a BinnedMatrix,
    weights: Weights,
    tried: usize,
    max_depth: u32,
    min_leaf: u32,
    control: &'a Control<'a>,
}

/// A tree and what each feature gained in it.
pub(crate) struct Grown {
    pub(crate) tree: Tree,
    pub(crate) gains: Vec<f64>,
}

/// Memory that one thread uses for tree after tree.
#[derive(Default)]
pub(crate) struct Scratch<S> {
    search: S,
    order: Vec<u16>,
    parting: Parting<Draw>,
}

/// A node whose rows are known and that is not looked at yet.
struct Pending {
    node: usize,
    start: usize,
    end: usize,
    depth: u32,
    tally: Tally,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(
        shape: Shape,
        bins: &'a BinnedMatrix,
        weights: Weights,
        control: &'a Control<'a>,
    ) -> Self {
        Self {
            bins,
            weights,
            tried: shape.tried(bins.features()),
            max_depth: shape.max_depth,
            min_leaf: shape.min_samples_leaf,
            control,
        }
    }

    /// Grows so many trees side by side, each by the random numbers of its own stream below `seed`: on the rows that `draw` gives
    /// it, with memory that `memory` makes for each thread.
    pub(crate) fn grow_all<M: Send, S: SplitSearch + Send>(
        &self,
        seed: u64,
        trees: u32,
        memory: impl Fn() -> (M, Scratch<S>) + Sync + Send,
        draw: impl for<'m> Fn(&'m mut M, &mut Random) -> &'m mut [Draw] + Sync + Send,
    ) -> Result<Vec<Grown>, FitError> {
        let (done, total) = (AtomicU64::new(0), u64::from(trees));
        (0..trees)
            .into_par_iter()
            .with_max_len(1)
            .map_init(memory, |(memory, scratch), tree| {
                let mut random = Random::of(seed, u64::from(tree));
                let draws = draw(memory, &mut random);
                let grown = self.grow(draws, &mut random, scratch)?;
                (self.control.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                Ok(grown)
            })
            .collect()
    }

    /// Grows a tree on `draws`, whose rows ascend.
    pub(crate) fn grow<S: SplitSearch>(
        &self,
        draws: &mut [Draw],
        random: &mut Random,
        scratch: &mut Scratch<S>,
    ) -> Result<Grown, FitError> {
        scratch.prepare(self.bins.features());
        let tally: Tally = draws.iter().copied().sum();
        let mut nodes = vec![self.leaf(0, tally)];
        let mut gains = vec![0.0; self.bins.features()];
        let mut pending = vec![Pending {
            node: 0,
            start: 0,
            end: draws.len(),
            depth: 0,
            tally,
        }];
        while let Some(next) = pending.pop() {
            self.control.check()?;
            let rows = &mut draws[next.start..next.end];
            let Some(split) = self.search(rows, next.tally, random, scratch) else {
                continue;
            };
            gains[usize::from(split.feature)] += split.gain;
            let left = nodes.len();
            let right_tally = next.tally.without(split.left);
            nodes[next.node] = self.inner(&split, left as u32);
            nodes.extend([self.leaf(left, split.left), self.leaf(left + 1, right_tally)]);
            let depth = next.depth + 1;
            let (grows, also) = (
                self.may_split(depth, split.left),
                self.may_split(depth, right_tally),
            );
            if !grows && !also {
                continue; // nobody will ask which rows went where
            }
            let rule = Rule {
                column: self.bins.column(usize::from(split.feature)),
                cut: split.cut,
                missing: split.missing,
            };
            let middle = next.start + scratch.parting.part(rows, rule);
            if also {
                pending.push(Pending {
                    node: left + 1,
                    start: middle,
                    end: next.end,
                    depth,
                    tally: right_tally,
                });
            }
            if grows {
                pending.push(Pending {
                    node: left,
                    start: next.start,
                    end: middle,
                    depth,
                    tally: split.left,
                });
            }
        }
        let tree =
            Tree::new(nodes, self.bins.features()).expect("children are pushed after their parent, once");
        Ok(Grown { tree, gains })
    }

    fn may_split(&self, depth: u32, tally: Tally) -> bool {
        depth < self.max_depth && !tally.is_pure() && tally.draws() / 2 >= self.min_leaf
    }

    fn leaf(&self, index: usize, tally: Tally) -> Node {
        let positive = f64::from(tally.positives()) * self.weights.positive;
        let negative = f64::from(tally.negatives()) * self.weights.negative;
        Node::leaf(index as u32, (positive / (positive + negative)) as f32)
    }

    fn inner(&self, split: &Split, left: u32) -> Node {
        let threshold = self.bins.threshold(usize::from(split.feature), split.cut);
        Node {
            threshold,
            left,
            value: 0.0,
            feature: split.feature,
            missing: split.missing,
        }
    }

    /// The best split over random features: `tried` of them, and further ones while none of them parts the rows.
    fn search<S: SplitSearch>(
        &self,
        rows: &[Draw],
        tally: Tally,
        random: &mut Random,
        scratch: &mut Scratch<S>,
    ) -> Option<Split> {
        let node = SplitNode::new(tally, self.weights, self.min_leaf);
        let order = &mut scratch.order;
        let mut best = None;
        let mut used = 0;
        while used < order.len() && (used < self.tried || best.is_none()) {
            let group = if used < self.tried { self.tried - used } else { 1 };
            let group = group.min(order.len() - used);
            for place in used..used + group {
                let pick = place + random.below(order.len() - place);
                order.swap(place, pick);
            }
            let features = &order[used..used + group];
            scratch
                .search
                .try_features(self.bins, rows, &node, features, random, &mut best);
            used += group;
        }
        best
    }
}

impl<S> Scratch<S> {
    pub(crate) fn of(search: S) -> Self {
        Self {
            search,
            order: Vec::new(),
            parting: Parting::default(),
        }
    }

    fn prepare(&mut self, features: usize) {
        self.order.clear();
        self.order.extend(0..features as u16);
    }
}
