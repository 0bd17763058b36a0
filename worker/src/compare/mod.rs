//! A job that compares model versions on the very same rows: each reads and scores as in an evaluation, rows that not all of them
//! can score are left out, and they are judged beside each other on the same draws. It makes no model version.

mod judge;
mod rows;

use crate::evaluate::{look_at_place, read_model, unwritable};
use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::train::{self, TrainInput};
use crate::train_job;
use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::{
    Answer, CompareSpec, FailureClass, Reason, RowCounts, ScoredVersion, TrainSpec, VersionComparison,
    WorkPhase,
};
use mltraining_learn::model_file::ModelFile;
use mltraining_store::jobs::LogSeverity;
use rows::{OfVersion, Reading};

/// Reads, scores and compares.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: CompareSpec = train_job::spec_of(&task.order)?;
    let spec = spec
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?
        .into_inner();
    for version in &spec.versions {
        look_at_place(version, &spec.range)?;
    }
    let (mut readings, mut fingerprints) = (Vec::new(), Vec::new());
    for places in alike(&spec) {
        let (reading, fingerprint) = read(task, &spec, places).await?;
        readings.push(reading);
        fingerprints.push(fingerprint);
    }
    let comparing = spec.clone();
    let compare = move |work: &Work| compare(&comparing, readings, &fingerprints, work);
    let found = train_job::on_threads(task, compare).await?;
    train_job::tell(LogSeverity::Info, told(&found));
    made(&found)
}

/// The versions, by their places, that read the same rows with the same features: these are read once.
fn alike(spec: &CompareSpec) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, version) in spec.versions.iter().enumerate() {
        let reads_alike = |group: &&mut Vec<usize>| {
            let (one, other) = (&spec.versions[group[0]].train, &version.train);
            (&one.features, &one.entities, &one.phases) == (&other.features, &other.entities, &other.phases)
        };
        match groups.iter_mut().find(reads_alike) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

/// Reads once for the versions at these places, and scores by each of them.
async fn read(task: &Task, spec: &CompareSpec, places: Vec<usize>) -> Result<(Reading, String), WorkError> {
    let mut models: Vec<(usize, ModelFile)> = Vec::with_capacity(places.len());
    for place in places {
        models.push((place, read_model(&task.artifacts, &spec.versions[place]).await?));
    }
    let version = &spec.versions[models[0].0];
    let reading: TrainSpec = spec.reading(version);
    let ready = train_job::ready(task, reading).await?;
    let (version, range) = (version.clone(), spec.range);
    ready
        .compute(task, move |input, work| {
            check(&version, input.gathered.rows.counts, range)?;
            score(input, &models, work)
        })
        .await
}

fn check(
    version: &ScoredVersion,
    counts: RowCounts,
    range: mltraining_domain::TimeRange,
) -> Result<(), WorkError> {
    let (start, end) = (range.start.to_rfc3339(), range.end.to_rfc3339());
    if counts.read == counts.warm_up {
        let text = format!("{version} finds no row from {start} to {end}");
        return Err(failure(Reason::TimeRangeEmpty, text));
    }
    if counts.labelled() == 0 {
        let text = format!(
            "{version} finds {} rows from {start} to {end} and no known label ({} unknown, {} of other phases); choose a longer \
             period",
            counts.read - counts.warm_up,
            counts.unknown,
            counts.filtered
        );
        return Err(failure(Reason::TooFewRows, text));
    }
    Ok(())
}

fn score(
    input: TrainInput,
    models: &[(usize, ModelFile)],
    work: &Work,
) -> Result<(Reading, String), WorkError> {
    let mut scored = Vec::with_capacity(models.len());
    for (place, model) in models {
        scored.push(OfVersion {
            place: *place,
            threshold: model.header.threshold,
            scores: train::score(&input, model, work)?.scores,
        });
    }
    let fingerprint = input.fingerprint.as_str().to_owned();
    let rows = input.gathered.rows;
    Ok((Reading { rows, scored }, fingerprint))
}

fn compare(
    spec: &CompareSpec,
    readings: Vec<Reading>,
    fingerprints: &[String],
    work: &Work,
) -> Result<VersionComparison, WorkError> {
    let all: Vec<_> = readings.iter().map(|reading| &reading.rows).collect();
    let places = rows::common(&all).map_err(|changed| {
        let text = format!(
            "the source changed while it was read: the label of {} at {} is another one",
            changed.entity,
            train::time(changed.decision).to_rfc3339()
        );
        train_job::failure(
            FailureClass::Transient,
            Reason::Unavailable,
            WorkPhase::Labels,
            text,
        )
    })?;
    let together = judge::together(spec.task(), readings, &places, fingerprints);
    check_common(spec, &together)?;
    let text = format!(
        "comparing {} versions on {} rows",
        spec.versions.len(),
        together.times.len()
    );
    work.board.note(WorkPhase::Evaluate, 0, 1, text);
    judge::judge(spec, together, work)
}

/// Whether anything can be said on the rows that all versions have.
fn check_common(spec: &CompareSpec, together: &judge::Together) -> Result<(), WorkError> {
    let rows = together.times.len();
    if rows == 0 {
        let own: Vec<String> = spec
            .versions
            .iter()
            .zip(&together.versions)
            .map(|(version, beside)| format!("{version} {}", beside.own_rows.labelled()))
            .collect();
        let text = format!(
            "no labelled row of the period can be scored by all versions ({}): their entities or phases differ",
            own.join(", ")
        );
        return Err(failure(Reason::ModelsNotComparable, text));
    }
    let Some(positives) = together.truths.positives() else {
        return Ok(());
    };
    let unknown = together
        .versions
        .iter()
        .map(|beside| beside.own_rows.unknown)
        .max();
    let unknown = unknown.unwrap_or_default();
    if positives == 0 {
        let text = format!(
            "none of the {rows} labelled rows that all versions can score is positive ({unknown} with an unknown label); choose a \
             longer period"
        );
        return Err(failure(Reason::LabelHasNoPositives, text));
    }
    if positives == rows as u64 {
        let text = format!(
            "all {rows} labelled rows that all versions can score are positive ({unknown} with an unknown label); choose a longer \
             period"
        );
        return Err(failure(Reason::LabelHasNoNegatives, text));
    }
    Ok(())
}

fn failure(reason: Reason, text: String) -> WorkError {
    train_job::failure(FailureClass::User, reason, WorkPhase::Labels, text)
}

/// The outcome in a line.
fn told(found: &VersionComparison) -> String {
    let answer = match found.overall {
        Answer::Better(place) => {
            let version = &found.versions[place];
            format!("better: {} version {}", version.model.as_str(), version.version)
        }
        Answer::NotDistinguishable => "not distinguishable".to_owned(),
        Answer::Mixed => "metrics contradict each other".to_owned(),
        Answer::Unknown => "nothing can be told".to_owned(),
    };
    let mut versions = found.versions.iter();
    let positives = match versions.any(|version| version.metrics.regression.is_some()) {
        true => String::new(),
        false => format!(", {} of them positive", found.positives),
    };
    format!(
        "{} versions on {} rows in {} blocks of {}{positives}: {answer}",
        found.versions.len(),
        found.rows,
        found.blocks,
        found.block,
    )
}

fn made(found: &VersionComparison) -> Result<Made, WorkError> {
    let file = OutputFile {
        file: "comparison.json",
        media_type: "application/json",
        bytes: serde_json::to_vec_pretty(found).map_err(|e| unwritable(&e))?,
    };
    Ok(Made {
        output: Output::Found(serde_json::to_value(found).map_err(|e| unwritable(&e))?),
        files: vec![file],
    })
}
