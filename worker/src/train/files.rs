//! The files of a training job.

use super::onnx;
use super::{Trained, user_failure};
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Evaluation, Reason, TrainSpec, VersionFacts, WorkPhase, hex};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;
use mltraining_learn::model_file::{self, Header, ModelFile};
use mltraining_report::{Onnx, Report, Shown};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// `metrics.json`: everything measured, as it also stands in the evaluation row.
#[derive(Serialize)]
struct MetricsFile<'a> {
    spec: &'a TrainSpec,
    facts: &'a VersionFacts,
    evaluation: &'a Evaluation,
    /// How near `model.onnx` is to the model.
    onnx: &'a Onnx,
}

/// What is written of a training, besides its model.
pub(super) struct Findings {
    /// Without the hash of the model.
    pub facts: VersionFacts,
    pub evaluation: Evaluation,
}

/// Writes the model file, then what names its hash: the same model for other runtimes, metrics, report and model card.
pub(super) fn write(
    mut found: Findings,
    spec: &TrainSpec,
    model: Model,
    calibration: Option<Calibrator>,
    matrix: &Matrix,
) -> Result<Trained, WorkError> {
    let model = model_file(&found.facts, spec, model, calibration)?;
    let bytes = model_file::encode(&model);
    found.facts.model_sha256 = hex(&Sha256::digest(&bytes));
    let mut files = vec![file("model.mlts", "application/vnd.mltraining.model", bytes)];
    let (onnx, portable) = onnx::write(&model, spec.label.task(), matrix)?;
    files.extend(portable);
    files.extend(told(&found, spec, &onnx)?);
    let Findings { facts, evaluation } = found;
    Ok(Trained {
        facts,
        evaluation,
        files,
    })
}

fn model_file(
    facts: &VersionFacts,
    spec: &TrainSpec,
    model: Model,
    calibration: Option<Calibrator>,
) -> Result<ModelFile, WorkError> {
    let header = Header {
        spec_hash: facts.spec_hash.clone(),
        source_fingerprint: facts.source_fingerprint.clone(),
        feature_names: facts.feature_names.clone(),
        label: serde_json::to_value(&spec.label).map_err(|e| unwritable(&e))?,
        threshold: facts.threshold,
        calibration,
        seed: spec.seed,
        service_version: facts.service_version.clone(),
    };
    Ok(ModelFile { header, model })
}

/// What was found, for machines and for people.
fn told(found: &Findings, spec: &TrainSpec, onnx: &Onnx) -> Result<Vec<OutputFile>, WorkError> {
    let Findings { facts, evaluation } = found;
    let metrics = MetricsFile {
        spec,
        facts,
        evaluation,
        onnx,
    };
    let metrics = serde_json::to_vec_pretty(&metrics).map_err(|e| unwritable(&e))?;
    let mut files = vec![file("metrics.json", "application/json", metrics)];
    let shown = match &evaluation.curves {
        Some(curves) => Shown::Scores(curves),
        None => Shown::Numbers(&evaluation.forecasts),
    };
    let report = Report {
        spec,
        facts,
        evaluation,
        shown,
        onnx,
    };
    let page = report.html().map_err(|e| unwritable(&e))?;
    let card = report.model_card().map_err(|e| unwritable(&e))?;
    files.push(file("report.html", "text/html; charset=utf-8", page.into_bytes()));
    files.push(file(
        "model_card.md",
        "text/markdown; charset=utf-8",
        card.into_bytes(),
    ));
    Ok(files)
}

fn file(file: &'static str, media_type: &'static str, bytes: Vec<u8>) -> OutputFile {
    OutputFile {
        file,
        media_type,
        bytes,
    }
}

fn unwritable(error: &dyn std::fmt::Display) -> WorkError {
    let text = format!("the result cannot be written: {error}");
    user_failure(Reason::Internal, WorkPhase::Store, text)
}
