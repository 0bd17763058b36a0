//! From a table to a matrix: the reader beside psql's COPY of the same rows, features and labels beside polars and pandas, in
//! one run. `BENCH_PYTHON` names a Python with numpy and pandas, which make the rows, and the packages of the peers.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::conclude;
use mltraining_bench::data::{self, Step};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "From a table to a matrix, beside psql, polars and pandas")]
struct Cli {
    /// Copies of the half million rows, e.g. 8 for 4 million; may be given several times.
    #[arg(long, default_values_t = [1, 8])]
    copies: Vec<u32>,
    /// Only report: exit 0 although a goal is missed.
    #[arg(long)]
    report_only: bool,
    /// Does one step on the rows at `--url` and prints what it took; how the bench measures itself.
    #[arg(long, hide = true, requires = "url")]
    step: Option<Step>,
    /// Where the rows are.
    #[arg(long, hide = true)]
    url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    if let (Some(step), Some(url)) = (cli.step, cli.url) {
        println!("{}", serde_json::to_string(&data::take(step, &url).await?)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = Vec::new();
    for copies in cli.copies {
        rows.extend(data::run(copies)?);
    }
    let end = conclude("data", &rows)?;
    Ok(if cli.report_only { ExitCode::SUCCESS } else { end })
}
