//! `mlts model update|delete|undelete`.

use super::show::facts;
use crate::context::Context;
use crate::errors::CliError;
use crate::names::{self, ModelRef};
use crate::output::Format;
use clap::Args;
use mltraining_proto::v1;
use prost_types::FieldMask;
use std::collections::BTreeMap;

/// Changes name, description or labels of a model; what is not said stays.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// The model
    model: String,
    /// Name for people; '' takes it away
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// What it is for; '' takes it away
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// All its labels: KEY=VALUE,..; '' takes them away
    #[arg(long, value_name = "LABELS", value_parser = labels)]
    labels: Option<BTreeMap<String, String>>,
}

pub(super) async fn update(args: &UpdateArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::model(&args.model, context.project())?.model.to_string();
    let said = [
        ("display_name", args.display_name.is_some()),
        ("description", args.description.is_some()),
        ("labels", args.labels.is_some()),
    ];
    let paths: Vec<String> = said
        .into_iter()
        .filter(|(_, said)| *said)
        .map(|(path, _)| path.to_owned())
        .collect();
    if paths.is_empty() {
        return Err(CliError::Usage(
            "say what to change: --display-name, --description or --labels".to_owned(),
        ));
    }
    let model = v1::Model {
        name,
        display_name: args.display_name.clone().unwrap_or_default(),
        description: args.description.clone().unwrap_or_default(),
        labels: args.labels.clone().unwrap_or_default(),
        ..v1::Model::default()
    };
    let request = v1::UpdateModelRequest {
        model: Some(model),
        update_mask: Some(FieldMask { paths }),
    };
    let model = context
        .connect()
        .await?
        .models()
        .update_model(request)
        .await?
        .into_inner();
    print(&model, context)
}

pub(super) async fn delete(model: &ModelRef, context: &Context<'_>) -> Result<(), CliError> {
    whole(model)?;
    let request = v1::DeleteModelRequest {
        name: model.model.to_string(),
        etag: String::new(),
    };
    let model = context
        .connect()
        .await?
        .models()
        .delete_model(request)
        .await?
        .into_inner();
    print(&model, context)
}

pub(super) async fn undelete(model: &ModelRef, context: &Context<'_>) -> Result<(), CliError> {
    whole(model)?;
    let request = v1::UndeleteModelRequest {
        name: model.model.to_string(),
        etag: String::new(),
    };
    let model = context
        .connect()
        .await?
        .models()
        .undelete_model(request)
        .await?
        .into_inner();
    print(&model, context)
}

/// Who names a version must not lose the whole model.
fn whole(model: &ModelRef) -> Result<(), CliError> {
    match model.version {
        None => Ok(()),
        Some(_) => Err(CliError::Usage(
            "only a whole model can be deleted or undeleted: name it without its version".to_owned(),
        )),
    }
}

pub(super) fn print(model: &v1::Model, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(model),
        Format::Human => context.output.line(facts(model, context.output.paint)),
    }
}

/// Reads `key=value,key=value`.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn labels(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("expected KEY=VALUE, found `{part}`"))?;
        if labels
            .insert(key.trim().to_owned(), value.trim().to_owned())
            .is_some()
        {
            return Err(format!("`{}` is given twice", key.trim()));
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_pairs() {
        let both = labels("team=alpha, tier=1").unwrap();
        assert_eq!(
            both.into_iter().collect::<Vec<_>>(),
            [("team".into(), "alpha".into()), ("tier".into(), "1".into())]
        );
        assert!(labels("").unwrap().is_empty());
        assert!(labels("team").is_err());
        assert!(labels("a=1,a=2").is_err());
    }
}
