//! The binary `worker`.

use clap::Parser;
use mltraining_runtime::exit;
use std::process::ExitCode;
use worker::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    exit::report(Cli::parse().run().await)
}
