//! A fit: tree after tree on the gradients that the trees so far leave.

use super::boosted::{Boosted, Link};
use super::data::{Data, Kept};
use super::draft::Draft;
use super::gradient::{self, Fine, Sums};
use super::grow::Grower;
use super::histogram::{Columns, Counter};
use super::leaf::{Leaf, Rows, Splitter};
use super::margins::Margins;
use super::penalty::Penalty;
use super::rows::{FitRows, Scale};
use super::sample::{self, Sample};
use super::search::Searcher;
use super::stopping::{Verdict, Watch};
use crate::control::Control;
use crate::fit::FitError;
use crate::matrix::Matrix;
use crate::random::Random;
use mltraining_domain::{GradientBoostingSpec, Monotone};
use rayon::prelude::*;

/// Rows of a leaf that are summed up, or written to, in one go.
const CHUNK: usize = 16_384;

/// One fit under way.
pub(super) struct Boost<'a> {
    spec: &'a GradientBoostingSpec,
    x: &'a Matrix,
    validation: Option<(&'a [u32], Kept<'a>)>,
    penalty: Penalty,
    base: f64,
    scale: Scale,
    seed: u64,
    control: &'a Control<'a>,
    monotone: Vec<Option<Monotone>>,
    data: Data<'a>,
    margins: Margins,
    fine: Vec<Fine>,
    sample: Sample,
    rows: Rows,
}

impl<'a> Boost<'a> {
    pub(super) fn new(spec: &'a GradientBoostingSpec, of: FitRows<'a>) -> Result<Self, FitError> {
        Ok(Self {
            spec,
            x: of.x,
            validation: of.validation,
            penalty: of.penalty,
            base: of.base,
            scale: of.scale,
            seed: of.seed,
            control: of.control,
            monotone: directions(spec, of.x.names())?,
            data: Data::of(of.x, of.rows, of.kept, of.control)?,
            margins: Margins::new(of.rows.len(), of.base as f32),
            fine: vec![Fine::default(); of.rows.len()],
            sample: Sample::default(),
            rows: Rows::default(),
        })
    }

    pub(super) fn run(mut self, link: Link) -> Result<Boosted, FitError> {
        let mut watch = self.watch()?;
        let features = self.x.features();
        let mut gains = vec![0.0; features];
        let mut trees = Vec::new();
        let mut best = (Vec::new(), 0); // gains and number of the trees that are kept
        for tree in 0..self.spec.trees {
            self.control.check()?;
            let draft = self.next_tree(tree)?;
            if tree == 0 {
                self.cluster()?;
            }
            for &(feature, gain) in draft.gains() {
                gains[usize::from(feature)] += gain * self.scale.gain;
            }
            let verdict = match &mut watch {
                None => Verdict::Better,
                Some(watch) => watch.look(&draft, trees.len() + 1),
            };
            trees.push(draft.into_tree(features, self.scale.leaf));
            (self.control.progress)(u64::from(tree) + 1, u64::from(self.spec.trees));
            match verdict {
                Verdict::Better => best = (gains.clone(), trees.len()),
                Verdict::NotYet => {}
                Verdict::Stop => break,
            }
        }
        trees.truncate(best.1);
        let base = self.base + self.scale.shift;
        Ok(Boosted::new(link, base, trees, best.0).expect("at least one tree, and a base that is finite"))
    }

    /// Grows a tree and adds it to the margins of all rows.
    fn next_tree(&mut self, tree: u32) -> Result<Draft, FitError> {
        let control = self.control;
        let (bins, rows) = (&self.data.bins, self.fine.len());
        let scale = gradient::refresh(&self.data.truth(), &self.margins, &mut self.fine, control)?;
        let mut random = Random::of(self.seed, u64::from(tree));
        let columns = sample::features(bins.features(), self.spec.feature_share, &mut random);
        let columns = Columns::new(columns);
        self.sample.draw(rows, self.spec.row_share, &mut random);
        self.rows.take(&mut self.sample.drawn);
        let counter = Counter {
            packed: &self.data.packed,
            columns: &columns,
            fine: &self.fine,
            scale,
            control,
        };
        let searcher = Searcher {
            bins,
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
        let (mut draft, leaves) = grower.grow(&mut self.rows)?;
        self.set_values(&mut draft, &leaves);
        self.sample.rest.par_chunks(CHUNK).for_each(|rows| {
            for row in rows {
                let value = draft.value_of(bins, *row as usize);
                self.margins.add(std::slice::from_ref(row), value);
            }
        });
        Ok(draft)
    }

    /// Values of the leaves, from the exact sums of their rows, and those rows' new margins.
    fn set_values(&self, draft: &mut Draft, leaves: &[Leaf]) {
        let values: Vec<f32> = leaves
            .par_iter()
            .map(|leaf| {
                let rows = &self.rows.rows()[leaf.rows.clone()];
                let sums = rows
                    .par_chunks(CHUNK)
                    .map(|rows| Sums::of(rows, &self.fine))
                    .reduce(Sums::default, Sums::and);
                let best = leaf.facts.bounds.clamp(self.penalty.value(sums.values()));
                let value = (self.spec.learning_rate * best) as f32;
                rows.par_chunks(CHUNK)
                    .for_each(|rows| self.margins.add(rows, value));
                value
            })
            .collect();
        for (leaf, value) in leaves.iter().zip(values) {
            draft.set_value(leaf.node, value);
        }
    }

    /// Puts the training rows into the order of the first tree's leaves. Later trees ask much the same of them, so that the
    /// rows of their nodes lie near each other in memory; sums of whole numbers do not mind.
    fn cluster(&mut self) -> Result<(), FitError> {
        let order = [self.rows.rows(), &self.sample.rest].concat();
        self.data.reorder(&order, self.control)?;
        self.margins.reorder(&order);
        Ok(())
    }

    /// What watches the validation rows, if the trees are to end early.
    fn watch(&mut self) -> Result<Option<Watch<'a>>, FitError> {
        let Some(((rows, kept), stopping)) = self.validation.take().zip(self.spec.early_stopping) else {
            return Ok(None);
        };
        let bins = self.data.bins.of_others(self.x, rows, self.control)?;
        Ok(Some(Watch::new(bins, kept, self.base, stopping.rounds)))
    }
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
