//! Reproductions of trainings as clients see them.

use super::field::wire_count;
use super::{job, train_spec};
use mltraining_domain::name::JobName;
use mltraining_domain::{
    DayChange, DifferingDay, DifferingDays, ProjectId, ReproduceSpec, Reproduction, ReproductionVerdict,
    ThenAndNow,
};
use mltraining_proto::v1;

/// What is done again.
pub(crate) fn show_spec(spec: &ReproduceSpec, project: &ProjectId) -> v1::ReproduceSpec {
    let name = JobName {
        project: project.clone(),
        job: spec.job,
    };
    v1::ReproduceSpec {
        job: name.to_string(),
        train_spec: Some(train_spec::show(&spec.train, project)),
        model: job::show_model(project, Some(&spec.train.model)),
    }
}

/// What came of it.
pub(crate) fn show(found: &Reproduction) -> v1::Reproduction {
    let verdict = match found.verdict {
        ReproductionVerdict::Equal => v1::ReproductionVerdict::Equal,
        ReproductionVerdict::SourceChanged => v1::ReproductionVerdict::SourceChanged,
        ReproductionVerdict::ServiceChanged => v1::ReproductionVerdict::ServiceChanged,
        ReproductionVerdict::Unexplained => v1::ReproductionVerdict::Unexplained,
    };
    let model = &found.model_sha256;
    v1::Reproduction {
        verdict: verdict.into(),
        model_sha256: Some(v1::ThenAndNow {
            then: model.then.clone().unwrap_or_default(),
            now: model.now.clone().unwrap_or_default(),
        }),
        source_fingerprint: Some(show_both(&found.source_fingerprint)),
        service_version: Some(show_both(&found.service_version)),
        spec_hash: Some(show_both(&found.spec_hash)),
        differing_days: found.days.as_ref().map(show_days),
        failure: found.failure.clone().unwrap_or_default(),
    }
}

fn show_both(both: &ThenAndNow<String>) -> v1::ThenAndNow {
    v1::ThenAndNow {
        then: both.then.clone(),
        now: both.now.clone(),
    }
}

fn show_days(days: &DifferingDays) -> v1::DifferingDays {
    v1::DifferingDays {
        added_count: wire_count(days.added),
        removed_count: wire_count(days.removed),
        changed_count: wire_count(days.changed),
        first: days.first.iter().map(show_day).collect(),
    }
}

fn show_day(day: &DifferingDay) -> v1::DifferingDay {
    let change = match day.change() {
        DayChange::Added => v1::DayChange::Added,
        DayChange::Removed => v1::DayChange::Removed,
        DayChange::Changed => v1::DayChange::Changed,
    };
    v1::DifferingDay {
        entity: day.entity.clone(),
        day: day.day.clone().unwrap_or_default(),
        context: day.context.clone().unwrap_or_default(),
        change: change.into(),
        rows_then: wire_count(day.rows.then.unwrap_or_default()),
        rows_now: wire_count(day.rows.now.unwrap_or_default()),
    }
}
