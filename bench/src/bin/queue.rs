//! The job engine under load: claims, submits, pick-up latency, heartbeats and watchers, beside what pgbench commits on the same
//! Postgres in the same run. `--quick` takes a minute; `--report-only` exits 0 whether or not the goals hold.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::queue::{Length, run};
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "The job engine under load, beside pgbench on the same Postgres")]
struct Cli {
    /// A run of a minute, with few samples.
    #[arg(long)]
    quick: bool,
    /// Only report: exit 0 although a goal is missed.
    #[arg(long)]
    report_only: bool,
    /// Run only the parts whose name holds this text; pgbench is always run.
    #[arg(long)]
    only: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let length = if cli.quick { Length::QUICK } else { Length::FULL };
    let report = run(&length, cli.only.as_deref()).await?;
    let file = report.write("queue")?;
    println!("\nwritten to {}", file.display());
    let missed = report.missed();
    println!("goals missed: {missed}");
    Ok(if missed == 0 || cli.report_only {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
