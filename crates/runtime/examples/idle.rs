//! A process that does what every process of the service does, and no work. The shape of a `main`, and what the tests of
//! signals, levels and exit codes run. It answers lines of standard input: `say`, `panic`, `fail`.

use anyhow::Context;
use mltraining_runtime::config::{self, Sources, WorkerConfig};
use mltraining_runtime::health::{Health, Readiness};
use mltraining_runtime::readiness::Checks;
use mltraining_runtime::telemetry::{Service, Telemetry};
use mltraining_runtime::{exit, shutdown};
use std::convert::Infallible;
use std::process::ExitCode;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

const SERVICE: Service = Service {
    name: "idle",
    version: env!("CARGO_PKG_VERSION"),
};

#[tokio::main]
async fn main() -> ExitCode {
    exit::report(run().await)
}

async fn run() -> anyhow::Result<()> {
    let config: WorkerConfig = config::load(&Sources::of_process(None))?;
    let telemetry = Telemetry::init(SERVICE, &config.log, &config.telemetry)?;
    let stop = shutdown::on_signal().context("listening to signals")?;
    let (health, _service) = Health::new(&[]).await;
    let checks = Checks::new(&config.readiness).require("nothing", || async { Ok::<(), Infallible>(()) });
    let ready = tokio::spawn(checks.run(health.clone(), stop.clone()));
    let outcome = answer(&stop).await;
    stop.cancel();
    ready.await?;
    tracing::info!(drained = health.readiness().await == Readiness::Draining, "ended");
    telemetry.shutdown().await;
    outcome
}

/// Does what the lines say. After SIGTERM only `bye` ends it, so that a second signal finds it still running.
async fn answer(stop: &CancellationToken) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    tracing::info!("listening");
    while let Some(line) = lines.next_line().await? {
        let span = tracing::info_span!("line", request.id = line);
        let _in = span.enter();
        match line.as_str() {
            "say" => tracing::debug!(stopping = stop.is_cancelled(), "said"),
            "panic" => drop(std::panic::catch_unwind(|| panic!("on purpose"))),
            "fail" => anyhow::bail!("as told"),
            _ => return Ok(()),
        }
        tracing::info!("done");
    }
    Ok(())
}
