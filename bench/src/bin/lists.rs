//! How long each list takes when there are a million jobs, at the store and through an API server.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::lists::{Filled, Report, Size, by_grpc, by_store, write_report};
use mltraining_bench::service::Service;
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    /// Jobs in the database
    #[arg(long, default_value_t = 1_000_000)]
    jobs: u32,
    /// Calls of each list
    #[arg(long, default_value_t = 300)]
    samples: u32,
    /// Takes this database, which is filled already, instead of making one
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let size = Size {
        jobs: arguments.jobs,
        samples: arguments.samples,
    };
    let filled = Filled::make(size.jobs, arguments.database).await?;
    println!("{} jobs, filled in {:.1} s", size.jobs, filled.fill_seconds);
    let mut lists = by_store(&filled.store, size).await?;
    let service = Service::start(&filled.url, &[]).await?;
    lists.extend(by_grpc(&service.caller(), size).await?);
    let report = Report::new(size, filled.fill_seconds, lists);
    let file = write_report(&report)?;
    println!("\nwritten to {}", file.display());
    println!("goals missed: {}", report.missed());
    Ok(if report.missed() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
