//! What came of a training.

use crate::commands::models::artifacts_of;
use crate::commands::report;
use crate::commands::retry::retrying;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Output, Tone, bytes, count, json_value};
use crate::when;
use mltraining_proto::v1;
use serde_json::{Value, json};

/// The report of the new version, its files, and how to go on. As JSON: `job`, `model_version` and `artifacts`.
pub(super) async fn trained(
    job: &v1::Job,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let result = job.result.clone().unwrap_or_default();
    let version = retrying(async || {
        let request = v1::GetModelVersionRequest {
            name: result.model_version.clone(),
            view: v1::ModelVersionView::Full.into(),
        };
        Ok(connection.models().get_model_version(request).await?.into_inner())
    });
    let version = version.await?;
    let artifacts = retrying(async || artifacts_of(&job.name, connection).await).await?;
    let output = &context.output;
    if output.format() == Format::Json {
        let files: Result<Vec<Value>, CliError> = artifacts.iter().map(json_value).collect();
        let whole =
            json!({ "job": json_value(job)?, "model_version": json_value(&version)?, "artifacts": files? });
        return output.line(whole.to_string());
    }
    output.line(format!("\n{}", report::version(&version, output.paint)))?;
    output.line(format!(
        "\nfiles in {}/artifacts\n{}",
        job.name,
        report::artifacts(&artifacts, output.paint)
    ))?;
    let model = names::last(&job.model);
    output.note(format!(
        "\nto go on: mlts model download {model}@{}; mlts model get {model}; mlts job get {}",
        version.version,
        names::last(&job.name)
    ));
    Ok(())
}

/// The job that was made, and how to go on.
pub(crate) fn submitted(job: &v1::Job, context: &Context<'_>) -> Result<(), CliError> {
    let output = &context.output;
    if output.format() == Format::Json {
        return output.json(job);
    }
    let id = names::last(&job.name);
    output.line(id)?;
    output.note(format!("to go on: mlts job watch {id}; mlts job cancel {id}"));
    Ok(())
}

/// What a training would take.
pub(crate) fn estimate(job: &v1::Job, context: &Context<'_>) -> Result<(), CliError> {
    let output = &context.output;
    if output.format() == Format::Json {
        return output.json(job);
    }
    let estimate = job.estimate.clone().unwrap_or_default();
    output.line("the request is right; nothing was started")?;
    let run = estimate.run_duration.as_ref().and_then(when::span);
    let time = run.map_or_else(String::new, |span| {
        format!(", about {}", when::show_length(span.micros()))
    });
    output.line(format!(
        "{} rows, {} features, {} of memory{time}, {} jobs ahead",
        count(estimate.rows),
        count(i64::from(estimate.features)),
        bytes(estimate.memory_bytes),
        count(estimate.jobs_ahead),
    ))?;
    estimate
        .warnings
        .iter()
        .try_for_each(|warning| output.line(warn(output, warning)))
}

fn warn(output: &Output, text: &str) -> String {
    format!("{} {text}", output.paint.text(Tone::Warn, "warning:"))
}
