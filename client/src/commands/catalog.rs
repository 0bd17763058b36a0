//! `mlts features`, `mlts algorithms`, `mlts phases`: what there is to learn with.

use super::pages;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone};
use crate::when;
use clap::Args;
use mltraining_proto::v1;

/// The families of features and the named sets.
#[derive(Debug, Args)]
pub(crate) struct FeaturesArgs {
    /// Write the sets out for this source
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

/// The phases of a source.
#[derive(Debug, Args)]
pub(crate) struct PhasesArgs {
    /// The source [default: coin_metrics]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

pub(crate) async fn features(args: &FeaturesArgs, context: &Context<'_>) -> Result<(), CliError> {
    let source = args
        .source
        .as_ref()
        .map(|source| names::source(source, context.project()))
        .transpose()?;
    let source = source.map(|name| name.to_string()).unwrap_or_default();
    let mut catalog = context.connect().await?.catalog();
    let mut sets = Vec::new();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListFeaturesRequest {
            parent: context.parent(),
            source: source.clone(),
            page_size,
            page_token,
        };
        let answer = catalog.list_features(request).await?.into_inner();
        sets.extend(answer.sets);
        Ok((answer.features, answer.next_page_token))
    });
    let features = listed.await?.items;
    match context.output.format() {
        Format::Json => {
            let whole = v1::ListFeaturesResponse {
                features,
                sets,
                next_page_token: String::new(),
            };
            context.output.json(&whole)
        }
        Format::Human => context
            .output
            .line(features_text(&features, &sets, context.output.paint)),
    }
}

pub(crate) async fn algorithms(context: &Context<'_>) -> Result<(), CliError> {
    let mut catalog = context.connect().await?.catalog();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListAlgorithmsRequest {
            parent: context.parent(),
            page_size,
            page_token,
        };
        let answer = catalog.list_algorithms(request).await?.into_inner();
        Ok((answer.algorithms, answer.next_page_token))
    });
    for (place, algorithm) in listed.await?.items.iter().enumerate() {
        match context.output.format() {
            Format::Json => context.output.json(algorithm)?,
            Format::Human => {
                let space = if place == 0 { "" } else { "\n" };
                context.output.line(format!(
                    "{space}{}",
                    algorithm_text(algorithm, context.output.paint)
                ))?;
            }
        }
    }
    Ok(())
}

pub(crate) async fn phases(args: &PhasesArgs, context: &Context<'_>) -> Result<(), CliError> {
    let named = args.source.as_ref();
    let source = named.map_or(names::DEFAULT_SOURCE, String::as_str);
    let source = names::source(source, context.project())?;
    let mut catalog = context.connect().await?.catalog();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListPhasesRequest {
            parent: source.to_string(),
            page_size,
            page_token,
        };
        let answer = catalog.list_phases(request).await?.into_inner();
        Ok((answer.phases, answer.next_page_token))
    });
    let listed = listed.await.map_err(|error| names::of_source(named, error));
    let phases = listed?.items;
    match context.output.format() {
        Format::Json => phases.iter().try_for_each(|phase| context.output.json(phase)),
        Format::Human if phases.is_empty() => {
            context
                .output
                .note(format!("source {} has no phases", source.source));
            Ok(())
        }
        Format::Human => context.output.line(phases_text(&phases, context.output.paint)),
    }
}

/// A table of phases.
pub(super) fn phases_text(phases: &[v1::Phase], paint: Paint) -> String {
    let mut table = Table::new(&[">phase", "name", ">bar interval"], paint);
    for phase in phases {
        let interval = phase
            .bar_interval
            .as_ref()
            .and_then(when::span)
            .filter(|span| !span.is_zero());
        let interval = interval.map_or_else(|| "final".to_owned(), |span| span.to_string());
        table.row([phase.id.to_string(), phase.display_name.clone(), interval]);
    }
    table.render()
}

fn features_text(features: &[v1::Feature], sets: &[v1::FeatureSet], paint: Paint) -> String {
    let mut table = Table::wrapped(&["family", "example", "unit", "what it is"], paint);
    for feature in features {
        table.row(
            [
                &feature.name,
                &feature.example,
                &feature.unit,
                &feature.description,
            ]
            .map(String::as_str),
        );
    }
    let mut text = table.render();
    for set in sets {
        text.push_str(&format!(
            "\n\n{} {}\n  {}",
            paint.text(Tone::Title, "set"),
            paint.text(Tone::Title, &set.name),
            set.description
        ));
        text.push_str(&format!("\n  families: {}", set.features.join(", ")));
        if !set.expanded_features.is_empty() {
            text.push_str(&format!("\n  {} features:", set.expanded_features.len()));
            for feature in &set.expanded_features {
                text.push_str(&format!("\n    {feature}"));
            }
        }
        if !set.left_out_features.is_empty() {
            text.push_str("\n  left out, as the source lacks a column or a context for it:");
            for feature in &set.left_out_features {
                text.push_str(&format!("\n    {feature}"));
            }
        }
    }
    text
}

fn algorithm_text(algorithm: &v1::Algorithm, paint: Paint) -> String {
    let mut table = Table::wrapped(&["  parameter", "default", "range", "what it does"], paint);
    for parameter in &algorithm.parameters {
        let name = format!("  {}", parameter.name);
        table.row(
            [
                &name,
                &parameter.default_value,
                &parameter.range,
                &parameter.description,
            ]
            .map(String::as_str),
        );
    }
    let (name, text) = (paint.text(Tone::Title, &algorithm.name), &algorithm.description);
    let learns: Vec<&str> = algorithm.tasks().map(task).collect();
    format!("{name}, for {}: {text}\n{}", learns.join(" and "), table.render())
}

/// What is foreseen.
fn task(task: v1::Task) -> &'static str {
    match task {
        v1::Task::Unspecified => "what it does not say",
        v1::Task::Binary => "classes",
        v1::Task::Regression => "numbers",
    }
}
