//! A whole training beside an honest pipeline in Python, on the same rows in one run. `BENCH_PYTHON` names a Python with numpy,
//! pandas, asyncpg, scikit-learn and xgboost.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::conclude;
use mltraining_bench::job::measure;
use mltraining_bench::previews::Filled;
use mltraining_bench::service::Service;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "A whole training beside an honest pipeline in Python")]
struct Cli {
    /// Rounds, of which the medians count
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let filled = Filled::make(1).await?;
    println!("{} rows are made", filled.rows);
    let service = Service::start(&filled.url, &[]).await?;
    filled.register(&service.caller()).await?;
    let rows = measure(&service, &filled.url, cli.rounds).await?;
    conclude("job", &rows)
}
