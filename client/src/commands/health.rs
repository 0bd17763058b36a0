//! `mlts health`: is the service, or a worker, ready?

use crate::context::Context;
use crate::errors::CliError;
use crate::output::{Format, Tone};
use clap::Args;
use mltraining_domain::Span;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;

const SERVICE: &str = "readiness";
const PAUSE: Duration = Duration::from_millis(200);

/// Options of `mlts health`.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Wait until it is ready, at most this long
    #[arg(long, value_name = "TIME")]
    wait: Option<Span>,
}

pub(crate) async fn run(args: &HealthArgs, context: &Context<'_>) -> Result<(), CliError> {
    let deadline = Instant::now() + args.wait.map_or(Duration::ZERO, Duration::from);
    loop {
        let answer = readiness(context).await;
        let waits = match &answer {
            Ok(status) => *status != ServingStatus::Serving,
            Err(error) => error.is_transient(),
        };
        if waits && Instant::now() + PAUSE < deadline {
            sleep(PAUSE).await;
            continue;
        }
        return tell(answer?, context);
    }
}

async fn readiness(context: &Context<'_>) -> Result<ServingStatus, CliError> {
    let connection = context.connect().await?;
    let request = HealthCheckRequest {
        service: SERVICE.to_owned(),
    };
    let answer = connection.health().check(request).await?.into_inner();
    Ok(answer.status())
}

fn tell(status: ServingStatus, context: &Context<'_>) -> Result<(), CliError> {
    let output = &context.output;
    match output.format() {
        Format::Json => output.line(json!({ "readiness": status.as_str_name() }).to_string())?,
        Format::Human if status == ServingStatus::Serving => {
            output.line(format!(
                "{}: the service takes requests",
                output.paint.text(Tone::Good, "ready")
            ))?;
        }
        Format::Human => {}
    }
    match status {
        ServingStatus::Serving => Ok(()),
        other => Err(CliError::Unavailable(format!(
            "not ready ({}): it is starting, stopping, or lacks its database; --wait 60s waits for it",
            other.as_str_name()
        ))),
    }
}
