//! The worker's hold on the process of one attempt.

use super::message::{Command, Ended, Message, Need, Order, Start, Stored};
use super::setup::Setup;
use crate::context::Context;
use crate::memory::Reservation;
use crate::settle;
use crate::stop::StopReason;
use crate::tally::Tally;
use crate::tune::Waiting;
use crate::work::Work;
use mltraining_domain::{FailureClass, JobFailure, Reason};
use mltraining_runtime::config::LogOutput;
use mltraining_runtime::metrics::list;
use mltraining_runtime::trace;
use mltraining_store::StoreError;
use mltraining_store::claims::ClaimedJob;
use nix::sys::signal::Signal;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::Instant;
use tracing::Span;

/// Time that a process has after it was told to stop; then it is killed.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Time that a process has after its last word, the export of its spans aside; then it is killed.
const END_GRACE: Duration = Duration::from_secs(5);

/// How an attempt's process ended.
pub(crate) enum End {
    /// With a result whose files are stored.
    Made(Box<Stored>),
    /// Without one, because it waits for other jobs first.
    Waits(Box<Waiting>),
    /// Without one.
    Failed(JobFailure),
    /// Because the attempt was stopped.
    Stopped,
    /// It needs more memory than is free here.
    TooLarge(Need),
}

impl End {
    /// The word for it in metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Made(_) => "succeeded",
            Self::Waits(_) => "waits",
            Self::Failed(_) => "failed",
            Self::Stopped => "stopped",
            Self::TooLarge(_) => "handed_back",
        }
    }
}

/// Runs the attempt in a process of its own until that has said its last word, died, or been killed.
pub(crate) async fn run(context: &Context, job: &ClaimedJob, work: &Work, memory: Reservation) -> End {
    let mut hold = match Hold::start(context, memory) {
        Ok(hold) => hold,
        Err(error) => return End::Failed(not_started(&error, work)),
    };
    let start = Command::Start(Box::new(Start {
        setup: Setup::of(&context.config),
        order: order(context, job),
    }));
    tokio::select! {
        () = hold.say(&start) => {}
        () = work.stop.stopped() => {} // a process that does not listen does not keep the attempt
    }
    let end = hold.follow(context, job, work).await;
    hold.let_go(context);
    end
}

/// The process and the memory that it may take.
struct Hold {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    memory: Reservation,
    /// It has said that it began.
    started: bool,
}

impl Hold {
    fn start(context: &Context, memory: Reservation) -> io::Result<Self> {
        let lines = match context.config.log.output {
            LogOutput::Stdout => Stdio::from(io::stdout()),
            LogOutput::Stderr => Stdio::inherit(),
        };
        let mut process = context.program.start(lines)?;
        let input = process.stdin.take().expect("the input is a pipe");
        let output = process.stdout.take().expect("the output is a pipe");
        Ok(Self {
            process,
            input,
            output: BufReader::new(output).lines(),
            memory,
            started: false,
        })
    }

    /// Says a command. A process that does not hear it any more has died, and [`Self::follow`] notices.
    async fn say(&mut self, command: &Command) {
        let mut line = serde_json::to_string(command).expect("commands hold only what JSON can write");
        line.push('\n');
        let _ = self.input.write_all(line.as_bytes()).await;
    }

    /// Tells the process to stop. Returns when it is to be killed.
    async fn say_stop(&mut self, reason: StopReason) -> Instant {
        // A lost attempt has nothing left to say, and its successor may need the cores.
        let grace = if reason == StopReason::Lost {
            Duration::ZERO
        } else {
            STOP_GRACE
        };
        let kill_at = Instant::now() + grace;
        let _ = tokio::time::timeout_at(kill_at, self.say(&Command::Stop(reason))).await;
        kill_at
    }

    async fn follow(&mut self, context: &Context, job: &ClaimedJob, work: &Work) -> End {
        let mut kill_at: Option<Instant> = None;
        loop {
            let killing = async move {
                match kill_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                line = self.output.next_line() => match line {
                    Ok(Some(line)) => {
                        if let Some(end) = self.heed(context, job, work, &line).await {
                            return end;
                        }
                    }
                    Ok(None) | Err(_) => return self.died(work).await,
                },
                () = work.stop.stopped(), if kill_at.is_none() => {
                    let reason = work.stop.reason().unwrap_or(StopReason::Lost);
                    kill_at = Some(self.say_stop(reason).await);
                }
                () = killing => {
                    tracing::warn!("the process of the attempt does not stop; killing it");
                    let _ = self.process.start_kill();
                    return End::Stopped;
                }
            }
        }
    }

    /// Acts on one message; the end of the attempt if it was the last.
    async fn heed(&mut self, context: &Context, job: &ClaimedJob, work: &Work, line: &str) -> Option<End> {
        match serde_json::from_str(line) {
            Ok(Message::Started) => self.started = true,
            Ok(Message::Progress(progress)) => work.board.set(progress),
            Ok(Message::Log { severity, text }) => {
                match context.store.append_log(job.lease, severity, &text).await {
                    Ok(()) => {}
                    Err(StoreError::LeaseLost { .. }) => {
                        list::STALE_WRITES.add(1, &["log"]);
                        tracing::warn!(stale_write = "log", "the lease is lost; the line was refused");
                        work.stop.stop(StopReason::Lost);
                    }
                    Err(error) => tracing::warn!(%error, "a line is lost to the job's log"),
                }
            }
            Ok(Message::Tally(tally)) => count(job.kind.as_str(), &tally),
            Ok(Message::Trial(record)) => settle::trial(context, job, &record, work).await,
            Ok(Message::Need(need)) => {
                if !self.memory.resize(need.bytes) {
                    self.say_stop(StopReason::Released).await;
                    return Some(End::TooLarge(need));
                }
                self.say(&Command::Grant).await;
            }
            Ok(Message::Ended(Ended::Made(stored))) => return Some(End::Made(stored)),
            Ok(Message::Ended(Ended::Waits(waiting))) => return Some(End::Waits(waiting)),
            Ok(Message::Ended(Ended::Failed(failure))) => return Some(End::Failed(failure)),
            Ok(Message::Ended(Ended::Stopped)) => return Some(End::Stopped),
            Err(error) => {
                tracing::warn!(%error, "the process of the attempt said something that is not understood");
            }
        }
        None
    }

    /// What it means that the process ended without a last word: before its first one, that it could not begin, which is not
    /// the job's doing.
    async fn died(&mut self, work: &Work) -> End {
        let status = self.process.wait().await;
        if work.stop.reason().is_some() {
            return End::Stopped;
        }
        let phase = work.board.read().phase;
        let how = status.map_or_else(|error| error.to_string(), how_it_ended);
        if !self.started {
            let message =
                format!("the process of the attempt {how} before it began; the worker's log says why");
            return End::Failed(not_begun(message, work));
        }
        End::Failed(JobFailure {
            class: FailureClass::Lost,
            reason: Reason::AttemptCrashed,
            message: format!("the process of the attempt {how} in {}", phase.as_str()),
            phase,
        })
    }

    /// Lets the process end by itself, and kills it if it does not. Its memory is free again once it is gone.
    fn let_go(self, context: &Context) {
        let grace = END_GRACE + context.config.telemetry.export_timeout;
        let Self {
            mut process,
            input,
            output,
            memory,
            started: _,
        } = self;
        context.processes.spawn(async move {
            if tokio::time::timeout(grace, process.wait()).await.is_err() {
                tracing::warn!("the process of an ended attempt stays; killing it");
                let _ = process.kill().await;
            }
            drop((input, output, memory)); // held until now: a process whose input ends takes its worker for gone
        });
    }
}

/// Tells as metrics what the process has counted.
fn count(kind: &'static str, tally: &Tally) {
    list::JOB_ROWS_READ.add(tally.rows_read, &[kind]);
    list::JOB_ROWS_TRAINED.add(tally.rows_trained, &[kind]);
    for (phase, seconds) in &tally.phases {
        list::JOB_PHASE_DURATION.record(*seconds, &[kind, phase.as_str()]);
    }
}

fn order(context: &Context, job: &ClaimedJob) -> Order {
    Order {
        job: job.lease.job,
        epoch: job.lease.epoch,
        project: job.project.clone(),
        kind: job.kind,
        spec: job.spec.clone(),
        request_id: job.request_id.clone(),
        traceparent: trace::traceparent_of(&Span::current()),
        threads: context.threads_of_attempt(),
        memory_limit_bytes: context.memory.capacity(),
    }
}

fn not_started(error: &io::Error, work: &Work) -> JobFailure {
    tracing::warn!(%error, "the process of the attempt cannot be started");
    let message = "the worker cannot start a process for the attempt now; its log says why";
    not_begun(message.to_owned(), work)
}

/// An attempt whose process did not begin: the worker's trouble, whatever the job is.
fn not_begun(message: String, work: &Work) -> JobFailure {
    JobFailure {
        class: FailureClass::Infra,
        reason: Reason::Unavailable,
        message,
        phase: work.board.read().phase,
    }
}

/// How a process ended, for people.
fn how_it_ended(status: ExitStatus) -> String {
    let Some(number) = status.signal() else {
        return format!(
            "ended without a result and with exit code {}",
            status.code().unwrap_or_default()
        );
    };
    let name = Signal::try_from(number).map_or("a signal", Signal::as_str);
    let hint = match number {
        6 => ", as a program does that gets no more memory, overflows its stack or gives itself up,",
        9 => ", as the system does when the machine runs out of memory,",
        _ => "",
    };
    format!("was ended by {name} (signal {number}){hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_process_is_told_by_the_name_of_its_signal_or_by_its_code() {
        let told = how_it_ended(ExitStatus::from_raw(6));
        assert!(told.starts_with("was ended by SIGABRT (signal 6)"), "{told}");
        let told = how_it_ended(ExitStatus::from_raw(3 << 8));
        assert_eq!(told, "ended without a result and with exit code 3");
    }
}
