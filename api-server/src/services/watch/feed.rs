//! The one poller of a server for the events of all watched projects.
//!
//! A watcher subscribes, waits until the poller has begun with its project, and only then looks at the jobs. So nothing falls
//! between its look and the poller's next one.

use super::found::{Found, Reading};
use super::hub;
use super::rounds::{Look, Rounds};
use crate::cache::Cache;
use chrono::{DateTime, Utc};
use mltraining_domain::ProjectId;
use mltraining_store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(250);
/// Time between two looks while Postgres does not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// Parts that a slow watcher may lag behind before it has to look for itself.
const BACKLOG: usize = 256;

/// Events of one project that were found together.
#[derive(Debug)]
pub(super) struct Part {
    /// Everything that was found by then was sent before.
    pub(super) before: DateTime<Utc>,
    /// Each job's in the order of their sequences.
    pub(super) events: Vec<Found>,
}

/// The watched projects of a server.
#[derive(Debug)]
pub(crate) struct Feed {
    store: Store,
    /// Who hears of a version here finds it in its model.
    cache: Cache,
    stop: CancellationToken,
    /// Longer than any transaction that writes an event.
    window: Duration,
    /// Parts that a slow watcher may lag behind.
    backlog: usize,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    projects: HashMap<ProjectId, WatchedProject>,
    /// Whether a task polls. It ends with the last subscription.
    polling: bool,
}

#[derive(Debug)]
struct WatchedProject {
    parts: broadcast::Sender<Arc<Part>>,
    /// Up to when everything was found and sent; `None` until the poller has begun with the project.
    position: watch::Sender<Option<DateTime<Utc>>>,
    watchers: usize,
}

/// The projects of a round, and those among them with which the poller begins.
struct Round {
    projects: Vec<ProjectId>,
    new: Vec<ProjectId>,
}

impl Feed {
    /// A feed without watchers; it polls only while there are some, and not after `stop`. `longest` is the longest time that
    /// a transaction of this service may take.
    pub(crate) fn new(store: Store, cache: Cache, stop: CancellationToken, longest: Duration) -> Arc<Self> {
        Arc::new(Self {
            store,
            cache,
            stop,
            window: longest + Duration::from_secs(30),
            backlog: BACKLOG,
            watched: Mutex::default(),
        })
    }

    /// Begins to listen for the events of a project's jobs.
    pub(crate) fn subscribe(self: &Arc<Self>, project: &ProjectId) -> FeedSubscription {
        let mut watched = self.lock();
        let entry = watched
            .projects
            .entry(project.clone())
            .or_insert_with(|| WatchedProject {
                parts: broadcast::Sender::new(self.backlog),
                position: watch::Sender::new(None),
                watchers: 0,
            });
        entry.watchers += 1;
        let (parts, position) = (entry.parts.subscribe(), entry.position.subscribe());
        if !watched.polling {
            watched.polling = true;
            tokio::spawn(Arc::clone(self).poll());
        }
        FeedSubscription {
            feed: Arc::clone(self),
            project: project.clone(),
            parts,
            position,
        }
    }

    /// The same with another backlog.
    #[cfg(test)]
    pub(super) fn with_backlog(self: Arc<Self>, backlog: usize) -> Arc<Self> {
        let feed = Arc::into_inner(self).expect("nobody listens yet");
        Arc::new(Self { backlog, ..feed })
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
        let mut rounds = Rounds::new(self.window);
        let mut away = false;
        while let Some(round) = self.next_round() {
            let looked = hub::survive(self.look(&mut rounds, &round)).await;
            hub::report(&looked, &mut away);
            let pause = looked.map_or(PAUSE, |()| INTERVAL);
            tokio::select! {
                () = self.stop.cancelled() => {
                    self.lock().polling = false;
                    return;
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// The watched projects; `None`, and no longer polling, when there are none.
    fn next_round(&self) -> Option<Round> {
        let mut watched = self.lock();
        if watched.projects.is_empty() {
            // Under the same lock as a new subscription, which starts the next task.
            watched.polling = false;
            return None;
        }
        let is_new = |entry: &WatchedProject| entry.position.borrow().is_none();
        let new = watched.projects.iter().filter(|(_, entry)| is_new(entry));
        Some(Round {
            new: new.map(|(project, _)| project.clone()).collect(),
            projects: watched.projects.keys().cloned().collect(),
        })
    }

    /// Finds what is new, and sends it on.
    async fn look(&self, rounds: &mut Rounds, round: &Round) -> Result<(), StoreError> {
        let projects = &round.projects;
        rounds.begin(&round.new);
        let now = self.store.now().await?;
        let before = rounds.last().unwrap_or(now);
        let mut look = rounds.look(now, projects);
        let mut jobs = self.store.jobs_with_events(projects, look.since()).await?;
        if matches!(look, Look::Usual(_)) && rounds.is_unsure(&jobs) {
            look = rounds.sweep(now);
            jobs = self.store.jobs_with_events(projects, look.since()).await?;
        }
        let mut reading = Reading::of(rounds.wanted(now, jobs));
        while let Some(found) = reading.next(&self.store, &self.cache).await? {
            for event in &found {
                rounds.sent(&event.project, event.job, event.seq);
            }
            self.send(before, found);
        }
        rounds.complete(now, look, projects);
        self.advance(now, projects);
        Ok(())
    }

    fn send(&self, before: DateTime<Utc>, found: Vec<Found>) {
        let mut parts = HashMap::<ProjectId, Vec<Found>>::new();
        for event in found {
            parts.entry(event.project.clone()).or_default().push(event);
        }
        let watched = self.lock();
        for (project, events) in parts {
            if let Some(entry) = watched.projects.get(&project) {
                // Fails only when the last watcher goes right now.
                let _ = entry.parts.send(Arc::new(Part { before, events }));
            }
        }
    }

    fn advance(&self, now: DateTime<Utc>, projects: &[ProjectId]) {
        let watched = self.lock();
        for entry in projects
            .iter()
            .filter_map(|project| watched.projects.get(project))
        {
            entry.position.send_replace(Some(now));
        }
    }
}

/// One watcher of one project. Unsubscribes when dropped.
#[derive(Debug)]
pub(crate) struct FeedSubscription {
    feed: Arc<Feed>,
    project: ProjectId,
    parts: broadcast::Receiver<Arc<Part>>,
    position: watch::Receiver<Option<DateTime<Utc>>>,
}

/// The watcher was too slow and misses parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lagged;

impl FeedSubscription {
    /// Waits until the poller has begun with the project: every event that is committed from then on is heard.
    pub(super) async fn begun(&mut self) {
        // Fails only when the sender is gone, which lives as long as a subscription does.
        let _ = self.position.wait_for(Option::is_some).await;
    }

    /// Postgres, as the poller uses it.
    pub(super) fn store(&self) -> Store {
        self.feed.store.clone()
    }

    /// What is remembered of it.
    pub(super) fn cache(&self) -> Cache {
        self.feed.cache.clone()
    }

    /// How far events overlap: one that is stamped with a time may still appear so much later.
    pub(super) fn window(&self) -> Duration {
        self.feed.window
    }

    /// Up to when everything was found and sent. It may wait to be heard.
    pub(super) fn position(&self) -> Option<DateTime<Utc>> {
        *self.position.borrow()
    }

    /// The next events of the project. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Arc<Part>, Lagged> {
        match self.parts.recv().await {
            Ok(part) => Ok(part),
            Err(RecvError::Lagged(_)) => Err(Lagged),
            // The sender lives as long as a subscription does.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// The next events that were sent already; `None` when there are none.
    pub(super) fn waiting(&mut self) -> Option<Result<Arc<Part>, Lagged>> {
        match self.parts.try_recv() {
            Ok(part) => Some(Ok(part)),
            Err(TryRecvError::Lagged(_)) => Some(Err(Lagged)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

impl Drop for FeedSubscription {
    fn drop(&mut self) {
        let mut watched = self.feed.lock();
        if let Some(entry) = watched.projects.get_mut(&self.project) {
            entry.watchers -= 1;
            if entry.watchers == 0 {
                watched.projects.remove(&self.project);
            }
        }
    }
}
