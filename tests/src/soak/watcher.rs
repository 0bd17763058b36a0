//! Watchers that go on over broken streams, and say which events they missed.

use crate::caller::Caller;
use crate::invariants::Violation;
use mltraining_proto::v1 as pb;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::Code;

/// Streams that watch jobs at the same time, at most.
const WATCHERS: usize = 8;

/// The watchers of a soak.
#[derive(Default)]
pub(super) struct Watchers {
    running: JoinSet<()>,
    missed: Arc<Mutex<Vec<Violation>>>,
}

impl Watchers {
    /// Watches a job to its end, unless enough are watched. True when it does.
    pub(super) fn watch(&mut self, caller: &Caller, job: String) -> bool {
        while self.running.try_join_next().is_some() {}
        if self.running.len() >= WATCHERS {
            return false;
        }
        let (caller, missed) = (caller.clone(), Arc::clone(&self.missed));
        self.running.spawn(async move {
            if let Some(detail) = follow(&caller, &job).await {
                let invariant = "EVENTS".to_owned();
                let found = Violation {
                    invariant,
                    job,
                    detail,
                };
                missed.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            }
        });
        true
    }

    /// Ends all watchers; what they missed.
    pub(super) async fn end(&mut self) -> Vec<Violation> {
        self.running.shutdown().await;
        std::mem::take(&mut self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Follows a job, resuming whenever its stream breaks, until the stream ends or the job is removed. A gap in its events, if any:
/// of the first one it is told nothing, since the events of a job that was final may be gone.
async fn follow(caller: &Caller, job: &str) -> Option<String> {
    let mut last = 0;
    loop {
        let request = pb::WatchJobRequest {
            name: format!("projects/default/jobs/{job}"),
            after_sequence: last,
        };
        let mut stream = match caller.jobs.clone().watch_job(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) if status.code() == Code::NotFound => return None,
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        loop {
            match stream.message().await {
                Ok(Some(message)) => match message.event {
                    None | Some(pb::job_event::Event::Snapshot(_) | pb::job_event::Event::Heartbeat(_)) => {}
                    Some(_) if last > 0 && message.sequence != last + 1 => {
                        return Some(format!("event {} came after event {last}", message.sequence));
                    }
                    Some(_) => last = message.sequence,
                },
                Ok(None) => return None,
                Err(_) => break,
            }
        }
    }
}
