//! A job that looks for the parameters of a learner. Each of its attempts takes one step: it plans a rung and leaves the trials to jobs
//! of their own, for which it waits without a worker, or trains a model version with the best. All that it knows stands in
//! the rows of its trials, so that an attempt which dies loses nothing.

mod trials;

pub(crate) use trials::make as make_trials;

use crate::made::{Made, Output, Version};
use crate::process::child::Task;
use crate::train_job;
use crate::work::WorkError;
use mltraining_domain::study::{Step, next};
use mltraining_domain::{
    Checked, Configuration, Evaluation, FailureClass, SearchEnd, Span, Study, Trial, TrialSpec, TrialState,
    TuneSpec, WorkPhase,
};
use mltraining_store::jobs::LogSeverity;
use mltraining_store::studies::StoredStudy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a study does after a step.
pub(crate) enum Next {
    /// It waits without a worker.
    Wait(Waiting),
    /// It leaves a model version.
    Made(Made),
}

/// How a study waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    /// For what.
    pub on: WaitingOn,
    /// How long its search may last.
    pub max_duration: Span,
    /// A line for people.
    pub message: String,
}

/// What a study waits for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitingOn {
    /// For jobs that are to be made.
    Jobs(Vec<TrialSpec>),
    /// For those that there are.
    Others,
    /// For nothing: trials without a score are given up.
    Nobody,
}

/// Takes the next step.
pub(crate) async fn step(task: &Task) -> Result<Next, WorkError> {
    let spec: TuneSpec = train_job::spec_of(&task.order)?;
    let spec = spec.check().map_err(|found| train_job::no_longer_valid(&found))?;
    let known = task.store.study(task.order.job, spec.max_duration).await;
    let known = known.map_err(|error| train_job::store_failure(&error))?;
    let waiting = |on, message| {
        Ok(Next::Wait(Waiting {
            on,
            max_duration: spec.max_duration,
            message,
        }))
    };
    match next(&spec, &known.trials, known.open_jobs, known.end) {
        Step::Rung { rung, trials } => {
            let message = format!("rung {} of {}: {} trials", rung + 1, spec.rungs(), trials.len());
            train_job::tell(LogSeverity::Info, message.clone());
            waiting(
                WaitingOn::Jobs(spec.jobs_of(task.order.job, rung, &trials)),
                message,
            )
        }
        Step::Wait => waiting(WaitingOn::Others, "waiting for trials".to_owned()),
        Step::GiveUp => waiting(
            WaitingOn::Nobody,
            "trials without a score are given up".to_owned(),
        ),
        Step::Fail(why) => {
            let (class, phase) = (FailureClass::User, WorkPhase::Fit);
            Err(train_job::failure(class, why.reason, phase, why.message))
        }
        Step::Train {
            winner,
            rung,
            parameters,
            end,
        } => {
            let won = Won {
                winner,
                rung,
                parameters,
                end,
            };
            train(task, &spec, &known, won).await.map(Next::Made)
        }
    }
}

/// How a search ended.
struct Won {
    winner: u32,
    rung: u32,
    parameters: Configuration,
    end: SearchEnd,
}

/// Judges the winner on what no trial has seen, and trains it on all rows, as any other training does.
async fn train(
    task: &Task,
    spec: &Checked<TuneSpec>,
    known: &StoredStudy,
    won: Won,
) -> Result<Made, WorkError> {
    let training = spec.training_of(&won.parameters).map_err(|error| {
        let reason = mltraining_domain::Reason::InvalidField;
        train_job::failure(FailureClass::User, reason, WorkPhase::Fit, error.to_string())
    })?;
    let ready = train_job::ready(task, training.clone()).await?;
    let trained = train_job::train(task, ready).await?;
    let study = study(spec, known, won, &trained.evaluation);
    train_job::tell(LogSeverity::Info, told(&study));
    let found = serde_json::to_value(&study).map_err(|e| crate::evaluate::unwritable(&e))?;
    Ok(Made {
        output: Output::Version(Box::new(Version {
            spec: training,
            facts: trained.facts,
            evaluation: trained.evaluation,
            found: Some(found),
        })),
        files: trained.files,
    })
}

fn study(spec: &TuneSpec, known: &StoredStudy, won: Won, evaluation: &Evaluation) -> Study {
    let numbers = |wanted: fn(&&Trial) -> bool| -> BTreeSet<u32> {
        known
            .trials
            .iter()
            .filter(wanted)
            .map(|trial| trial.number)
            .collect()
    };
    let scored = numbers(|trial| trial.score.is_some());
    let without = |wanted: fn(&&Trial) -> bool| numbers(wanted).difference(&scored).count() as u32;
    let intervals = evaluation.intervals.as_ref();
    let bounds = intervals
        .and_then(|intervals| spec.metric.bounds(&intervals.overall))
        .unzip();
    let best = known
        .trials
        .iter()
        .find(|trial| (trial.number, trial.rung) == (won.winner, won.rung));
    Study {
        metric: spec.metric,
        end: won.end,
        trials: numbers(|_| true).len() as u32,
        failed: without(|trial| trial.state == TrialState::Failed),
        skipped: without(|trial| trial.state == TrialState::Skipped),
        winner: won.winner,
        parameters: won.parameters,
        rung: won.rung,
        search_score: best
            .and_then(|trial| trial.score)
            .expect("the winner has a score"),
        searched: spec.searched(),
        held_out: spec.held_out(),
        holdout_score: spec.metric.of(&evaluation.overall),
        holdout_low: bounds.0,
        holdout_high: bounds.1,
        verdict: intervals.and_then(|intervals| intervals.verdict),
        started_at: known.started_at.unwrap_or(spec.train.range.end),
    }
}

/// The outcome in a line.
fn told(study: &Study) -> String {
    let holdout = match study.holdout_score {
        Some(score) => format!("{score:.4}"),
        None => "undefined".to_owned(),
    };
    format!(
        "trial {} of {} won with {} {:.4} on the folds that it was chosen by; on the rows that no trial has seen it has {holdout}",
        study.winner, study.trials, study.metric, study.search_score.value
    )
}
