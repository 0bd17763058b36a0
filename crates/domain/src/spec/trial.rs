//! A job that tries some points of a study's space, on rows that it reads once.

use super::Checked;
use super::tune::Configuration;
use crate::study::StudyMetric;
use crate::{JobId, TrainSpec, Violations};
use serde::{Deserialize, Serialize};

/// Trials of one rung. It is stored with the [spec version](super::train::SPEC_VERSION) of the training that it holds: a worker that
/// reads the one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialSpec {
    /// The job that they belong to.
    pub study: JobId,
    /// What is trained, but for the parameters of each trial; its range ends where the study's holdout begins.
    pub train: TrainSpec,
    /// By what they are compared.
    pub metric: StudyMetric,
    /// The rung, from 0.
    pub rung: u32,
    /// Share of the training rows that it learns from.
    pub row_share: f64,
    /// The trials.
    pub trials: Vec<TrialConfiguration>,
}

/// A trial and its point in the space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialConfiguration {
    /// Its number in the study, from 1.
    pub number: u32,
    /// Parameters by name.
    pub parameters: Configuration,
}

impl TrialSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it, in the fields of a training's
    /// spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let found = self.train.violations();
        found.into_result(self).map(Checked::new)
    }
}
