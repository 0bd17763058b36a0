//! Taking the next job: priority within a project, fairness between projects, pause and limits held.

use super::Lease;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId, JobKind, ProjectId, TrainSpec, WorkerId};
use serde_json::Value;
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Who claims what.
#[derive(Debug, Clone)]
pub struct ClaimRequest<'a> {
    /// The queue.
    pub queue: &'a str,
    /// The worker.
    pub worker: WorkerId,
    /// How long the lease holds without a heartbeat.
    pub lease: Duration,
    /// The kinds that this worker knows.
    pub kinds: &'a [JobKind],
    /// The newest form of specs that it can read.
    pub max_spec_version: i32,
    /// What is free of its memory, in bytes. A job that is known to need more is left for another time or worker, as long
    /// as a worker that has so much at all was heard within [`large_worker_grace`](Self::large_worker_grace).
    pub free_memory_bytes: u64,
    /// How long a worker that is not heard any more, or has stopped, is counted on to come back.
    pub large_worker_grace: Duration,
}

/// A job that is now this worker's.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// The right to run it.
    pub lease: Lease,
    /// The project.
    pub project: ProjectId,
    /// What it does.
    pub kind: JobKind,
    /// What is to be done, as stored.
    pub spec: Value,
    /// The form of the spec.
    pub spec_version: i32,
    /// The trace of the request that made it.
    pub traceparent: Option<String>,
    /// The correlation id of that request.
    pub request_id: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Since when it could have started.
    pub due_at: DateTime<Utc>,
    /// When it was claimed, by the database's clock.
    pub claimed_at: DateTime<Utc>,
    /// What is left until the deadline of this attempt.
    pub time_left: Duration,
    /// What it is known to need of a worker's memory, in bytes.
    pub memory_bytes: Option<u64>,
}

impl ClaimedJob {
    /// The spec of a training job; check it before it runs.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it cannot be read.
    pub fn train_spec(&self) -> Result<TrainSpec, StoreError> {
        crate::stored::json("job.spec", self.spec.clone())
    }
}

/// How often a claim looks again after other workers took the jobs that it was about to take.
const TRIES: usize = 5;

enum Attempt {
    Claimed(Box<ClaimedJob>),
    NothingDue,
    /// A project had a due job, but it was gone, the project's limit reached, the queue paused or the worker drained, once the
    /// project was locked.
    Outrun,
}

async fn claim_once(
    connection: &mut PgConnection,
    request: &ClaimRequest<'_>,
) -> Result<Attempt, StoreError> {
    let kinds: Vec<String> = request
        .kinds
        .iter()
        .map(|kind| kind.as_str().to_owned())
        .collect();
    let row = sqlx::query_file_as!(
        ClaimedRow,
        "sql/claims/claim.sql",
        request.queue,
        request.worker.0,
        stored::micros(request.lease),
        &kinds,
        request.max_spec_version,
        stored::bytes(request.free_memory_bytes),
        stored::micros(request.large_worker_grace)
    )
    .fetch_optional(connection)
    .await?;
    row.map_or(Ok(Attempt::NothingDue), ClaimedRow::into_attempt)
}

/// Waits until the claims that are under way have ended. A claim that goes on later reads queue, project and worker anew,
/// under the lock of its project, and so sees what was committed before this call.
pub(crate) async fn await_under_way(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query_file!("sql/claims/await_under_way.sql")
        .fetch_all(connection)
        .await?;
    Ok(())
}

/// What `claim_job` returns: a job, or nothing but nulls.
struct ClaimedRow {
    id: Option<Uuid>,
    lease_epoch: Option<i64>,
    project: Option<String>,
    kind: Option<String>,
    spec: Option<Value>,
    spec_version: Option<i32>,
    traceparent: Option<String>,
    request_id: Option<String>,
    created_at: Option<DateTime<Utc>>,
    run_at: Option<DateTime<Utc>>,
    started_at: Option<DateTime<Utc>>,
    time_left_micros: Option<i64>,
    memory_bytes: Option<i64>,
}

impl ClaimedRow {
    fn into_attempt(self) -> Result<Attempt, StoreError> {
        let Self {
            id: Some(id),
            lease_epoch: Some(epoch),
            project: Some(project),
            kind: Some(kind),
            spec: Some(spec),
            spec_version: Some(spec_version),
            traceparent,
            request_id,
            created_at: Some(created_at),
            run_at: Some(due_at),
            started_at: Some(claimed_at),
            time_left_micros: Some(time_left),
            memory_bytes,
        } = self
        else {
            return Ok(Attempt::Outrun);
        };
        Ok(Attempt::Claimed(Box::new(ClaimedJob {
            lease: Lease {
                job: JobId(id),
                epoch: Epoch(epoch),
            },
            project: stored::parse("job.project", &project)?,
            kind: stored::word("job.kind", &kind, JobKind::from_word(&kind))?,
            spec,
            spec_version,
            traceparent,
            request_id,
            created_at,
            due_at,
            claimed_at,
            time_left: stored::duration(time_left),
            memory_bytes: memory_bytes.map(i64::unsigned_abs),
        })))
    }
}

impl Store {
    /// Claims the next job, `None` when nothing can start now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`]: perhaps a job was claimed; [`leases_of`](Self::leases_of) tells, and
    /// the reaper returns it at the latest.
    pub async fn claim_job(&self, request: &ClaimRequest<'_>) -> Result<Option<ClaimedJob>, StoreError> {
        self.within("claims.claim", async {
            for _ in 0..TRIES {
                let mut session = self.session().await?;
                let attempt = claim_once(&mut session, request).await?;
                session.release();
                match attempt {
                    Attempt::Claimed(claimed) => return Ok(Some(*claimed)),
                    Attempt::NothingDue => return Ok(None),
                    Attempt::Outrun => {}
                }
            }
            Ok(None)
        })
        .await
    }

    /// What runs in the name of a worker, whether it knows or not. A claim of it that is still under way may add one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn leases_of(&self, worker: WorkerId) -> Result<Vec<Lease>, StoreError> {
        self.within("claims.in_name", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/claims/in_name.sql", worker.0)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let leases = rows.into_iter().map(|row| Lease {
                job: JobId(row.id),
                epoch: Epoch(row.lease_epoch),
            });
            Ok(leases.collect())
        })
        .await
    }

    /// How long until the next waiting job of the queue becomes due; `None` when none will. Jobs that are due already are
    /// not counted: a claim that left them found a limit or a pause, and the next poll looks again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn next_due(&self, queue: &str) -> Result<Option<Duration>, StoreError> {
        self.within("claims.next_due", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/claims/next_due.sql", queue)
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(row.due_in_micros.map(stored::duration))
        })
        .await
    }
}
