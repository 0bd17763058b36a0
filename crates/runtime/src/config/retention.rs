//! `[retention]`: only worker.

use super::sections::seconds;
use super::{Problem, span};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The shortest age at which a worker's row may be removed: the row of a live one is rewritten far more often.
const SHORTEST_FOR_WORKERS: Duration = seconds(3600);
/// The shortest age at which an audit event may be removed: that of the trigger on its table.
const SHORTEST_FOR_AUDIT: Duration = seconds(30 * 86_400);

/// `[retention]`: how long what is over is kept. An age of 0 keeps it for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Time between two looks for rows that may go, give or take 20 %.
    #[serde(with = "span")]
    pub interval: Duration,
    /// Time between two walks through the artifact storage, give or take 20 %.
    #[serde(with = "span")]
    pub files_interval: Duration,
    /// Age that results and files without a job that succeeded with them reach before they go.
    #[serde(with = "span")]
    pub orphan_grace: Duration,
    /// Age that final jobs reach to which no model version goes back.
    #[serde(with = "span")]
    pub jobs: Duration,
    /// Age that events of final jobs reach.
    #[serde(with = "span")]
    pub events: Duration,
    /// Age that the rows of workers reach which stopped or vanished.
    #[serde(with = "span")]
    pub workers: Duration,
    /// Age that audit events reach.
    #[serde(with = "span")]
    pub audit_events: Duration,
    /// Rows removed at once.
    pub batch: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            interval: seconds(600),
            files_interval: seconds(6 * 3600),
            orphan_grace: seconds(3600),
            jobs: seconds(90 * 86_400),
            events: seconds(30 * 86_400),
            workers: seconds(7 * 86_400),
            audit_events: seconds(400 * 86_400),
            batch: 500,
        }
    }
}

impl RetentionConfig {
    pub(super) fn cross_checks(&self, problems: &mut Vec<Problem>) {
        if !self.workers.is_zero() && self.workers < SHORTEST_FOR_WORKERS {
            let message = "must be 0ms (for ever) or at least 1h, so that no live worker's row is removed";
            problems.push(Problem::new("retention.workers", message));
        }
        if !self.audit_events.is_zero() && self.audit_events < SHORTEST_FOR_AUDIT {
            let message = "must be 0ms (for ever) or at least 30d: Postgres refuses to remove younger rows";
            problems.push(Problem::new("retention.audit_events", message));
        }
    }
}
