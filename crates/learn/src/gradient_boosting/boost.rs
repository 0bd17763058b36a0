//! A fit: tree after tree on the gradients that the trees so far leave.

use super::boosted::Boosted;
use super::draft::Draft;
use super::gradient::{self, Fine, RowWeights, Sums};
use super::grow::Grower;
use super::histogram::{Columns, Counter};
use super::leaf::{Leaf, Rows, Splitter};
use super::margins::Margins;
use super::penalty::Penalty;
use super::sample::{self, Sample};
use super::search::Searcher;
use super::stopping::{Verdict, Watch};
use crate::binned::BinnedMatrix;
use crate::binned::packed::PackedRows;
use crate::class_weight::Weights;
use crate::fit::{FitError, Task};
use crate::random::Random;
use crate::tree::Tree;
use mltraining_domain::{GradientBoostingSpec, Monotone};
use rayon::prelude::*;

/// Rows of a leaf that are summed up, or written to, in one go.
const CHUNK: usize = 16_384;

/// One fit under way.
pub(super) struct Boost<'a> {
    spec: &'a GradientBoostingSpec,
    task: &'a Task<'a>,
    bins: BinnedMatrix,
    packed: PackedRows,
    weights: RowWeights<'a>,
    penalty: Penalty,
    /// Weight of the heaviest class: what gains are in units of.
    unit: f64,
    base: f64,
    monotone: Vec<Option<Monotone>>,
}

/// What the trees so far leave.
struct State {
    margins: Margins,
    fine: Vec<Fine>,
    rows: Rows,
    gains: Vec<f64>,
    trees: Vec<Tree>,
    /// Gains of the best trees, and their number.
    best: (Vec<f64>, usize),
}

impl<'a> Boost<'a> {
    pub(super) fn new(spec: &'a GradientBoostingSpec, task: &'a Task<'a>) -> Result<Self, FitError> {
        let monotone = directions(spec, task.x.names())?;
        let bins = BinnedMatrix::of(task.x, task.rows, task.control)?;
        let packed = PackedRows::of(&bins, task.control)?;
        let by_class = task.class_weights(spec.class_weight);
        let Weights { negative, positive } = by_class;
        let unit = f64::max(negative, positive);
        let odds = positive * task.positive_weight / (negative * task.negative_weight);
        Ok(Self {
            spec,
            task,
            bins,
            packed,
            weights: RowWeights {
                labels: &task.labels,
                by_class: shares(by_class, unit),
                by_row: task.weights.as_deref(),
            },
            penalty: Penalty::of(spec, unit),
            unit,
            base: crate::functions::ln(odds),
            monotone,
        })
    }

    pub(super) fn run(&self) -> Result<Boosted, FitError> {
        let mut watch = self.watch()?;
        let rows = self.task.rows.len();
        let features = self.bins.features();
        let mut state = State {
            margins: Margins::new(rows, self.base as f32),
            fine: vec![Fine::default(); rows],
            rows: Rows::new(Vec::new()),
            gains: vec![0.0; features],
            trees: Vec::new(),
            best: (Vec::new(), 0),
        };
        let total = u64::from(self.spec.trees);
        for tree in 0..self.spec.trees {
            self.task.control.check()?;
            let draft = self.next_tree(tree, &mut state)?;
            let grown = state.trees.len() + 1;
            let verdict = match &mut watch {
                None => Verdict::Better,
                Some(watch) => watch.look(&draft, grown),
            };
            for &(feature, gain) in draft.gains() {
                state.gains[usize::from(feature)] += gain * self.unit;
            }
            state.trees.push(draft.into_tree(features));
            (self.task.control.progress)(u64::from(tree) + 1, total);
            match verdict {
                Verdict::Better => state.best = (state.gains.clone(), grown),
                Verdict::NotYet => {}
                Verdict::Stop => break,
            }
        }
        let (gains, trees) = state.best;
        state.trees.truncate(trees);
        Ok(Boosted::new(self.base, state.trees, gains).expect("at least one tree, and odds of two classes"))
    }

    /// Grows a tree and adds it to the margins of all rows.
    fn next_tree(&self, tree: u32, state: &mut State) -> Result<Draft, FitError> {
        let control = self.task.control;
        let scale = gradient::refresh(&self.weights, &state.margins, &mut state.fine, control)?;
        let mut random = Random::of(self.task.seed, u64::from(tree));
        let features = sample::features(self.bins.features(), self.spec.feature_share, &mut random);
        let Sample { drawn, rest } = sample::rows(state.fine.len(), self.spec.row_share, &mut random);
        let columns = Columns::new(features);
        let counter = Counter {
            packed: &self.packed,
            columns: &columns,
            fine: &state.fine,
            scale,
            control,
        };
        let searcher = Searcher {
            bins: &self.bins,
            columns: &columns,
            scale,
            penalty: self.penalty,
            min_rows: self.spec.min_samples_leaf,
            monotone: &self.monotone,
        };
        let grower = Grower {
            spec: self.spec,
            splitter: Splitter { counter, searcher },
        };
        state.rows.fill(drawn);
        let (mut draft, leaves) = grower.grow(&mut state.rows)?;
        self.set_values(&mut draft, &leaves, state);
        rest.par_chunks(CHUNK).for_each(|rows| {
            for &row in rows {
                state
                    .margins
                    .add(&[row], draft.value_of(&self.bins, row as usize));
            }
        });
        Ok(draft)
    }

    /// Values of the leaves, from the exact sums of their rows, and those rows' new margins.
    fn set_values(&self, draft: &mut Draft, leaves: &[Leaf], state: &State) {
        let values: Vec<f32> = leaves
            .par_iter()
            .map(|leaf| {
                let rows = &state.rows.rows()[leaf.rows.clone()];
                let sums = rows
                    .par_chunks(CHUNK)
                    .map(|rows| Sums::of(rows, &state.fine))
                    .reduce(Sums::default, Sums::and);
                let best = leaf.facts.bounds.clamp(self.penalty.value(sums.values()));
                let value = (self.spec.learning_rate * best) as f32;
                rows.par_chunks(CHUNK)
                    .for_each(|rows| state.margins.add(rows, value));
                value
            })
            .collect();
        for (leaf, value) in leaves.iter().zip(values) {
            draft.set_value(leaf.node, value);
        }
    }

    /// What watches the validation rows, if the trees are to end early.
    fn watch(&self) -> Result<Option<Watch<'_>>, FitError> {
        let Some(stopping) = self.spec.early_stopping else {
            return Ok(None);
        };
        let validation = self.task.validation.as_ref().ok_or(FitError::NoValidationRows)?;
        let bins = self
            .bins
            .of_others(self.task.x, validation.rows, self.task.control)?;
        let weights = RowWeights {
            labels: &validation.labels,
            by_class: self.weights.by_class,
            by_row: validation.weights.as_deref(),
        };
        Ok(Some(Watch::new(bins, weights, self.base, stopping.rounds)))
    }
}

/// Weights of a negative and of a positive row, as shares of the heavier.
fn shares(by_class: Weights, unit: f64) -> [f32; 2] {
    [by_class.negative, by_class.positive].map(|weight| (weight / unit) as f32)
}

/// The direction of each feature; empty when none has one.
fn directions(spec: &GradientBoostingSpec, names: &[String]) -> Result<Vec<Option<Monotone>>, FitError> {
    if let Some(unknown) = spec.monotone.keys().find(|name| !names.contains(name)) {
        return Err(FitError::UnknownFeature(unknown.clone()));
    }
    if spec.monotone.is_empty() {
        return Ok(Vec::new());
    }
    Ok(names
        .iter()
        .map(|name| spec.monotone.get(name).copied())
        .collect())
}
