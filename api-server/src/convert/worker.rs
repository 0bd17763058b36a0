//! Workers.

use super::field::wire_count;
use super::server_info::show_duration;
use super::time::show_instant;
use mltraining_domain::name::{JobName, WorkerName};
use mltraining_proto::v1;
use mltraining_store::workers::{RunningJob, WorkerStatus};
use std::time::Duration;
use v1::WorkerState;

/// A worker that was not heard for this long counts as stale. It beats every 10 s by default.
const STALE_AFTER: Duration = Duration::from_secs(60);

/// The message of a worker.
pub(crate) fn show(status: &WorkerStatus) -> v1::Worker {
    let worker = &status.worker;
    v1::Worker {
        name: WorkerName(worker.id).to_string(),
        state: state(status).into(),
        hostname: worker.hostname.clone(),
        version: worker.version.clone(),
        slots: worker.slots,
        memory_bytes: worker.memory_bytes.map(wire_count),
        running_jobs: status.running.iter().map(show_running).collect(),
        start_time: Some(show_instant(worker.started_at)),
        heartbeat_time: Some(show_instant(worker.heartbeat_at)),
        heartbeat_age: Some(show_duration(status.silent_for)),
        drain_time: worker.draining_at.map(show_instant),
        stop_time: status.stopped_at.map(show_instant),
    }
}

fn state(status: &WorkerStatus) -> WorkerState {
    if status.stopped_at.is_some() {
        return WorkerState::Stopped;
    }
    if status.silent_for >= STALE_AFTER {
        return WorkerState::Stale;
    }
    match status.worker.draining_at {
        Some(_) => WorkerState::Draining,
        None => WorkerState::Active,
    }
}

fn show_running(job: &RunningJob) -> v1::RunningJob {
    let name = JobName {
        project: job.project.clone(),
        job: job.job,
    };
    v1::RunningJob {
        job: name.to_string(),
        attempt: job.epoch.0,
        start_time: Some(show_instant(job.started_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use mltraining_domain::WorkerId;
    use mltraining_store::workers::Worker;

    #[test]
    fn a_worker_is_told_by_its_goodbye_then_its_silence_then_its_drain() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let status = |stopped, silent, draining| WorkerStatus {
            worker: Worker {
                id: WorkerId(uuid::Uuid::nil()),
                hostname: "h".to_owned(),
                version: "1".to_owned(),
                slots: 1,
                memory_bytes: None,
                started_at: at,
                heartbeat_at: at,
                draining_at: draining,
            },
            stopped_at: stopped,
            silent_for: Duration::from_secs(silent),
            running: Vec::new(),
        };
        let all = Some(at);
        assert_eq!(state(&status(all, 99, all)), WorkerState::Stopped);
        assert_eq!(state(&status(None, 60, all)), WorkerState::Stale);
        assert_eq!(state(&status(None, 59, all)), WorkerState::Draining);
        assert_eq!(state(&status(None, 59, None)), WorkerState::Active);
    }
}
