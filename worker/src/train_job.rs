//! A training job: reads its rows, then computes on the bounded pool.

use crate::context::Context;
use crate::made::{Made, Output, Version};
use crate::probe_job::panicked;
use crate::train::{self, TrainInput, Trained};
use crate::work::{Work, WorkError};
use mltraining_domain::{FailureClass, JobFailure, Reason, SourceSpec, TrainSpec, Violations, WorkPhase};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_store::StoreError;
use mltraining_store::claims::ClaimedJob;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::reader::{PanelQuery, PanelRead, ReadError, ReadProgress};
use std::ops::ControlFlow;
use tracing::{Instrument, Span};

/// Reads and trains.
pub(crate) async fn make(context: &Context, job: &ClaimedJob, work: &Work) -> Result<Made, WorkError> {
    let spec = job
        .train_spec()
        .map_err(|e| store_failure(&e))?
        .check()
        .map_err(|found| no_longer_valid(&found))?;
    let source = context
        .store
        .source(&job.project, &spec.source)
        .await
        .map_err(|e| store_failure(&e))?
        .spec;
    let plan = catalogue::resolve(&spec.features, &source, &spec.label, "spec.features")
        .map_err(|found| no_longer_valid(&found))?;
    let read = read(context, &spec, &source, &plan, work).await?;
    tell_absent(context, job, &spec, read.panel.entities()).await;
    let input = TrainInput {
        spec: spec.clone(),
        source,
        plan,
        panel: read.panel,
        fingerprint: read.fingerprint.into_string(),
    };
    let trained = compute(context, input, work).await?;
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

/// Notes in the job's log which of the entities that the spec names have no row.
async fn tell_absent(context: &Context, job: &ClaimedJob, spec: &TrainSpec, present: &[String]) {
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
    match context
        .store
        .append_log(job.lease, LogSeverity::Warn, &text)
        .await
    {
        Ok(()) => {}
        Err(StoreError::LeaseLost { .. }) => {
            tracing::warn!(stale_write = "log", "the lease is lost; the line was refused");
        }
        Err(error) => tracing::debug!(%error, "the line is not in the job's log"),
    }
}

async fn read(
    context: &Context,
    spec: &TrainSpec,
    source: &SourceSpec,
    plan: &FeaturePlan,
    work: &Work,
) -> Result<PanelRead, WorkError> {
    let span = tracing::info_span!("read", rows = tracing::field::Empty);
    let query = PanelQuery {
        source,
        columns: plan.columns(),
        range: spec.range,
        look_back: plan.look_back(),
        entities: &spec.entities,
        max_rows: spec.max_rows,
        timeout: context.config.database.copy_timeout,
    };
    let need = |rows: u64| memory_need(rows, plan.columns().len(), plan.names().len());
    let limit = context.memory_limit();
    let mut too_large = None;
    let mut on_rows = |at: ReadProgress| {
        if need(at.expected) > limit {
            too_large = Some(at.expected);
            return ControlFlow::Break(());
        }
        let text = format!("row {} of {}", at.rows, at.expected);
        work.board.note(WorkPhase::Read, at.rows, at.expected, text);
        if work.stop.reason().is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let read = tokio::select! {
        read = context.store.read_panel(&query, &mut on_rows).instrument(span.clone()) => read,
        () = work.stop.stopped() => return Err(WorkError::Stopped),
    };
    if let Some(rows) = too_large {
        return Err(memory_failure(rows, need(rows), limit));
    }
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

/// Estimated peak memory of a training, in bytes: the panel in f64 with its times, the matrix in f32 and its bins twice
/// (by column and by row).
fn memory_need(rows: u64, columns: usize, features: usize) -> u64 {
    rows.saturating_mul(16 + 8 * columns as u64 + 6 * features as u64)
}

fn memory_failure(rows: u64, need: u64, limit: u64) -> WorkError {
    let text = format!(
        "{rows} rows need about {} MiB and a job may take {} MiB here; take a shorter range, fewer entities or fewer features, \
         or a worker with a larger worker.memory_limit_bytes",
        need >> 20,
        limit >> 20
    );
    failure(FailureClass::Resource, Reason::MemoryLimit, WorkPhase::Read, text)
}

/// Trains on the computing threads. A panic there ends the attempt, not the worker.
async fn compute(context: &Context, input: TrainInput, work: &Work) -> Result<Trained, WorkError> {
    let (span, shared) = (Span::current(), work.clone());
    let pool = context.threads().map_err(|e| {
        let text = format!("{e:#}");
        failure(FailureClass::Transient, Reason::Internal, WorkPhase::Labels, text)
    })?;
    let (answer, result) = tokio::sync::oneshot::channel();
    pool.spawn(move || {
        let _ = answer.send(span.in_scope(|| train::train(input, &shared)));
    });
    result
        .instrument(Span::current())
        .await
        .unwrap_or_else(|_| Err(WorkError::Failed(panicked(work))))
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
