//! What callers do during an upgrade: they submit, list and watch, and try again where a server is away.

use crate::caller::Caller;
use crate::data;
use crate::database::Database;
use crate::scenarios::probe::{Probe, work};
use crate::soak::watcher::Watchers;
use mltraining_proto::v1 as pb;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tonic::{Code, Status};

/// Jobs that wait or run at the same time, about.
const OPEN: i64 = 8;
/// Callers who list at the same time.
const LISTERS: usize = 4;
/// How often a call is tried.
const TRIES: usize = 100;

/// Calls of one phase.
#[derive(Debug, Clone, Copy, Default)]
pub struct Calls {
    /// That were answered.
    pub answered: u64,
    /// Tries that found a server away (UNAVAILABLE), and were made again.
    pub hidden: u64,
    /// Tries that no server has answered, because their connection closed as they were sent; made again as well.
    pub cut: u64,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    phase: &'static str,
    calls: BTreeMap<&'static str, Calls>,
    failures: Vec<String>,
    submitted: Vec<String>,
}

/// Callers of both servers.
#[derive(Clone)]
struct Callers {
    both: Arc<[Caller]>,
    turn: Arc<AtomicUsize>,
    seen: Arc<Mutex<Seen>>,
}

impl Callers {
    /// One call, through one server after the other until one answers.
    async fn call<T, F>(&self, what: &str, make: impl Fn(Caller) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        for _ in 0..TRIES {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            match make(self.both[turn % self.both.len()].clone()).await {
                Ok(answer) => {
                    self.count(|calls| calls.answered += 1);
                    return Some(answer);
                }
                Err(status) if status.code() == Code::Unavailable => {
                    self.count(|calls| calls.hidden += 1);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(status) if is_cut(&status) => self.count(|calls| calls.cut += 1),
                Err(status) => return self.fail(&format!("{what}: {status}")),
            }
        }
        self.fail(&format!("{what}: no server answers"))
    }

    fn count(&self, change: impl FnOnce(&mut Calls)) {
        let mut seen = self.seen.lock().unwrap();
        let phase = seen.phase;
        change(seen.calls.entry(phase).or_default());
    }

    fn fail<T>(&self, text: &str) -> Option<T> {
        let mut seen = self.seen.lock().unwrap();
        let text = format!("in `{}`: {text}", seen.phase);
        seen.failures.push(text);
        None
    }

    fn submitted(&self, job: String) {
        self.seen.lock().unwrap().submitted.push(job);
    }

    async fn train(&self, number: usize) -> Option<String> {
        let request = pb::TrainModelRequest {
            request_id: uuid::Uuid::new_v4().to_string(),
            ..data::training(&format!("upgrade{}", number % 5), 240, 10)
        };
        let job = self.call("TrainModel", |caller| {
            let request = request.clone();
            async move { caller.training.clone().train_model(request).await }
        });
        let name = job.await?.into_inner().name;
        name.rsplit_once('/').map(|(_, id)| id.to_owned())
    }

    async fn list(&self) {
        let request = pb::ListJobsRequest {
            parent: "projects/default".to_owned(),
            page_size: 20,
            ..pb::ListJobsRequest::default()
        };
        self.call("ListJobs", |caller| {
            let request = request.clone();
            async move { caller.jobs.clone().list_jobs(request).await }
        })
        .await;
    }
}

/// The client's own word for a connection that was closed under a call: no status of a server has a cause.
fn is_cut(status: &Status) -> bool {
    let is_ours = std::error::Error::source(status).is_some();
    is_ours && matches!(status.code(), Code::Cancelled | Code::Unknown)
}

/// The load, until it is ended.
pub(super) struct Load {
    callers: Callers,
    stop: Arc<AtomicBool>,
    submitting: JoinHandle<Watchers>,
    listing: Vec<JoinHandle<()>>,
}

/// What the load was told.
pub(super) struct Told {
    /// Calls by phase.
    pub(super) calls: BTreeMap<&'static str, Calls>,
    /// Ids of the jobs that it has made.
    pub(super) submitted: Vec<String>,
    /// Calls that failed, and what watchers were told wrongly.
    pub(super) failures: Vec<String>,
}

impl Load {
    /// Begins, through the servers at `endpoints`.
    pub(super) fn begin(database: Arc<Database>, endpoints: &[&str], key: &str, phase: &'static str) -> Self {
        let both = endpoints.iter().map(|endpoint| Caller::new(endpoint, key));
        let seen = Seen {
            phase,
            ..Seen::default()
        };
        let callers = Callers {
            both: both.collect(),
            turn: Arc::default(),
            seen: Arc::new(Mutex::new(seen)),
        };
        let stop = Arc::new(AtomicBool::new(false));
        Self {
            submitting: tokio::spawn(submit(callers.clone(), database, stop.clone())),
            listing: (0..LISTERS)
                .map(|_| tokio::spawn(list(callers.clone(), stop.clone())))
                .collect(),
            callers,
            stop,
        }
    }

    /// Counts what comes from now on for another phase.
    pub(super) fn phase(&self, name: &'static str) {
        self.callers.seen.lock().unwrap().phase = name;
    }

    /// Makes no more jobs and calls; the watchers, who wait for the end of theirs.
    pub(super) async fn quiet(&mut self) -> Watchers {
        self.stop.store(true, Ordering::Relaxed);
        for lister in &mut self.listing {
            lister.await.expect("a lister does not panic");
        }
        (&mut self.submitting)
            .await
            .expect("the submitter does not panic")
    }

    /// What was seen, once the jobs of the watchers have ended.
    pub(super) async fn told(self, mut watchers: Watchers) -> Told {
        let found = watchers.end().await;
        let mut seen = self.callers.seen.lock().unwrap();
        let mut failures = std::mem::take(&mut seen.failures);
        failures.extend(found.iter().map(|found| format!("WatchJob: {}", found.detail)));
        Told {
            calls: std::mem::take(&mut seen.calls),
            submitted: std::mem::take(&mut seen.submitted),
            failures,
        }
    }
}

/// Keeps the queue filled with trainings and probes, and watches some of them.
async fn submit(callers: Callers, database: Arc<Database>, stop: Arc<AtomicBool>) -> Watchers {
    let mut watchers = Watchers::default();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(250)).await;
        if database.count("SELECT count(*) FROM job WHERE finished_at IS NULL") >= OPEN {
            continue;
        }
        number += 1;
        let job = match number % 2 {
            0 => callers.train(number).await,
            _ => Some(Probe::doing(&[work(600)]).submit_one(&database)),
        };
        let Some(job) = job else { continue };
        callers.submitted(job.clone());
        if number % 3 == 0 {
            watchers.watch(&callers.both[number % callers.both.len()], job);
        }
    }
    watchers
}

async fn list(callers: Callers, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        callers.list().await;
    }
}
