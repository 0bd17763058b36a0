//! A job that tries some points of a study's space. Rows are read, labelled and described once for all of them; what each comes to is
//! told at once, so that an attempt which follows another does only what is left.

use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::process::link;
use crate::process::message::Message;
use crate::train::TrainInput;
use crate::train::trial::{self, Judged};
use crate::train_job;
use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::{
    Epoch, FailureClass, Reason, Span, TrainSpec, TrialConfiguration, TrialError, TrialScore, TrialSpec,
    WorkPhase,
};
use mltraining_store::studies::TrialRecord;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::json;

/// Reads, and does the trials that have no end yet.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: TrialSpec = train_job::spec_of(&task.order)?;
    let spec = spec
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?
        .into_inner();
    let known = task.store.study(spec.study, Span::ZERO).await;
    let known = known.map_err(|error| train_job::store_failure(&error))?;
    let has_ended = |one: &TrialConfiguration| {
        let same = |trial: &&mltraining_domain::Trial| (trial.rung, trial.number) == (spec.rung, one.number);
        known
            .trials
            .iter()
            .find(same)
            .is_none_or(|trial| trial.state.is_final())
    };
    let mut left: Vec<TrialConfiguration> = spec
        .trials
        .iter()
        .filter(|one| !has_ended(one))
        .cloned()
        .collect();
    turn(&mut left, task.order.epoch);
    let records = match left.is_empty() {
        true => Vec::new(),
        false => {
            let ready = train_job::ready(task, spec.train.clone()).await?;
            ready
                .compute(task, move |input, work| each(&input, &spec, &left, work))
                .await?
        }
    };
    made(&records)
}

/// Lets each attempt begin with another trial: one that ends its process takes none of the others with it.
fn turn(left: &mut [TrialConfiguration], epoch: Epoch) {
    if !left.is_empty() {
        let earlier = epoch.0.saturating_sub(1).unsigned_abs() as usize;
        left.rotate_left(earlier % left.len());
    }
}

fn each(
    input: &TrainInput,
    spec: &TrialSpec,
    left: &[TrialConfiguration],
    work: &Work,
) -> Result<Vec<TrialRecord>, WorkError> {
    trial::check(input)?;
    let mut records = Vec::with_capacity(left.len());
    for (place, one) in left.iter().enumerate() {
        let _span = tracing::info_span!("trial", number = one.number, rung = spec.rung).entered();
        let (done, all) = (place as u64, left.len() as u64);
        let text = format!("trial {}: {} of {all} of this job", one.number, done + 1);
        work.board.note(WorkPhase::Fit, done, all, text);
        let record = TrialRecord {
            rung: spec.rung,
            number: one.number,
            outcome: outcome(input, spec, one, work)?,
        };
        link::say(&Message::Trial(record.clone()));
        records.push(record);
    }
    Ok(records)
}

/// What a trial comes to; an error ends the job's attempt, not the trial alone.
fn outcome(
    input: &TrainInput,
    spec: &TrialSpec,
    one: &TrialConfiguration,
    work: &Work,
) -> Result<Result<TrialScore, TrialError>, WorkError> {
    let before = cpu_seconds();
    let algorithm = match input.spec.algorithm.with_parameters(&one.parameters) {
        Ok(algorithm) => algorithm,
        Err(error) => return Ok(Err(wrong(error.to_string()))),
    };
    let found = algorithm.check("spec.algorithm");
    if !found.is_empty() {
        return Ok(Err(wrong(found.to_string())));
    }
    let tried = TrainSpec {
        algorithm,
        ..input.spec.clone().into_inner()
    };
    let judged = match trial::judge(input, &tried, spec.metric, spec.row_share, work) {
        Ok(judged) => judged,
        Err(WorkError::Failed(failure)) if failure.class == FailureClass::User => {
            return Ok(Err(TrialError {
                reason: failure.reason,
                message: failure.message,
            }));
        }
        Err(error) => return Err(error),
    };
    let Judged { value, bounds } = judged;
    let Some(value) = value else {
        let message = format!(
            "{} is undefined on the test rows of the folds: a class is missing, or all scores are alike",
            spec.metric
        );
        return Ok(Err(TrialError {
            reason: Reason::TooFewRows,
            message,
        }));
    };
    Ok(Ok(TrialScore {
        value,
        low: bounds.map(|(low, _)| low),
        high: bounds.map(|(_, high)| high),
        cpu_seconds: cpu_seconds() - before,
    }))
}

fn wrong(message: String) -> TrialError {
    TrialError {
        reason: Reason::InvalidField,
        message,
    }
}

/// Time of processors that this process has taken so far; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return 0.0;
    };
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// What this attempt did; trials of earlier attempts stand in their rows alone.
fn made(records: &[TrialRecord]) -> Result<Made, WorkError> {
    let lines: Vec<_> = records
        .iter()
        .map(|record| match &record.outcome {
            Ok(score) => json!({"number": record.number, "rung": record.rung, "score": score}),
            Err(error) => json!({"number": record.number, "rung": record.rung, "error": error}),
        })
        .collect();
    let bytes = serde_json::to_vec_pretty(&lines).map_err(|e| crate::evaluate::unwritable(&e))?;
    Ok(Made {
        output: Output::Bare,
        files: vec![OutputFile {
            file: "trials.json",
            media_type: "application/json",
            bytes,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_domain::Configuration;

    /// The trials that are left after three attempts, when some end every process that begins them.
    fn left_by(poison: &[u32]) -> Vec<u32> {
        let one = |number| TrialConfiguration {
            number,
            parameters: Configuration::new(),
        };
        let mut left: Vec<TrialConfiguration> = (1..=5).map(one).collect();
        for epoch in 1..=3 {
            turn(&mut left, Epoch(epoch));
            let done = left
                .iter()
                .take_while(|one| !poison.contains(&one.number))
                .count();
            left.drain(..done);
            left.sort_by_key(|one| one.number);
        }
        left.iter().map(|one| one.number).collect()
    }

    #[test]
    fn a_trial_that_ends_its_process_takes_no_other_with_it() {
        for number in 1..=5 {
            assert_eq!(left_by(&[number]), [number]);
        }
        assert_eq!(left_by(&[]), Vec::<u32>::new());
        assert_eq!(left_by(&[2, 4]), [2, 4]);
    }
}
