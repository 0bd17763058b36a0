//! What an attempt has made, before it is stored.

use crate::evaluate::Judged;
use crate::work::OutputFile;
use mltraining_domain::{Evaluation, TrainSpec, VersionFacts};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that a job leaves behind, computed but not yet stored.
pub(crate) struct Made {
    /// What its files mean.
    pub output: Output,
    /// The files.
    pub files: Vec<OutputFile>,
}

/// What the files of a job mean.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Output {
    /// A model version.
    Version(Box<Version>),
    /// An evaluation of a version that there was.
    Evaluation(Box<Judged>),
    /// What it has found; no version.
    Found(Value),
    /// Files alone.
    Bare,
}

/// A model version that is about to be.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    /// The spec that was trained.
    pub spec: TrainSpec,
    /// What it was trained on.
    pub facts: VersionFacts,
    /// What it is worth.
    pub evaluation: Evaluation,
    /// What the job has found besides; `None` for a plain training.
    #[serde(default)]
    pub found: Option<Value>,
}
