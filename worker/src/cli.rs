//! The command line of the binary `worker`.

use crate::process;
use crate::process::program::Program;
use anyhow::Context;
use clap::Parser;
use mltraining_domain::release;
use mltraining_runtime::config::{self, Sources, WorkerConfig};
use mltraining_runtime::metrics::{self, Metrics};
use mltraining_runtime::telemetry::{Service, Telemetry};
use mltraining_runtime::{exit, shutdown};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Claims training jobs and does them. Settings come from the file, then from the environment (MLTS_SECTION__KEY).
#[derive(Debug, Parser)]
#[command(name = "worker", version = release::version_line())]
pub struct Cli {
    /// TOML file of settings; MLTS_CONFIG names one as well.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the settings, without secrets, and end.
    #[arg(long)]
    print_config: bool,
    /// Do one attempt for the worker that started this process, and speak with it over standard input and output.
    #[arg(long, hide = true)]
    attempt: bool,
}

impl Cli {
    /// Config -> telemetry -> bind -> serve -> drain.
    ///
    /// # Errors
    /// A wrong configuration (exit code 64) before anything is bound; whatever ends the worker early.
    pub async fn run(self) -> anyhow::Result<()> {
        let service = Service {
            name: "worker",
            version: release::VERSION,
        };
        if self.attempt {
            return process::child::run(service).await;
        }
        let config: WorkerConfig = config::load(&Sources::of_process(self.config))?;
        if self.print_config {
            return Ok(write!(std::io::stdout(), "{}", config::print(&config))?);
        }
        let telemetry = Telemetry::init(service, &config.log, &config.telemetry)?;
        let metrics = Metrics::init(service, &config.telemetry, &config.metrics)?;
        let outcome = work(config, metrics.clone()).await;
        metrics.shutdown().await;
        telemetry.shutdown().await;
        outcome
    }
}

async fn work(config: WorkerConfig, metrics: Metrics) -> anyhow::Result<()> {
    let program = Program::of_process()?;
    let stop = shutdown::on_signal()?;
    let listener = bind("health.listen", config.health.listen).await?;
    let told = CancellationToken::new();
    if let Some(address) = config.metrics.listen {
        let listener = bind("metrics.listen", address).await?;
        tokio::spawn(metrics::serve(listener, metrics, told.clone()));
    }
    let outcome = crate::run(listener, config, program, stop).await;
    told.cancel(); // only now: numbers are told while the worker drains
    outcome
}

async fn bind(key: &str, address: SocketAddr) -> Result<TcpListener, exit::Coded> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("{key}: {address} cannot be bound"));
    listener.map_err(|error| exit::Coded::new(exit::Code::Unavailable, error))
}
