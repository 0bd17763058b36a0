//! All that a training would learn from, as its model would see it.

use super::ColumnStatistics;
use crate::Panel;
use crate::catalogue::{FeaturePlan, PlannedFeature};
use crate::compute::{Cancelled, Control, each_feature};
use crate::rows::{self, LabelledRows};
use crate::split::{self, FoldRows};
use mltraining_domain::{Reason, RowCounts, SourceSpec, TrainSpec};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

/// What a training would learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetPreview {
    /// Where the rows that were read went.
    pub counts: RowCounts,
    /// Entities with at least one labelled row.
    pub entities: u64,
    /// Of them those that are held out from every training part.
    pub unseen_entities: u64,
    /// First and last decision time of the labelled rows, microseconds since 1970-01-01 UTC; `None` without one.
    pub decisions: Option<(i64, i64)>,
    /// Latest time at which a label was known; `None` without a labelled row.
    pub latest_resolve: Option<i64>,
    /// The features over all labelled rows, in the order in which the model sees them.
    pub columns: Vec<ColumnPreview>,
    /// Some of the labelled rows, ordered by decision time, then by entity.
    pub shown: Vec<ShownRow>,
    /// The folds; those before the first that cannot be made when there is a refusal.
    pub folds: Vec<FoldPreview>,
    /// Why a training of these rows would end without a model, as far as rows, labels and split show it.
    pub refusal: Option<Refusal>,
}

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPreview {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub statistics: ColumnStatistics,
    /// Its value in each row that is shown; NaN for unknown.
    pub shown: Vec<f32>,
}

/// One row that a model would learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRow {
    /// The entity.
    pub entity: String,
    /// Decision time, microseconds since 1970-01-01 UTC.
    pub decision: i64,
    /// 1 for a positive, 0 for a negative.
    pub label: u8,
    /// When the label was known.
    pub resolve: i64,
}

/// One fold. Times are decision times in microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldPreview {
    /// From 1.
    pub index: u32,
    /// First training row.
    pub train_start: i64,
    /// Last training row.
    pub train_end: i64,
    /// First test row.
    pub test_start: i64,
    /// Last test row.
    pub test_end: i64,
    /// Rows to train on, after purge and embargo.
    pub train_rows: u64,
    /// Positives among them.
    pub train_positives: u64,
    /// Rows to test on.
    pub test_rows: u64,
    /// Positives among them.
    pub test_positives: u64,
    /// Rows of held-out entities in the test time.
    pub unseen_rows: u64,
    /// Rows that the purge dropped.
    pub purged_rows: u64,
    /// Rows that the embargo alone dropped.
    pub embargoed_rows: u64,
}

/// Why there would be no model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason that the job would end with.
    pub reason: Reason,
    /// Its message.
    pub message: String,
}

/// The memory that a preview of a dataset needs at its peak, in bytes: of so many rows with so many columns of the source,
/// features being computed `at_once` at a time and `ahead` bytes of a row before them
/// ([`FeaturePlan::ahead_bytes_of_row`]). Counted are the panel in f64 with its times and phases; the labels and the
/// labelled rows; one fold, with the order of the rows in time; and of each feature a column and what its statistics take.
pub fn needed_bytes(rows: u64, columns: usize, at_once: usize, ahead: u64) -> u64 {
    const PANEL: u64 = 8 + 8;
    const LABELLED: u64 = 9 + 4 + 1 + 8 + 8 + 1;
    const FOLD: u64 = 3 * 4 + 8;
    const FEATURE: u64 = 4 + 4;
    let of_row = PANEL + 8 * columns as u64 + LABELLED + FOLD + FEATURE * at_once as u64 + ahead;
    rows.saturating_mul(of_row)
}

/// What is looked at, and how closely.
#[derive(Debug, Clone, Copy)]
pub struct Dataset<'a> {
    /// All that was read.
    pub panel: &'a Panel,
    /// What a training would be asked for.
    pub spec: &'a TrainSpec,
    /// Its source.
    pub source: &'a SourceSpec,
    /// Its features, resolved against the source.
    pub plan: &'a FeaturePlan,
    /// So many labelled rows are shown.
    pub shown: usize,
    /// So many features are computed at the same time.
    pub at_once: usize,
}

/// Selects the rows as a training does, computes the features a few at a time, and parts the rows into folds. The rows that
/// are shown are evenly spread over the labelled rows in order of time, the first and the last among them. Runs in rayon's
/// current pool and holds no matrix.
///
/// # Errors
/// [`Cancelled`].
///
/// # Panics
/// When the panel lacks a column of the plan.
pub fn dataset(of: &Dataset<'_>, control: &Control<'_>) -> Result<DatasetPreview, Cancelled> {
    let (panel, spec) = (of.panel, of.spec);
    let rows = rows::select(panel, spec, of.source);
    let picked = pick(&rows, of.shown);
    let preview = |feature: &PlannedFeature, column: Vec<f32>| ColumnPreview {
        name: feature.name(),
        shown: picked.iter().map(|row| column[*row as usize]).collect(),
        statistics: ColumnStatistics::of(column),
    };
    let columns = each_feature(panel, of.plan, &rows.panel_rows, control, of.at_once, preview)?;
    let (folds, refusal) = folds(&rows, spec, control)?;
    let shown = picked.iter().map(|row| {
        let row = *row as usize;
        ShownRow {
            entity: panel.entities()[panel.entity_of(rows.panel_rows[row] as usize)].clone(),
            decision: rows.decisions[row],
            label: rows.labels[row],
            resolve: rows.resolves[row],
        }
    });
    let first = rows.decisions.iter().min().copied();
    Ok(DatasetPreview {
        counts: rows.counts,
        entities: rows.entities,
        unseen_entities: rows.unseen_entities,
        decisions: first.zip(rows.decisions.iter().max().copied()),
        latest_resolve: rows.resolves.iter().max().copied(),
        shown: shown.collect(),
        columns,
        folds,
        refusal,
    })
}

/// `most` of the labelled rows, evenly spread in order of (decision time, entity); all when there are no more.
fn pick(rows: &LabelledRows, most: usize) -> Vec<u32> {
    let count = rows.decisions.len();
    if most == 0 || count == 0 {
        return Vec::new();
    }
    let mut ordered: Vec<u32> = (0..count as u32).collect(); // a panel has less than 2^32 rows
    ordered.sort_unstable_by_key(|row| (rows.decisions[*row as usize], *row));
    match most {
        _ if most >= count => ordered,
        1 => vec![ordered[0]],
        most => (0..most).map(|i| ordered[i * (count - 1) / (most - 1)]).collect(),
    }
}

/// The folds, as far as they can be made, and why no model would come of them.
fn folds(
    rows: &LabelledRows,
    spec: &TrainSpec,
    control: &Control<'_>,
) -> Result<(Vec<FoldPreview>, Option<Refusal>), Cancelled> {
    if let Err(error) = rows.check(spec) {
        let refusal = Refusal {
            reason: error.reason(),
            message: error.to_string(),
        };
        return Ok((Vec::new(), Some(refusal)));
    }
    let (mut folds, mut refusal) = (Vec::new(), None);
    let made = split::each_fold(rows.split_rows(), &spec.split, |fold| {
        let fold = fold_of(&fold, &rows.labels);
        refusal = refusal.take().or_else(|| one_class(&fold, spec.split.folds()));
        folds.push(fold);
        match control.cancel.load(Ordering::Relaxed) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if control.cancel.load(Ordering::Relaxed) {
        return Err(Cancelled);
    }
    // Trainings part their rows before they fit the first fold.
    if let Err(error) = made {
        refusal = Some(Refusal {
            reason: Reason::TooFewRows,
            message: error.to_string(),
        });
    }
    Ok((folds, refusal))
}

fn fold_of(fold: &FoldRows, labels: &[u8]) -> FoldPreview {
    let positives = |rows: &[u32]| rows.iter().map(|row| u64::from(labels[*row as usize])).sum();
    FoldPreview {
        index: fold.index,
        train_start: fold.train_start,
        train_end: fold.train_end,
        test_start: fold.test_start,
        test_end: fold.test_end,
        train_rows: fold.train.len() as u64,
        train_positives: positives(&fold.train),
        test_rows: fold.test.len() as u64,
        test_positives: positives(&fold.test),
        unseen_rows: fold.unseen.len() as u64,
        purged_rows: fold.purged_rows,
        embargoed_rows: fold.embargoed_rows,
    }
}

/// No learner is fitted on one class; said in the words of the training.
fn one_class(fold: &FoldPreview, folds: u32) -> Option<Refusal> {
    let (positives, rows) = (fold.train_positives, fold.train_rows);
    let reason = match positives {
        0 => Reason::LabelHasNoPositives,
        all if all == rows => Reason::LabelHasNoNegatives,
        _ => return None,
    };
    let message = format!(
        "fold {} of {folds}: its training rows have {positives} positives and {} negatives; use fewer folds, a longer range or another \
         change",
        fold.index,
        rows - positives
    );
    Some(Refusal { reason, message })
}
