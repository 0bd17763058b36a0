//! Whether heartbeats and progress stay within their pages (HOT updates) and touch no index.

use super::Length;
use super::jobs::{self, LEASE};
use super::report::Report;
use crate::report::Goal;
use futures::future::try_join_all;
use mltraining_domain::{JobKind, Progress, WorkPhase, WorkerId};
use mltraining_store::Store;
use mltraining_store::claims::Lease;
use mltraining_tests::database::Database;
use mltraining_tests::wait;
use std::time::Duration;
use uuid::Uuid;

const WORKERS: u32 = 20;
/// Jobs that one worker runs.
const SLOTS: u32 = 5;
/// Time between two beats of a worker, a hundredth of what workers take.
const PAUSE: Duration = Duration::from_millis(100);

/// Updates of table `job` since the database was made.
#[derive(Debug, Clone, Copy)]
struct Updates {
    all: i64,
    hot: i64,
}

/// What workers do with their running jobs.
#[derive(Debug, Clone, Copy)]
enum Load {
    Beats,
    BeatsAndProgress,
}

/// # Errors
/// When a lease is lost.
pub(super) async fn measure(length: &Length, report: &mut Report) -> anyhow::Result<()> {
    report.part("heartbeats of 20 workers with 5 running jobs each");
    let (database, _) = jobs::database(1).await?;
    jobs::make_probes(&database, WORKERS * SLOTS);
    let mut held = Vec::new();
    for _ in 0..WORKERS {
        held.push(claim_all(&database).await?);
    }
    let jobs = i64::from(WORKERS * SLOTS);
    let claimed = settled(&database, jobs).await;
    let rounds = i64::from(length.beats);

    run(&database, &held, Load::Beats, length.beats).await?;
    let beaten = settled(&database, claimed.all + jobs * rounds).await;
    let share = beaten.share_since(claimed);
    report.hold("heartbeats alone, HOT share", "", share, Goal::AtLeast(0.99));

    run(&database, &held, Load::BeatsAndProgress, length.beats).await?;
    let reported = settled(&database, beaten.all + 2 * jobs * rounds).await;
    let share = reported.share_since(beaten);
    report.note("heartbeats, and a progress with each, HOT share", "", share);
    let size = database.count("select pg_relation_size('job')");
    report.note("table of 100 jobs afterwards", "KiB", size as f64 / 1024.0);
    Ok(())
}

impl Updates {
    fn share_since(self, before: Self) -> f64 {
        (self.hot - before.hot) as f64 / (self.all - before.all) as f64
    }
}

/// The counters, once all updates are in them: a session tells its own when it ends, or a second later.
async fn settled(database: &Database, all: i64) -> Updates {
    let count = |column: &str| {
        let table = "pg_stat_user_tables where relname = 'job'";
        database.count(&format!("select {column} from {table}"))
    };
    wait::until("the counters of updates are told", || async {
        let now = Updates {
            all: count("n_tup_upd"),
            hot: count("n_tup_hot_upd"),
        };
        (now.all >= all).then_some(now)
    })
    .await
}

/// Takes a worker's hands full of jobs.
async fn claim_all(database: &Database) -> anyhow::Result<Vec<Lease>> {
    let (store, id) = (jobs::store(database, 1).await?, WorkerId(Uuid::new_v4()));
    let mut leases = Vec::new();
    for _ in 0..SLOTS {
        let job = jobs::claim(&store, id, JobKind::Probe).await?;
        leases.extend(job.map(|job| job.lease));
    }
    store.close().await;
    Ok(leases)
}

async fn run(database: &Database, held: &[Vec<Lease>], load: Load, rounds: u32) -> anyhow::Result<()> {
    try_join_all(held.iter().map(|leases| async move {
        let store = jobs::store(database, 1).await?;
        for round in 1..=rounds {
            let told = store.beat(leases, LEASE).await?;
            anyhow::ensure!(told.lost.is_empty(), "a lease was lost");
            if let Load::BeatsAndProgress = load {
                report_progress(&store, leases, round, rounds).await?;
            }
            tokio::time::sleep(PAUSE).await;
        }
        store.close().await;
        anyhow::Ok(())
    }))
    .await?;
    Ok(())
}

async fn report_progress(store: &Store, leases: &[Lease], round: u32, rounds: u32) -> anyhow::Result<()> {
    let progress = Progress {
        phase: WorkPhase::Fit,
        fraction: f64::from(round) / f64::from(rounds),
        steps_done: u64::from(round),
        steps_total: u64::from(rounds),
        message: format!("fold 1 of 2: tree {round} of {rounds}"),
    };
    for lease in leases {
        store.report_progress(*lease, i64::from(round), &progress).await?;
    }
    Ok(())
}
