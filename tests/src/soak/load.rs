//! The steady load of a soak: probes of many kinds, some trainings, cancels, retries, watchers.

use super::watcher::Watchers;
use crate::caller::Caller;
use crate::data;
use crate::invariants::Violation;
use crate::scenarios::probe::{Probe, fail, sleep, step, work};
use crate::system::System;
use mltraining_proto::v1 as pb;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;
use std::collections::BTreeMap;

/// Jobs that wait or run at the same time, about.
const OPEN: i64 = 12;

pub(super) struct Load {
    caller: Caller,
    /// Of the API server that is killed now and then.
    mortal: Caller,
    watchers: Watchers,
    done: BTreeMap<&'static str, u64>,
}

impl Load {
    /// `mortal` is the address of a server that is killed now and then.
    pub(super) async fn prepare(system: &System, mortal: &str) -> Self {
        data::make_bars(&system.database, 4, 300);
        let caller = system.caller();
        data::register_bars(&caller).await;
        Self {
            caller,
            mortal: Caller::new(mortal, &system.key),
            watchers: Watchers::default(),
            done: BTreeMap::new(),
        }
    }

    /// Keeps the queue filled, and does one thing to one of its jobs.
    pub(super) async fn step(&mut self, system: &System, random: &mut StdRng) {
        let open = system
            .database
            .count("SELECT count(*) FROM job WHERE finished_at IS NULL");
        if open < OPEN {
            self.submit(system, random).await;
        }
        let job = system
            .database
            .sql("SELECT id FROM job WHERE finished_at IS NULL ORDER BY random() LIMIT 1");
        let through = self.some_server(random);
        match random.random_range(0..10) {
            0 if !job.is_empty() => self.cancel(&through, &job).await,
            1 | 2 if !job.is_empty() => self.watch(&through, job),
            3 => self.retry(&through, system).await,
            _ => {}
        }
    }

    async fn submit(&mut self, system: &System, random: &mut StdRng) {
        let millis = random.random_range(5..1500);
        let probe = match random.random_range(0..12) {
            0..=3 => Probe::doing(&[work(millis)]),
            4 | 5 => Probe::doing(&[sleep(millis)]),
            6 => Probe::doing(&[work(50), fail("TRANSIENT")]).with("until_epoch", json!(1)),
            7 => Probe::doing(&[fail("USER")]),
            8 => Probe::doing(&[step("abort")]).with("until_epoch", json!(1)),
            9 => Probe::nothing().with("artifact_bytes", json!(random.random_range(1..200_000))),
            _ => return self.train(random).await,
        };
        probe.tough().submit(&system.database, 2);
        self.count("probes submitted", 2);
    }

    /// The server that lives on, or the one that is killed.
    fn some_server(&self, random: &mut StdRng) -> Caller {
        if random.random_range(0..2) == 0 {
            self.caller.clone()
        } else {
            self.mortal.clone()
        }
    }

    /// A server, or its sessions, may be gone in the middle: asked once more through the other one, it is the same job.
    async fn train(&mut self, random: &mut StdRng) {
        let model = format!("soak{}", random.random_range(0..5));
        let request = pb::TrainModelRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            ..data::training(&model, 240, random.random_range(2..40))
        };
        for caller in [self.mortal.clone(), self.caller.clone()] {
            if caller.training.clone().train_model(request.clone()).await.is_ok() {
                self.count("trainings submitted", 1);
                return;
            }
        }
    }

    async fn cancel(&mut self, caller: &Caller, job: &str) {
        let request = pb::CancelJobRequest {
            name: format!("projects/default/jobs/{job}"),
            ..Default::default()
        };
        if caller.jobs.clone().cancel_job(request).await.is_ok() {
            self.count("cancels acknowledged", 1);
        }
    }

    fn watch(&mut self, caller: &Caller, job: String) {
        if self.watchers.watch(caller, job) {
            self.count("watches begun", 1);
        }
    }

    /// An operator's retry of a job that ended badly.
    async fn retry(&mut self, caller: &Caller, system: &System) {
        let job = system.database.sql(
            "SELECT id FROM job WHERE state IN ('FAILED', 'DEAD') AND lease_epoch < 5 ORDER BY random() LIMIT 1",
        );
        if job.is_empty() {
            return;
        }
        let request = pb::RetryJobRequest {
            name: format!("projects/default/jobs/{job}"),
            ..Default::default()
        };
        if caller.jobs.clone().retry_job(request).await.is_ok() {
            self.count("retries", 1);
        }
    }

    fn count(&mut self, what: &'static str, more: u64) {
        *self.done.entry(what).or_default() += more;
    }

    /// Waits for the watchers, whose jobs have all ended; what they found.
    pub(super) async fn end(&mut self) -> Vec<Violation> {
        self.watchers.end().await
    }

    pub(super) fn counts(&self, system: &System) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = self
            .done
            .iter()
            .map(|(what, n)| ((*what).to_owned(), *n))
            .collect();
        let rows = system
            .database
            .sql("SELECT 'jobs ' || lower(state), count(*) FROM job GROUP BY 1 ORDER BY 1");
        let rows = rows.lines().filter_map(|row| row.split_once('|'));
        counts.extend(rows.filter_map(|(what, n)| Some((what.to_owned(), n.parse().ok()?))));
        let lost = system
            .database
            .count("SELECT count(*) FROM job_attempt WHERE outcome = 'LOST'");
        counts.push((
            "leases lost (jobs not yet removed)".to_owned(),
            lost.unsigned_abs(),
        ));
        let removed = system.database.count(
            "SELECT count(DISTINCT job) FROM invariants.transition t WHERE NOT EXISTS (SELECT FROM job j WHERE j.id = t.job)",
        );
        counts.push(("jobs removed by retention".to_owned(), removed.unsigned_abs()));
        counts.push((
            "stale writes refused".to_owned(),
            system.stale_writes().len() as u64,
        ));
        counts
    }
}
