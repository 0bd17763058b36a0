//! Studies as clients see them.

use super::field::small_wire_count;
use super::intervals::show_verdict;
use super::job::{name, show_display_state, show_model};
use super::stored_evaluation::{show_job, show_version};
use super::time::{show_instant, show_range, show_span};
use super::train_spec;
use chrono::TimeDelta;
use mltraining_domain::study::standing;
use mltraining_domain::{
    Halving, Parameter, ParameterValues, ProjectId, Scale, SearchEnd, SearchMethod, Span, Study, StudyMetric,
    Trial, TrialError, TrialSpec, TrialState, TuneSpec,
};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::Job;
use mltraining_store::studies::{StoredStudy, StudyProgress};
use std::collections::BTreeMap;
use v1::search_parameter::Values;

/// The study of a job, which was read with its spec.
///
/// # Errors
/// [`StoreError::Corrupt`] for what another version has written.
pub(crate) fn show(job: &Job, spec: &TuneSpec, known: &StoredStudy) -> Result<v1::Study, StoreError> {
    let found: Option<Study> = job.found()?;
    let deadline = TimeDelta::microseconds(spec.max_duration.micros());
    let deadline = known
        .started_at
        .and_then(|start| start.checked_add_signed(deadline));
    Ok(v1::Study {
        job: name(job).to_string(),
        display_state: show_display_state(job.display_state()).into(),
        metric: show_metric(spec.metric).into(),
        higher_is_better: spec.metric.is_higher_better(),
        rung_count: small_wire_count(spec.rungs()),
        trials: highest(&known.trials).into_iter().map(show_trial).collect(),
        best_trial: standing(spec.metric, &known.trials).map(|best| small_wire_count(best.number)),
        searched: Some(show_range(&spec.searched())),
        held_out: Some(show_range(&spec.held_out())),
        start_time: known.started_at.map(show_instant),
        search_deadline: deadline.map(show_instant),
        outcome: found.map(|found| show_outcome(job, &found)),
    })
}

/// The study of a job in a list; `None` before its first trial is planned.
///
/// # Errors
/// [`StoreError::Corrupt`] for what another version has written.
pub(crate) fn show_summary(
    job: &Job,
    spec: &TuneSpec,
    known: Option<&StudyProgress>,
) -> Result<v1::StudySummary, StoreError> {
    let found: Option<Study> = job.found()?;
    Ok(v1::StudySummary {
        job: name(job).to_string(),
        model: show_model(&job.project, job.model.as_ref()),
        display_state: show_display_state(job.display_state()).into(),
        create_time: Some(show_instant(job.created_at)),
        metric: show_metric(spec.metric).into(),
        higher_is_better: spec.metric.is_higher_better(),
        trial_count: known.map_or(0, |known| small_wire_count(known.trials)),
        scored_count: known.map_or(0, |known| small_wire_count(known.scored)),
        start_time: known.map(|known| show_instant(known.started_at)),
        outcome: found.map(|found| show_outcome(job, &found)),
    })
}

/// Each trial in the highest rung that it came to, by its number.
fn highest(trials: &[Trial]) -> Vec<&Trial> {
    let mut highest: BTreeMap<u32, &Trial> = BTreeMap::new();
    for trial in trials {
        let seen = highest.entry(trial.number).or_insert(trial);
        if seen.rung < trial.rung {
            *seen = trial;
        }
    }
    highest.into_values().collect()
}

fn show_trial(trial: &Trial) -> v1::Trial {
    let score = trial.score.as_ref();
    let cpu = |seconds: f64| Span::from_micros((seconds * 1e6) as i64).unwrap_or_default();
    v1::Trial {
        number: small_wire_count(trial.number),
        parameters: trial.parameters.clone().into_iter().collect(),
        rung: small_wire_count(trial.rung + 1),
        state: show_state(trial.state).into(),
        score: score.map(|score| score.value),
        score_low: score.and_then(|score| score.low),
        score_high: score.and_then(|score| score.high),
        cpu_time: score.map(|score| show_span(cpu(score.cpu_seconds))),
        error: trial.error.as_ref().map(show_error),
    }
}

fn show_error(error: &TrialError) -> v1::JobError {
    v1::JobError {
        reason: super::job_error::show_reason(error.reason).into(),
        message: error.message.clone(),
        ..v1::JobError::default()
    }
}

fn show_state(state: TrialState) -> v1::TrialState {
    match state {
        TrialState::Waiting => v1::TrialState::Waiting,
        TrialState::Running => v1::TrialState::Running,
        TrialState::Succeeded => v1::TrialState::Succeeded,
        TrialState::Failed => v1::TrialState::Failed,
        TrialState::Skipped => v1::TrialState::Skipped,
    }
}

fn show_outcome(job: &Job, found: &Study) -> v1::StudyOutcome {
    let version = job.result.as_ref().and_then(|result| result.version);
    let version = job.model.as_ref().zip(version);
    v1::StudyOutcome {
        model_version: version.map_or_else(String::new, |(model, version)| {
            show_version(&job.project, model, version)
        }),
        winner: small_wire_count(found.winner),
        parameters: found.parameters.clone().into_iter().collect(),
        search_score: found.search_score.value,
        holdout_score: found.holdout_score,
        holdout_low: found.holdout_low,
        holdout_high: found.holdout_high,
        verdict: show_verdict(found.verdict).into(),
        trial_count: small_wire_count(found.trials),
        failed_count: small_wire_count(found.failed),
        skipped_count: small_wire_count(found.skipped),
        time_over: found.end == SearchEnd::TimeOver,
    }
}

fn show_metric(metric: StudyMetric) -> v1::StudyMetric {
    match metric {
        StudyMetric::RocAuc => v1::StudyMetric::RocAuc,
        StudyMetric::AveragePrecision => v1::StudyMetric::AveragePrecision,
        StudyMetric::LogLoss => v1::StudyMetric::LogLoss,
        StudyMetric::Brier => v1::StudyMetric::Brier,
        StudyMetric::Rmse => v1::StudyMetric::Rmse,
        StudyMetric::Mae => v1::StudyMetric::Mae,
        StudyMetric::Spearman => v1::StudyMetric::Spearman,
    }
}

/// What a job looks for, and how.
pub(crate) fn show_spec(spec: &TuneSpec, project: &ProjectId) -> v1::TuneSpec {
    v1::TuneSpec {
        spec: Some(train_spec::show(&spec.train, project)),
        study: Some(v1::StudySpec {
            space: spec.space.iter().map(show_parameter).collect(),
            method: match spec.method {
                SearchMethod::Grid => v1::SearchMethod::Grid,
                SearchMethod::Random => v1::SearchMethod::Random,
            }
            .into(),
            metric: show_metric(spec.metric).into(),
            max_trials: Some(small_wire_count(spec.max_trials)),
            max_duration: Some(show_span(spec.max_duration)),
            halving: spec.halving.map(|Halving { rungs, rate }| v1::Halving {
                rungs: Some(small_wire_count(rungs)),
                rate: Some(small_wire_count(rate)),
            }),
            holdout_share: Some(spec.holdout_share),
            parallel_jobs: Some(small_wire_count(spec.parallel_jobs)),
            seed: Some(spec.seed),
        }),
        model: show_model(project, Some(&spec.train.model)),
    }
}

fn show_parameter(parameter: &Parameter) -> v1::SearchParameter {
    let values = match &parameter.values {
        ParameterValues::List(values) => Values::List(v1::NumberList {
            values: values.clone(),
        }),
        ParameterValues::Integers { low, high, scale } => Values::Integers(v1::IntegerRange {
            low: *low,
            high: *high,
            scale: show_scale(*scale).into(),
        }),
        ParameterValues::Numbers { low, high, scale } => Values::Numbers(v1::NumberRange {
            low: *low,
            high: *high,
            scale: show_scale(*scale).into(),
        }),
    };
    v1::SearchParameter {
        name: parameter.name.clone(),
        values: Some(values),
    }
}

fn show_scale(scale: Scale) -> v1::SearchScale {
    match scale {
        Scale::Linear => v1::SearchScale::Linear,
        Scale::Log => v1::SearchScale::Log,
    }
}

/// Which trials of which study a job does.
pub(crate) fn show_trial_spec(spec: &TrialSpec, project: &ProjectId) -> v1::TrialSpec {
    v1::TrialSpec {
        study: show_job(project, spec.study),
        rung: small_wire_count(spec.rung + 1),
        row_share: spec.row_share,
        trials: spec
            .trials
            .iter()
            .map(|trial| small_wire_count(trial.number))
            .collect(),
    }
}
