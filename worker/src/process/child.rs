//! The process of one attempt, from its order to its last word.

use super::link::{self, Link};
use super::message::{Ended, Message, Order, Start};
use super::{files, limits};
use crate::context::{artifacts, store_config};
use crate::tally::Tally;
use crate::tune::Next;
use crate::work::{Work, WorkError};
use crate::{backtest, batch_predict, compare, evaluate, probe_job, reproduce, train_job, tune};
use mltraining_artifacts::Artifacts;
use mltraining_domain::{JobKind, WorkPhase};
use mltraining_runtime::config::{LogOutput, WorkerConfig};
use mltraining_runtime::telemetry::{Service, Telemetry};
use mltraining_runtime::trace;
use mltraining_store::Store;
use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{Instrument, Span};

/// Connections of a process that does one attempt: a read takes two.
const CONNECTIONS: u32 = 2;

/// What an attempt works with.
pub(crate) struct Task {
    /// The attempt.
    pub order: Order,
    /// The settings of the worker.
    pub config: WorkerConfig,
    /// Postgres, of which only the source and its rows are read.
    pub store: Store,
    /// Where files go.
    pub artifacts: Artifacts,
    /// The way to be stopped, and the board of progress.
    pub work: Work,
    /// The line to the worker.
    pub link: Link,
}

/// Does the one attempt that the worker orders, with the settings that the worker hands over, and says how it ended.
///
/// # Errors
/// What cannot be opened; the worker sees that this process ended before it began.
pub(crate) async fn run(service: Service) -> anyhow::Result<()> {
    let work = Work::default();
    let (link, start) = Link::open(work.stop.clone())?;
    let _unheeded = heed_no_signal()?;
    limits::be_first_to_go();
    let Start { setup, order } = start.await?;
    limits::bound_memory(order.memory_limit_bytes);
    let mut config = setup.into_config();
    config.log.output = LogOutput::Stderr; // standard output is the line to the worker
    let telemetry = Telemetry::init(service, &config.log, &config.telemetry)?;
    let outcome = follow(order, config, work, link).await;
    telemetry.shutdown().await;
    outcome
}

/// Does what the worker orders. Once everything is open it says so: what goes wrong before is not the job's doing.
async fn follow(order: Order, config: WorkerConfig, work: Work, link: Link) -> anyhow::Result<()> {
    let span = span_of(&order);
    let task = Task {
        store: Store::open(&store_config(&config.database, CONNECTIONS))?,
        artifacts: artifacts(&config)?,
        order,
        config,
        work,
        link,
    };
    link::say(&Message::Started);
    Link::tell_progress(task.work.board.clone())?;
    let ended = match task.attempt().instrument(span).await {
        Ok(ended) => ended,
        Err(WorkError::Failed(failure)) => Ended::Failed(failure),
        Err(WorkError::Stopped) => Ended::Stopped,
    };
    let counted = Tally {
        phases: task.work.board.spent(),
        ..Tally::take()
    };
    link::say(&Message::Tally(counted));
    link::say(&Message::Ended(ended));
    Ok(())
}

impl Task {
    async fn attempt(&self) -> Result<Ended, WorkError> {
        let made = match self.order.kind {
            JobKind::Train => Box::pin(train_job::make(self)).await?,
            JobKind::Reproduce => Box::pin(reproduce::make(self)).await?,
            JobKind::Evaluate => Box::pin(evaluate::make(self)).await?,
            JobKind::Compare => Box::pin(compare::make(self)).await?,
            JobKind::Backtest => Box::pin(backtest::make(self)).await?,
            JobKind::BatchPredict => Box::pin(batch_predict::make(self)).await?,
            JobKind::Tune => match Box::pin(tune::step(self)).await? {
                Next::Wait(waiting) => return Ok(Ended::Waits(Box::new(waiting))),
                Next::Made(made) => made,
            },
            JobKind::Trial => Box::pin(tune::make_trials(self)).await?,
            JobKind::Probe => probe_job::make(self).await?,
        };
        self.work.board.note(WorkPhase::Store, 0, 1, "storing the result");
        let stored = files::put(&self.artifacts, &self.order, made)
            .instrument(tracing::info_span!("put"))
            .await?;
        Ok(Ended::Made(Box::new(stored)))
    }
}

/// SIGTERM and SIGINT end the worker in good order, and the worker ends its attempts: this process waits for its word.
fn heed_no_signal() -> io::Result<[Signal; 2]> {
    Ok([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?])
}

/// The span of everything that this process does, below the attempt's.
fn span_of(order: &Order) -> Span {
    let span = tracing::info_span!(
        "work",
        request.id = order.request_id,
        job.id = %order.job,
        job.epoch = order.epoch.0,
        job.kind = order.kind.as_str(),
    );
    if let Some(traceparent) = &order.traceparent
        && let Err(error) = trace::continue_from(&span, traceparent)
    {
        tracing::debug!(%error, "the work begins a trace of its own");
    }
    span
}
