//! The one poller of a server for the events of all watched jobs.
//!
//! A watcher subscribes *before* it looks at the job, and then says up to which sequence it has looked. So nothing falls
//! between its look and the next poll. A job that is told to have new events is looked at at once: workers tell when they
//! have taken a job and when they are done with it, servers when they cancelled one. The poll finds everything else.

use futures::FutureExt;
use mltraining_domain::JobId;
use mltraining_store::jobs::JobEvent;
use mltraining_store::{Store, StoreError};
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Time between two polls; with a worker's own interval it keeps progress below a second.
const INTERVAL: Duration = Duration::from_millis(250);
/// Time between two polls while Postgres does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Events of one job in one poll. More are fetched at once by the next.
const EVENTS_EACH: i64 = 200;
/// Events that a slow watcher may lag behind before it has to look for itself.
const BACKLOG: usize = 512;

/// The watched jobs of a server.
#[derive(Debug)]
pub(crate) struct Hub {
    store: Store,
    stop: CancellationToken,
    /// Time between two polls.
    interval: Duration,
    watched: Mutex<Watched>,
    /// A job waits among those that were told to have events, and can be looked at.
    told: Notify,
}

#[derive(Debug, Default)]
struct Watched {
    jobs: HashMap<JobId, WatchedJob>,
    /// Those of them that were told to have new events and were not looked at since.
    told: HashSet<JobId>,
    /// Whether a task polls. It ends with the last subscription.
    polling: bool,
}

#[derive(Debug)]
struct WatchedJob {
    /// The last sequence that was sent on; `None` until a watcher has looked at the job.
    sent: Option<i64>,
    events: broadcast::Sender<Arc<JobEvent>>,
    watchers: usize,
}

impl Hub {
    /// A hub without watchers; it polls only while there are some, and not after `stop`.
    pub(crate) fn new(store: Store, stop: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            store,
            stop,
            interval: INTERVAL,
            watched: Mutex::default(),
            told: Notify::new(),
        })
    }

    /// Looks at a job at once, if it is watched: it is told to have new events.
    pub(crate) fn told_of(&self, job: JobId) {
        let mut watched = self.lock();
        let Some(entry) = watched.jobs.get(&job) else {
            return;
        };
        let can_look = entry.sent.is_some();
        watched.told.insert(job);
        if can_look {
            self.told.notify_one();
        }
    }

    /// Begins to listen for events of a job. The first come after [`Subscription::looked_up_to`].
    pub(crate) fn subscribe(self: &Arc<Self>, job: JobId) -> Subscription {
        let mut watched = self.lock();
        let entry = watched.jobs.entry(job).or_insert_with(|| WatchedJob {
            sent: None,
            events: broadcast::Sender::new(BACKLOG),
            watchers: 0,
        });
        entry.watchers += 1;
        let events = entry.events.subscribe();
        if !watched.polling {
            watched.polling = true;
            tokio::spawn(Arc::clone(self).poll());
        }
        Subscription {
            hub: Arc::clone(self),
            job,
            events,
        }
    }

    /// The same with another time between two polls.
    #[cfg(test)]
    pub(super) fn with_interval(self: Arc<Self>, interval: Duration) -> Arc<Self> {
        let hub = Arc::into_inner(self).expect("nobody listens yet");
        Arc::new(Self { interval, ..hub })
    }

    #[cfg(test)]
    pub(super) fn watches(&self, job: JobId) -> bool {
        self.lock().jobs.contains_key(&job)
    }

    #[cfg(test)]
    pub(super) fn sent(&self, job: JobId) -> Option<i64> {
        self.lock().jobs.get(&job)?.sent
    }

    #[cfg(test)]
    pub(super) fn polls(&self) -> bool {
        self.lock().polling
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        // The map is whole between any two statements below, so a panic elsewhere spoils nothing.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll(self: Arc<Self>) {
        let mut away = false;
        let mut next_poll = Instant::now();
        loop {
            let is_poll = next_poll <= Instant::now();
            let Some(looked_at) = self.next_round(is_poll) else {
                return;
            };
            let polled = match looked_at.as_slice() {
                [] => Ok(Vec::new()),
                jobs => survive(self.store.poll_events(jobs, EVENTS_EACH)).await,
            };
            report(&polled, &mut away);
            let failed = polled.is_err();
            let has_more = polled.is_ok_and(|events| self.send_on(events));
            if failed {
                next_poll = Instant::now() + PAUSE;
            } else if has_more {
                next_poll = Instant::now();
            } else if is_poll {
                next_poll = Instant::now() + self.interval;
            }
            tokio::select! {
                () = self.stop.cancelled() => {
                    self.lock().polling = false;
                    return;
                }
                () = tokio::time::sleep_until(next_poll) => {}
                () = self.told.notified(), if !failed => {}
            }
        }
    }

    /// The jobs to look at and from where on, all or those that were told to have events; `None`, and no longer polling,
    /// when nobody watches any.
    fn next_round(&self, all: bool) -> Option<Vec<(JobId, i64)>> {
        let mut watched = self.lock();
        let Watched { jobs, told, polling } = &mut *watched;
        if jobs.is_empty() {
            // Under the same lock as a new subscription, which starts the next task.
            *polling = false;
            return None;
        }
        let looked_at = jobs
            .iter()
            .filter(|(job, _)| all || told.contains(job))
            .filter_map(|(job, entry)| Some((*job, entry.sent?)))
            .collect();
        // Who has not looked yet may look before the events: his job stays among those that were told.
        told.retain(|job| jobs.get(job).is_some_and(|entry| entry.sent.is_none()));
        Some(looked_at)
    }

    /// Sends events to their watchers. Returns whether a job may have more.
    fn send_on(&self, events: Vec<JobEvent>) -> bool {
        let mut watched = self.lock();
        let mut counts = HashMap::<JobId, i64>::new();
        for event in events {
            let count = counts.entry(event.job).or_default();
            *count += 1;
            let Some(entry) = watched.jobs.get_mut(&event.job) else {
                continue;
            };
            // A job whose watchers have all gone and others come meanwhile looks from where these have looked.
            if entry.sent.is_some_and(|sent| event.seq > sent) {
                entry.sent = Some(event.seq);
                // Fails only when the last watcher goes right now.
                let _ = entry.events.send(Arc::new(event));
            }
        }
        counts.into_values().any(|count| count >= EVENTS_EACH)
    }
}

/// Makes a panic an error, so that the one poller looks again. The panic hook has logged it by then.
pub(super) async fn survive<T>(look: impl Future<Output = Result<T, StoreError>>) -> anyhow::Result<T> {
    // What a look shares is whole between any two statements.
    match AssertUnwindSafe(look).catch_unwind().await {
        Ok(found) => Ok(found?),
        Err(_) => Err(anyhow::anyhow!("a panic")),
    }
}

/// Says once that Postgres went away, and once that it is back.
pub(super) fn report<T>(polled: &anyhow::Result<T>, away: &mut bool) {
    match polled {
        Err(error) if !*away => {
            tracing::warn!(error = %error, "watched jobs cannot be followed: their events are not read");
        }
        Ok(_) if *away => tracing::info!("watched jobs are followed again"),
        _ => {}
    }
    *away = polled.is_err();
}

/// One watcher of one job. Unsubscribes when dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    job: JobId,
    events: broadcast::Receiver<Arc<JobEvent>>,
}

impl Subscription {
    /// The watcher has seen all events up to this sequence; it hears those after it, and perhaps some before.
    pub(crate) fn looked_up_to(&self, seq: i64) {
        let mut watched = self.hub.lock();
        if let Some(entry) = watched.jobs.get_mut(&self.job) {
            // Another watcher may have looked later and seen more: what lies between was not sent on by anyone. Who has
            // it already passes it over.
            entry.sent = Some(entry.sent.map_or(seq, |sent| sent.min(seq)));
            if watched.told.contains(&self.job) {
                self.hub.told.notify_one();
            }
        }
    }

    /// The next event of the job. A watcher that is too slow misses some, which the sequence shows, but never the newest.
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Arc<JobEvent> {
        loop {
            match self.events.recv().await {
                Ok(event) => return event,
                Err(RecvError::Lagged(_)) => {}
                // The sender lives as long as a subscription does.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut watched = self.hub.lock();
        if let Some(entry) = watched.jobs.get_mut(&self.job) {
            entry.watchers -= 1;
            if entry.watchers == 0 {
                watched.jobs.remove(&self.job);
                watched.told.remove(&self.job);
            }
        }
    }
}
