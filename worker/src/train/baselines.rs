//! What simple rules score on a fold's test rows, each made from what was known before them.

use super::folds::{Folding, fit_failure};
use super::untold;
use crate::work::WorkError;
use mltraining_domain::{AlgorithmSpec, Baseline, LogisticRegressionSpec, SingleRule};
use mltraining_learn::baseline;
use mltraining_learn::fit::FitError;
use mltraining_learn::metrics::{self, Cut};
use mltraining_panel::memory::BASELINE_ROWS;
use mltraining_panel::rows::LabelledRows;

/// Predicts the training part's share of positives.
pub(super) const PREVALENCE: &str = "prevalence";
/// Says again what the entity's last known label said.
pub(super) const LAST_LABEL: &str = "last_label";
/// Follows the one feature that tells most in the training part.
pub(super) const SINGLE_FEATURE: &str = "best_single_feature";
/// The linear model with its defaults.
const LOGISTIC: &str = "logistic_regression";

/// A baseline's scores on the test rows of a fold.
pub(super) struct Scored {
    pub name: &'static str,
    pub scores: Vec<f64>,
    rule: Option<SingleRule>,
}

impl Scored {
    fn new(name: &'static str, scores: Vec<f64>) -> Self {
        Self {
            name,
            scores,
            rule: None,
        }
    }

    /// It against the labels of the same rows.
    pub(super) fn measured(&self, labels: &[u8]) -> Baseline {
        Baseline {
            name: self.name.to_owned(),
            rule: self.rule.clone(),
            metrics: metrics::measure(labels, &self.scores, Cut::None),
        }
    }
}

/// For each labelled row the label of its entity that was resolved last before its decision.
pub(super) fn last_labels(rows: &LabelledRows) -> Vec<Option<u8>> {
    let mut found = Vec::with_capacity(rows.labels.len());
    let mut start = 0;
    for &end in &rows.entity_ends {
        let of = start..end as usize;
        start = of.end;
        found.extend(baseline::last_label(
            &rows.labels[of.clone()],
            &rows.decisions[of.clone()],
            &rows.resolves[of],
        ));
    }
    found
}

/// Every baseline on the fold's test rows.
///
/// # Errors
/// When the linear one cannot be fitted, or the job is stopped.
pub(super) fn of_fold(fold: &Folding<'_>) -> Result<Vec<Scored>, WorkError> {
    let (train, test) = (&fold.part.train, &fold.part.test);
    let share = baseline::prevalence(&fold.rows.labels, train);
    let last = |&row: &u32| fold.last_labels[row as usize].map_or(share, f64::from);
    let mut found = vec![
        Scored::new(PREVALENCE, vec![share; test.len()]),
        Scored::new(LAST_LABEL, test.iter().map(last).collect()),
        single(fold, share),
    ];
    if fold.spec.algorithm.name() != LOGISTIC {
        let linear = AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default());
        let control = untold(fold.work);
        let place = format!("baseline of {}", fold.place());
        let scores = match fold.fit_under(&linear, &baseline::spread(train, BASELINE_ROWS), &control) {
            Ok(model) => model.predict(fold.matrix, test),
            // A rare class may have no row among those spread over the training part, which has both.
            Err(FitError::OneClass { .. }) if train.len() > BASELINE_ROWS => vec![share; test.len()],
            Err(error) => return Err(fit_failure(error, &place)),
        };
        found.push(Scored::new(LOGISTIC, scores));
    }
    Ok(found)
}

/// The feature that tells most of the label in the training part; the prevalence where none has a known value.
fn single(fold: &Folding<'_>, share: f64) -> Scored {
    let (train, test) = (&fold.part.train, &fold.part.test);
    let Some(rule) = baseline::SingleRule::choose(fold.matrix, &fold.rows.labels, train) else {
        return Scored::new(SINGLE_FEATURE, vec![share; test.len()]);
    };
    Scored {
        rule: Some(SingleRule {
            feature: fold.matrix.names()[rule.feature].clone(),
            direction: rule.direction,
        }),
        ..Scored::new(SINGLE_FEATURE, rule.scores(fold.matrix, test))
    }
}
