//! A thousand watches that are open while calls are measured.

use super::{CONNECTIONS, WATCHERS};
use anyhow::{Context, ensure};
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Open watches.
pub(super) struct Watching {
    tasks: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    events: Arc<AtomicU64>,
}

/// The jobs that may be watched, the newest last.
pub(super) type Names = Arc<Mutex<Vec<String>>>;

/// How many of the newest are watched.
const NEWEST: usize = 20;

/// Opens them, each on one of the newest jobs, and on another when that one has ended. Waits until each has had a message.
///
/// # Errors
/// When one is refused, or not all are open within a minute.
pub(super) async fn open(callers: &[Caller], names: &Names) -> anyhow::Result<Watching> {
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let (events, opened) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    for number in 0..WATCHERS {
        let caller = callers[number % CONNECTIONS].clone();
        let names = Arc::clone(names);
        let (stop, events, opened) = (stop.clone(), Arc::clone(&events), Arc::clone(&opened));
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = watch(caller, number, &names, &events, &opened) => ended,
            }
        });
    }
    let start = Instant::now();
    while opened.load(Ordering::Relaxed) < WATCHERS {
        if let Some(ended) = tasks.try_join_next() {
            ended??;
        }
        ensure!(
            start.elapsed() < Duration::from_secs(60),
            "only {} watches are open",
            opened.load(Ordering::Relaxed)
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(Watching { tasks, stop, events })
}

/// Follows one job after another.
async fn watch(
    mut caller: Caller,
    number: usize,
    names: &Names,
    events: &AtomicU64,
    opened: &AtomicUsize,
) -> anyhow::Result<()> {
    let mut is_open = false;
    loop {
        let name = {
            let names = names.lock().unwrap_or_else(PoisonError::into_inner);
            names[names.len() - 1 - number % NEWEST.min(names.len())].clone()
        };
        let request = v1::WatchJobRequest {
            name,
            after_sequence: 0,
        };
        let mut stream = caller.jobs.watch_job(request).await?.into_inner();
        while let Some(_event) = stream.message().await? {
            events.fetch_add(1, Ordering::Relaxed);
            if !is_open {
                is_open = true;
                opened.fetch_add(1, Ordering::Relaxed);
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await; // until a newer one is there
    }
}

impl Watching {
    /// Closes them and says how many messages came.
    ///
    /// # Errors
    /// Of the first watch that broke before.
    pub(super) async fn end(mut self) -> anyhow::Result<u64> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.context("a watch has panicked")??;
        }
        Ok(self.events.load(Ordering::Relaxed))
    }
}
