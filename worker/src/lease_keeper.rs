//! Renews leases, on a thread and a connection of its own, so that training on all cores never starves it.
//!
//! A heartbeat brings back what the database knows: that a cancel was asked for, that the deadline passed, that the lease
//! is another's. While Postgres is away, training goes on: the fence, not this thread, keeps a stale worker from writing.

use crate::stop::{Stop, StopReason};
use anyhow::Context;
use mltraining_runtime::config::WorkerSection;
use mltraining_runtime::metrics::list;
use mltraining_store::claims::{Beats, Lease};
use mltraining_store::{Store, StoreConfig};
use rand::RngExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How soon a failed heartbeat is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// The handle on the thread, which ends when the handle is dropped.
pub(crate) struct LeaseKeeper {
    leases: Leases,
    end: CancellationToken,
}

/// The leases that are being renewed.
#[derive(Clone, Default)]
struct Leases {
    held: Arc<Mutex<HashMap<Lease, Holder>>>,
    /// Told when a lease is added: its deadline may come before the next heartbeat.
    added: Arc<Notify>,
}

/// Who is told about a lease.
struct Holder {
    deadline: Instant,
    stop: Stop,
    /// The end of the attempt is being written, after which the lease is not there any more.
    ending: bool,
}

/// A lease that is being renewed until this value is dropped.
pub(crate) struct Held {
    lease: Lease,
    leases: Leases,
}

impl LeaseKeeper {
    /// Starts the thread.
    pub(crate) fn start(store: &StoreConfig, config: &WorkerSection) -> anyhow::Result<Self> {
        let (leases, end) = (Leases::default(), CancellationToken::new());
        let (store, config) = (store.clone(), config.clone());
        let (shared, ended) = (leases.clone(), end.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let work = async move {
            match Store::open(&store) {
                Ok(store) => {
                    let keeper = Keeper {
                        store,
                        config,
                        leases: shared,
                    };
                    keeper.run(ended).await;
                }
                Err(error) => tracing::error!(%error, "leases cannot be renewed"),
            }
        };
        std::thread::Builder::new()
            .name("lease-keeper".to_owned())
            .spawn(move || runtime.block_on(work))
            .context("the lease keeper cannot be started")?;
        Ok(Self { leases, end })
    }

    /// The leases that are being renewed now.
    pub(crate) fn held(&self) -> Vec<Lease> {
        self.leases.lock().keys().copied().collect()
    }

    /// Renews `lease` from now on, and stops `stop` when the database says so or `time_left` is over.
    pub(crate) fn hold(&self, lease: Lease, time_left: Duration, stop: Stop) -> Held {
        let holder = Holder {
            deadline: Instant::now() + time_left,
            stop,
            ending: false,
        };
        self.leases.lock().insert(lease, holder);
        self.leases.added.notify_one();
        Held {
            lease,
            leases: self.leases.clone(),
        }
    }
}

impl Held {
    /// Says that the end of the attempt is about to be written. The lease is still renewed; that it is not there any more says
    /// nothing from now on, since a heartbeat may come just after that end. Whether it was lost, the write of the end learns.
    pub(crate) fn ends(&self) {
        if let Some(holder) = self.leases.lock().get_mut(&self.lease) {
            holder.ending = true;
        }
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.lease);
    }
}

impl Leases {
    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, Holder>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next deadline that has not been told yet.
    fn next_deadline(&self) -> Option<Instant> {
        self.lock()
            .values()
            .filter(|holder| holder.stop.reason().is_none())
            .map(|holder| holder.deadline)
            .min()
    }

    fn stop_overdue(&self) {
        let now = Instant::now();
        for holder in self.lock().values().filter(|holder| holder.deadline <= now) {
            holder.stop.stop(StopReason::TimedOut);
        }
    }
}

struct Keeper {
    store: Store,
    config: WorkerSection,
    leases: Leases,
}

impl Keeper {
    async fn run(self, end: CancellationToken) {
        let mut next_beat = Instant::now() + self.pause();
        loop {
            let wake = self
                .leases
                .next_deadline()
                .map_or(next_beat, |deadline| deadline.min(next_beat));
            tokio::select! {
                () = end.cancelled() => return,
                () = self.leases.added.notified() => {}
                () = tokio::time::sleep_until(wake) => {}
            }
            self.leases.stop_overdue();
            if Instant::now() >= next_beat {
                next_beat = Instant::now() + self.beat().await;
            }
        }
    }

    /// Renews all leases. Returns the time until the next heartbeat.
    async fn beat(&self) -> Duration {
        let leases: Vec<Lease> = self.leases.lock().keys().copied().collect();
        if leases.is_empty() {
            return self.pause();
        }
        match self.store.beat(&leases, self.config.lease).await {
            Ok(beats) => {
                self.heed(beats);
                self.pause()
            }
            Err(error) => {
                tracing::warn!(%error, leases = leases.len(), "leases not renewed; training goes on");
                RETRY.min(self.config.heartbeat)
            }
        }
    }

    fn heed(&self, beats: Beats) {
        let mut leases = self.leases.lock();
        for beat in beats.held {
            let Some(holder) = leases.get_mut(&beat.lease) else {
                continue;
            };
            holder.deadline = Instant::now() + beat.time_left;
            if beat.cancel {
                holder.stop.stop(StopReason::Cancelled);
            }
        }
        for lease in beats.lost {
            if let Some(holder) = leases.remove(&lease).filter(|holder| !holder.ending) {
                list::LEASES_LOST.add(1, &[]);
                list::STALE_WRITES.add(1, &["beat"]);
                tracing::warn!(job.id = %lease.job, job.epoch = %lease.epoch, stale_write = "beat", "the lease is lost");
                holder.stop.stop(StopReason::Lost);
            }
        }
    }

    /// The time between two heartbeats, give or take a fifth, so that workers do not beat in step.
    fn pause(&self) -> Duration {
        self.config.heartbeat.mul_f64(rand::rng().random_range(0.8..1.2))
    }
}
