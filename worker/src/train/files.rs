//! The files of a training job.

use super::{Trained, user_failure};
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Evaluation, Reason, TrainSpec, VersionFacts, WorkPhase, hex};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::model::Model;
use mltraining_learn::model_file::{self, Header, ModelFile};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// `metrics.json`: everything measured, as it also stands in the evaluation row.
#[derive(Serialize)]
struct MetricsFile<'a> {
    spec: &'a TrainSpec,
    facts: &'a VersionFacts,
    evaluation: &'a Evaluation,
}

/// Writes the model file, then the metrics that name its hash.
pub(super) fn write(
    mut facts: VersionFacts,
    evaluation: Evaluation,
    spec: &TrainSpec,
    model: Model,
    calibration: Option<Calibrator>,
) -> Result<Trained, WorkError> {
    let unwritable = |e: serde_json::Error| {
        user_failure(
            Reason::Internal,
            WorkPhase::Store,
            format!("the result cannot be written as JSON: {e}"),
        )
    };
    let header = Header {
        spec_hash: facts.spec_hash.clone(),
        source_fingerprint: facts.source_fingerprint.clone(),
        feature_names: facts.feature_names.clone(),
        label: serde_json::to_value(&spec.label).map_err(unwritable)?,
        threshold: facts.threshold,
        calibration,
        seed: spec.seed,
        service_version: facts.service_version.clone(),
    };
    let bytes = model_file::encode(&ModelFile { header, model });
    facts.model_sha256 = hex(&Sha256::digest(&bytes));
    let metrics = MetricsFile {
        spec,
        facts: &facts,
        evaluation: &evaluation,
    };
    let metrics = serde_json::to_vec_pretty(&metrics).map_err(unwritable)?;
    let files = vec![
        OutputFile {
            file: "model.mlts",
            media_type: "application/vnd.mltraining.model",
            bytes,
        },
        OutputFile {
            file: "metrics.json",
            media_type: "application/json",
            bytes: metrics,
        },
    ];
    Ok(Trained {
        facts,
        evaluation,
        files,
    })
}
