//! One attempt at one job: from its claim to what is written about its end.

use crate::context::Context;
use crate::lease_keeper::Held;
use crate::memory::Reservation;
use crate::process::parent::{self, End};
use crate::reporter;
use crate::settle;
use crate::stop::StopReason;
use crate::studies;
use crate::work::Work;
use chrono::{DateTime, Utc};
use mltraining_runtime::metrics::list;
use mltraining_runtime::trace;
use mltraining_store::claims::ClaimedJob;
use std::time::{Instant, SystemTime};
use tracing::{Instrument, Span};

/// What a claimed job takes of the worker, from its claim on.
pub(crate) struct Claim {
    job: ClaimedJob,
    memory: Reservation,
    work: Work,
    held: Held,
}

impl Claim {
    /// Renews the lease of the job from now on.
    pub(crate) fn take(context: &Context, job: ClaimedJob, memory: Reservation) -> Self {
        let work = Work::default();
        let held = context.keeper.hold(job.lease, job.time_left, work.stop.clone());
        Self {
            job,
            memory,
            work,
            held,
        }
    }
}

/// Runs the attempt in its span. Never fails: every end is written to the row, or the lease runs out.
pub(crate) async fn run(context: &Context, claim: Claim) {
    let Claim {
        job,
        memory,
        work,
        held,
    } = claim;
    let span = span_of(&job);
    async {
        tracing::info!("claimed");
        context.signal.tell_events_beside(job.lease.job.0);
        let waited = job.claimed_at.signed_duration_since(job.due_at).to_std();
        list::JOB_PICKUP_DURATION.record(waited.unwrap_or_default().as_secs_f64(), &[job.kind.as_str()]);
        let _active = list::JOB_ACTIVE.up(&[job.kind.as_str()]);
        tokio::select! {
            () = drive(context, &job, &work, &held, memory) => {}
            () = release_when_told(context, &work) => {}
        }
        drop(held);
        studies::after(context, job.kind).await;
        context.signal.tell_events_beside(job.lease.job.0);
    }
    .instrument(span)
    .await;
}

async fn drive(context: &Context, job: &ClaimedJob, work: &Work, held: &Held, memory: Reservation) {
    let start = Instant::now();
    // Nothing is told of the attempt while its end is written: the fence would refuse it, though nothing was lost.
    let end = tokio::select! {
        end = parent::run(context, job, work, memory) => end,
        never = reporter::run(&context.store, job.lease, &work.board, &work.stop) => match never {},
    };
    held.ends();
    let outcome = end.word();
    if let End::Made(stored) = &end {
        let bytes = stored
            .files
            .iter()
            .map(|file| file.size_bytes.max(0) as u64)
            .sum();
        list::ARTIFACT_WRITTEN.add(bytes, &[job.kind.as_str()]);
    }
    match end {
        End::Made(stored) => settle::finish(context, job, &stored, work).await,
        End::Waits(waiting) => settle::park(context, job, &waiting, work).await,
        End::Failed(failure) => settle::fail(context, job, &failure, work).await,
        End::Stopped => settle::stopped(context, job, work).await,
        End::TooLarge(need) => settle::too_large(context, job, need, work).await,
    }
    list::JOB_ATTEMPT_DURATION.record(start.elapsed().as_secs_f64(), &[job.kind.as_str(), outcome]);
}

/// Stops the attempt once the worker drains and its grace is over. Never ends by itself.
async fn release_when_told(context: &Context, work: &Work) {
    context.stop.cancelled().await;
    tokio::time::sleep(context.config.worker.drain_grace).await;
    work.stop.stop(StopReason::Released);
    std::future::pending::<()>().await;
}

/// The span of the attempt. The first attempt continues the request's trace; a later one begins its own, linked to it.
fn span_of(job: &ClaimedJob) -> Span {
    let span = tracing::info_span!(
        "attempt",
        request.id = job.request_id,
        job.id = %job.lease.job,
        job.epoch = job.lease.epoch.0,
        job.kind = job.kind.as_str(),
    );
    if let Some(traceparent) = &job.traceparent {
        let joined = if job.lease.epoch.0 == 1 {
            trace::continue_from(&span, traceparent)
        } else {
            trace::link_to(&span, traceparent)
        };
        if let Err(error) = joined {
            tracing::debug!(%error, "the attempt begins a trace of its own");
        }
    }
    past_span(&span, "queue_wait", job.due_at, job.claimed_at);
    span
}

/// A span that lies in the past, below `parent`, by the database's clock.
fn past_span(parent: &Span, name: &'static str, from: DateTime<Utc>, to: DateTime<Utc>) {
    use opentelemetry::trace::{Span as _, Tracer};
    use tracing_opentelemetry::OpenTelemetrySpanExt;
    let tracer = opentelemetry::global::tracer("worker");
    let builder = tracer.span_builder(name).with_start_time(SystemTime::from(from));
    let mut span = tracer.build_with_context(builder, &parent.context());
    span.end_with_timestamp(SystemTime::from(to.max(from)));
}
