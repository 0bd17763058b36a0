//! Worker processes, for people to look at, and for jobs that need a large one; never used for safety.

use crate::audit::Touched;
use crate::{Store, StoreError, claims, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::name::WorkerName;
use mltraining_domain::{Epoch, JobId, ProjectId, WorkerId};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// What a worker says of itself at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWorker {
    /// Fresh per boot.
    pub id: WorkerId,
    /// Of its machine.
    pub hostname: String,
    /// Of the service.
    pub version: String,
    /// Jobs that it runs at once, 1 or more.
    pub slots: i32,
    /// What they may take together, in bytes.
    pub memory_bytes: u64,
}

/// A worker as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// Its id.
    pub id: WorkerId,
    /// Of its machine.
    pub hostname: String,
    /// Of the service.
    pub version: String,
    /// Jobs that it runs at once.
    pub slots: i32,
    /// What they may take together, in bytes; `None` for a worker of an earlier version.
    pub memory_bytes: Option<u64>,
    /// When it came up.
    pub started_at: DateTime<Utc>,
    /// When it was last heard.
    pub heartbeat_at: DateTime<Utc>,
    /// Since when it takes no new jobs.
    pub draining_at: Option<DateTime<Utc>>,
}

/// A worker as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerStatus {
    /// What its row says.
    pub worker: Worker,
    /// When it ended.
    pub stopped_at: Option<DateTime<Utc>>,
    /// How long ago it was last heard, by the database's clock.
    pub silent_for: Duration,
    /// What it runs, the job started last first.
    pub running: Vec<RunningJob>,
}

/// A job that a worker runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningJob {
    /// The project.
    pub project: ProjectId,
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub epoch: Epoch,
    /// When the attempt started.
    pub started_at: DateTime<Utc>,
}

/// The last worker of a page; the next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerCursor {
    /// When it came up.
    pub started_at: DateTime<Utc>,
    /// Its id.
    pub id: WorkerId,
}

/// What the rows want of a worker that says that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// To go on.
    Work,
    /// To take no more jobs, and to end.
    Drain,
    /// It has no row: to enter itself.
    Entry,
}

impl WorkerStatus {
    /// The cursor of a page that ends with this worker.
    pub fn cursor(&self) -> WorkerCursor {
        WorkerCursor {
            started_at: self.worker.started_at,
            id: self.worker.id,
        }
    }
}

struct StatusRow {
    id: Uuid,
    hostname: String,
    version: String,
    slots: i32,
    memory_bytes: Option<i64>,
    started_at: DateTime<Utc>,
    heartbeat_at: DateTime<Utc>,
    draining_at: Option<DateTime<Utc>>,
    stopped_at: Option<DateTime<Utc>>,
    silent_micros: i64,
}

impl StatusRow {
    fn into_status(self, running: Vec<RunningJob>) -> WorkerStatus {
        WorkerStatus {
            worker: Worker {
                id: WorkerId(self.id),
                hostname: self.hostname,
                version: self.version,
                slots: self.slots,
                memory_bytes: self.memory_bytes.map(i64::unsigned_abs),
                started_at: self.started_at,
                heartbeat_at: self.heartbeat_at,
                draining_at: self.draining_at,
            },
            stopped_at: self.stopped_at,
            silent_for: stored::duration(self.silent_micros),
            running,
        }
    }
}

/// The rows with the jobs of their workers, in one statement for all.
async fn with_running_jobs(
    connection: &mut PgConnection,
    rows: Vec<StatusRow>,
) -> Result<Vec<WorkerStatus>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let jobs = sqlx::query_file!("sql/workers/running_jobs.sql", &ids)
        .fetch_all(connection)
        .await?;
    let mut running: HashMap<Uuid, Vec<RunningJob>> = HashMap::new();
    for job in jobs {
        running.entry(job.worker_id).or_default().push(RunningJob {
            project: stored::parse("job.project", &job.project)?,
            job: JobId(job.id),
            epoch: Epoch(job.lease_epoch),
            started_at: job.started_at,
        });
    }
    let with_jobs = rows.into_iter().map(|row| {
        let jobs = running.remove(&row.id).unwrap_or_default();
        row.into_status(jobs)
    });
    Ok(with_jobs.collect())
}

fn unknown(id: WorkerId) -> StoreError {
    StoreError::NotFound {
        what: "worker",
        name: id.to_string(),
    }
}

impl Store {
    /// Enters a worker.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] for values out of range.
    pub async fn register_worker(&self, worker: &NewWorker) -> Result<(), StoreError> {
        self.within("workers.register", async {
            let mut session = self.session().await?;
            sqlx::query_file!(
                "sql/workers/register.sql",
                worker.id.0,
                worker.hostname,
                worker.version,
                worker.slots,
                stored::bytes(worker.memory_bytes)
            )
            .execute(&mut *session)
            .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// Says that the worker lives, and hears what is wanted of it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn worker_heartbeat(&self, id: WorkerId) -> Result<Wanted, StoreError> {
        self.within("workers.heartbeat", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!("sql/workers/heartbeat.sql", id.0)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Ok(match row {
                Some(row) if row.wanted => Wanted::Work,
                Some(_) => Wanted::Drain,
                None => Wanted::Entry,
            })
        })
        .await
    }

    /// Lets the worker take no new jobs: once this has returned, no claim of it is committed. Draining it again changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]. After [`StoreError::Timeout`] it may drain while a claim of it is still under way.
    pub async fn drain_worker(&self, id: WorkerId) -> Result<WorkerStatus, StoreError> {
        self.within("workers.drain", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let row = sqlx::query_file!("sql/workers/drain.sql", id.0)
                .fetch_optional(&mut *transaction)
                .await?;
            let row = row.ok_or_else(|| unknown(id))?;
            let changed = row.is_changed.then(|| Touched::of_service(WorkerName(id)));
            let status = StatusRow {
                id: row.id,
                hostname: row.hostname,
                version: row.version,
                slots: row.slots,
                memory_bytes: row.memory_bytes,
                started_at: row.started_at,
                heartbeat_at: row.heartbeat_at,
                draining_at: row.draining_at,
                stopped_at: row.stopped_at,
                silent_micros: row.silent_micros,
            };
            self.commit(transaction, changed).await?;
            claims::await_under_way(&mut session).await?;
            let drained = with_running_jobs(&mut session, vec![status]).await?;
            session.release();
            drained.into_iter().next().ok_or_else(|| unknown(id))
        })
        .await
    }

    /// Says that the worker is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn stop_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        self.within("workers.stop", async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/workers/stop.sql", id.0)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(())
        })
        .await
    }

    /// The workers that have not said goodbye, the one heard last first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn live_workers(&self) -> Result<Vec<Worker>, StoreError> {
        self.within("workers.list_live", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/workers/list_live.sql")
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let workers = rows.into_iter().map(|row| Worker {
                id: WorkerId(row.id),
                hostname: row.hostname,
                version: row.version,
                slots: row.slots,
                memory_bytes: row.memory_bytes.map(i64::unsigned_abs),
                started_at: row.started_at,
                heartbeat_at: row.heartbeat_at,
                draining_at: row.draining_at,
            });
            Ok(workers.collect())
        })
        .await
    }

    /// The memory of the largest worker that was heard within `grace`, whether it takes jobs now, drains or has stopped, in
    /// bytes; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn largest_worker(&self, grace: Duration) -> Result<u64, StoreError> {
        self.within("workers.largest", async {
            let mut session = self.session().await?;
            let largest = sqlx::query_file_scalar!("sql/workers/largest.sql", stored::micros(grace))
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(largest.unsigned_abs())
        })
        .await
    }

    /// The workers that have not said goodbye, with what they run, the one started last first, after the cursor, at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_workers(
        &self,
        after: Option<&WorkerCursor>,
        limit: i64,
    ) -> Result<Vec<WorkerStatus>, StoreError> {
        self.within("workers.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                StatusRow,
                "sql/workers/list.sql",
                after.map(|cursor| cursor.started_at),
                after.map(|cursor| cursor.id.0),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            let workers = with_running_jobs(&mut session, rows).await?;
            session.release();
            Ok(workers)
        })
        .await
    }
}
