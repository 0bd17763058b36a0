//! Jobs for people.

use crate::commands::report;
use crate::commands::reproduce::verdict;
use crate::commands::spec::{algorithm, calibration, label, threshold};
use crate::errors::CliError;
use crate::names;
use crate::output::{Paint, Table, Tone, UNKNOWN, share};
use crate::when;
use mltraining_proto::v1;
use mltraining_proto::v1::job::Spec;

/// A table of jobs.
pub(super) fn table(jobs: &[v1::Job], paint: Paint) -> String {
    let headings = [
        "job", "state", "model", "created", ">took", ">ROC AUC", "by", "what",
    ];
    let mut table = Table::new(&headings, paint);
    for job in jobs {
        let metrics = job.result.as_ref().and_then(|result| result.metrics.as_ref());
        table.toned([
            (names::last(&job.name).to_owned(), None),
            (state(job), Some(tone(job))),
            (names::last(&job.model).to_owned(), None),
            (when::show(job.create_time.as_ref()), None),
            (took(job), None),
            (report::score(metrics), None),
            (job.created_by.clone(), Some(Tone::Faint)),
            (what(job), None),
        ]);
    }
    table.render()
}

/// What there is to say of a job in one line.
fn what(job: &v1::Job) -> String {
    match (&job.error, &job.progress) {
        (Some(error), _) => error.message.clone(),
        (None, Some(progress)) if !has_ended(job) => step(progress),
        _ if job.kind() == v1::JobKind::Reproduce => "a training done again".to_owned(),
        _ if job.kind() == v1::JobKind::Compare => "versions compared".to_owned(),
        _ if job.kind() == v1::JobKind::BatchPredict => "a range predicted".to_owned(),
        _ if job.kind() == v1::JobKind::Backtest => "a walk through time".to_owned(),
        _ if job.kind() == v1::JobKind::Trial => "trials of a study".to_owned(),
        _ if job.kind() == v1::JobKind::Evaluate => "a version judged on a period".to_owned(),
        _ => String::new(),
    }
}

/// The step of a job: `FIT 42.0 %, tree 40 of 100 of fold 2 of 5`.
pub(super) fn step(progress: &v1::Progress) -> String {
    let phase = phase_name(progress.phase());
    let part = share(Some(progress.fraction));
    match progress.message.is_empty() {
        true => format!("{phase} {part}"),
        false => format!("{phase} {part}, {}", progress.message),
    }
}

/// `FIT`.
pub(super) fn phase_name(phase: v1::WorkPhase) -> &'static str {
    match phase {
        v1::WorkPhase::Unspecified => "starting",
        phase => phase.as_str_name().trim_start_matches("WORK_PHASE_"),
    }
}

/// `RUNNING`, or finer: `CANCELLING`.
pub(super) fn state(job: &v1::Job) -> String {
    state_name(job.display_state()).to_owned()
}

/// `RUNNING`, or finer: `CANCELLING`.
pub(crate) fn state_name(state: v1::JobDisplayState) -> &'static str {
    state.as_str_name().trim_start_matches("JOB_DISPLAY_STATE_")
}

/// True when nothing more happens to it by itself.
pub(super) fn has_ended(job: &v1::Job) -> bool {
    is_end(job.state())
}

/// True for the states in which a watch ends.
pub(super) fn is_end(state: v1::JobState) -> bool {
    use v1::JobState::{Cancelled, Dead, Failed, Succeeded};
    matches!(state, Succeeded | Failed | Cancelled | Dead)
}

fn tone(job: &v1::Job) -> Tone {
    match job.state() {
        v1::JobState::Succeeded => Tone::Good,
        v1::JobState::Failed | v1::JobState::Dead => Tone::Bad,
        v1::JobState::Cancelled => Tone::Warn,
        _ => Tone::Title,
    }
}

/// Time of the last attempt.
fn took(job: &v1::Job) -> String {
    match (&job.start_time, &job.end_time) {
        (Some(start), Some(end)) => when::show_length((when::micros(end) - when::micros(start)).max(0)),
        _ => UNKNOWN.to_owned(),
    }
}

/// `job 0197... is RUNNING`.
pub(super) fn line(job: &v1::Job, paint: Paint) -> String {
    format!(
        "job {} is {}",
        names::last(&job.name),
        paint.text(tone(job), state(job))
    )
}

/// How a job ended, in one line: what it made, or why it made nothing.
pub(crate) fn end(job: &v1::Job, paint: Paint) -> String {
    let head = format!("{} after {}", line(job, paint), took(job));
    match &job.result {
        Some(result) if !made(result).is_empty() => format!("{head}: {}", made(result)),
        _ => head,
    }
}

/// What a job has made, or found.
fn made(result: &v1::JobResult) -> &str {
    let found = result.reproduction.as_ref().map(verdict);
    let found = found.or(result.prediction_set.as_ref().map(|set| set.artifact.as_str()));
    found.unwrap_or(match result.model_version.as_str() {
        "" if !result.comparison.is_empty() => &result.comparison,
        "" if !result.backtest.is_empty() => &result.backtest,
        "" => &result.evaluation,
        version => version,
    })
}

/// `Ok` for a job that succeeded, else why it did not.
///
/// # Errors
/// [`CliError::JobFailed`].
pub(crate) fn failure(job: &v1::Job) -> Result<(), CliError> {
    if job.state() == v1::JobState::Succeeded {
        return Ok(());
    }
    let text = match &job.error {
        Some(error) => error_text(error),
        None if !job.cancel_reason.is_empty() => job.cancel_reason.clone(),
        None => "no reason was given".to_owned(),
    };
    Err(CliError::JobFailed(format!(
        "job {} is {}: {text}",
        names::last(&job.name),
        state(job)
    )))
}

/// `0 of 81920 labels are positive; ... (LABEL_HAS_NO_POSITIVES in LABELS)`.
pub(super) fn error_text(error: &v1::JobError) -> String {
    let reason = error.reason().as_str_name().trim_start_matches("ERROR_REASON_");
    match error.phase() {
        v1::WorkPhase::Unspecified => format!("{} ({reason})", error.message),
        phase => format!("{} ({reason} in {})", error.message, phase_name(phase)),
    }
}

/// A job with its spec and attempts.
pub(super) fn job(job: &v1::Job, paint: Paint) -> String {
    let mut facts = Table::new(&["job", names::last(&job.name)], paint);
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() && value != UNKNOWN {
            facts.row([name.to_owned(), value]);
        }
    };
    fact("state", paint.text(tone(job), state(job)));
    fact("error", job.error.as_ref().map(error_text).unwrap_or_default());
    fact(
        "progress",
        job.progress
            .as_ref()
            .filter(|_| !has_ended(job))
            .map(step)
            .unwrap_or_default(),
    );
    fact(
        "jobs ahead",
        job.jobs_ahead.map(|ahead| ahead.to_string()).unwrap_or_default(),
    );
    fact("model", job.model.clone());
    what_is_done(job, &mut fact);
    fact(
        "result",
        job.result
            .as_ref()
            .map(|result| made(result).to_owned())
            .unwrap_or_default(),
    );
    let created = format!("{} by {}", when::show(job.create_time.as_ref()), job.created_by);
    fact("created", created);
    fact("started", when::show(job.start_time.as_ref()));
    fact("ended", when::show(job.end_time.as_ref()));
    fact("took", took(job));
    let told = job
        .error
        .as_ref()
        .is_some_and(|error| error.message.contains(&job.cancel_reason));
    fact(
        "cancel reason",
        if told {
            String::new()
        } else {
            job.cancel_reason.clone()
        },
    );
    let labels: Vec<String> = job
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    fact("labels", labels.join(", "));
    fact("trace", job.trace_id.clone());
    match job.attempts.is_empty() {
        true => facts.render(),
        false => format!("{}\n\n{}", facts.render(), attempts(&job.attempts, paint)),
    }
}

fn what_is_done(job: &v1::Job, fact: &mut impl FnMut(&str, String)) {
    match &job.spec {
        Some(Spec::TrainSpec(spec)) => spec_facts(spec, fact),
        Some(Spec::ReproduceSpec(spec)) => {
            fact("reproduces", spec.job.clone());
            fact("of model", spec.model.clone());
            spec_facts(&spec.train_spec.clone().unwrap_or_default(), fact);
        }
        Some(Spec::EvaluateSpec(spec)) => {
            let range = spec.range.unwrap_or_default();
            fact("judges", spec.model_version.clone());
            fact("on rows", on_rows(&range));
            spec_facts(&spec.train_spec.clone().unwrap_or_default(), fact);
        }
        Some(Spec::CompareSpec(spec)) => {
            let range = spec.range.unwrap_or_default();
            fact("compares", spec.model_versions.join(", "));
            fact("source", spec.source.clone());
            fact("on rows", on_rows(&range));
        }
        Some(Spec::BacktestSpec(spec)) => {
            let range = spec.range.unwrap_or_default();
            fact("walks over", on_rows(&range));
            let mut train = spec.spec.clone().unwrap_or_default();
            train.range = Some(v1::TimeRange {
                start: spec.train_start,
                ..range
            });
            spec_facts(&train, fact);
        }
        Some(Spec::BatchPredictSpec(spec)) => predicted(spec, fact),
        Some(Spec::TuneSpec(spec)) => {
            let study = spec.study.clone().unwrap_or_default();
            let names: Vec<&str> = study.space.iter().map(|one| one.name.as_str()).collect();
            fact("looks for", names.join(", "));
            spec_facts(&spec.spec.clone().unwrap_or_default(), fact);
        }
        Some(Spec::TrialSpec(spec)) => {
            fact("trials of", spec.study.clone());
            let numbers: Vec<String> = spec.trials.iter().map(i32::to_string).collect();
            fact("trials", format!("{} in rung {}", numbers.join(", "), spec.rung));
        }
        None => {}
    }
}

fn predicted(spec: &v1::BatchPredictSpec, fact: &mut impl FnMut(&str, String)) {
    let by = match spec.alias.as_str() {
        "" => spec.model_version.clone(),
        alias => format!("{}, the {alias} then", spec.model_version),
    };
    fact("predicts with", by);
    fact("source", spec.source.clone());
    fact("on rows", on_rows(&spec.range.unwrap_or_default()));
    fact("entities", spec.entities.join(", "));
    if let Some(known_before) = &spec.known_before {
        fact("known before", when::show(Some(known_before)));
    }
}

fn on_rows(range: &v1::TimeRange) -> String {
    format!(
        "{} to {}",
        when::show(range.start.as_ref()),
        when::show(range.end.as_ref())
    )
}

fn spec_facts(spec: &v1::TrainSpec, fact: &mut impl FnMut(&str, String)) {
    let range = spec.range.unwrap_or_default();
    fact("source", spec.source.clone());
    fact(
        "range",
        format!(
            "{} to {}",
            when::show(range.start.as_ref()),
            when::show(range.end.as_ref())
        ),
    );
    fact("label", label::describe(spec.label.as_ref()));
    fact(
        "algorithm",
        algorithm::describe(spec.algorithm.as_ref()).to_owned(),
    );
    if let Some(known_before) = &spec.known_before {
        fact("known before", when::show(Some(known_before)));
    }
    if spec.sample_weight() == v1::SampleWeight::Uniqueness {
        fact("sample weight", "uniqueness".to_owned());
    }
    if let Some(rule) = calibration::describe(spec.calibration()) {
        fact("calibration", rule.to_owned());
    }
    fact("threshold", threshold::describe(spec.threshold.as_ref()));
    fact("seed", spec.seed.map(|seed| seed.to_string()).unwrap_or_default());
}

fn attempts(attempts: &[v1::Attempt], paint: Paint) -> String {
    let mut table = Table::new(
        &[">attempt", "outcome", "started", ">took", "worker", "why"],
        paint,
    );
    for attempt in attempts {
        let outcome = match attempt.outcome() {
            v1::AttemptOutcome::Unspecified => "RUNNING",
            outcome => outcome.as_str_name().trim_start_matches("ATTEMPT_OUTCOME_"),
        };
        let took = match (&attempt.start_time, &attempt.end_time) {
            (Some(start), Some(end)) => when::show_length((when::micros(end) - when::micros(start)).max(0)),
            _ => UNKNOWN.to_owned(),
        };
        let why = attempt.error.as_ref().map(error_text).unwrap_or_default();
        let start = when::show(attempt.start_time.as_ref());
        table.row([
            attempt.epoch.to_string(),
            outcome.to_owned(),
            start,
            took,
            attempt.worker.clone(),
            why,
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> v1::Job {
        v1::Job {
            name: "projects/default/jobs/0197".to_owned(),
            state: v1::JobState::Failed.into(),
            display_state: v1::JobDisplayState::Failed.into(),
            start_time: Some(when::timestamp(0)),
            end_time: Some(when::timestamp(62_000_000)),
            error: Some(v1::JobError {
                reason: v1::ErrorReason::LabelHasNoPositives.into(),
                message: "0 of 9 labels are positive".to_owned(),
                phase: v1::WorkPhase::Labels.into(),
                ..v1::JobError::default()
            }),
            ..v1::Job::default()
        }
    }

    #[test]
    fn a_failed_job_says_why_and_where() {
        let error = failure(&failed()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "job 0197 is FAILED: 0 of 9 labels are positive (LABEL_HAS_NO_POSITIVES in LABELS)"
        );
        assert_eq!(error.exit_code(), crate::exit::JOB_FAILED);
        assert_eq!(end(&failed(), Paint::Plain), "job 0197 is FAILED after 1m 02s");
    }

    #[test]
    fn a_job_that_succeeded_is_no_failure() {
        let job = v1::Job {
            state: v1::JobState::Succeeded.into(),
            ..v1::Job::default()
        };
        assert!(failure(&job).is_ok());
    }

    #[test]
    fn a_list_of_jobs_is_a_table() {
        let job = v1::Job {
            model: "projects/default/models/pump".to_owned(),
            created_by: "ab12".to_owned(),
            ..failed()
        };
        assert_eq!(
            table(&[job], Paint::Plain),
            "job   state   model  created    took  ROC AUC  by    what\n\
             0197  FAILED  pump   –        1m 02s        –  ab12  0 of 9 labels are positive"
        );
    }
}
