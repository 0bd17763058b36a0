//! A thousand watchers on one server: their memory, the delay of their messages, and what the server computes.

use super::Length;
use super::jobs::{self, LEASE};
use super::process::{cpu_seconds, resident_bytes};
use super::report::Report;
use crate::report::Goal;
use crate::stats::Percentiles;
use anyhow::Context;
use chrono::{DateTime, Utc};
use mltraining_domain::{JobKind, Progress, WorkPhase, WorkerId};
use mltraining_proto::v1::{self, job_event::Event};
use mltraining_store::Store;
use mltraining_store::claims::Lease;
use mltraining_tests::caller::Caller;
use mltraining_tests::system::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const WATCHERS: usize = 1_000;
/// Each is watched by ten, and tells its progress as often as a worker does at most.
const JOBS: u32 = 100;
const INTERVAL: Duration = Duration::from_secs(1);
/// Watchers of one connection.
const PER_CONNECTION: usize = 50;
const LIMITS: [(&str, &str); 4] = [
    ("MLTS_SERVER__MAX_WATCHES_PER_CALLER", "1000"),
    ("MLTS_SERVER__MAX_CONCURRENT_REQUESTS", "2000"),
    ("MLTS_SERVER__MAX_REQUESTS_PER_CONNECTION", "100"),
    ("MLTS_LOG__LEVEL", "warn"),
];

/// # Errors
/// When a watch breaks.
pub(super) async fn measure(length: &Length, report: &mut Report) -> anyhow::Result<()> {
    report.part("WatchJob: 1,000 watchers of 100 jobs on one server, each job with a progress a second");
    let system = System::start_with(&LIMITS).await;
    system
        .database
        .sql("update project set max_running = 1000000, max_queued = 1000000");
    system.database.sql("insert into project (id) values ('bench-0')");
    let store = jobs::store(&system.database, 4).await?;
    let leases = running(&system, &store).await?;
    let server = system.api.id();
    let before = resident_bytes(server)?;
    let (stop, opened) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let watchers = watch(&system, &leases, &stop, &opened);
    all_open(&opened).await?;
    tell(&store, &leases, 0).await?;

    let (cpu, start) = (cpu_seconds(server)?, Instant::now());
    let mut round = 0;
    while start.elapsed() < length.watch {
        round += 1;
        tell(&store, &leases, round).await?;
    }
    let busy = (cpu_seconds(server)? - cpu) / start.elapsed().as_secs_f64();
    let memory = resident_bytes(server)? - before;
    stop.cancel();
    let mut delays = Vec::new();
    for watcher in watchers {
        delays.extend(watcher.await??);
    }
    let seconds = [None, None, Some(Goal::AtMost(1000.0))];
    report.spread("event to message", "ms", Percentiles::of(delays), seconds);
    let each = memory / WATCHERS as f64 / 1024.0;
    report.hold(
        "memory of the server, each watcher",
        "KiB",
        each,
        Goal::AtMost(100.0),
    );
    report.note("the server's cores in use", "cores", busy);
    Ok(())
}

/// Running jobs of the project `bench-0`.
async fn running(system: &System, store: &Store) -> anyhow::Result<Vec<Lease>> {
    jobs::make_probes(&system.database, JOBS);
    let worker = WorkerId(Uuid::new_v4());
    let mut leases = Vec::new();
    while let Some(job) = jobs::claim(store, worker, JobKind::Probe).await? {
        leases.push(job.lease);
    }
    Ok(leases)
}

/// Tells a progress of each job, evenly over the interval.
async fn tell(store: &Store, leases: &[Lease], round: u32) -> anyhow::Result<()> {
    let start = Instant::now();
    store.beat(leases, LEASE).await?;
    for (place, lease) in (0..).zip(leases) {
        let progress = Progress {
            phase: WorkPhase::Fit,
            fraction: 0.5,
            steps_done: u64::from(round),
            steps_total: 1_000,
            message: format!("fold 1 of 2: tree {round} of 1000"),
        };
        store
            .report_progress(*lease, i64::from(round) + 1, &progress)
            .await?;
        tokio::time::sleep_until((start + INTERVAL * (place + 1) / JOBS).into()).await;
    }
    Ok(())
}

type Watching = JoinHandle<anyhow::Result<Vec<f64>>>;

fn watch(
    system: &System,
    leases: &[Lease],
    stop: &CancellationToken,
    opened: &Arc<AtomicUsize>,
) -> Vec<Watching> {
    let key = system.run(
        "api-server",
        &[
            "keys",
            "create",
            "--project",
            "bench-0",
            "--role",
            "viewer",
            "--name",
            "bench",
        ],
    );
    let caller = |_| Caller::new(&system.endpoint, &key);
    let callers: Vec<Caller> = (0..WATCHERS / PER_CONNECTION).map(caller).collect();
    let start = |number: usize| {
        let caller = callers[number % callers.len()].clone();
        let name = format!("projects/bench-0/jobs/{}", leases[number % leases.len()].job);
        let (stop, opened) = (stop.clone(), Arc::clone(opened));
        tokio::spawn(async move { one(caller, name, stop, &opened).await })
    };
    (0..WATCHERS).map(start).collect()
}

/// Follows one job until told to stop; gives the milliseconds from each progress to its message.
async fn one(
    mut caller: Caller,
    name: String,
    stop: CancellationToken,
    opened: &AtomicUsize,
) -> anyhow::Result<Vec<f64>> {
    let request = v1::WatchJobRequest {
        name,
        after_sequence: 0,
    };
    let mut events = caller.jobs.watch_job(request).await?.into_inner();
    let mut delays = Vec::new();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => return Ok(delays),
            message = events.message() => message?.context("the watch has ended")?,
        };
        match message.event {
            Some(Event::Snapshot(_)) => {
                opened.fetch_add(1, Ordering::Relaxed);
            }
            Some(Event::Progress(_)) => {
                let at = message.time.context("an event without a time")?;
                let at = DateTime::from_timestamp(at.seconds, at.nanos.unsigned_abs()).context("a time")?;
                delays.push((Utc::now() - at).as_seconds_f64() * 1000.0);
            }
            _ => {}
        }
    }
}

async fn all_open(opened: &AtomicUsize) -> anyhow::Result<()> {
    let start = Instant::now();
    while opened.load(Ordering::Relaxed) < WATCHERS {
        let now = opened.load(Ordering::Relaxed);
        anyhow::ensure!(
            start.elapsed() < Duration::from_secs(60),
            "only {now} watches are open"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
