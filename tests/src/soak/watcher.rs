//! Watchers that go on over broken streams, and say what they were told wrongly or not at all.

use crate::caller::Caller;
use crate::invariants::Violation;
use mltraining_proto::v1 as pb;
use pb::job_event::Event;
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// Streams that watch jobs at the same time, at most.
const WATCHERS: usize = 8;
/// How long the watchers of jobs that have all ended may take to see it.
const END: Duration = Duration::from_secs(20);

/// The watchers of a soak.
#[derive(Default)]
pub(crate) struct Watchers {
    running: JoinSet<Option<Violation>>,
    found: Vec<Violation>,
}

impl Watchers {
    /// Watches a job to its end, unless enough are watched. True when it does.
    pub(crate) fn watch(&mut self, caller: &Caller, job: String) -> bool {
        while let Some(ended) = self.running.try_join_next() {
            self.found.extend(told(ended));
        }
        if self.running.len() >= WATCHERS {
            return false;
        }
        let caller = caller.clone();
        self.running.spawn(async move {
            let detail = follow(&caller, &job).await.err()?;
            Some(violation(job, detail))
        });
        true
    }

    /// Waits for the watchers, whose jobs have all ended; what they found.
    pub(crate) async fn end(&mut self) -> Vec<Violation> {
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                self.found.extend(told(ended));
            }
        };
        if tokio::time::timeout(END, all).await.is_err() {
            let detail = format!(
                "{} watchers do not see that their jobs have ended",
                self.running.len()
            );
            self.found.push(violation(String::new(), detail));
            self.running.shutdown().await;
        }
        std::mem::take(&mut self.found)
    }
}

/// What a watcher found; that it panicked, too.
fn told(ended: Result<Option<Violation>, tokio::task::JoinError>) -> Option<Violation> {
    ended.unwrap_or_else(|error| Some(violation(String::new(), error.to_string())))
}

/// That events were told wrongly or not at all; `job` is empty when it is not one job's.
fn violation(job: String, detail: String) -> Violation {
    Violation {
        invariant: "EVENTS".to_owned(),
        job,
        detail,
    }
}

/// Follows a job, resuming whenever its stream breaks, until the stream ends or the job is removed.
///
/// # Errors
/// A gap in its events, an end before that of the job, or an error that is no break. Of the first event nothing is expected: those
/// of a job that was final may be gone.
async fn follow(caller: &Caller, job: &str) -> Result<(), String> {
    let (mut last, mut is_final) = (0, false);
    loop {
        let request = pb::WatchJobRequest {
            name: format!("projects/default/jobs/{job}"),
            after_sequence: last,
        };
        let mut stream = match caller.jobs.clone().watch_job(request).await {
            Ok(stream) => stream.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Ok(()),
            Err(status) => {
                check_break(&status)?;
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        loop {
            match stream.message().await {
                Ok(Some(message)) => match message.event {
                    None | Some(Event::Heartbeat(_)) => {}
                    Some(Event::Snapshot(job)) => is_final = job.end_time.is_some(),
                    Some(_) if last > 0 && message.sequence != last + 1 => {
                        return Err(format!("event {} came after event {last}", message.sequence));
                    }
                    Some(event) => {
                        last = message.sequence;
                        if let Event::StateChange(change) = event {
                            is_final = ends(change.state());
                        }
                    }
                },
                Ok(None) if is_final => return Ok(()),
                Ok(None) => {
                    return Err(format!(
                        "the stream ended after event {last}, and the job had not"
                    ));
                }
                Err(status) if status.code() == Code::NotFound => return Ok(()),
                Err(status) => {
                    check_break(&status)?;
                    break;
                }
            }
        }
    }
}

/// A server that goes, or whose Postgres is away, breaks a stream with one of these.
fn check_break(status: &Status) -> Result<(), String> {
    let is_break = matches!(
        status.code(),
        Code::Unavailable | Code::Unknown | Code::Cancelled | Code::DeadlineExceeded
    ) || (status.code() == Code::Internal && status.details().is_empty()); // the connection's, not the service's
    is_break.then_some(()).ok_or_else(|| format!("refused: {status}"))
}

fn ends(state: pb::JobState) -> bool {
    use pb::JobState::{Cancelled, Dead, Failed, Succeeded};
    matches!(state, Succeeded | Failed | Cancelled | Dead)
}
