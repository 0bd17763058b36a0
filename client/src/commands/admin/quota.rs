//! `mlts admin quota`.

use super::{Connection, print};
use crate::context::Context;
use crate::errors::CliError;
use clap::Args;
use mltraining_proto::v1;

/// Shows or changes how much of the service the project may use.
#[derive(Debug, Args)]
pub(super) struct QuotaArgs {
    /// Most jobs of the project that run at once; 0 lets none start
    #[arg(long, value_name = "N")]
    max_running: Option<i32>,
    /// Most jobs of the project that wait in one queue; 0 takes no new ones
    #[arg(long, value_name = "N")]
    max_queued: Option<i32>,
    /// Change it only if nobody did since it was read: the etag of --json
    #[arg(long, value_name = "ETAG", default_value = "", hide_default_value = true)]
    etag: String,
}

impl QuotaArgs {
    fn changes_something(&self) -> bool {
        self.max_running.is_some() || self.max_queued.is_some()
    }
}

/// An etag alone is no change.
pub(super) fn check(args: &QuotaArgs) -> Result<(), CliError> {
    if args.changes_something() || args.etag.is_empty() {
        return Ok(());
    }
    let text = "--etag goes with a change: --max-running or --max-queued";
    Err(CliError::Usage(text.to_owned()))
}

pub(super) async fn run(
    args: &QuotaArgs,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let name = format!("{}/quota", context.parent());
    let mut admin = connection.admin();
    let quota = if args.changes_something() {
        let quota = v1::Quota {
            name,
            max_running: args.max_running,
            max_queued: args.max_queued,
            etag: args.etag.clone(),
            ..v1::Quota::default()
        };
        let request = v1::UpdateQuotaRequest {
            quota: Some(quota),
            update_mask: None,
        };
        admin.update_quota(request).await?.into_inner()
    } else {
        admin.get_quota(v1::GetQuotaRequest { name }).await?.into_inner()
    };
    print(&quota, sentence, context)
}

fn sentence(quota: &v1::Quota) -> String {
    format!(
        "{}: {} of {} jobs running, {} queued, at most {} in a queue",
        quota.name.trim_end_matches("/quota"),
        quota.running,
        quota.max_running(),
        quota.queued,
        quota.max_queued()
    )
}
