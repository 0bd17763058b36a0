//! `mlts models` and `mlts model`: shows, changes and downloads models.

mod alias;
pub(crate) mod change;
mod download;
mod importance;
pub(crate) mod leaderboard;
mod lineage;
pub(crate) mod promote;
mod show;

pub(crate) use download::{Folder, artifacts_of, fetch, version_of};

use super::pages::{self, ListArgs};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use clap::{Args, Subcommand};
use mltraining_proto::v1;

/// Options of `mlts models`.
#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(flatten)]
    list: ListArgs,
    /// Show deleted models as well
    #[arg(long)]
    deleted: bool,
}

/// Shows, changes or downloads one model.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Shows a model and what its newest version is worth
    Get {
        /// The model: pump, or one version of it: pump@3, or the one that holds an alias: pump@champion
        model: String,
    },
    /// Lists the versions of a model
    Versions {
        /// The model
        model: String,
    },
    /// Downloads the files of a version, and checks them
    Download(download::DownloadArgs),
    /// Changes name, description or labels
    Update(change::UpdateArgs),
    /// Names a version, or takes the name away
    Alias(alias::AliasArgs),
    /// Lists every move of a model's aliases, newest first
    Promotions {
        /// The model
        model: String,
    },
    /// Says where a version comes from, and which jobs and promotions name it
    Lineage(lineage::LineageArgs),
    /// Says what each feature is worth to a version
    Importance(importance::ImportanceArgs),
    /// Deletes a model; for 30 days it can be undeleted
    Delete {
        /// The model
        model: String,
    },
    /// Takes a delete back
    Undelete {
        /// The model
        model: String,
    },
}

pub(crate) async fn list(args: &ModelsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let mut models = context.connect().await?.models();
    let listed = pages::collect(args.list.limit(), async |page_size, page_token| {
        let request = v1::ListModelsRequest {
            parent: context.parent(),
            filter: args.list.filter.clone(),
            show_deleted: args.deleted,
            page_size,
            page_token,
        };
        let answer = models.list_models(request).await?.into_inner();
        Ok((answer.models, answer.next_page_token))
    });
    let empty = "no models yet: train one with mlts train";
    listed.await?.show(&context.output, empty, show::table)
}

pub(crate) async fn run(args: ModelArgs, context: &Context<'_>) -> Result<(), CliError> {
    let project = context.project();
    match &args.command {
        ModelCommand::Get { model } => show::get(&names::model(model, project)?, context).await,
        ModelCommand::Versions { model } => show::versions(&names::model(model, project)?, context).await,
        ModelCommand::Download(args) => download::run(args, context).await,
        ModelCommand::Update(args) => change::update(args, context).await,
        ModelCommand::Alias(args) => alias::run(args, context).await,
        ModelCommand::Promotions { model } => promote::list(&names::model(model, project)?, context).await,
        ModelCommand::Lineage(args) => lineage::run(args, context).await,
        ModelCommand::Importance(args) => importance::run(args, context).await,
        ModelCommand::Delete { model } => change::delete(&names::model(model, project)?, context).await,
        ModelCommand::Undelete { model } => change::undelete(&names::model(model, project)?, context).await,
    }
}
