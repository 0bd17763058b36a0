//! A job that judges a model version on a period: rows are read, labelled and described by the very code of a training, and
//! scored by the stored model. It makes no model version.

mod model;

use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::train;
use crate::train_job;
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{
    EvaluateSpec, Evaluation, FailureClass, ModelId, PeriodPlace, Reason, ScoredVersion, TimeRange, Verdict,
    WorkPhase,
};
use mltraining_store::jobs::LogSeverity;
use serde::{Deserialize, Serialize};

pub(crate) use model::read as read_model;

/// An evaluation that is about to be.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// The model that was judged.
    pub model: ModelId,
    /// Its version.
    pub version: i32,
    /// What it is worth on the period.
    pub evaluation: Evaluation,
}

/// Reads, scores and judges.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: EvaluateSpec = train_job::spec_of(&task.order)?;
    let spec = spec
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?
        .into_inner();
    look_at_place(&spec.version, &spec.range)?;
    let file = read_model(&task.artifacts, &spec.version).await?;
    let ready = train_job::ready(task, spec.reading()).await?;
    let judging = spec.clone();
    let judge = move |input, work: &_| train::judge(&input, &judging, &file, work);
    let evaluation = ready.compute(task, judge).await?;
    train_job::tell(LogSeverity::Info, told(&spec.version, &evaluation));
    made(spec, evaluation)
}

/// Refuses rows that touch the training, and notes in the job's log when they lie before it.
pub(crate) fn look_at_place(version: &ScoredVersion, range: &TimeRange) -> Result<(), WorkError> {
    match version.trained.place(range) {
        PeriodPlace::After => Ok(()),
        PeriodPlace::Before => {
            let text = format!(
                "the period lies before the training of {version}, which has seen what came after it"
            );
            train_job::tell(LogSeverity::Warn, text);
            Ok(())
        }
        PeriodPlace::Overlaps => {
            let text = version.overlap(range);
            let (class, reason) = (FailureClass::User, Reason::EvaluationOverlapsTraining);
            Err(train_job::failure(class, reason, WorkPhase::Read, text))
        }
    }
}

/// The outcome in a line.
fn told(version: &ScoredVersion, evaluation: &Evaluation) -> String {
    let overall = &evaluation.overall;
    let number = |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.3}"));
    let intervals = evaluation.intervals.as_ref();
    let verdict = match intervals.and_then(|intervals| intervals.verdict) {
        Some(Verdict::Skill) => "skill",
        Some(Verdict::NoSkill) => "no skill",
        None => "no verdict: the period fills too few blocks of time, or tells too little",
    };
    if let Some(found) = &overall.regression {
        return format!(
            "{version} on {} rows: R2 {}, rank correlation {}, {verdict}",
            overall.rows,
            number(found.r2),
            number(found.spearman),
        );
    }
    format!(
        "{version} on {} rows, {} of them positive: ROC AUC {}, average precision {}, {verdict}",
        overall.rows,
        overall.positives,
        number(overall.roc_auc),
        number(overall.average_precision),
    )
}

fn made(spec: EvaluateSpec, evaluation: Evaluation) -> Result<Made, WorkError> {
    let file = OutputFile {
        file: "evaluation.json",
        media_type: "application/json",
        bytes: serde_json::to_vec_pretty(&evaluation).map_err(|e| unwritable(&e))?,
    };
    let judged = Judged {
        model: spec.version.model,
        version: spec.version.version,
        evaluation,
    };
    Ok(Made {
        output: Output::Evaluation(Box::new(judged)),
        files: vec![file],
    })
}

/// What was found cannot be written.
pub(crate) fn unwritable(error: &serde_json::Error) -> WorkError {
    let text = format!("what was found cannot be written as JSON: {error}");
    train_job::failure(FailureClass::User, Reason::Internal, WorkPhase::Store, text)
}
