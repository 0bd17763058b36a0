//! The command line of the binary.

use crate::commands::{fsck, keys, migrate, serve};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use mltraining_domain::release;
use mltraining_runtime::config::{self, ApiConfig, LogOutput, Sources};
use mltraining_runtime::exit::Code;
use mltraining_runtime::metrics::Metrics;
use mltraining_runtime::telemetry::{Service, Telemetry};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Who speaks in log lines and traces.
const SERVICE: Service = Service {
    name: "api-server",
    version: release::VERSION,
};

/// The gRPC server of the training service. Settings come from --config and from MLTS_ variables.
#[derive(Debug, Parser)]
#[command(name = "api-server", version = release::version_line())]
pub struct Cli {
    /// Configuration file (TOML). Default: the one that MLTS_CONFIG names, or none.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the configuration in force, without secrets, and exit.
    #[arg(long, global = true)]
    print_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM (the default).
    Serve,
    /// Bring the database's schema up to this build. A step of the deployment; the server never does it by itself.
    Migrate(migrate::Arguments),
    /// Check the rows of artifacts against the files, both ways. Changes nothing.
    Fsck(fsck::Arguments),
    /// Make, revoke and list API keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
}

/// Reads the command line.
///
/// # Errors
/// The exit code, after help, version or what is wrong was printed: 0, or 64 for a wrong command line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, ExitCode> {
    Cli::try_parse_from(arguments).map_err(|error| {
        // There is nobody left to tell when even this cannot be printed.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Code::Ok.into(),
            _ => Code::Config.into(),
        }
    })
}

impl Cli {
    /// Does what it says.
    ///
    /// # Errors
    /// A [`config::ConfigError`] (exit code 64) before anything is opened; else what the command says.
    pub async fn run(self) -> anyhow::Result<()> {
        let mut config: ApiConfig = config::load(&Sources::of_process(self.config))?;
        if self.print_config {
            return Ok(write!(std::io::stdout().lock(), "{}", config::print(&config))?);
        }
        let command = self.command.unwrap_or(Command::Serve);
        if !matches!(command, Command::Serve) {
            // Standard output is the command's answer.
            config.log.output = LogOutput::Stderr;
        }
        let telemetry = Telemetry::init(SERVICE, &config.log, &config.telemetry)?;
        let outcome = match command {
            Command::Serve => serve_counted(config).await,
            Command::Migrate(arguments) => migrate::migrate(config, arguments).await,
            Command::Fsck(arguments) => fsck::fsck(&config, arguments).await,
            Command::Keys(command) => keys::keys(config, command).await,
        };
        telemetry.shutdown().await;
        outcome
    }
}

/// Serves, and tells numbers meanwhile.
async fn serve_counted(config: ApiConfig) -> anyhow::Result<()> {
    let metrics = Metrics::init(SERVICE, &config.telemetry, &config.metrics)?;
    let outcome = serve::serve(config, metrics.clone()).await;
    metrics.shutdown().await;
    outcome
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::CommandFactory;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_is_serve_and_options_may_stand_after_the_command() {
        assert!(parse(words("api-server")).unwrap().command.is_none());
        let cli = parse(words("api-server serve --config a.toml --print-config")).unwrap();
        assert_eq!(cli.config.unwrap(), PathBuf::from("a.toml"));
        assert!(cli.print_config);
    }

    #[test]
    fn down_and_status_exclude_each_other() {
        assert!(parse(words("api-server migrate --down 3")).is_ok());
        assert!(parse(words("api-server migrate --status")).is_ok());
        assert!(parse(words("api-server migrate --down 3 --status")).is_err());
    }

    #[test]
    fn a_key_needs_project_role_and_name() {
        let line = "api-server keys create --project p --role trainer --name ci --expires 90d";
        assert!(parse(words(line)).is_ok());
        for part in ["--project p ", "--role trainer ", "--name ci "] {
            assert!(
                parse(words(&line.replace(part, ""))).is_err(),
                "{part} was not missed"
            );
        }
        assert!(parse(words(&line.replace("trainer", "king"))).is_err());
        assert!(parse(words(&line.replace("90d", "soon"))).is_err());
        assert!(parse(words(&line.replace("project p", "project P"))).is_err());
    }
}
