//! Trees, each grown by one thread: nodes are split depth first, rows parted in place.

use super::draw::{Draw, Sums};
use super::fixed::Fixed;
use super::search::{Node as SplitNode, Split, SplitSearch};
use crate::binned::BinnedMatrix;
use crate::control::Control;
use crate::fit::{FitError, NumberTask};
use crate::parting::{Parting, Rule};
use crate::random::Random;
use crate::random_forest::grow::{Grown, Shape};
use crate::tree::{Node, Tree};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// What all trees of a forest have in common.
pub(crate) struct VarianceTrees<'a> {
    bins: &'a BinnedMatrix,
    targets: Fixed,
    tried: usize,
    max_depth: u32,
    min_leaf: u32,
    control: &'a Control<'a>,
}

/// The rows of a tree under way.
#[derive(Default)]
struct Rows {
    draws: Vec<Draw>,
    parting: Parting<Draw>,
    order: Vec<u16>,
}

/// A node whose rows are known and that is not looked at yet.
struct Pending {
    node: usize,
    start: usize,
    end: usize,
    depth: u32,
    sums: Sums,
}

impl<'a> VarianceTrees<'a> {
    pub(crate) fn new(shape: Shape, bins: &'a BinnedMatrix, task: &'a NumberTask<'a>) -> Self {
        Self {
            bins,
            targets: Fixed::of(&task.targets, task.mean),
            tried: shape.tried(bins.features()),
            max_depth: shape.max_depth,
            min_leaf: shape.min_samples_leaf,
            control: task.control,
        }
    }

    /// Grows so many trees side by side, each by the random numbers of its own stream below `seed`: on the rows that `draw` says how
    /// often it has, with memory that `memory` makes for each thread.
    pub(crate) fn grow_all<M: Send, S: SplitSearch + Send>(
        &self,
        seed: u64,
        trees: u32,
        memory: impl Fn() -> (M, S) + Sync + Send,
        draw: impl for<'m> Fn(&'m mut M, &mut Random) -> &'m [u8] + Sync + Send,
    ) -> Result<Vec<Grown>, FitError> {
        let (done, total) = (AtomicU64::new(0), u64::from(trees));
        (0..trees)
            .into_par_iter()
            .with_max_len(1)
            .map_init(
                || (memory(), Rows::default()),
                |((memory, search), rows), tree| {
                    let mut random = Random::of(seed, u64::from(tree));
                    rows.take(
                        draw(memory, &mut random),
                        &self.targets.numbers,
                        self.bins.features(),
                    );
                    let grown = self.grow(rows, &mut random, search)?;
                    (self.control.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                    Ok(grown)
                },
            )
            .collect()
    }

    fn grow(
        &self,
        rows: &mut Rows,
        random: &mut Random,
        search: &mut impl SplitSearch,
    ) -> Result<Grown, FitError> {
        let features = self.bins.features();
        let sums: Sums = rows.draws.iter().copied().sum();
        let (mut nodes, mut gains) = (vec![self.leaf(0, sums)], vec![0.0; features]);
        let mut pending = vec![Pending {
            node: 0,
            start: 0,
            end: rows.draws.len(),
            depth: 0,
            sums,
        }];
        while let Some(next) = pending.pop() {
            self.control.check()?;
            let Some(split) = self.search(rows, &next, random, search) else {
                continue;
            };
            gains[usize::from(split.feature)] += split.gain * self.targets.unit * self.targets.unit;
            let left = nodes.len();
            let of_right = next.sums.without(split.left);
            nodes[next.node] = self.inner(&split, left as u32);
            nodes.extend([self.leaf(left, split.left), self.leaf(left + 1, of_right)]);
            let depth = next.depth + 1;
            let grows =
                [split.left, of_right].map(|sums| depth < self.max_depth && sums.draws / 2 >= self.min_leaf);
            if grows == [false, false] {
                continue; // nobody will ask which rows went where
            }
            let rule = Rule {
                column: self.bins.column(usize::from(split.feature)),
                cut: split.cut,
                missing: split.missing,
            };
            let middle = next.start + rows.parting.part(&mut rows.draws[next.start..next.end], rule);
            let sides = [
                (left, next.start, middle, split.left),
                (left + 1, middle, next.end, of_right),
            ];
            // The left one is taken next.
            for ((node, start, end, sums), _) in
                sides.into_iter().zip(grows).rev().filter(|(_, grows)| *grows)
            {
                pending.push(Pending {
                    node,
                    start,
                    end,
                    depth,
                    sums,
                });
            }
        }
        let tree = Tree::new(nodes, features).expect("children are pushed after their parent, once");
        Ok(Grown { tree, gains })
    }

    fn leaf(&self, index: usize, sums: Sums) -> Node {
        let value = self.targets.mean + self.targets.unit * sums.mean();
        Node::leaf(index as u32, value as f32)
    }

    fn inner(&self, split: &Split, left: u32) -> Node {
        Node {
            threshold: self.bins.threshold(usize::from(split.feature), split.cut),
            left,
            value: 0.0,
            feature: split.feature,
            missing: split.missing,
        }
    }

    /// The best split over random features: as many as are tried, and further ones while none of them parts the rows.
    fn search(
        &self,
        rows: &mut Rows,
        node: &Pending,
        random: &mut Random,
        search: &mut impl SplitSearch,
    ) -> Option<Split> {
        let draws = &rows.draws[node.start..node.end];
        let split_node = SplitNode::of(draws, node.sums, self.min_leaf)?;
        let order = &mut rows.order;
        let mut best = None;
        for place in 0..order.len() {
            if place >= self.tried && best.is_some() {
                break;
            }
            let pick = place + random.below(order.len() - place);
            order.swap(place, pick);
            search.try_feature(self.bins, draws, &split_node, order[place], random, &mut best);
        }
        best
    }
}

impl Rows {
    /// Takes the rows of the next tree, in their order.
    fn take(&mut self, times: &[u8], numbers: &[i64], features: usize) {
        self.draws.clear();
        for ((row, &times), number) in (0u32..).zip(times).zip(numbers) {
            if times > 0 {
                self.draws.push(Draw {
                    sum: i64::from(times) * number,
                    row,
                    times: u32::from(times),
                });
            }
        }
        self.order.clear();
        self.order.extend(0..features as u16);
    }
}
