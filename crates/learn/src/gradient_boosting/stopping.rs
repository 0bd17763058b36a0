//! Early stopping: the loss (log loss, or half the squared error) on rows that no tree learns from, after each tree.

use super::data::Kept;
use super::draft::Draft;
use super::gradient::Truth;
use crate::binned::BinnedMatrix;
use crate::functions::logistic_and_softplus;
use rayon::prelude::*;

/// Rows that are summed up in one go; part of the result.
const CHUNK: usize = 4096;

/// Validation rows and how well they were foreseen.
pub(super) struct Watch<'a> {
    bins: BinnedMatrix,
    kept: Kept<'a>,
    margins: Vec<f64>,
    rounds: usize,
    best: Option<(f64, usize)>,
}

/// Whether further trees are worth growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The best so far.
    Better,
    /// No better, for too few trees to say so.
    NotYet,
    /// No better for too long.
    Stop,
}

impl<'a> Watch<'a> {
    pub(super) fn new(bins: BinnedMatrix, kept: Kept<'a>, base: f64, rounds: u32) -> Self {
        Self {
            margins: vec![base; bins.rows()],
            bins,
            kept,
            rounds: rounds as usize,
            best: None,
        }
    }

    /// Takes the next tree, of which there are `trees` by now.
    pub(super) fn look(&mut self, tree: &Draft, trees: usize) -> Verdict {
        let loss = self.add(tree);
        match self.best {
            Some((best, at)) if loss >= best => match trees - at >= self.rounds {
                true => Verdict::Stop,
                false => Verdict::NotYet,
            },
            _ => {
                self.best = Some((loss, trees));
                Verdict::Better
            }
        }
    }

    /// Adds the tree, and gives the weighted sum of the losses.
    fn add(&mut self, tree: &Draft) -> f64 {
        let (bins, truth) = (&self.bins, self.kept.view());
        let losses: Vec<f64> = self
            .margins
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, margins)| {
                let mut sum = 0.0;
                for (i, margin) in margins.iter_mut().enumerate() {
                    let row = chunk * CHUNK + i;
                    *margin += f64::from(tree.value_of(bins, row));
                    let loss = match truth.truth {
                        // -ln(1 - p), and for a positive -ln(p), which is less by the margin.
                        Truth::Classes { labels, .. } => {
                            logistic_and_softplus(*margin).1 - *margin * f64::from(labels[row])
                        }
                        Truth::Numbers(numbers) => (*margin - f64::from(numbers[row])).powi(2) / 2.0,
                    };
                    sum += loss * f64::from(truth.weight_of(row));
                }
                sum
            })
            .collect();
        losses.iter().sum() // in order
    }
}
