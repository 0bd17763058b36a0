//! One fold, and what its model said of rows that it had not seen.

use super::baselines::{self, Forecast};
use super::folds;
use crate::train::predictions::{Said, Told};
use crate::train::{fit_progress, untold, validation};
use crate::work::{Work, WorkError};
use mltraining_domain::{AlgorithmSpec, Fold, Metrics, TrainSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, Truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use mltraining_learn::{metrics, permutation};
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::split::FoldRows;

/// Forecasts for rows that the model which made them had not seen.
#[derive(Default)]
pub(super) struct OutOfFold {
    /// Index among the labelled rows.
    pub rows: Vec<u32>,
    /// What came true.
    pub truths: Vec<f32>,
    /// What the fold's model said.
    pub forecasts: Vec<f64>,
    /// What each baseline said of the same rows, by name.
    pub baselines: Vec<(&'static str, Vec<f64>)>,
    /// Where the rows of each fold end.
    pub fold_ends: Vec<usize>,
    /// What the models of the folds lose without each feature.
    pub drops: Vec<Vec<f64>>,
    /// Of the rows of held-out entities, apart from the others.
    pub unseen_truths: Vec<f32>,
    /// As `forecasts`, of these.
    pub unseen_forecasts: Vec<f64>,
}

/// One fold at work.
pub(super) struct NumberFold<'a> {
    pub matrix: &'a Matrix,
    pub rows: &'a LabelledRows,
    pub spec: &'a TrainSpec,
    pub work: &'a Work,
    pub part: &'a FoldRows,
    /// What was last known of each row's entity.
    pub last_values: &'a [Option<f32>],
}

impl OutOfFold {
    /// What is written of each row.
    pub(super) fn told(&self) -> Told<'_> {
        Told {
            rows: &self.rows,
            fold_ends: &self.fold_ends,
            said: Said::Numbers(&self.truths, &self.forecasts),
        }
    }

    /// Metrics of some forecasts, by their places.
    pub(super) fn measured(&self, places: &[usize]) -> Metrics {
        let truths: Vec<f32> = places.iter().map(|&place| self.truths[place]).collect();
        let forecasts: Vec<f64> = places.iter().map(|&place| self.forecasts[place]).collect();
        metrics::measure_numbers(&truths, &forecasts)
    }
}

impl NumberFold<'_> {
    pub(super) fn run(&self, out: &mut OutOfFold) -> Result<Fold, WorkError> {
        let (algorithm, place, test) = (&self.spec.algorithm, self.place(), &self.part.test);
        let progress = fit_progress(
            self.work,
            self.spec.split.folds(),
            self.part.index - 1,
            &place,
            algorithm,
        );
        let control = Control {
            cancel: self.work.stop.flag(),
            progress: &progress,
        };
        let model = self
            .fit_under(algorithm, &self.part.train, &control)
            .map_err(|e| folds::fit_failure(e, &place))?;
        let (truths, forecasts) = (self.truths(test), model.predict(self.matrix, test));
        let baselines = baselines::of_fold(self)?;
        out.drops.extend(self.drops(&model)?);
        let measured = Fold {
            metrics: metrics::measure_numbers(&truths, &forecasts),
            baselines: baselines
                .iter()
                .map(|forecast| forecast.measured(&truths))
                .collect(),
            unseen: self.unseen(&model, out),
            ..folds::unmeasured(self.part)
        };
        out.take(test, truths, forecasts, baselines);
        Ok(measured)
    }

    /// What came true in some rows.
    pub(super) fn truths(&self, rows: &[u32]) -> Vec<f32> {
        rows.iter().map(|&row| self.rows.targets[row as usize]).collect()
    }

    /// What the fold is called.
    pub(super) fn place(&self) -> String {
        format!("fold {} of {}", self.part.index, self.spec.split.folds())
    }

    pub(super) fn fit_under(
        &self,
        algorithm: &AlgorithmSpec,
        train: &[u32],
        control: &Control<'_>,
    ) -> Result<Model, FitError> {
        let truth = Truth::Numbers(&self.rows.targets);
        validation::fit(
            algorithm,
            self.spec,
            self.matrix,
            self.rows,
            truth,
            train,
            control,
        )
    }

    /// What the model loses on its test rows without each feature; `None` when all their numbers are the same.
    fn drops(&self, model: &Model) -> Result<Option<Vec<f64>>, WorkError> {
        let (targets, test, seed) = (&self.rows.targets, &self.part.test, self.spec.seed);
        permutation::drops_of_numbers(model, self.matrix, targets, test, seed, &untold(self.work))
            .map_err(|e| folds::fit_failure(e, &format!("importances of {}", self.place())))
    }

    /// Metrics on the rows of held-out entities in the test time; `None` when there are none.
    fn unseen(&self, model: &Model, out: &mut OutOfFold) -> Option<Metrics> {
        let rows = &self.part.unseen;
        if rows.is_empty() {
            return None;
        }
        let (truths, forecasts) = (self.truths(rows), model.predict(self.matrix, rows));
        let measured = metrics::measure_numbers(&truths, &forecasts);
        out.unseen_truths.extend(truths);
        out.unseen_forecasts.extend(forecasts);
        Some(measured)
    }
}

impl OutOfFold {
    fn take(&mut self, rows: &[u32], truths: Vec<f32>, forecasts: Vec<f64>, baselines: Vec<Forecast>) {
        self.rows.extend_from_slice(rows);
        self.truths.extend(truths);
        self.forecasts.extend(forecasts);
        self.fold_ends.push(self.rows.len());
        let named = baselines
            .into_iter()
            .map(|Forecast { name, numbers, .. }| (name, numbers));
        folds::join(&mut self.baselines, named);
    }
}
