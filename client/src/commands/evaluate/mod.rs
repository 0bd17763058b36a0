//! `mlts evaluate`: judges a model version on a period, follows the job, and shows what the version is worth there; and the
//! evaluations that there are.

mod numbers;
mod show;

pub(crate) use show::short_title;

use super::job_options::JobOptions;
use super::models::version_of;
use super::new_job::{followed, make, show_found};
use super::pages::{self, ListArgs};
use super::retry::retrying;
use super::spec::period::PeriodArgs;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use clap::Args;
use mltraining_proto::v1;

/// Options of `mlts evaluate`.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The model: pump for its newest version, or pump@3
    model: String,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    job: JobOptions,
}

/// Options of `mlts evaluations`.
#[derive(Debug, Args)]
pub(crate) struct EvaluationsArgs {
    /// One evaluation, whole: its id, or its full name
    evaluation: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

pub(crate) async fn run(args: &EvaluateArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let model = names::model(&args.model, context.project())?;
    let version = retrying(async || version_of(&model, &connection).await).await?;
    let versions = [version];
    let (project, output) = (context.project(), context.output);
    let range = args
        .period
        .range(&versions, project, &connection, &output)
        .await?;
    let [version] = versions;
    let job = make(request(args, version.name, range), async |request| {
        connection.training().evaluate_model(request).await
    })
    .await?;
    let Some(job) = followed(job, &args.job, &connection, context).await? else {
        return Ok(());
    };
    let evaluation = job.result.clone().unwrap_or_default().evaluation;
    let found = get(evaluation, &connection).await?;
    show_found(&job, ("evaluation", &found), show::evaluation, &output)
}

fn request(args: &EvaluateArgs, model_version: String, range: v1::TimeRange) -> v1::EvaluateModelRequest {
    v1::EvaluateModelRequest {
        model_version,
        range: Some(range),
        known_before: args.period.known_before(),
        max_rows: args.period.max_rows,
        request_id: args.job.request_id(),
        validate_only: args.job.validate_only,
        priority: args.job.priority,
        labels: args.job.labels.clone(),
        timeout: args.job.job_timeout.map(when::duration),
    }
}

async fn get(name: String, connection: &Connection) -> Result<v1::Evaluation, CliError> {
    retrying(async || {
        let request = v1::GetEvaluationRequest { name: name.clone() };
        Ok(connection
            .evaluations()
            .get_evaluation(request)
            .await?
            .into_inner())
    })
    .await
}

/// Shows the evaluation of this id or name, whole.
pub(super) async fn show_one(
    one: &str,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let name = names::below(&context.parent(), "evaluations", one);
    let (found, output) = (get(name, connection).await?, context.output);
    match output.format() {
        Format::Json => output.json(&found),
        Format::Human => output.line(show::evaluation(&found, output.paint)),
    }
}

pub(crate) async fn list(args: &EvaluationsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (connection, output) = (context.connect().await?, context.output);
    if let Some(one) = &args.evaluation {
        return show_one(one, &connection, context).await;
    }
    let listed = pages::collect(args.list.limit(), async |page_size, page_token| {
        let request = v1::ListEvaluationsRequest {
            parent: context.parent(),
            filter: args.list.filter.clone(),
            page_size,
            page_token,
        };
        let answer = connection.evaluations().list_evaluations(request).await?;
        let answer = answer.into_inner();
        Ok((answer.evaluations, answer.next_page_token))
    });
    listed.await?.show(
        &output,
        "no evaluations: train a model with mlts train, judge it with mlts evaluate",
        show::table,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn every_option_reaches_the_request() {
        let line = "mlts evaluate pump@3 --start 2026-02-01 --max-rows 9 --known-before 2026-03-01 --priority 1 --labels team=a \
                    --job-timeout 1h";
        let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
        let Command::Evaluate(args) = cli.command else {
            panic!("the command is evaluate")
        };
        let name = "projects/p/models/pump/versions/3";
        let range = v1::TimeRange {
            start: Some(when::timestamp(1)),
            end: Some(when::timestamp(2)),
        };
        let request = request(&args, name.to_owned(), range);
        assert_eq!(
            (request.model_version.as_str(), request.range),
            (name, Some(range))
        );
        assert_eq!((request.priority, request.max_rows), (Some(1), Some(9)));
        assert_eq!(when::show(request.known_before.as_ref()), "2026-03-01 00:00");
        assert_eq!(
            (request.labels["team"].as_str(), request.timeout.unwrap().seconds),
            ("a", 3600)
        );
        assert!(!request.request_id.is_empty());
    }
}
