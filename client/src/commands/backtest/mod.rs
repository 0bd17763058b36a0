//! `mlts backtest`: walks forward through time with a model that is trained again and again, follows the job, and shows what acting on
//! it would have brought; and the backtests that there are.

mod args;
mod show;

use super::models::version_of;
use super::new_job::{followed, make, show_found};
use super::pages::{self, PageArgs};
use super::retry::retrying;
use super::spec::range;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
pub(crate) use args::BacktestArgs;
use clap::Args;
use mltraining_proto::v1;
use v1::backtest_model_request::Subject;

/// Options of `mlts backtests`.
#[derive(Debug, Args)]
pub(crate) struct BacktestsArgs {
    /// One backtest, whole: its id, or its full name
    backtest: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

pub(crate) async fn run(args: &BacktestArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (project, output) = (context.project(), context.output);
    let connection = context.connect().await?;
    let version = match &args.model {
        None => None,
        Some(model) => {
            let model = names::model(model, project)?;
            Some(retrying(async || version_of(&model, &connection).await).await?)
        }
    };
    let of_version = version.as_ref().and_then(|version| version.train_spec.as_ref());
    let source = of_version.map(|spec| spec.source.clone());
    let mut request = args.request(project, version.as_ref().map(|version| version.name.clone()))?;
    let source = names::source(&source.unwrap_or_else(|| own_source(&request)), project)?;
    range::complete(
        &mut request.range,
        request.known_before,
        &source,
        &connection,
        &output,
    )
    .await?;
    let job = make(request, async |request| {
        connection.training().backtest_model(request).await
    })
    .await?;
    let Some(job) = followed(job, &args.job, &connection, context).await? else {
        return Ok(());
    };
    let backtest = job.result.clone().unwrap_or_default().backtest;
    let found = get(backtest, &connection).await?;
    show_found(&job, ("backtest", &found), show::backtest, &output)
}

fn own_source(request: &v1::BacktestModelRequest) -> String {
    match &request.subject {
        Some(Subject::Spec(spec)) => spec.source.clone(),
        _ => String::new(),
    }
}

async fn get(name: String, connection: &Connection) -> Result<v1::Backtest, CliError> {
    retrying(async || {
        let request = v1::GetBacktestRequest { name: name.clone() };
        Ok(connection.evaluations().get_backtest(request).await?.into_inner())
    })
    .await
}

pub(crate) async fn list(args: &BacktestsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (connection, output) = (context.connect().await?, context.output);
    if let Some(one) = &args.backtest {
        let name = names::below(&context.parent(), "backtests", one);
        let found = get(name, &connection).await?;
        return match output.format() {
            Format::Json => output.json(&found),
            Format::Human => output.line(show::backtest(&found, output.paint)),
        };
    }
    let listed = pages::collect(args.page.limit(), async |page_size, page_token| {
        let request = v1::ListBacktestsRequest {
            parent: context.parent(),
            page_size,
            page_token,
        };
        let answer = connection.evaluations().list_backtests(request).await?;
        let answer = answer.into_inner();
        Ok((answer.backtests, answer.next_page_token))
    });
    listed.await?.show(
        &output,
        "no backtests: walk through time with mlts backtest",
        show::table,
    )
}
