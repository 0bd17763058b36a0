//! A whole training beside an honest pipeline in Python, on the same rows in one run. `BENCH_PYTHON` names a Python with numpy,
//! pandas, asyncpg, scikit-learn and xgboost.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::job::measure;
use mltraining_bench::previews::Filled;
use mltraining_bench::service::Service;
use mltraining_bench::write_report;
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
    let file = write_report("job", &rows)?;
    println!("\nwritten to {}", file.display());
    let missed = rows.iter().filter(|row| row.met == Some(false)).count();
    println!("goals missed: {missed}");
    Ok(match missed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
