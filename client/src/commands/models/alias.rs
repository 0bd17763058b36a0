//! `mlts model alias set|delete`.

use super::change::print;
use crate::context::Context;
use crate::errors::CliError;
use crate::names::{self, Chosen};
use clap::{Args, Subcommand};
use mltraining_domain::AliasId;
use mltraining_domain::name::AliasName;
use mltraining_proto::v1;

/// Options of `mlts model alias`.
#[derive(Debug, Args)]
pub(crate) struct AliasArgs {
    #[command(subcommand)]
    command: AliasCommand,
}

#[derive(Debug, Subcommand)]
enum AliasCommand {
    /// Gives a version a name, or moves the name to it; without a gate, see mlts promote
    Set {
        /// The version: pump@3, or pump@champion for the one that holds that alias
        version: String,
        /// The alias, e.g. challenger
        alias: AliasId,
    },
    /// Takes a name away
    Delete {
        /// The alias: pump@challenger
        alias: String,
    },
}

pub(super) async fn run(args: &AliasArgs, context: &Context<'_>) -> Result<(), CliError> {
    match &args.command {
        AliasCommand::Set { version, alias } => set(version, alias, context).await,
        AliasCommand::Delete { alias } => delete(alias, context).await,
    }
}

async fn set(version: &str, alias: &AliasId, context: &Context<'_>) -> Result<(), CliError> {
    let named = names::model(version, context.project())?;
    let version = named.named_version().ok_or_else(|| {
        CliError::Usage("name the version that shall have the alias, as in pump@3".to_owned())
    })?;
    let name = AliasName {
        model: named.model,
        alias: alias.clone(),
    };
    let request = v1::SetModelAliasRequest {
        name: name.to_string(),
        version: version.to_string(),
        ..v1::SetModelAliasRequest::default()
    };
    let mut models = context.connect().await?.models();
    print(&models.set_model_alias(request).await?.into_inner(), context)
}

async fn delete(text: &str, context: &Context<'_>) -> Result<(), CliError> {
    let named = names::model(text, context.project())?;
    let Some(Chosen::Alias(alias)) = named.version else {
        return Err(CliError::Usage(
            "name the alias, as in pump@challenger".to_owned(),
        ));
    };
    let name = AliasName {
        model: named.model,
        alias,
    };
    let request = v1::DeleteModelAliasRequest {
        name: name.to_string(),
        ..v1::DeleteModelAliasRequest::default()
    };
    let mut models = context.connect().await?.models();
    print(&models.delete_model_alias(request).await?.into_inner(), context)
}
