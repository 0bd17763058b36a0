//! A training job: reads its rows, then computes on the bounded pool.

use crate::context::Context;
use crate::train::{self, TrainError, TrainInput, Trained, Work};
use mltraining_domain::{
    Checked, FailureClass, JobFailure, Reason, SourceSpec, TrainSpec, Violations, WorkPhase,
};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_store::StoreError;
use mltraining_store::claims::ClaimedJob;
use mltraining_store::reader::{PanelQuery, PanelRead, ReadError, ReadProgress};
use std::ops::ControlFlow;
use tracing::{Instrument, Span};

/// Everything that the job leaves behind, computed but not yet stored.
pub(crate) struct Made {
    /// The spec that was trained.
    pub spec: Checked<TrainSpec>,
    /// What came of it.
    pub trained: Trained,
}

/// Reads and trains.
pub(crate) async fn make(context: &Context, job: &ClaimedJob, work: &Work) -> Result<Made, TrainError> {
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
    let input = TrainInput {
        spec: spec.clone(),
        source,
        plan,
        panel: read.panel,
        fingerprint: read.fingerprint.into_string(),
    };
    let trained = compute(context, input, work).await?;
    Ok(Made { spec, trained })
}

async fn read(
    context: &Context,
    spec: &TrainSpec,
    source: &SourceSpec,
    plan: &FeaturePlan,
    work: &Work,
) -> Result<PanelRead, TrainError> {
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
    let mut on_rows = |at: ReadProgress| {
        let text = format!("row {} of {}", at.rows, at.expected);
        work.board.note(WorkPhase::Read, at.rows, at.expected, text);
        if work.stop.reason().is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let read = tokio::select! {
        read = context.store.read_panel(&query, &mut on_rows).instrument(span.clone()) => read.map_err(|e| read_failure(&e))?,
        () = work.stop.stopped() => return Err(TrainError::Stopped),
    };
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

/// Trains on the computing threads. A panic there ends the attempt, not the worker.
async fn compute(context: &Context, input: TrainInput, work: &Work) -> Result<Trained, TrainError> {
    let (span, shared) = (Span::current(), work.clone());
    let (answer, result) = tokio::sync::oneshot::channel();
    context.pool.spawn(move || {
        let _ = answer.send(span.in_scope(|| train::train(input, &shared)));
    });
    let panicked = JobFailure {
        class: FailureClass::Transient,
        reason: Reason::Internal,
        message: "a computing thread panicked; the worker's log says where".to_owned(),
        phase: work.board.read().phase,
    };
    result
        .instrument(Span::current())
        .await
        .unwrap_or(Err(TrainError::Failed(panicked)))
}

fn failure(class: FailureClass, reason: Reason, phase: WorkPhase, message: String) -> TrainError {
    TrainError::Failed(JobFailure {
        class,
        reason,
        message,
        phase,
    })
}

/// A spec that was good when it was stored and no longer is, because the source or this version changed.
fn no_longer_valid(found: &Violations) -> TrainError {
    failure(
        FailureClass::User,
        found.reason(),
        WorkPhase::Read,
        found.to_string(),
    )
}

fn store_failure(error: &StoreError) -> TrainError {
    let (class, reason) = match error {
        StoreError::Unavailable { .. } | StoreError::Timeout { .. } => {
            (FailureClass::Infra, Reason::Unavailable)
        }
        StoreError::NotFound { .. } => (FailureClass::User, Reason::NotFound),
        StoreError::LeaseLost { .. } => return TrainError::Stopped,
        _ => (FailureClass::Transient, Reason::Internal),
    };
    failure(class, reason, WorkPhase::Read, error.to_string())
}

fn read_failure(error: &ReadError) -> TrainError {
    if matches!(error, ReadError::Stopped) {
        return TrainError::Stopped;
    }
    let class = match error {
        ReadError::Store(e) if e.is_transient() => FailureClass::Infra,
        _ => FailureClass::User,
    };
    failure(class, error.reason(), WorkPhase::Read, error.to_string())
}
