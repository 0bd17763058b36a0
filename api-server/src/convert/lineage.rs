//! Where a version comes from, and what goes forward from it.

use super::stored_evaluation::{show_job, show_name};
use super::time::{show_instant, show_range};
use super::{backtest, comparison, job, promotion, source};
use mltraining_domain::name::{ModelName, VersionName};
use mltraining_domain::{JobKind, JobState, ProjectId};
use mltraining_proto::v1;
use mltraining_store::models::{Origin, Use, What};
use v1::version_use::Use as Wire;

/// Where a version comes from.
pub(crate) fn show_origin(origin: &Origin, project: &ProjectId) -> v1::VersionOrigin {
    let (spec, facts) = (&origin.spec, &origin.facts);
    v1::VersionOrigin {
        job: show_job(project, origin.job),
        attempt: origin.attempts,
        created_by: origin.created_by.clone(),
        request_time: Some(show_instant(origin.asked_at)),
        correlation_id: origin.request_id.clone().unwrap_or_default(),
        create_time: Some(show_instant(origin.created_at)),
        spec_hash: facts.spec_hash.clone(),
        seed: spec.seed,
        service_version: facts.service_version.clone(),
        git_hash: facts.git_hash.clone(),
        model_sha256: facts.model_sha256.clone(),
        source: source::show_name(project, &spec.source),
        range: Some(show_range(&spec.range)),
        known_before: spec.known_before.map(show_instant),
        source_fingerprint: facts.source_fingerprint.clone(),
        decision_range: Some(show_range(&facts.decision_range)),
        latest_resolve_time: Some(show_instant(facts.latest_resolve_time)),
        evaluation: show_name(project, origin.evaluation),
    }
}

/// Something that goes forward from this version.
pub(crate) fn show_use(found: &Use, version: &VersionName) -> v1::VersionUse {
    let model = || ModelName {
        project: version.project.clone(),
        model: version.model.clone(),
    };
    let shown = match &found.what {
        What::Move(moved) => Wire::Move(promotion::show(moved, &model())),
        What::Job {
            job,
            kind,
            state,
            evaluation,
        } => Wire::Job(v1::VersionJob {
            job: show_job(&version.project, *job),
            kind: job::show_kind(*kind).into(),
            state: job::show_state(*state).into(),
            found: match (kind, state) {
                (JobKind::Compare, JobState::Succeeded) => comparison::show_name(&version.project, *job),
                (JobKind::Backtest, JobState::Succeeded) => backtest::show_name(&version.project, *job),
                _ => evaluation.map_or_else(String::new, |id| show_name(&version.project, id)),
            },
        }),
    };
    v1::VersionUse {
        create_time: Some(show_instant(found.created_at)),
        r#use: Some(shown),
    }
}
