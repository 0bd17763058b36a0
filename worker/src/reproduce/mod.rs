//! A job that trains again what another job has trained, by the very code of a training, and says whether the same came of it and
//! if not, why. It makes no model version.

mod earlier;

use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::train::Trained;
use crate::train_job::{self, Ready};
use crate::work::{OutputFile, WorkError};
use earlier::Earlier;
use mltraining_domain::{
    DifferingDay, DifferingDays, FailureClass, JobFailure, Reason, ReproduceSpec, Reproduction,
    ReproductionVerdict, ThenAndNow, WorkPhase,
};
use mltraining_store::jobs::LogSeverity;

/// So many of the days that differ stand in the job's log.
const DAYS_IN_LOG: usize = 5;

/// Trains again and compares.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: ReproduceSpec = train_job::spec_of(&task.order)?;
    let spec = spec.check().map_err(|found| train_job::no_longer_valid(&found))?;
    let ready = train_job::ready(task, spec.train.clone()).await?;
    let fingerprint = ThenAndNow {
        then: spec.expected.source_fingerprint.clone(),
        now: ready.input.fingerprint.as_str().to_owned(),
    };
    let days = if fingerprint.is_same() {
        None
    } else {
        differing_days(task, &spec, &ready).await?
    };
    let trained = allow_failure(train_job::train(task, ready).await, &fingerprint)?;
    let outcome = outcome(&spec, fingerprint, days, trained);
    train_job::tell(LogSeverity::Info, told(&outcome));
    made(&outcome)
}

/// A training that cannot come of other rows is an outcome; one that cannot come of the same rows is a failure.
fn allow_failure(
    trained: Result<Trained, WorkError>,
    fingerprint: &ThenAndNow<String>,
) -> Result<Result<Trained, JobFailure>, WorkError> {
    match trained {
        Ok(trained) => Ok(Ok(trained)),
        Err(WorkError::Failed(failure)) if failure.class == FailureClass::User && !fingerprint.is_same() => {
            Ok(Err(failure))
        }
        Err(error) => Err(error),
    }
}

/// Where the rows differ from those of the earlier training; `None`, and why in the job's log, when that cannot be known.
async fn differing_days(
    task: &Task,
    spec: &ReproduceSpec,
    ready: &Ready,
) -> Result<Option<DifferingDays>, WorkError> {
    let unknown = |why: String| {
        tracing::warn!("{why}");
        let text = format!("the rows are others than before; which cannot be said: {why}");
        train_job::tell(LogSeverity::Warn, text);
        Ok(None)
    };
    let earlier = match earlier::read(&task.artifacts, spec.source_days.as_ref()).await? {
        Earlier::Days(earlier) => earlier,
        Earlier::Unknown(why) => return unknown(why),
    };
    let input = &ready.input;
    // Some 200,000 lines at most: a part of a second, which the other thread of the runtime need not wait for.
    let compared = tokio::task::block_in_place(|| {
        crate::train::differing_days(&earlier, &input.gathered.outline, &input.fingerprint)
    });
    compared.map_or_else(|error| unknown(error.to_string()), |days| Ok(Some(days)))
}

fn outcome(
    spec: &ReproduceSpec,
    source_fingerprint: ThenAndNow<String>,
    days: Option<DifferingDays>,
    trained: Result<Trained, JobFailure>,
) -> Reproduction {
    let (now, failure) = match trained {
        Ok(trained) => (Some(trained.facts.model_sha256), None),
        Err(failure) => (None, Some(format!("{} ({})", failure.message, failure.reason))),
    };
    let expected = &spec.expected;
    let model_sha256 = ThenAndNow {
        then: Some(expected.model_sha256.clone()),
        now,
    };
    let service_version = ThenAndNow {
        then: expected.service_version.clone(),
        now: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let spec_hash = ThenAndNow {
        then: expected.spec_hash.clone(),
        now: spec.train.hash(),
    };
    let service = [&service_version, &spec_hash];
    Reproduction {
        verdict: Reproduction::judge(&model_sha256, &source_fingerprint, service),
        model_sha256,
        source_fingerprint,
        service_version,
        spec_hash,
        days,
        failure,
    }
}

/// The outcome in a line.
fn told(outcome: &Reproduction) -> String {
    match outcome.verdict {
        ReproductionVerdict::Equal => "equal: the same model came of it, byte for byte".to_owned(),
        ReproductionVerdict::SourceChanged => match &outcome.days {
            Some(days) => format!("the source has changed: {}", told_days(days)),
            None => "the source has changed".to_owned(),
        },
        ReproductionVerdict::ServiceChanged => format!(
            "the rows are the same, the service is not: version {} trained then and {} now",
            outcome.service_version.then, outcome.service_version.now
        ),
        ReproductionVerdict::Unexplained => {
            "rows and service are the same, and yet another model came of it".to_owned()
        }
    }
}

fn told_days(days: &DifferingDays) -> String {
    let some: Vec<String> = days.first.iter().take(DAYS_IN_LOG).map(told_day).collect();
    let all = days.added + days.removed + days.changed;
    format!(
        "days of entities with other rows: {} changed, {} added, {} removed: {}{}",
        days.changed,
        days.added,
        days.removed,
        some.join(", "),
        if all > some.len() as u64 { ", ..." } else { "" }
    )
}

fn told_day(day: &DifferingDay) -> String {
    let context = day.context.iter().map(|context| format!("{context}: "));
    let date = day.day.iter().map(|date| format!(" on {date}"));
    let parts = context.chain([day.entity.clone()]).chain(date);
    parts.collect()
}

fn made(outcome: &Reproduction) -> Result<Made, WorkError> {
    let unwritable = |error: serde_json::Error| {
        let text = format!("what was found cannot be written as JSON: {error}");
        train_job::failure(FailureClass::User, Reason::Internal, WorkPhase::Store, text)
    };
    let file = OutputFile {
        file: "reproduction.json",
        media_type: "application/json",
        bytes: serde_json::to_vec_pretty(outcome).map_err(unwritable)?,
    };
    Ok(Made {
        output: Output::Found(serde_json::to_value(outcome).map_err(unwritable)?),
        files: vec![file],
    })
}
