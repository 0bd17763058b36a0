//! Nodes without children, their rows, and what becomes of them when they are split.

use super::gradient::Cell;
use super::histogram::{Counter, Histogram};
use super::part::part;
use super::penalty::Bounds;
use super::search::{Question, Searcher, Split};
use crate::fit::FitError;
use crate::parting::Rule;
use std::ops::Range;

/// The tree's rows: those of each node lie side by side, in ascending order.
#[derive(Default)]
pub(super) struct Rows {
    rows: Vec<u32>,
    /// Scratch of as many rows.
    other: Vec<u32>,
}

/// A node without children.
pub(super) struct Leaf {
    pub(super) node: usize,
    pub(super) rows: Range<usize>,
    pub(super) depth: u32,
    pub(super) facts: Facts,
}

/// What is known of a node from its rows.
pub(super) struct Facts {
    pub(super) total: Cell,
    pub(super) bounds: Bounds,
    /// Kept for the histograms of children, if there is room.
    pub(super) histogram: Option<Histogram>,
    /// The best one, if any gains something and was looked for.
    pub(super) split: Option<Split>,
}

/// What is made of children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Their histograms, and their best splits.
    Search,
    /// Their histograms.
    Count,
    /// Nothing: they stay leaves.
    Stop,
}

/// A leaf about to be split, with its rows.
pub(super) struct Parent<'r> {
    facts: Facts,
    rows: &'r mut [u32],
    other: &'r mut [u32],
}

/// The number of rows that go left, and both sides.
pub(super) struct Parted {
    pub(super) lefts: usize,
    pub(super) children: [Facts; 2],
}

/// What splitting needs.
#[derive(Clone, Copy)]
pub(super) struct Splitter<'a> {
    pub(super) counter: Counter<'a>,
    pub(super) searcher: Searcher<'a>,
}

impl Rows {
    /// Takes `rows`, and leaves there the memory of those before.
    pub(super) fn take(&mut self, rows: &mut Vec<u32>) {
        std::mem::swap(&mut self.rows, rows);
        self.other.resize(self.rows.len(), 0);
    }

    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }
}

/// Hands each leaf its rows. The leaves' ranges ascend.
pub(super) fn carve<'r>(leaves: Vec<Leaf>, rows: &'r mut Rows) -> Vec<Parent<'r>> {
    let (mut rest, mut other_rest) = (rows.rows.as_mut_slice(), rows.other.as_mut_slice());
    let mut start = 0;
    let mut parents = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        let (skip, length) = (leaf.rows.start - start, leaf.rows.len());
        let (rows, later) = rest.split_at_mut(skip).1.split_at_mut(length);
        let (other, other_later) = other_rest.split_at_mut(skip).1.split_at_mut(length);
        (rest, other_rest, start) = (later, other_later, leaf.rows.end);
        parents.push(Parent {
            facts: leaf.facts,
            rows,
            other,
        });
    }
    parents
}

impl Splitter<'_> {
    /// Facts of a node with these rows.
    pub(super) fn facts(&self, rows: &[u32], next: Next) -> Result<Facts, FitError> {
        let histogram = self.counter.count(rows)?;
        let total = histogram.total();
        Ok(self.known(rows, histogram, total, Bounds::NONE, next))
    }

    fn known(&self, rows: &[u32], histogram: Histogram, total: Cell, bounds: Bounds, next: Next) -> Facts {
        let question = Question {
            rows,
            histogram: &histogram,
            total,
            bounds,
        };
        let split = match next {
            Next::Search => self.searcher.best(question),
            Next::Count | Next::Stop => None,
        };
        Facts {
            total,
            bounds,
            // One that is never split again needs it no more.
            histogram: (split.is_some() || matches!(next, Next::Count)).then_some(histogram),
            split,
        }
    }

    /// Parts the rows of a leaf and finds out what `next` wants of its children.
    pub(super) fn part(&self, parent: Parent<'_>, split: &Split, next: Next) -> Result<Parted, FitError> {
        self.counter.control.check()?;
        let rule = Rule {
            column: self.searcher.bins.column(usize::from(split.feature)),
            cut: split.cut,
            missing: split.missing,
        };
        let lefts = part(rule, parent.rows, parent.other);
        let (left, right) = parent.rows.split_at(lefts);
        let facts = &parent.facts;
        let bounds = self.searcher.bounds(facts.bounds, facts.total, split);
        let totals = [split.left, facts.total - split.left];
        let children = if next == Next::Stop {
            let stay = |side: usize| Facts {
                total: totals[side],
                bounds: bounds[side],
                histogram: None,
                split: None,
            };
            [stay(0), stay(1)]
        } else {
            let [a, b] = self.histograms(left, right, parent.facts.histogram)?;
            [
                self.known(left, a, totals[0], bounds[0], next),
                self.known(right, b, totals[1], bounds[1], next),
            ]
        };
        Ok(Parted { lefts, children })
    }

    /// The smaller side is counted, the other one is what it leaves of the parent.
    fn histograms(
        &self,
        left: &[u32],
        right: &[u32],
        parent: Option<Histogram>,
    ) -> Result<[Histogram; 2], FitError> {
        let Some(parent) = parent else {
            return Ok([self.counter.count(left)?, self.counter.count(right)?]);
        };
        if left.len() <= right.len() {
            let small = self.counter.count(left)?;
            let rest = parent.without(&small);
            Ok([small, rest])
        } else {
            let small = self.counter.count(right)?;
            let rest = parent.without(&small);
            Ok([rest, small])
        }
    }
}
