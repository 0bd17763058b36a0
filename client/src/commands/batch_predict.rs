//! `mlts batch-predict`: says what a model version foresees of all rows of a range, follows the job, and downloads the file.

use super::job_options::JobOptions;
use super::models::{Folder, artifacts_of, fetch, version_of};
use super::new_job::{followed, make, show_found};
use super::retry::retrying;
use super::spec::period::PeriodArgs;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Paint, count, share, value};
use crate::when;
use clap::Args;
use mltraining_domain::names::first_of;
use mltraining_proto::v1;
use std::path::PathBuf;

/// So many entities without a row are named; JSON has all.
const NAMED: usize = 10;

/// The file of predictions.
const FILE: &str = "predictions.parquet";

/// Options of `mlts batch-predict`.
#[derive(Debug, Args)]
pub(crate) struct BatchPredictArgs {
    /// The model: pump for its newest version, pump@3, or pump@champion for the version that holds the alias now
    model: String,
    #[command(flatten)]
    period: PeriodArgs,
    /// Only this entity; repeat it for more [default: those of the training]
    #[arg(long = "entity", value_name = "ENTITY")]
    entities: Vec<String>,
    /// Folder to put predictions.parquet in [default: it is not downloaded]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace a file that is there and differs
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    job: JobOptions,
}

pub(crate) async fn run(args: &BatchPredictArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (project, output) = (context.project(), context.output);
    let connection = context.connect().await?;
    let model = names::model(&args.model, project)?;
    let version = retrying(async || version_of(&model, &connection).await).await?;
    // An alias is sent as it is: the job keeps it.
    let named = model
        .named_version()
        .map_or_else(|| version.name.clone(), |named| named.to_string());
    let range = args
        .period
        .range(&[version], project, &connection, &output)
        .await?;
    let job = make(request(args, named, range), async |request| {
        connection.training().batch_predict(request).await
    })
    .await?;
    let Some(job) = followed(job, &args.job, &connection, context).await? else {
        return Ok(());
    };
    let found = job
        .result
        .clone()
        .and_then(|result| result.prediction_set)
        .map(|found| *found)
        .unwrap_or_default();
    show_found(&job, ("prediction_set", &found), shown, &output)?;
    let Some(folder) = &args.output else {
        output.note(format!(
            "get the file with --output DIR, or by DownloadArtifact of {}",
            found.artifact
        ));
        return Ok(());
    };
    let artifacts = artifacts_of(&job.name, &connection).await?;
    let file = artifacts
        .iter()
        .find(|artifact| names::last(&artifact.name) == FILE);
    let file = file.ok_or_else(|| CliError::Invalid(format!("{} has no {FILE}", job.name)))?;
    let into = Folder {
        path: folder,
        replace: args.force,
    };
    let path = fetch(file, into, &connection, output).await?;
    output.note(format!("{}, verified by its hash", path.display()));
    Ok(())
}

fn request(args: &BatchPredictArgs, model_version: String, range: v1::TimeRange) -> v1::BatchPredictRequest {
    v1::BatchPredictRequest {
        model_version,
        range: Some(range),
        entities: args.entities.clone(),
        known_before: args.period.known_before(),
        max_rows: args.period.max_rows,
        request_id: args.job.request_id(),
        validate_only: args.job.validate_only,
        priority: args.job.priority,
        labels: args.job.labels.clone(),
        timeout: args.job.job_timeout.map(when::duration),
    }
}

fn shown(found: &v1::PredictionSet, _: Paint) -> String {
    let range = found.range.unwrap_or_default();
    let mut lines = vec![
        format!(
            "{} rows of {} entities from {} to {}",
            count(found.rows),
            count(found.entity_count),
            when::show(range.start.as_ref()),
            when::show(range.end.as_ref())
        ),
        format!("scored       {}", count(found.scored)),
    ];
    if let (Some(positives), Some(threshold)) = (found.positives, found.threshold) {
        let part = (found.scored > 0).then(|| positives as f64 / found.scored as f64);
        lines.push(format!(
            "yes          {} ({} at or above {})",
            count(positives),
            share(part),
            value(Some(threshold))
        ));
    }
    lines.push(format!("no value     {}", count(found.warm_up)));
    lines.push(format!("other phase  {}", count(found.other_phase)));
    if let Some(known_before) = &found.known_before {
        lines.push(format!("as known at  {}", when::show(Some(known_before))));
    }
    if !found.absent_entities.is_empty() {
        lines.push(format!(
            "no row       of {}; are they spelt as in the source?",
            first_of(&found.absent_entities, NAMED)
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn every_option_reaches_the_request() {
        let line = "mlts batch-predict pump@champion --start 2026-02-01 --entity a --entity b --max-rows 9 --known-before 2026-03-01 \
                    --priority 1 --labels team=a --job-timeout 1h";
        let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
        let Command::BatchPredict(args) = cli.command else {
            panic!("the command is batch-predict")
        };
        let name = "projects/p/models/pump@champion";
        let request = request(&args, name.to_owned(), v1::TimeRange::default());
        assert_eq!(request.model_version, name);
        assert_eq!(request.entities, ["a", "b"]);
        assert_eq!((request.priority, request.max_rows), (Some(1), Some(9)));
        assert_eq!(request.timeout.unwrap().seconds, 3600);
        assert!(!request.request_id.is_empty());
    }

    #[test]
    fn what_was_not_scored_is_counted_by_its_reason() {
        let found = v1::PredictionSet {
            rows: 1200,
            scored: 1000,
            positives: Some(250),
            threshold: Some(0.5),
            warm_up: 150,
            other_phase: 50,
            absent_entities: vec!["e9".to_owned()],
            ..v1::PredictionSet::default()
        };
        let text = shown(&found, Paint::Plain);
        for part in [
            "1,200 rows",
            "250 (25.0 % at or above 0.5)",
            "no value     150",
            "other phase  50",
            "no row       of e9",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let without = v1::PredictionSet {
            positives: None,
            threshold: None,
            ..found
        };
        assert!(
            !shown(&without, Paint::Plain).contains("yes"),
            "nothing is decided"
        );
    }
}
