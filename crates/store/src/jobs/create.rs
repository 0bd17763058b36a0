//! Making a job: idempotent, and within the project's limit of waiting jobs.

use super::read::{fetch, unknown};
use super::{Job, JobView};
use crate::audit::{AuditOutcome, Touched};
use crate::sources::Idempotency;
use crate::{Store, StoreError, projects, stored};
use mltraining_domain::name::JobName;
use mltraining_domain::spec::train::SPEC_VERSION;
use mltraining_domain::{
    BacktestSpec, BatchPredictSpec, Checked, CompareSpec, EvaluateSpec, JobId, JobKind, ModelId, Priority,
    ProjectId, ReproduceSpec, SourceId, Span, TimeRange, TrainSpec, TuneSpec,
};
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;

/// The longest time of an attempt when the request names none.
pub const DEFAULT_TIMEOUT: Span = Span::from_mins(6 * 60);

/// What a new job is to do.
#[derive(Debug, Clone, Copy)]
pub enum NewSpec<'a> {
    /// Train a version of a model.
    Train(&'a Checked<TrainSpec>),
    /// Train again what was trained before.
    Reproduce(&'a Checked<ReproduceSpec>),
    /// Judge a model version on a period.
    Evaluate(&'a Checked<EvaluateSpec>),
    /// Compare model versions on the same rows.
    Compare(&'a Checked<CompareSpec>),
    /// Walk forward through time.
    Backtest(&'a Checked<BacktestSpec>),
    /// Say what a version foresees of a range.
    BatchPredict(&'a Checked<BatchPredictSpec>),
    /// Look for the parameters of a learner.
    Tune(&'a Checked<TuneSpec>),
}

impl<'a> NewSpec<'a> {
    /// The kind of the job.
    pub fn kind(self) -> JobKind {
        match self {
            Self::Train(_) => JobKind::Train,
            Self::Reproduce(_) => JobKind::Reproduce,
            Self::Evaluate(_) => JobKind::Evaluate,
            Self::Compare(_) => JobKind::Compare,
            Self::Backtest(_) => JobKind::Backtest,
            Self::BatchPredict(_) => JobKind::BatchPredict,
            Self::Tune(_) => JobKind::Tune,
        }
    }

    fn stored(self) -> Value {
        match self {
            Self::Train(spec) => stored::to_json(&**spec),
            Self::Reproduce(spec) => stored::to_json(&**spec),
            Self::Evaluate(spec) => stored::to_json(&**spec),
            Self::Compare(spec) => stored::to_json(&**spec),
            Self::Backtest(spec) => stored::to_json(&**spec),
            Self::BatchPredict(spec) => stored::to_json(&**spec),
            Self::Tune(spec) => stored::to_json(&**spec),
        }
    }

    /// The training that it does, or that made the (first) version which it looks at.
    pub fn train(self) -> &'a TrainSpec {
        match self {
            Self::Train(spec) => spec,
            Self::Reproduce(spec) => &spec.train,
            Self::Evaluate(spec) => &spec.version.train,
            Self::Compare(spec) => &spec.versions[0].train,
            Self::Backtest(spec) => &spec.train,
            Self::BatchPredict(spec) => &spec.version.train,
            Self::Tune(spec) => &spec.train,
        }
    }

    /// The model that gets a version.
    pub fn model(self) -> Option<&'a ModelId> {
        match self {
            Self::Train(spec) => Some(&spec.model),
            Self::Tune(spec) => Some(&spec.train.model),
            Self::Reproduce(_)
            | Self::Evaluate(_)
            | Self::Compare(_)
            | Self::Backtest(_)
            | Self::BatchPredict(_) => None,
        }
    }

    /// The source that is read.
    pub fn source(self) -> &'a SourceId {
        &self.train().source
    }

    /// The decision times that are read.
    pub fn range(self) -> TimeRange {
        match self {
            Self::Train(_) | Self::Reproduce(_) | Self::Tune(_) => self.train().range,
            Self::Evaluate(spec) => spec.range,
            Self::Compare(spec) => spec.range,
            Self::Backtest(spec) => spec.train.range,
            Self::BatchPredict(spec) => spec.range,
        }
    }
}

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob<'a> {
    /// A fresh UUID v7.
    pub id: JobId,
    /// The project.
    pub project: &'a ProjectId,
    /// The queue, usually [`DEFAULT_QUEUE`](crate::queues::DEFAULT_QUEUE).
    pub queue: &'a str,
    /// What is to be done.
    pub spec: NewSpec<'a>,
    /// Makes repeating safe.
    pub idempotency: Option<Idempotency>,
    /// The correlation id of the request, at most 128 printable ASCII characters.
    pub request_id: Option<&'a str>,
    /// The W3C trace of the request.
    pub traceparent: Option<&'a str>,
    /// Who asks.
    pub created_by: &'a str,
    /// 0 first, 4 last.
    pub priority: Priority,
    /// Words to find it by.
    pub labels: &'a BTreeMap<String, String>,
    /// Longest time of an attempt; `None` for [`DEFAULT_TIMEOUT`].
    pub timeout: Option<Span>,
}

/// What became of a request to make a job.
#[derive(Debug, Clone, PartialEq)]
pub enum CreatedJob {
    /// It was made.
    Created(Job),
    /// The same request made it before.
    Existing(Job),
    /// The idempotency key was used for another request (REQUEST_ID_REUSED).
    KeyReused,
    /// The project has this many jobs waiting in the queue already, which is its limit (QUEUE_FULL).
    QueueFull {
        /// The limit.
        max_queued: i32,
    },
    /// The model is deleted (ALREADY_EXISTS: undelete it first).
    ModelDeleted,
}

enum Inserted {
    Created,
    Existing(JobId),
    KeyReused,
    ModelDeleted,
    QueueFull { max_queued: i32 },
}

/// Makes the count of the project's waiting jobs stand still until the end of the transaction: whoever adds one holds this lock.
pub(crate) async fn lock(connection: &mut PgConnection, project: &ProjectId) -> Result<(), StoreError> {
    sqlx::query_file!("sql/jobs/create_lock.sql", project.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(connection: &mut PgConnection, job: &NewJob<'_>) -> Result<Inserted, StoreError> {
    let project = job.project.as_str();
    lock(connection, job.project).await?;
    let hash = job.idempotency.map(|i| i.request_hash);
    let range = job.spec.range();
    let row = sqlx::query_file!(
        "sql/jobs/create.sql",
        job.id.0,
        project,
        job.queue,
        job.spec.kind().as_str(),
        job.spec.stored(),
        SPEC_VERSION,
        job.spec.model().map(ModelId::as_str),
        job.spec.source().as_str(),
        range.start,
        range.end,
        job.spec.train().label.horizon().micros(),
        job.idempotency.map(|i| i.key.0),
        hash.as_ref().map(<[u8; 32]>::as_slice),
        job.request_id,
        job.traceparent,
        job.created_by,
        stored::to_json(job.labels),
        job.priority.value(),
        job.timeout.unwrap_or(DEFAULT_TIMEOUT).micros()
    )
    .fetch_one(connection)
    .await?;
    if row.created.is_some() {
        return Ok(Inserted::Created);
    }
    if let Some(id) = row.existing {
        let same = row.request_hash.as_deref() == hash.as_ref().map(<[u8; 32]>::as_slice);
        return Ok(if same {
            Inserted::Existing(JobId(id))
        } else {
            Inserted::KeyReused
        });
    }
    let max_queued = row.max_queued.ok_or_else(|| projects::unknown(job.project))?;
    if row.model_deleted == Some(true) {
        return Ok(Inserted::ModelDeleted);
    }
    Ok(Inserted::QueueFull { max_queued })
}

/// A job, as the audit names it.
pub(super) fn touched(project: ProjectId, job: JobId, outcome: AuditOutcome) -> Touched {
    let name = JobName { project, job };
    Touched::of(&name.project, &name, outcome)
}

pub(super) async fn get(
    connection: &mut PgConnection,
    project: &ProjectId,
    id: JobId,
) -> Result<Job, StoreError> {
    let jobs = fetch(connection, project, &[id], JobView::Full).await?;
    jobs.into_iter().next().ok_or_else(|| unknown(id))
}

impl Store {
    /// Makes a job, unless the same request made it before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the project or the source does not exist, or a rule is broken.
    pub async fn create_job(&self, job: &NewJob<'_>) -> Result<CreatedJob, StoreError> {
        self.within("jobs.create", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let inserted = insert(&mut transaction, job).await?;
            let created = match inserted {
                Inserted::Created => CreatedJob::Created(get(&mut transaction, job.project, job.id).await?),
                Inserted::Existing(id) => CreatedJob::Existing(get(&mut transaction, job.project, id).await?),
                Inserted::KeyReused => CreatedJob::KeyReused,
                Inserted::ModelDeleted => CreatedJob::ModelDeleted,
                Inserted::QueueFull { max_queued } => CreatedJob::QueueFull { max_queued },
            };
            let made = match &created {
                CreatedJob::Created(job) => Some(touched(job.project.clone(), job.id, AuditOutcome::Created)),
                _ => None,
            };
            self.commit(transaction, made).await?;
            session.release();
            Ok(created)
        })
        .await
    }
}
