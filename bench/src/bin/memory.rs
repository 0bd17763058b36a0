//! How much memory and CPU a whole training of millions of rows takes, by a worker of the same build. `BENCH_PYTHON` names a Python
//! with numpy and pandas, which make the rows.

#![allow(clippy::print_stdout, reason = "a bench talks to the person who runs it")]

use clap::Parser;
use mltraining_bench::conclude;
use mltraining_bench::memory::{Wish, measure};
use mltraining_bench::previews::Filled;
use mltraining_bench::service::Service;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "How much memory a whole training takes")]
struct Cli {
    /// Copies of half a million rows
    #[arg(long, default_value_t = 40)]
    copies: u32,
    /// Trees of the forest
    #[arg(long, default_value_t = 20)]
    trees: i32,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let filled = Filled::make(cli.copies).await?;
    println!("{} rows are made", filled.rows);
    let service = Service::start(&filled.url, &[]).await?;
    filled.register(&service.caller()).await?;
    let wish = Wish {
        rows: filled.rows,
        trees: cli.trees,
        threads: cli.threads,
    };
    let rows = measure(&service, wish).await?;
    conclude("memory", &rows)
}
