//! How long PreviewLabels with a grid, PreviewDataset and CheckLeakage take for half a million rows, through an API server of the same build.
//! `BENCH_PYTHON` names a Python with numpy and pandas, which make the rows.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::previews::{Filled, Report, measure, write_report};
use mltraining_bench::service::Service;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "How long previews of half a million rows take")]
struct Cli {
    /// Calls of each preview
    #[arg(long, default_value_t = 20)]
    samples: u32,
    /// Copies of the half million rows
    #[arg(long, default_value_t = 1)]
    copies: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let filled = Filled::make(cli.copies).await?;
    let service = Service::start(&filled.url, &[]).await?;
    let caller = service.caller();
    filled.register(&caller).await?;
    let report = Report {
        rows: filled.rows,
        samples: cli.samples,
        previews: measure(&caller, cli.samples).await?,
    };
    let file = write_report(&report)?;
    println!("\nwritten to {}", file.display());
    println!("goals missed: {}", report.missed());
    Ok(match report.missed() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
