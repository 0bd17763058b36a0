//! `mlts`, the command line of the training service.

mod cli;
mod commands;
mod connect;
mod context;
mod demo;
mod errors;
mod exit;
mod load;
mod names;
mod output;
mod when;

use std::env;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = match cli::parse(env::args_os()) {
        Ok(cli) => cli,
        Err(refusal) => return cli::refuse(&refusal),
    };
    let context = context::Context::new(&cli.global);
    match commands::run(cli.command, &context).await {
        Ok(()) => ExitCode::from(exit::OK),
        Err(error) => {
            context.output.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
