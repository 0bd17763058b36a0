//! `mlts report`: the page of a model version, downloaded and opened.

use super::models::{Folder, artifacts_of, fetch, version_of};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use clap::Args;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

/// The file that a training leaves.
const FILE: &str = "report.html";

/// Options of `mlts report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The model: pump for the newest version, or pump@3
    model: String,
    /// Folder to put the page in [default: MODEL-vVERSION]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Only download it; without a terminal it is never opened
    #[arg(long)]
    no_open: bool,
    /// Replace a page that is there and differs
    #[arg(long)]
    force: bool,
}

pub(crate) async fn run(args: &ReportArgs, context: &Context<'_>) -> Result<(), CliError> {
    let model = names::model(&args.model, context.project())?;
    let connection = context.connect().await?;
    let version = version_of(&model, &connection).await?;
    let artifacts = artifacts_of(&version.job, &connection).await?;
    let page = artifacts
        .iter()
        .find(|artifact| names::last(&artifact.name) == FILE);
    let page = page.ok_or_else(|| {
        CliError::Invalid(format!(
            "version {} has no {FILE}: it was trained by an earlier version of the service; mlts model get {} shows its numbers",
            version.version, model.model.model
        ))
    })?;
    let named = || PathBuf::from(format!("{}-v{}", model.model.model, version.version));
    let folder = args.output.clone().unwrap_or_else(named);
    let into = Folder {
        path: &folder,
        replace: args.force,
    };
    let path = fetch(page, into, &connection, context.output).await?;
    match context.output.format() {
        Format::Json => context.output.json(page)?,
        Format::Human => context.output.line(path.display().to_string())?,
    }
    if !args.no_open && io::stdout().is_terminal() {
        show(&path, context);
    }
    Ok(())
}

/// Opens the page as the platform opens pages. One that cannot is no failure: the path was told.
fn show(path: &Path, context: &Context<'_>) {
    if let Err(error) = open::that_detached(path) {
        context.output.note(format!("nothing here opens it: {error}"));
    }
}
