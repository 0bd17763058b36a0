//! What is to be looked at, and what several checks share: the features and labels of a sample.

use crate::Scope;
use mltraining_domain::{SourceSpec, TrainSpec};
use mltraining_learn::matrix::Matrix;
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::compute::{self, Cancelled, Control};
use mltraining_panel::memory::LOOSE;
use mltraining_panel::rows::{self, LabelledRows};
use mltraining_panel::{Duplicates, Panel};
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

/// Rows times features of the sample, at most: 40 MB, and about half a second of computing on two cores.
const CELLS: usize = 10_000_000;
/// Rows at least, for those who look at columns: few features or many tell nothing of them.
const ROWS: usize = 100_000;

/// What is to be looked at.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The rows, history included, with every column of the source: of all entities, or of so many that [`wanted_rows`] are there.
    pub panel: &'a Panel,
    /// What would be trained.
    pub spec: &'a TrainSpec,
    /// The source.
    pub source: &'a SourceSpec,
    /// The features, resolved against the source.
    pub plan: &'a FeaturePlan,
    /// All rows that were found, history and repeated keys included.
    pub rows: u64,
    /// Their entities.
    pub entities: u64,
    /// Those of them that repeat the key of another.
    pub duplicates: Option<&'a Duplicates>,
    /// Set from outside to stop at the next opportunity.
    pub cancel: &'a AtomicBool,
}

/// Estimated peak memory of a check of so many rows, in bytes: the panel in f64 with times and phases; the same once more and
/// the features in f32 for the rows of the sample, and what is computed before them.
pub fn memory_bytes(rows: u64, columns: usize, plan: &FeaturePlan) -> u64 {
    let features = plan.features.len();
    let of_panel = 16 + LOOSE + 8 * columns.max(plan.widest()) as u64;
    // Contexts are not sampled: one that is cut or changed is there once more, in as many worlds as are looked at together.
    let worlds = if plan.contexts().is_empty() { 1 } else { 5 };
    let sampled = rows.min(sampled_rows(features) as u64);
    let of_sample = of_panel + 4 * features as u64 + plan.ahead_bytes_of_row();
    rows.saturating_mul(worlds * of_panel)
        .saturating_add(sampled * of_sample)
}

fn sampled_rows(features: usize) -> usize {
    CELLS / features.max(1)
}

/// So many rows of whole entities are enough for every check, if they are chosen by [`mltraining_panel::sampled`].
pub fn wanted_rows(features: usize) -> u64 {
    sampled_rows(features).max(ROWS) as u64
}

/// A question with the features and labels of a sample of whole entities.
pub(crate) struct Looked<'a> {
    pub(crate) question: &'a Question<'a>,
    /// The sample.
    pub(crate) sample: Cow<'a, Panel>,
    /// The rows of the sample that a training would learn from, with their labels.
    pub(crate) rows: LabelledRows,
    /// Their features.
    pub(crate) matrix: Matrix,
}

impl<'a> Looked<'a> {
    /// # Errors
    /// [`Cancelled`].
    pub(crate) fn at(question: &'a Question<'a>) -> Result<Self, Cancelled> {
        let sample = question.panel.sample(sampled_rows(question.plan.features.len()));
        let rows = rows::select(&sample, question.spec, question.source);
        let control = Control {
            cancel: question.cancel,
            progress: &|_, _| {},
        };
        let features = compute::features(&sample, question.plan, &rows.panel_rows, &control)?;
        let matrix = Matrix::new(features.names, features.columns)
            .expect("a plan has features, each once, and a panel less than 2^32 rows");
        Ok(Self {
            question,
            sample,
            rows,
            matrix,
        })
    }

    /// What checks of features look at: rows with a known label, and their entities.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            rows: self.rows.labels.len() as u64,
            entities: self.rows.entities,
            ..Scope::default()
        }
    }

    /// Positions among the rows, evenly spaced, at most `most`.
    pub(crate) fn spread(&self, most: usize) -> Vec<usize> {
        let all = self.rows.labels.len();
        let step = all.div_ceil(most.max(1)).max(1);
        (0..all).step_by(step).collect()
    }
}
