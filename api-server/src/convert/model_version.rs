//! Versions of models as clients see them.

use super::field::wire_count;
use super::time::{show_instant, show_range};
use super::{evaluation, train_spec};
use mltraining_domain::name::{ArtifactName, JobName, VersionName};
use mltraining_domain::{Evaluation, RowCounts};
use mltraining_proto::v1;
use mltraining_store::models::ModelVersion;

/// The file of the model itself.
const MODEL_FILE: &str = "model.mlts";

/// The version as its row says. Spec, feature names and folds are shown when they were read.
pub(crate) fn show(version: &ModelVersion) -> v1::ModelVersion {
    let name = VersionName {
        project: version.project.clone(),
        model: version.model.clone(),
        version: version.version,
    };
    let (project, job) = (version.project.clone(), version.job);
    let model_artifact = ArtifactName {
        project: project.clone(),
        job,
        file: MODEL_FILE.to_owned(),
    };
    let facts = &version.facts;
    let features = if version.spec.is_some() {
        facts.feature_names.clone()
    } else {
        Vec::new()
    };
    v1::ModelVersion {
        name: name.to_string(),
        version: version.version,
        job: JobName { project, job }.to_string(),
        train_spec: version
            .spec
            .as_ref()
            .map(|spec| train_spec::show(spec, &version.project)),
        source_fingerprint: facts.source_fingerprint.clone(),
        feature_names: features,
        row_counts: Some(show_rows(&facts.rows, version.evaluation.as_ref().map(purged))),
        threshold: facts.threshold,
        evaluation: Some(show_evaluation(version)),
        service_version: facts.service_version.clone(),
        git_hash: facts.git_hash.clone(),
        model_sha256: facts.model_sha256.clone(),
        create_time: Some(show_instant(version.created_at)),
        model_artifact: model_artifact.to_string(),
        spec_hash: facts.spec_hash.clone(),
        decision_range: Some(show_range(&facts.decision_range)),
        latest_resolve_time: Some(show_instant(facts.latest_resolve_time)),
        entity_count: wire_count(facts.entities),
        aliases: version.aliases.clone(),
    }
}

fn show_evaluation(version: &ModelVersion) -> v1::Evaluation {
    match &version.evaluation {
        Some(whole) => evaluation::show(whole, &version.facts.feature_names),
        None => v1::Evaluation {
            overall: Some(evaluation::show_metrics(&version.overall)),
            ..v1::Evaluation::default()
        },
    }
}

/// Rows dropped by the purge, over all folds.
fn purged(evaluation: &Evaluation) -> u64 {
    let folds = evaluation.folds.iter();
    folds.map(|fold| fold.leak_proof.purged_rows).sum()
}

/// Where rows went; `purged` is known once there are folds.
pub(super) fn show_rows(rows: &RowCounts, purged: Option<u64>) -> v1::RowCounts {
    v1::RowCounts {
        read: wire_count(rows.read),
        labeled: wire_count(rows.labelled()),
        unknown: wire_count(rows.unknown),
        positives: wire_count(rows.positives),
        purged: purged.map(wire_count),
        warm_up: wire_count(rows.warm_up),
        negatives: wire_count(rows.negatives),
        filtered: wire_count(rows.filtered),
    }
}
