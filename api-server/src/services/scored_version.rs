//! A model version that is to score rows of a period: found by its name, and held against the rows that it was trained on.

use super::call::{Call, missing};
use super::refusal;
use super::resolved::{self, Resolved};
use crate::convert::features;
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use mltraining_domain::name::{ModelName, VersionName};
use mltraining_domain::{
    Evaluation, PeriodPlace, Reason, ScoredVersion, SingleRule, StoredFile, Task, TimeRange, TrainSpec,
    TrainedRows, Violations, hex,
};
use mltraining_store::StoreError;
use mltraining_store::models::VersionView;

/// The file of the model itself.
const MODEL_FILE: &str = "model.mlts";
/// The baseline that names a feature.
const SINGLE_FEATURE: &str = "best_single_feature";

/// The version of a name, with all that a worker needs to use it.
///
/// # Errors
/// NOT_FOUND; FAILED_PRECONDITION when its model is deleted or its file is no longer kept.
pub(super) async fn find(call: &Call, name: &VersionName) -> Result<ScoredVersion, ApiError> {
    let (project, model) = (&name.project, &name.model);
    let read = call
        .store
        .model_version(project, model, name.version, VersionView::Full);
    let version = read.await.map_err(missing(name))?;
    let of = ModelName {
        project: project.clone(),
        model: model.clone(),
    };
    let found = call.store.model(project, model).await.map_err(missing(&of))?;
    if found.deleted_at.is_some() {
        return Err(refusal::model_deleted(&of.to_string()));
    }
    let train = version.spec.ok_or_else(|| ApiError::not_found(name))?;
    let file = match call.store.artifact(project, version.job, MODEL_FILE).await {
        Ok(file) => StoredFile {
            key: file.storage_key,
            sha256: hex(&file.sha256),
            size_bytes: file.size_bytes.unsigned_abs(),
        },
        Err(StoreError::NotFound { .. }) => {
            let text = format!("the model file of {name} is no longer kept");
            return Err(ApiError::new(Reason::FailedPrecondition, text).with("name", name));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(ScoredVersion {
        model: model.clone(),
        version: name.version,
        trained: TrainedRows::of(&version.facts, train.split.embargo()),
        single_rule: version.evaluation.as_ref().and_then(single_rule),
        train,
        file,
    })
}

/// The same of a version that foresees a class, which a threshold turns into acts.
///
/// # Errors
/// Those of [`find`]; FAILED_PRECONDITION when it foresees numbers.
pub(super) async fn find_of_classes(call: &Call, name: &VersionName) -> Result<ScoredVersion, ApiError> {
    let version = find(call, name).await?;
    match version.train.label.task() {
        Task::Binary => Ok(version),
        Task::Regression => {
            let text = format!(
                "{name} foresees numbers, and no rule says from which number on to act; a walk acts on versions that foresee a class. \
                 EvaluateModel and CompareModels judge it"
            );
            Err(ApiError::new(Reason::FailedPrecondition, text).with("name", name))
        }
    }
}

/// What the last fold chose as the best single feature.
fn single_rule(evaluation: &Evaluation) -> Option<SingleRule> {
    let of_fold = |baselines: &[mltraining_domain::Baseline]| {
        let named = baselines
            .iter()
            .find(|baseline| baseline.name == SINGLE_FEATURE)?;
        named.rule.clone()
    };
    let mut latest = evaluation.folds.iter().rev();
    latest.find_map(|fold| of_fold(&fold.baselines))
}

/// Refuses a period that touches the rows that the version was trained on; else what there is to say of it.
///
/// # Errors
/// EVALUATION_OVERLAPS_TRAINING.
pub(super) fn look_at_place(
    name: &VersionName,
    version: &ScoredVersion,
    period: &TimeRange,
) -> Result<Option<String>, ApiError> {
    let (trained, text) = (&version.trained, |at: DateTime<Utc>| at.to_rfc3339());
    match trained.place(period) {
        PeriodPlace::After => Ok(None),
        PeriodPlace::Before => Ok(Some(format!(
            "the period lies before the training of {version}, which has seen what came after it"
        ))),
        PeriodPlace::Overlaps => Err(ApiError::new(
            Reason::EvaluationOverlapsTraining,
            version.overlap(period),
        )
        .with("model_version", name)
        .with("training_start", text(trained.decisions.start))
        .with("training_end", text(trained.latest_resolve))
        .with("evaluation_start", text(period.start))
        .with("evaluation_end", text(period.end))
        .with("first_start", text(trained.first_start_after()))
        .with("last_end", text(trained.last_end_before()))),
    }
}

/// Holds what a version reads against its source, whose fields may have changed since.
///
/// # Errors
/// Those of [`resolved::resolve`]; INVALID_FIELD of `known_before`.
pub(super) async fn resolve(call: &Call, reading: TrainSpec) -> Result<Resolved, ApiError> {
    let asked = features::show(&reading.features);
    let known_before = reading.known_before;
    // The request calls this field otherwise than a training does.
    let all_rows = TrainSpec {
        known_before: None,
        ..reading.clone()
    };
    let resolved = resolved::resolve(call, all_rows, &asked, Violations::new()).await?;
    let found = resolved
        .plan
        .check_known_before(&resolved.source, known_before, "known_before");
    found.into_result(())?;
    Ok(Resolved {
        spec: reading.check()?,
        ..resolved
    })
}
