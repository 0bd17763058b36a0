//! The binary `api-server`.

use api_server::cli;
use mltraining_runtime::exit;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Ok(cli) => exit::report(cli.run().await),
        Err(code) => code,
    }
}
