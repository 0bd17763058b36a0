//! A job that says what a model version foresees of all rows of a range: read and described by the very code of a training, batch after
//! batch of whole entities, and scored by the stored model. Its file has a line for each row of the range, also for one without a score.

mod file;
mod score;

use crate::evaluate::{read_model, unwritable};
use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::train_job::{self, Prepared, Streamed};
use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::names::first_of;
use mltraining_domain::{BatchPredictSpec, FailureClass, PredictionSet, Reason, TimeRange, WorkPhase};
use mltraining_learn::model_file::ModelFile;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::reader::PanelBatch;
use score::Predicted;

/// The file of predictions.
const FILE: &str = "predictions.parquet";
/// So many absent entities are named in a line; the account names all.
const NAMED: usize = 10;

/// Reads, scores and writes.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: BatchPredictSpec = train_job::spec_of(&task.order)?;
    let spec = spec
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?
        .into_inner();
    let model = read_model(&task.artifacts, &spec.version).await?;
    let threshold = model.header.threshold;
    let of = spec.clone();
    let take = move |prepared: &Prepared, batches: &mut dyn Iterator<Item = PanelBatch>, work: &Work| {
        take(prepared, &of, &model, batches, work)
    };
    let Streamed { taken, fingerprint } = train_job::stream(task, spec.reading(), take).await?;
    let found = found(&spec, &taken, fingerprint.into_string(), threshold)?;
    train_job::tell(LogSeverity::Info, told(&spec, &found));
    if !found.absent_entities.is_empty() {
        train_job::tell(LogSeverity::Warn, told_absent(&found.absent_entities));
    }
    Ok(Made {
        output: Output::Found(serde_json::to_value(&found).map_err(|e| unwritable(&e))?),
        files: vec![OutputFile {
            file: FILE,
            media_type: "application/vnd.apache.parquet",
            bytes: taken.bytes,
        }],
    })
}

/// Scores batch after batch; runs in the caller's rayon pool.
fn take(
    prepared: &Prepared,
    spec: &BatchPredictSpec,
    model: &ModelFile,
    batches: &mut dyn Iterator<Item = PanelBatch>,
    work: &Work,
) -> Result<Predicted, WorkError> {
    let scoring = score::Scoring {
        prepared,
        spec,
        model,
        work,
    };
    scoring.predict(batches)
}

fn found(
    spec: &BatchPredictSpec,
    taken: &Predicted,
    source_fingerprint: String,
    threshold: Option<f64>,
) -> Result<PredictionSet, WorkError> {
    let Some((first, last)) = taken.times else {
        let (start, end) = (spec.range.start.to_rfc3339(), spec.range.end.to_rfc3339());
        let of = match taken.absent.is_empty() {
            true => String::new(),
            false => format!(" of {}", first_of(&taken.absent, NAMED)),
        };
        let text = format!(
            "the source has no row from {start} to {end}{of}; GetSourceCoverage tells where it has some"
        );
        let (class, reason) = (FailureClass::User, Reason::TimeRangeEmpty);
        return Err(train_job::failure(class, reason, WorkPhase::Read, text));
    };
    let version = &spec.version;
    Ok(PredictionSet {
        model: version.model.clone(),
        version: version.version,
        model_sha256: version.file.sha256.clone(),
        source: version.train.source.clone(),
        range: spec.range,
        known_before: spec.known_before,
        source_fingerprint,
        threshold,
        rows: taken.rows,
        decisions: TimeRange {
            start: crate::train::time(first),
            end: crate::train::time(last),
        },
        absent_entities: taken.absent.clone(),
    })
}

/// Which of the entities that were asked for have no row.
fn told_absent(absent: &[String]) -> String {
    format!(
        "no row in the range of {} of the entities asked for: {}; are they spelt as in the source?",
        absent.len(),
        first_of(absent, NAMED)
    )
}

/// The outcome in a line.
fn told(spec: &BatchPredictSpec, found: &PredictionSet) -> String {
    let rows = &found.rows;
    let yes = rows.positives.map_or(String::new(), |yes| {
        format!(", {yes} of them at or above the threshold")
    });
    format!(
        "{} on {} rows of {} entities: {} scored{yes}; {} without a value of any feature, {} of other phases",
        spec.version, rows.rows, rows.entities, rows.scored, rows.warm_up, rows.other_phase,
    )
}
