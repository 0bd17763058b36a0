//! A training job: reads its rows and computes on threads of its own, at first on what was read while more is being read.

use crate::made::{Made, Output, Version};
use crate::probe_job::panicked;
use crate::process::child::Task;
use crate::process::link;
use crate::process::message::{Message, Need, Order};
use crate::tally;
use crate::train::{self, Gathered, Gathering, TrainInput, Trained};
use crate::work::{Work, WorkError};
use mltraining_domain::{
    Checked, FailureClass, JobFailure, Reason, SourceSpec, TrainSpec, Violations, WorkPhase,
};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_panel::memory::{Purpose, Training, WHOLE_ROWS};
use mltraining_panel::{Fingerprint, Outline};
use mltraining_store::StoreError;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::reader::{Batches, PanelBatch, PanelQuery, PanelSummary, ReadError, ReadProgress};
use rayon::ThreadPool;
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::sync::mpsc;
use tracing::{Instrument, Span};

/// Reads and trains, for a version.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let ready = ready(task, spec_of(&task.order)?).await?;
    let spec = ready.input.spec.clone();
    let trained = train(task, ready).await?;
    let version = Version {
        spec: spec.into_inner(),
        facts: trained.facts,
        evaluation: trained.evaluation,
        found: None,
    };
    Ok(Made {
        output: Output::Version(Box::new(version)),
        files: trained.files,
    })
}

/// A job whose rows are read.
pub(crate) struct Ready {
    /// All that it works on.
    pub input: TrainInput,
    /// The computing threads.
    pool: ThreadPool,
}

/// Reads and gathers what a spec asks for.
pub(crate) async fn ready(task: &Task, spec: TrainSpec) -> Result<Ready, WorkError> {
    gathered(task, spec, None).await
}

/// The same, and keeps what could be traded of the rows decided from this time on, in microseconds since 1970-01-01 UTC.
pub(crate) async fn ready_to_trade(task: &Task, spec: TrainSpec, from: i64) -> Result<Ready, WorkError> {
    gathered(task, spec, Some(from)).await
}

/// A checked spec with what it names.
pub(crate) struct Prepared {
    /// The spec.
    pub spec: Checked<TrainSpec>,
    /// The source as it is registered.
    pub source: SourceSpec,
    /// The features, resolved against the source.
    pub plan: FeaturePlan,
}

/// What came of rows that were taken as they were read.
pub(crate) struct Streamed<T> {
    /// What was made of them.
    pub taken: T,
    /// The hash over them.
    pub fingerprint: Fingerprint,
}

/// Holds a spec against its source, which may have changed since it was stored.
async fn prepare(task: &Task, spec: TrainSpec) -> Result<Prepared, WorkError> {
    let spec = spec.check().map_err(|found| no_longer_valid(&found))?;
    let source = task
        .store
        .source(&task.order.project, &spec.source)
        .await
        .map_err(|e| store_failure(&e))?
        .spec;
    let plan = catalogue::resolve(&spec.features, &source, &spec.label, "spec.features")
        .map_err(|found| no_longer_valid(&found))?;
    plan.check_known_before(&source, spec.known_before, "spec.known_before")
        .into_result(())
        .map_err(|found| no_longer_valid(&found))?;
    tell_left_out(&plan);
    Ok(Prepared { spec, source, plan })
}

/// Reads what a spec asks for and lets `take` have it, batch after batch while more is read, on the computing threads. Nothing of it is
/// kept but what `take` makes of it.
pub(crate) async fn stream<T: Send + 'static>(
    task: &Task,
    spec: TrainSpec,
    take: impl FnOnce(&Prepared, &mut dyn Iterator<Item = PanelBatch>, &Work) -> Result<T, WorkError>
    + Send
    + 'static,
) -> Result<Streamed<T>, WorkError> {
    let prepared = Arc::new(prepare(task, spec).await?);
    let pool = pool(task)?;
    let (to, mut batches) = mpsc::channel(1);
    let wanted = Wanted {
        spec: &prepared.spec,
        source: &prepared.source,
        plan: &prepared.plan,
        tradable_from: None,
        purpose: Purpose::Score,
    };
    let (of, work) = (Arc::clone(&prepared), task.work.clone());
    let all = move || take(&of, &mut std::iter::from_fn(|| batches.blocking_recv()), &work);
    let taking = compute(task, &pool, all);
    let (read, taken) = tokio::join!(read(task, wanted, to), taking);
    let (read, taken) = both(read, taken)?;
    Ok(Streamed {
        taken,
        fingerprint: read.fingerprint,
    })
}

async fn gathered(task: &Task, spec: TrainSpec, tradable_from: Option<i64>) -> Result<Ready, WorkError> {
    let Prepared { spec, source, plan } = prepare(task, spec).await?;
    let pool = pool(task)?;
    let (to, batches) = mpsc::channel(1);
    let wanted = Wanted {
        spec: &spec,
        source: &source,
        plan: &plan,
        tradable_from,
        purpose: tradable_from.map_or(Purpose::Learn, |_| Purpose::Trade),
    };
    let gathering = gather(task, &pool, wanted, batches);
    let (read, gathered) = tokio::join!(read(task, wanted, to), gathering);
    let (read, gathered) = both(read, gathered)?;
    tell_absent(&spec, &gathered.outline.entities);
    tell_empty_contexts(&gathered.outline);
    let input = TrainInput {
        spec,
        source,
        plan,
        gathered,
        fingerprint: read.fingerprint,
    };
    Ok(Ready { input, pool })
}

/// Trains on what was read.
pub(crate) async fn train(task: &Task, ready: Ready) -> Result<Trained, WorkError> {
    ready.compute(task, train::train).await
}

impl Ready {
    /// Works on what was read, on the computing threads.
    pub(crate) async fn compute<T: Send + 'static>(
        self,
        task: &Task,
        what: impl FnOnce(TrainInput, &Work) -> Result<T, WorkError> + Send + 'static,
    ) -> Result<T, WorkError> {
        let Self { input, pool } = self;
        let work = task.work.clone();
        compute(task, &pool, move || what(input, &work)).await
    }
}

/// Notes a line in the job's log.
pub(crate) fn tell(severity: LogSeverity, text: String) {
    link::say(&Message::Log { severity, text });
}

/// Notes in the job's log which of the entities that the spec names have no row.
fn tell_absent(spec: &TrainSpec, present: &[String]) {
    let absent: Vec<&str> = spec
        .entities
        .iter()
        .filter(|name| present.binary_search(name).is_err()) // entities are ordered by their bytes
        .map(String::as_str)
        .collect();
    if absent.is_empty() {
        return;
    }
    let some: Vec<&str> = absent.iter().copied().take(10).collect();
    let text = format!(
        "{} of {} named entities have no row in the range: {}{}",
        absent.len(),
        spec.entities.len(),
        some.join(", "),
        if absent.len() > some.len() { ", ..." } else { "" }
    );
    tracing::warn!("{text}");
    tell(LogSeverity::Warn, text);
}

/// Notes in the job's log what the sets of the spec hold that the source cannot give.
fn tell_left_out(plan: &FeaturePlan) {
    for left_out in plan.left_out() {
        let text = format!(
            "the set `{}` leaves out {} features that need a column or a context which the source lacks: {}",
            left_out.set,
            left_out.features.len(),
            left_out.features.join(", ")
        );
        tracing::info!("{text}");
        tell(LogSeverity::Info, text);
    }
}

/// Notes in the job's log which contexts had no row, so that all features of theirs are unknown.
fn tell_empty_contexts(read: &Outline) {
    for (context, _) in read.contexts.iter().filter(|(_, context)| context.rows == 0) {
        let text = format!(
            "the context `{context}` has no row up to the end of the range: its features are unknown everywhere; is its entity \
             spelt as in its source?"
        );
        tracing::warn!("{text}");
        tell(LogSeverity::Warn, text);
    }
}

/// Both, or what has kept the one from ending: the other may only have been left alone by it.
fn both<A, B>(read: Result<A, WorkError>, gathered: Result<B, WorkError>) -> Result<(A, B), WorkError> {
    match (read, gathered) {
        (Ok(read), Ok(gathered)) => Ok((read, gathered)),
        (_, Err(failed @ WorkError::Failed(_))) | (Err(failed), _) => Err(failed),
        (_, Err(stopped)) => Err(stopped),
    }
}

/// The spec of an order, as it was stored.
pub(crate) fn spec_of<T: DeserializeOwned>(order: &Order) -> Result<T, WorkError> {
    T::deserialize(&order.spec).map_err(|error| {
        let text = format!("this version cannot read the stored spec: {error}");
        failure(FailureClass::Transient, Reason::Internal, WorkPhase::Read, text)
    })
}

/// What is read and gathered.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    spec: &'a TrainSpec,
    source: &'a SourceSpec,
    plan: &'a FeaturePlan,
    tradable_from: Option<i64>,
    purpose: Purpose,
}

async fn read(
    task: &Task,
    wanted: Wanted<'_>,
    to: mpsc::Sender<PanelBatch>,
) -> Result<PanelSummary, WorkError> {
    let span = tracing::info_span!("read", rows = tracing::field::Empty);
    let Wanted {
        spec, source, plan, ..
    } = wanted;
    let query = PanelQuery::of_training(spec, source, plan, task.config.database.copy_timeout);
    let memory = Training {
        plan,
        algorithm: &spec.algorithm,
        task: spec.label.task(),
        threads: task.order.threads,
        purpose: wanted.purpose,
    };
    let batches = Batches {
        rows: memory.batch_rows(),
        whole: WHOLE_ROWS,
        to,
    };
    let work = &task.work;
    let mut granted = None;
    let mut counted = 0;
    let mut on_rows = |at: ReadProgress| {
        match grant(task, &memory, at, granted) {
            Ok(held) => granted = Some(held),
            Err(_) => return ControlFlow::Break(()),
        }
        tally::rows_read(at.rows.saturating_sub(counted));
        counted = at.rows;
        let text = format!("row {} of {}", at.rows, at.expected);
        work.board.note(WorkPhase::Read, at.rows, at.expected, text);
        // Nobody takes the rows any more when what was read first could not be worked on.
        if work.stop.reason().is_some() || batches.to.is_closed() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let read = tokio::select! {
        read = task.store.read_batches(&query, &batches, &mut on_rows).instrument(span.clone()) => read,
        () = work.stop.stopped() => return Err(WorkError::Stopped),
    };
    let read = read.map_err(|e| read_failure(&e))?;
    let rows = read.rows.in_range + read.rows.warm_up;
    span.record("rows", rows);
    span.in_scope(|| tracing::info!(rows, "rows read"));
    Ok(read)
}

/// Waits until the worker has reserved what the rows need, of which `granted` may be held so far. They are counted by now and not
/// yet read; an entity that turns out to be large is asked for again. Says how many may be held from now on.
fn grant(
    task: &Task,
    memory: &Training<'_>,
    at: ReadProgress,
    granted: Option<u64>,
) -> Result<u64, WorkError> {
    let held = match granted {
        None => memory.usual_rows(at.expected),
        Some(granted) if at.held <= granted => return Ok(granted),
        Some(_) => at.held.saturating_mul(2),
    };
    let need = Need {
        bytes: memory.bytes(at.expected, held),
        rows: Some(at.expected),
    };
    tokio::task::block_in_place(|| task.link.ask_for(need, &task.work.stop))?;
    Ok(held)
}

/// Takes what is read, on the computing threads.
async fn gather(
    task: &Task,
    pool: &ThreadPool,
    wanted: Wanted<'_>,
    mut batches: mpsc::Receiver<PanelBatch>,
) -> Result<Gathered, WorkError> {
    let tradable_from = wanted.tradable_from;
    let (spec, source, plan) = (wanted.spec.clone(), wanted.source.clone(), wanted.plan.clone());
    let scratch = task.config.worker.scratch_dir.clone();
    let scratch = scratch.unwrap_or_else(std::env::temp_dir);
    let work = task.work.clone();
    let all = move || {
        let gathering = Gathering {
            spec: &spec,
            source: &source,
            plan: &plan,
            scratch: &scratch,
            tradable_from,
        };
        train::gather(&gathering, std::iter::from_fn(|| batches.blocking_recv()), &work)
    };
    compute(task, pool, all).await
}

/// Works on computing threads of its own.
pub(crate) async fn on_threads<T: Send + 'static>(
    task: &Task,
    what: impl FnOnce(&Work) -> Result<T, WorkError> + Send + 'static,
) -> Result<T, WorkError> {
    let (pool, work) = (pool(task)?, task.work.clone());
    compute(task, &pool, move || what(&work)).await
}

/// The computing threads of an attempt.
fn pool(task: &Task) -> Result<ThreadPool, WorkError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(task.order.threads)
        .thread_name(|i| format!("compute-{i}"))
        .panic_handler(|_| {}) // the panic is logged by its hook; the attempt notices that no answer comes
        .build()
        .map_err(|e| {
            let text = format!("the computing threads cannot be started: {e}");
            failure(FailureClass::Transient, Reason::Internal, WorkPhase::Labels, text)
        })
}

/// Works on the computing threads. A panic there fails the attempt like any other fault.
async fn compute<T: Send + 'static>(
    task: &Task,
    pool: &ThreadPool,
    work: impl FnOnce() -> Result<T, WorkError> + Send + 'static,
) -> Result<T, WorkError> {
    let span = Span::current();
    let (answer, result) = tokio::sync::oneshot::channel();
    pool.spawn(move || {
        let _ = answer.send(span.in_scope(work));
    });
    result
        .instrument(Span::current())
        .await
        .unwrap_or_else(|_| Err(WorkError::Failed(panicked(&task.work))))
}

pub(crate) fn failure(class: FailureClass, reason: Reason, phase: WorkPhase, message: String) -> WorkError {
    WorkError::Failed(JobFailure {
        class,
        reason,
        message,
        phase,
    })
}

/// A spec that was good when it was stored and no longer is, because the source or this version changed.
pub(crate) fn no_longer_valid(found: &Violations) -> WorkError {
    failure(
        FailureClass::User,
        found.reason(),
        WorkPhase::Read,
        found.to_string(),
    )
}

/// What Postgres's answer means for the job. What the driver says stays in the log: it may quote values of rows.
pub(crate) fn store_failure(error: &StoreError) -> WorkError {
    let (class, reason, text) = match error {
        StoreError::LeaseLost { .. } => return WorkError::Stopped,
        StoreError::NotFound { .. } => (FailureClass::User, Reason::NotFound, error.to_string()),
        StoreError::Unavailable { .. } | StoreError::Timeout { .. } => (
            FailureClass::Infra,
            Reason::Unavailable,
            "Postgres could not answer in time".to_owned(),
        ),
        _ => {
            let text = "Postgres refused a statement; the worker's log says why".to_owned();
            (FailureClass::Transient, Reason::Internal, text)
        }
    };
    tracing::warn!(%error, "a store failed");
    failure(class, reason, WorkPhase::Read, text)
}

fn read_failure(error: &ReadError) -> WorkError {
    if matches!(error, ReadError::Stopped) {
        return WorkError::Stopped;
    }
    tracing::warn!(%error, "the source was not read");
    let (class, text) = match error {
        // Final: it would take as long again.
        ReadError::Store(StoreError::Timeout { .. }) => {
            let text = "the source could not be read within database.copy_timeout; take a shorter range or fewer entities";
            (FailureClass::Timeout, text.to_owned())
        }
        ReadError::Store(e) if e.is_transient() => (
            FailureClass::Infra,
            "Postgres could not answer while the source was read".to_owned(),
        ),
        ReadError::Store(_) => {
            let text = "the table of the source cannot be read; is it there, and may the service read it?";
            (FailureClass::User, text.to_owned())
        }
        _ => (FailureClass::User, error.to_string()),
    };
    failure(class, error.reason(), WorkPhase::Read, text)
}
