//! `mlts model download`: the files of a version, resumed where they broke off and checked by their hash.

mod part;
mod transfer;

use crate::commands::{pages, report};
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names::{self, ModelRef};
use crate::output::{Format, Output, bytes};
use anyhow::Context as _;
use clap::Args;
use mltraining_proto::v1;
use part::Target;
use std::fs;
use std::path::{Path, PathBuf};

/// Downloads the files of a version. A download that broke off is resumed by the same command.
#[derive(Debug, Args)]
pub(crate) struct DownloadArgs {
    /// The model: pump for the newest version, pump@3, or pump@champion for the version that holds the alias
    model: String,
    /// Folder to put the files in [default: MODEL-vVERSION]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only this file, e.g. model.mlts; repeat it for more [default: all]
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<String>,
    /// Replace files that are there and differ
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: &DownloadArgs, context: &Context<'_>) -> Result<(), CliError> {
    let model = names::model(&args.model, context.project())?;
    let connection = context.connect().await?;
    let version = version_of(&model, &connection).await?;
    let artifacts = chosen(artifacts_of(&version.job, &connection).await?, &args.files)?;
    let folder = args
        .output
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{}-v{}", model.model.model, version.version)));
    let into = Folder {
        path: &folder,
        replace: args.force,
    };
    for artifact in &artifacts {
        let path = fetch(artifact, into, &connection, context.output).await?;
        tell(artifact, &path, context)?;
    }
    let title = report::title(&version.name);
    context.output.note(format!(
        "files of {title} in {}, verified by their hashes",
        folder.display()
    ));
    Ok(())
}

/// Where files go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// Whether files that are there and differ may be replaced.
    pub replace: bool,
}

/// Puts a file into a folder, which is made when it is missing, unless it is there already; its path.
///
/// # Errors
/// What the service says; [`CliError::Conflict`] when another file has its name that may not be replaced; what the disk says.
pub(crate) async fn fetch(
    artifact: &v1::Artifact,
    into: Folder<'_>,
    connection: &Connection,
    output: Output,
) -> Result<PathBuf, CliError> {
    let path = into.path;
    fs::create_dir_all(path).with_context(|| format!("the folder {} cannot be made", path.display()))?;
    let target = Target::new(path, artifact)?;
    if target.is_there(into.replace)? {
        output.note(format!("{} is there already", target.path().display()));
    } else {
        transfer::fetch(artifact, &target, connection, output).await?;
    }
    Ok(target.path().to_owned())
}

/// One line for each file: its path.
fn tell(artifact: &v1::Artifact, path: &Path, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(artifact),
        Format::Human => context
            .output
            .line(format!("{}  {}", path.display(), bytes(artifact.size_bytes))),
    }
}

/// The files that were asked for.
fn chosen(artifacts: Vec<v1::Artifact>, wanted: &[String]) -> Result<Vec<v1::Artifact>, CliError> {
    if wanted.is_empty() {
        return Ok(artifacts);
    }
    let names: Vec<&str> = artifacts
        .iter()
        .map(|artifact| names::last(&artifact.name))
        .collect();
    if let Some(missing) = wanted.iter().find(|file| !names.contains(&file.as_str())) {
        return Err(CliError::Invalid(format!(
            "there is no file {missing}; there are: {}",
            names.join(", ")
        )));
    }
    Ok(artifacts
        .into_iter()
        .filter(|artifact| wanted.iter().any(|file| file == names::last(&artifact.name)))
        .collect())
}

/// The named version of a model, or its newest.
///
/// # Errors
/// What the service says.
pub(crate) async fn version_of(
    model: &ModelRef,
    connection: &Connection,
) -> Result<v1::ModelVersion, CliError> {
    let name = match model.named_version() {
        Some(version) => version.to_string(),
        None => {
            let request = v1::GetModelRequest {
                name: model.model.to_string(),
            };
            connection
                .models()
                .get_model(request)
                .await?
                .into_inner()
                .latest_version
        }
    };
    let request = v1::GetModelVersionRequest {
        name,
        view: v1::ModelVersionView::Full.into(),
    };
    Ok(connection.models().get_model_version(request).await?.into_inner())
}

/// All files of a job.
///
/// # Errors
/// What the service says.
pub(crate) async fn artifacts_of(job: &str, connection: &Connection) -> Result<Vec<v1::Artifact>, CliError> {
    let mut artifacts = connection.artifacts();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListArtifactsRequest {
            parent: job.to_owned(),
            page_size,
            page_token,
        };
        let answer = artifacts.list_artifacts(request).await?.into_inner();
        Ok((answer.artifacts, answer.next_page_token))
    });
    Ok(listed.await?.items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_told_with_those_that_are() {
        let artifact = |file: &str| v1::Artifact {
            name: format!("projects/p/jobs/j/artifacts/{file}"),
            ..v1::Artifact::default()
        };
        let all = || vec![artifact("metrics.json"), artifact("model.mlts")];
        let one = chosen(all(), &["model.mlts".to_owned()]).unwrap();
        assert_eq!(one.len(), 1);
        let error = chosen(all(), &["model.onnx".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no file model.onnx; there are: metrics.json, model.mlts"
        );
    }
}
