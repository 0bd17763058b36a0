//! Every fault that the job engine must survive, as a function that makes it happen to a whole system and then checks every
//! invariant. `tests/tests/faults.rs` runs the short forms, the program `faults` (`./dev faults`) the full ones.
//!
//! One file a family of faults. A scenario panics when the system does not do what it must; what breaks an invariant comes back in
//! its [`Outcome`].

mod cancel;
mod crash;
mod crowd;
mod hands;
mod hints;
mod kill;
mod late;
mod network;
mod outcome;
mod poison;
mod postgres;
pub mod probe;
mod registry;
mod storage;
mod submit;
mod zombie;

pub use outcome::Outcome;
pub use registry::{SCENARIOS, Scenario};

use crate::database::Database;
use crate::invariants;
use crate::system::System;
use crate::wait;
use std::time::Duration;

/// How much of a scenario is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Seconds: a part of `./dev test`.
    Short,
    /// As much as the design asks for.
    Full,
}

impl Scale {
    /// The number for this scale.
    pub fn of<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// How long the leases of scenarios hold: a lost worker is noticed within a scenario's patience, and a busy machine does not
/// lose one.
const LEASE: Duration = Duration::from_secs(3);

/// Settings of all processes of a scenario; later ones win.
const SETTINGS: &[(&str, &str)] = &[
    ("MLTS_WORKER__PROBE_JOBS", "true"),
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "200ms"),
    ("MLTS_WORKER__POLL_MAX", "500ms"),
    ("MLTS_WORKER__DRAIN_GRACE", "500ms"),
    ("MLTS_DATABASE__STATEMENT_TIMEOUT", "2s"),
];

/// Workers that sweep all the time, so that every check of I8 has met a sweep beside running attempts. Jobs and their events are
/// kept: scenarios count them.
pub const SWEEPING: &[(&str, &str)] = &[
    ("MLTS_RETENTION__INTERVAL", "100ms"),
    ("MLTS_RETENTION__FILES_INTERVAL", "200ms"),
    ("MLTS_RETENTION__ORPHAN_GRACE", "1ms"),
    ("MLTS_RETENTION__JOBS", "0ms"),
    ("MLTS_RETENTION__EVENTS", "1s"),
];

/// A system under observation: short leases, probe jobs allowed, recorders installed, no worker.
async fn system(settings: &[(&str, &str)]) -> System {
    system_on(Database::create(), settings).await
}

/// The same on an empty database, for others that watch a system.
pub async fn observed(database: Database, settings: &[(&str, &str)]) -> System {
    system_on(database, settings).await
}

/// Waits until every job has ended.
pub async fn settle(system: &System, patience: Duration) {
    all_ended(&system.database, patience).await;
}

/// The same on an empty database.
async fn system_on(database: Database, settings: &[(&str, &str)]) -> System {
    let settings = [SETTINGS, settings].concat();
    let system = System::start_on(database, &settings).await;
    invariants::install(&system.database);
    system
        .database
        .sql("UPDATE project SET max_running = 1000, max_queued = 100000");
    system
}

/// Makes waiting jobs due now: backoff is not what scenarios are about, and doubles with each loss.
fn hurry(database: &Database) {
    database.sql("UPDATE job SET run_at = now() WHERE state = 'QUEUED' AND run_at > now()");
}

/// Waits until a question about the rows is answered by `true`, hurrying waiting jobs meanwhile.
async fn rows_say(database: &Database, what: &str, question: &str) {
    rows_say_within(wait::PATIENCE, database, what, question).await;
}

async fn rows_say_within(patience: Duration, database: &Database, what: &str, question: &str) {
    wait::until_within(patience, what, || async {
        hurry(database);
        (database.sql(&format!("SELECT {question}")) == "t").then_some(())
    })
    .await;
}

/// Waits until every job has ended.
async fn all_ended(database: &Database, patience: Duration) {
    let question = "NOT EXISTS (SELECT FROM job WHERE finished_at IS NULL)";
    rows_say_within(patience, database, "every job ends", question).await;
}

/// Waits until the job runs in this epoch.
async fn runs_in_epoch(database: &Database, job: &str, epoch: i64) {
    let question = format!(
        "EXISTS (SELECT FROM job WHERE id = '{job}' AND state = 'RUNNING' AND lease_epoch = {epoch} AND progress IS NOT NULL)"
    );
    rows_say(database, &format!("the job runs in epoch {epoch}"), &question).await;
}

/// `STATE|EPOCH` of a job.
fn stands(database: &Database, job: &str) -> String {
    database.sql(&format!("SELECT state, lease_epoch FROM job WHERE id = '{job}'"))
}

/// Waits until the workers have logged this many refused stale writes of this kind.
async fn refused(system: &System, kind: &str) {
    wait::until(&format!("a stale {kind} is refused"), || async {
        system
            .stale_writes()
            .iter()
            .any(|write| write == kind)
            .then_some(())
    })
    .await;
}
