//! `mlts predict`: what a model version says of rows of features, or of entities at times.

mod rows;
mod show;

use super::retry::retrying;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use mltraining_domain::Span;
use mltraining_proto::v1;
use std::path::PathBuf;
use v1::predict_request::Input;

/// Most rows or points of one call.
const MOST: usize = 1000;

/// Options of `mlts predict`.
#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// The model: pump for its newest version, pump@3, or pump@champion
    model: String,
    /// A CSV file of rows, or - for the standard input; the header names the features, an empty field is a missing value
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "entity",
        conflicts_with_all = ["entity", "at", "max_bar_age", "known_before"]
    )]
    rows: Option<PathBuf>,
    /// Predict the last bar of this entity; can be given more than once
    #[arg(long, value_name = "ENTITY")]
    entity: Vec<String>,
    /// Predict as of this time; can be given more than once, then every entity at every time. Default: now
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant, requires = "entity")]
    at: Vec<DateTime<Utc>>,
    /// How old the last bar may be; default: one and a half bars
    #[arg(long, value_name = "TIME", requires = "entity")]
    max_bar_age: Option<Span>,
    /// Only rows recorded before this time; default: what was known at each time, where the source says when it was recorded
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant, requires = "entity")]
    known_before: Option<DateTime<Utc>>,
    /// Show the values that the model was given
    #[arg(long)]
    features: bool,
}

pub(crate) async fn run(args: &PredictArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (asked, inputs) = match &args.rows {
        Some(file) => (Vec::new(), rows::read(file)?),
        None => points(args, Utc::now()),
    };
    let connection = context.connect().await?;
    let model = names::model(&args.model, context.project())?;
    let model_version = version(&model, &connection).await?;
    let mut answer = v1::PredictResponse::default();
    for input in inputs {
        let request = v1::PredictRequest {
            // An alias may move between two calls: all rows get the version of the first.
            model_version: match answer.model_version.as_str() {
                "" => model_version.clone(),
                used => used.to_owned(),
            },
            return_features: args.features,
            input: Some(input),
        };
        let mut more = predict(request, &connection).await?;
        more.predictions.splice(0..0, answer.predictions);
        answer = more;
    }
    match context.output.format() {
        Format::Json => context.output.json(&answer),
        Format::Human => {
            context.output.note(show::title(&answer));
            context
                .output
                .line(show::table(&answer, &asked, context.output.paint))
        }
    }
}

/// The name of the version that is meant; the newest of a model alone.
async fn version(model: &names::ModelRef, connection: &Connection) -> Result<String, CliError> {
    if let Some(version) = model.named_version() {
        return Ok(version.to_string());
    }
    retrying(async || {
        let request = v1::GetModelRequest {
            name: model.model.to_string(),
        };
        let found = connection.models().get_model(request).await?.into_inner();
        match found.latest_version.is_empty() {
            true => Err(CliError::Conflict(format!("{} has no version yet", model.model))),
            false => Ok(found.latest_version),
        }
    })
    .await
}

/// Every entity at every time, and what asks for them, in as many calls as it takes.
fn points(args: &PredictArgs, now: DateTime<Utc>) -> (Vec<v1::PredictionPoint>, Vec<Input>) {
    let times = match args.at.as_slice() {
        [] => vec![now],
        times => times.to_vec(),
    };
    let of_time = |at: &DateTime<Utc>| {
        let time = when::instant(Some(*at));
        let entities = args.entity.iter();
        let points = entities.map(move |entity| v1::PredictionPoint {
            entity: entity.clone(),
            time,
        });
        points.collect::<Vec<_>>()
    };
    let points: Vec<v1::PredictionPoint> = times.iter().flat_map(of_time).collect();
    let input = |points: &[v1::PredictionPoint]| {
        Input::Points(v1::PredictionPoints {
            points: points.to_vec(),
            max_bar_age: args.max_bar_age.map(when::duration),
            known_before: when::instant(args.known_before),
        })
    };
    let inputs = points.chunks(MOST).map(input).collect();
    (points, inputs)
}

async fn predict(
    request: v1::PredictRequest,
    connection: &Connection,
) -> Result<v1::PredictResponse, CliError> {
    retrying(async || {
        let answer = connection.predictions().predict(request.clone()).await?;
        Ok(answer.into_inner())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn parse(line: &str) -> Result<Box<PredictArgs>, clap::Error> {
        let cli = Cli::try_parse_from(line.split(' '))?;
        let Command::Predict(args) = cli.command else {
            panic!("the command is predict")
        };
        Ok(args)
    }

    #[test]
    fn every_entity_is_asked_for_at_every_time() {
        let line = "mlts predict pump@3 --entity a --entity b --at 2026-01-01 --at 2026-01-02 --max-bar-age 1h \
                    --known-before 2026-03-01";
        let (asked, inputs) = points(&parse(line).unwrap(), Utc::now());
        let shown: Vec<String> = asked
            .iter()
            .map(|point| format!("{} {}", point.entity, when::show(point.time.as_ref())))
            .collect();
        assert_eq!(
            shown,
            [
                "a 2026-01-01 00:00",
                "b 2026-01-01 00:00",
                "a 2026-01-02 00:00",
                "b 2026-01-02 00:00"
            ]
        );
        let [Input::Points(points)] = inputs.as_slice() else {
            panic!("one call: {inputs:?}")
        };
        assert_eq!(points.max_bar_age.unwrap().seconds, 3600);
        assert_eq!(when::show(points.known_before.as_ref()), "2026-03-01 00:00");
    }

    #[test]
    fn without_a_time_it_is_now() {
        let now = when::parse_instant("2026-05-01 12:00").unwrap();
        let (asked, _) = points(&parse("mlts predict pump --entity a").unwrap(), now);
        assert_eq!(when::show(asked[0].time.as_ref()), "2026-05-01 12:00");
    }

    #[test]
    fn rows_and_entities_do_not_go_together() {
        for line in [
            "mlts predict pump",
            "mlts predict pump --rows x.csv --entity a",
            "mlts predict pump --rows x.csv --at 2026-01-01",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("mlts predict pump --rows - --features").is_ok());
    }
}
