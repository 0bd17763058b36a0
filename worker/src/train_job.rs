//! A training job: reads its rows, then computes on threads of its own.

use crate::made::{Made, Output, Version};
use crate::probe_job::panicked;
use crate::process::child::Task;
use crate::process::link;
use crate::process::message::{Message, Need, Order};
use crate::train::{self, TrainInput, Trained};
use crate::work::WorkError;
use mltraining_domain::{FailureClass, JobFailure, Reason, SourceSpec, TrainSpec, Violations, WorkPhase};
use mltraining_panel::Panel;
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_store::StoreError;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::reader::{PanelQuery, PanelRead, ReadError, ReadProgress};
use serde::de::DeserializeOwned;
use std::ops::ControlFlow;
use tracing::{Instrument, Span};

/// Reads and trains.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: TrainSpec = spec_of(&task.order)?;
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
    let read = read(task, &spec, &source, &plan).await?;
    tell_absent(&spec, read.panel.entities());
    tell_empty_contexts(&plan, &read.panel);
    let input = TrainInput {
        spec: spec.clone(),
        source,
        plan,
        panel: read.panel,
        fingerprint: read.fingerprint,
    };
    let trained = compute(task, input).await?;
    let version = Version {
        spec: spec.into_inner(),
        facts: trained.facts,
        evaluation: trained.evaluation,
    };
    Ok(Made {
        output: Output::Version(Box::new(version)),
        files: trained.files,
    })
}

/// Notes a line in the job's log.
fn tell(severity: LogSeverity, text: String) {
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
fn tell_empty_contexts(plan: &FeaturePlan, panel: &Panel) {
    for context in plan.contexts() {
        if panel.context(&context.name).is_some_and(|rows| rows.rows() > 0) {
            continue;
        }
        let text = format!(
            "the context `{}` has no row up to the end of the range: its features are unknown everywhere; is its entity spelt \
             as in its source?",
            context.name
        );
        tracing::warn!("{text}");
        tell(LogSeverity::Warn, text);
    }
}

/// The spec of an order, as it was stored.
pub(crate) fn spec_of<T: DeserializeOwned>(order: &Order) -> Result<T, WorkError> {
    T::deserialize(&order.spec).map_err(|error| {
        let text = format!("this version cannot read the stored spec: {error}");
        failure(FailureClass::Transient, Reason::Internal, WorkPhase::Read, text)
    })
}

async fn read(
    task: &Task,
    spec: &TrainSpec,
    source: &SourceSpec,
    plan: &FeaturePlan,
) -> Result<PanelRead, WorkError> {
    let span = tracing::info_span!("read", rows = tracing::field::Empty);
    let query = PanelQuery::of_training(spec, source, plan, task.config.database.copy_timeout);
    let work = &task.work;
    let mut granted = false;
    let mut on_rows = |at: ReadProgress| {
        if !granted && grant(task, plan, at.expected).is_err() {
            return ControlFlow::Break(());
        }
        granted = true;
        let text = format!("row {} of {}", at.rows, at.expected);
        work.board.note(WorkPhase::Read, at.rows, at.expected, text);
        if work.stop.reason().is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let read = tokio::select! {
        read = task.store.read_panel(&query, &mut on_rows).instrument(span.clone()) => read,
        () = work.stop.stopped() => return Err(WorkError::Stopped),
    };
    let read = read.map_err(|e| read_failure(&e))?;
    span.record("rows", read.panel.rows());
    span.in_scope(|| {
        tracing::info!(
            rows = read.panel.rows(),
            entities = read.panel.entities().len(),
            "rows read"
        );
    });
    Ok(read)
}

/// Waits until the worker has reserved what so many rows need. They are counted by now and not yet read.
fn grant(task: &Task, plan: &FeaturePlan, rows: u64) -> Result<(), WorkError> {
    let need = Need {
        bytes: rows.saturating_mul(plan.bytes_of_row()),
        rows: Some(rows),
    };
    tokio::task::block_in_place(|| task.link.ask_for(need, &task.work.stop))
}

/// Trains on the computing threads. A panic there fails the attempt like any other fault.
async fn compute(task: &Task, input: TrainInput) -> Result<Trained, WorkError> {
    let (span, shared) = (Span::current(), task.work.clone());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(task.order.threads)
        .thread_name(|i| format!("compute-{i}"))
        .panic_handler(|_| {}) // the panic is logged by its hook; the attempt notices that no answer comes
        .build()
        .map_err(|e| {
            let text = format!("the computing threads cannot be started: {e}");
            failure(FailureClass::Transient, Reason::Internal, WorkPhase::Labels, text)
        })?;
    let (answer, result) = tokio::sync::oneshot::channel();
    pool.spawn(move || {
        let _ = answer.send(span.in_scope(|| train::train(input, &shared)));
    });
    result
        .instrument(Span::current())
        .await
        .unwrap_or_else(|_| Err(WorkError::Failed(panicked(&task.work))))
}

fn failure(class: FailureClass, reason: Reason, phase: WorkPhase, message: String) -> WorkError {
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
fn store_failure(error: &StoreError) -> WorkError {
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
