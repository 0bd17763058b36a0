//! The folds in a draw.

use super::Tested;
use super::blocks::{names, renumbered};
use super::ranking::{Pairs, Ranking};

/// One fold's rows, by blocks of its own.
pub(super) struct FoldRanks {
    /// `None` when a score is NaN.
    ranking: Option<Ranking>,
    /// The model's pairs and the baseline's; `None` without a baseline, or when a score is NaN.
    both: Option<[Pairs; 2]>,
    /// The number among all blocks of each of the fold's own.
    names: Vec<u16>,
    /// Rows of each of its blocks.
    rows: Vec<f64>,
}

/// Cuts what was tested into its folds; `blocks` has the block of each row.
pub(super) fn cut(tested: &Tested<'_>, blocks: &[u16]) -> Vec<FoldRanks> {
    let mut start = 0;
    let fold = |end: &usize| {
        let rows = start..*end;
        start = *end;
        let (labels, names) = (&tested.labels[rows.clone()], names(&blocks[rows.clone()]));
        let (count, own) = renumbered(&blocks[rows.clone()]);
        let ranked = |scores: &[f64]| Ranking::new(labels, &scores[rows.clone()], &own, count);
        let ranking = ranked(tested.scores);
        let baseline = tested.baseline.and_then(ranked);
        let both = ranking
            .as_ref()
            .zip(baseline)
            .map(|(model, baseline)| [model.pairs(), baseline.pairs()]);
        let mut of_block = vec![0.0; count];
        own.iter().for_each(|&block| of_block[usize::from(block)] += 1.0);
        FoldRanks {
            ranking,
            both,
            names,
            rows: of_block,
        }
    };
    tested.fold_ends.iter().map(fold).collect()
}

/// The mean over the folds of the model's ROC AUC minus the baseline's, each fold counting as much as its rows were drawn;
/// `None` when no drawn fold has both classes, or some fold cannot be measured at all.
pub(super) fn skill(folds: &[FoldRanks], weights: &[f64]) -> Option<f64> {
    let (mut sum, mut counted) = (0.0, 0.0);
    for fold in folds {
        let [model, baseline] = fold.both.as_ref()?;
        let own: Vec<f64> = fold
            .names
            .iter()
            .map(|&name| weights[usize::from(name)])
            .collect();
        let Some((model, baseline)) = model.roc_auc(&own).zip(baseline.roc_auc(&own)) else {
            continue;
        };
        let drawn: f64 = fold
            .rows
            .iter()
            .zip(&own)
            .map(|(rows, weight)| rows * weight)
            .sum();
        let share = drawn / fold.rows.iter().sum::<f64>();
        sum += share * (model - baseline);
        counted += share;
    }
    (counted > 0.0).then(|| sum / counted)
}

impl FoldRanks {
    /// Blocks that hold a row of the fold.
    pub(super) fn blocks(&self) -> usize {
        self.names.len()
    }

    /// Its rows by score.
    pub(super) fn ranking(&self) -> Option<&Ranking> {
        self.ranking.as_ref()
    }
}
