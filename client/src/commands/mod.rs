//! The commands, one file or folder for each group.

pub(crate) mod admin;
pub(crate) mod backtest;
pub(crate) mod batch_predict;
pub(crate) mod catalog;
pub(crate) mod compare;
pub(crate) mod dataset;
pub(crate) mod demo_data;
pub(crate) mod evaluate;
pub(crate) mod evaluation;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod labels;
pub(crate) mod models;
pub(crate) mod predict;
pub(crate) mod report_page;
pub(crate) mod reproduce;
pub(crate) mod sources;
pub(crate) mod train;
pub(crate) mod tune;

mod job_options;
mod new_job;
mod pages;
mod report;
mod retry;
mod spec;

use crate::cli::Command;
use crate::context::Context;
use crate::errors::CliError;

/// Runs a command to its end.
///
/// # Errors
/// [`CliError`], which knows how the process ends.
pub(crate) async fn run(command: Command, context: &Context<'_>) -> Result<(), CliError> {
    match command {
        Command::Health(args) => health::run(&args, context).await,
        Command::Sources(args) => sources::run(args, context).await,
        Command::Features(args) => catalog::features(&args, context).await,
        Command::Algorithms => catalog::algorithms(context).await,
        Command::Phases(args) => catalog::phases(&args, context).await,
        Command::Keys(args) => keys::run(args, context).await,
        Command::Labels(args) => labels::run(&args, context).await,
        Command::Dataset(args) => Box::pin(dataset::run(&args, context)).await,
        Command::Train(args) => Box::pin(train::run(&args, context)).await,
        Command::Reproduce(args) => Box::pin(reproduce::run(&args, context)).await,
        Command::Evaluate(args) => Box::pin(evaluate::run(&args, context)).await,
        Command::Evaluations(args) => Box::pin(evaluate::list(&args, context)).await,
        Command::Evaluation(args) => Box::pin(evaluation::run(&args, context)).await,
        Command::Compare(args) => Box::pin(compare::run(&args, context)).await,
        Command::Comparisons(args) => Box::pin(compare::list(&args, context)).await,
        Command::Predict(args) => Box::pin(predict::run(&args, context)).await,
        Command::BatchPredict(args) => Box::pin(batch_predict::run(&args, context)).await,
        Command::Backtest(args) => Box::pin(backtest::run(&args, context)).await,
        Command::Tune(args) => Box::pin(tune::run(&args, context)).await,
        Command::Study(args) => Box::pin(tune::study(&args, context)).await,
        Command::Studies(args) => Box::pin(tune::list(&args, context)).await,
        Command::Backtests(args) => Box::pin(backtest::list(&args, context)).await,
        Command::Jobs(args) => Box::pin(jobs::run_many(&args, context)).await,
        Command::Job(args) => Box::pin(jobs::run(&args, context)).await,
        Command::Models(args) => models::list(&args, context).await,
        Command::Model(args) => Box::pin(models::run(args, context)).await,
        Command::Report(args) => Box::pin(report_page::run(&args, context)).await,
        Command::Leaderboard(args) => models::leaderboard::run(&args, context).await,
        Command::Promote(args) => models::promote::run(&args, context).await,
        Command::Import(args) => Box::pin(import::run(&args, context)).await,
        Command::Admin(args) => Box::pin(admin::run(args, context)).await,
        Command::DemoData(args) => Box::pin(demo_data::run(&args, context)).await,
    }
}
