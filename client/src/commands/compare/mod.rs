//! `mlts compare`: compares model versions on the very same rows, follows the job, and says which is better; and the comparisons that
//! there are.

mod numbers;
mod show;

use super::job_options::JobOptions;
use super::models::version_of;
use super::new_job::{followed, make, show_found};
use super::pages::{self, PageArgs};
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

/// Options of `mlts compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The versions, 2 to 10: pump@3 rise@1, or pump for its newest version
    #[arg(value_name = "MODEL", num_args = 2..=10, required = true)]
    models: Vec<String>,
    #[command(flatten)]
    period: PeriodArgs,
    /// Seed of the draws [default: 42]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    job: JobOptions,
}

/// Options of `mlts comparisons`.
#[derive(Debug, Args)]
pub(crate) struct ComparisonsArgs {
    /// One comparison, whole: its id, or its full name
    comparison: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

pub(crate) async fn run(args: &CompareArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (project, output) = (context.project(), context.output);
    let connection = context.connect().await?;
    let mut versions = Vec::with_capacity(args.models.len());
    for model in &args.models {
        let model = names::model(model, project)?;
        versions.push(retrying(async || version_of(&model, &connection).await).await?);
    }
    let range = args
        .period
        .range(&versions, project, &connection, &output)
        .await?;
    let names = versions.into_iter().map(|version| version.name).collect();
    let job = make(request(args, context.parent(), names, range), async |request| {
        connection.training().compare_models(request).await
    })
    .await?;
    let Some(job) = followed(job, &args.job, &connection, context).await? else {
        return Ok(());
    };
    let comparison = job.result.clone().unwrap_or_default().comparison;
    let found = get(comparison, &connection).await?;
    show_found(&job, ("comparison", &found), show::comparison, &output)
}

fn request(
    args: &CompareArgs,
    parent: String,
    model_versions: Vec<String>,
    range: v1::TimeRange,
) -> v1::CompareModelsRequest {
    v1::CompareModelsRequest {
        parent,
        model_versions,
        range: Some(range),
        known_before: args.period.known_before(),
        max_rows: args.period.max_rows,
        seed: args.seed,
        request_id: args.job.request_id(),
        validate_only: args.job.validate_only,
        priority: args.job.priority,
        labels: args.job.labels.clone(),
        timeout: args.job.job_timeout.map(when::duration),
    }
}

async fn get(name: String, connection: &Connection) -> Result<v1::ModelComparison, CliError> {
    retrying(async || {
        let request = v1::GetComparisonRequest { name: name.clone() };
        Ok(connection
            .evaluations()
            .get_comparison(request)
            .await?
            .into_inner())
    })
    .await
}

pub(crate) async fn list(args: &ComparisonsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (connection, output) = (context.connect().await?, context.output);
    if let Some(one) = &args.comparison {
        let name = names::below(&context.parent(), "comparisons", one);
        let found = get(name, &connection).await?;
        return match output.format() {
            Format::Json => output.json(&found),
            Format::Human => output.line(show::comparison(&found, output.paint)),
        };
    }
    let listed = pages::collect(args.page.limit(), async |page_size, page_token| {
        let request = v1::ListComparisonsRequest {
            parent: context.parent(),
            page_size,
            page_token,
        };
        let answer = connection.evaluations().list_comparisons(request).await?;
        let answer = answer.into_inner();
        Ok((answer.comparisons, answer.next_page_token))
    });
    listed.await?.show(
        &output,
        "no comparisons: compare versions with mlts compare",
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
        let line =
            "mlts compare pump@3 rise --start 2026-02-01 --max-rows 9 --seed 7 --priority 1 --labels team=a";
        let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
        let Command::Compare(args) = cli.command else {
            panic!("the command is compare")
        };
        assert_eq!(args.models, ["pump@3", "rise"]);
        let names = vec!["a".to_owned(), "b".to_owned()];
        let range = v1::TimeRange {
            start: Some(when::timestamp(1)),
            end: Some(when::timestamp(2)),
        };
        let request = request(&args, "projects/p".to_owned(), names.clone(), range);
        assert_eq!((request.model_versions, request.range), (names, Some(range)));
        assert_eq!(
            (request.seed, request.max_rows, request.priority),
            (Some(7), Some(9), Some(1))
        );
        assert!(!request.request_id.is_empty());
        assert!(
            Cli::try_parse_from(["mlts", "compare", "pump"]).is_err(),
            "one alone"
        );
    }
}
