//! What can be said of every new job.

use super::models::change::labels;
use clap::Args;
use mltraining_domain::Span;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The job.
#[derive(Debug, Args)]
#[command(next_help_heading = "The job")]
pub(crate) struct JobOptions {
    /// 0 goes first, 4 last [default: 2]
    #[arg(long, value_name = "N")]
    pub(crate) priority: Option<i32>,
    /// Labels to find the job by: KEY=VALUE,..
    #[arg(long, value_name = "LABELS", value_parser = labels, default_value = "", hide_default_value = true)]
    pub(crate) labels: BTreeMap<String, String>,
    /// Longest time of one attempt [default: 6h]
    #[arg(long, value_name = "TIME")]
    pub(crate) job_timeout: Option<Span>,
    /// UUID that makes repeating this command safe [default: a new one]
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
    /// Check all and estimate rows, memory and time; train nothing
    #[arg(long, conflicts_with = "detach")]
    pub(crate) validate_only: bool,
    /// Do not wait for the job
    #[arg(long)]
    pub(crate) detach: bool,
}

impl JobOptions {
    /// The id of the request; empty for one that makes nothing.
    pub(crate) fn request_id(&self) -> String {
        match self.validate_only {
            true => String::new(),
            false => self.request_id.unwrap_or_else(Uuid::new_v4).to_string(),
        }
    }
}
