//! Studies: a job that has jobs of its own do trials, waits for them without a worker, and goes on. What is written about a trial is
//! written once, behind the fence of the job that did it.

use crate::claims::Lease;
use crate::{Store, StoreError, jobs, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{
    Configuration, JobId, ProjectId, Reason, SearchEnd, Span, Trial, TrialError, TrialScore, TrialSpec,
    TrialState,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A study as its rows say.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStudy {
    /// Its trials, rung by rung; one that went through several rungs stands in each.
    pub trials: Vec<Trial>,
    /// Jobs of it that have not ended.
    pub open_jobs: u64,
    /// When the first trial was planned; `None` before.
    pub started_at: Option<DateTime<Utc>>,
    /// Whether the time of its search is over.
    pub end: SearchEnd,
}

/// How far a study is, in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StudyProgress {
    /// Points of its space that are tried, each once.
    pub trials: u32,
    /// Of them those with a score in some rung.
    pub scored: u32,
    /// When the first was planned.
    pub started_at: DateTime<Utc>,
}

/// What a study waits for.
#[derive(Debug, Clone, Copy)]
pub enum Parking<'a> {
    /// For new jobs, which are made with it.
    Rung(&'a [TrialSpec]),
    /// For those that there are.
    Wait,
    /// For nothing: trials without a score are given up, and it goes on at once.
    GiveUp,
}

/// How a study is to wait.
#[derive(Debug, Clone, Copy)]
pub struct Parked<'a> {
    /// For what.
    pub parking: Parking<'a>,
    /// How long its search may last, from its first trial on.
    pub max_duration: Span,
    /// A line for people.
    pub message: &'a str,
}

/// How parking ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkOutcome {
    /// It waits; these jobs were made.
    Waits(Vec<JobId>),
    /// A cancel came first; nothing was written.
    Cancelled,
}

/// What a trial has come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// The rung, from 0.
    pub rung: u32,
    /// Its number in the study.
    pub number: u32,
    /// Its score, or why it has none.
    pub outcome: Result<TrialScore, TrialError>,
}

struct TrialRow {
    rung: i32,
    number: i32,
    parameters: Value,
    state: String,
    score: Option<f64>,
    score_low: Option<f64>,
    score_high: Option<f64>,
    cpu_seconds: Option<f64>,
    error_code: Option<String>,
    error_message: Option<String>,
}

impl TrialRow {
    fn into_trial(self) -> Result<Trial, StoreError> {
        let score = self.score.map(|value| TrialScore {
            value,
            low: self.score_low,
            high: self.score_high,
            cpu_seconds: self.cpu_seconds.unwrap_or_default(),
        });
        let error = match self.error_code {
            None => None,
            Some(code) => Some(TrialError {
                reason: stored::word("trial.error_code", &code, Reason::from_word(&code))?,
                message: self.error_message.unwrap_or_default(),
            }),
        };
        Ok(Trial {
            number: self.number.unsigned_abs(),
            rung: self.rung.unsigned_abs(),
            parameters: stored::json::<Configuration>("trial.parameters", self.parameters)?,
            state: stored::word("trial.state", &self.state, TrialState::from_word(&self.state))?,
            score,
            error,
        })
    }
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

async fn park(
    connection: &mut PgConnection,
    lease: Lease,
    project: &ProjectId,
    parked: Parked<'_>,
) -> Result<ParkOutcome, StoreError> {
    jobs::create::lock(connection, project).await?;
    let held = sqlx::query_file!("sql/studies/hold.sql", lease.job.0, lease.epoch.0)
        .fetch_optional(&mut *connection)
        .await?;
    if held.ok_or_else(|| lease.lost())?.cancelled {
        return Ok(ParkOutcome::Cancelled);
    }
    let mut made = Vec::new();
    match parked.parking {
        Parking::Rung(specs) => {
            for spec in specs {
                made.push(add_job(connection, lease.job, spec).await?);
            }
        }
        Parking::Wait => {}
        Parking::GiveUp => {
            sqlx::query_file!("sql/studies/give_up.sql", lease.job.0)
                .execute(&mut *connection)
                .await?;
        }
    }
    let progress = json!({
        "phase": "FIT", "fraction": 0.0, "steps_done": 0, "steps_total": 0, "message": parked.message
    });
    sqlx::query_file!(
        "sql/studies/park.sql",
        lease.job.0,
        lease.epoch.0,
        matches!(parked.parking, Parking::GiveUp),
        parked.max_duration.micros(),
        progress
    )
    .execute(connection)
    .await?;
    Ok(ParkOutcome::Waits(made))
}

async fn add_job(connection: &mut PgConnection, study: JobId, spec: &TrialSpec) -> Result<JobId, StoreError> {
    let id = JobId::new(Uuid::now_v7());
    let numbers: Vec<i32> = spec.trials.iter().map(|trial| number(trial.number)).collect();
    let points: Vec<Value> = spec
        .trials
        .iter()
        .map(|trial| stored::to_json(&trial.parameters))
        .collect();
    sqlx::query_file!(
        "sql/studies/add_job.sql",
        study.0,
        id.0,
        stored::to_json(spec),
        spec.train.range.end,
        number(spec.rung),
        &numbers,
        &points
    )
    .execute(connection)
    .await?;
    Ok(id)
}

impl Store {
    /// A study with its trials; one without any for a job that is none, or has planned none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn study(&self, study: JobId, max_duration: Span) -> Result<StoredStudy, StoreError> {
        self.within("studies.search", async {
            let mut session = self.session().await?;
            let search = sqlx::query_file!("sql/studies/search.sql", study.0, max_duration.micros())
                .fetch_one(&mut *session)
                .await?;
            let rows = sqlx::query_file_as!(TrialRow, "sql/studies/trials.sql", study.0)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(StoredStudy {
                trials: rows
                    .into_iter()
                    .map(TrialRow::into_trial)
                    .collect::<Result<_, _>>()?,
                open_jobs: search.open.unsigned_abs(),
                started_at: search.started_at,
                end: if search.over {
                    SearchEnd::TimeOver
                } else {
                    SearchEnd::Complete
                },
            })
        })
        .await
    }

    /// How far studies are; one without a trial has no entry.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn studies_progress(
        &self,
        studies: &[JobId],
    ) -> Result<BTreeMap<JobId, StudyProgress>, StoreError> {
        let ids: Vec<Uuid> = studies.iter().map(|study| study.0).collect();
        let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        self.within("studies.progress", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/studies/progress.sql", &ids)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let progress = rows.into_iter().map(|row| {
                let progress = StudyProgress {
                    trials: count(row.trials),
                    scored: count(row.scored),
                    started_at: row.started_at,
                };
                (JobId(row.study_id), progress)
            });
            Ok(progress.collect())
        })
        .await
    }

    /// Lets a study wait without a worker, uncharged: its jobs, its trials, and the end of the attempt in one transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn park_study(
        &self,
        lease: Lease,
        project: &ProjectId,
        parked: Parked<'_>,
    ) -> Result<ParkOutcome, StoreError> {
        self.within("studies.park", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let outcome = park(&mut transaction, lease, project, parked).await?;
            transaction.commit().await?;
            session.release();
            Ok(outcome)
        })
        .await
    }

    /// Notes what a trial has come to. Noting it again, or noting one that the study has given up, changes nothing: false.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn record_trial(&self, lease: Lease, record: &TrialRecord) -> Result<bool, StoreError> {
        let (score, error) = match &record.outcome {
            Ok(score) => (Some(score), None),
            Err(error) => (None, Some(error)),
        };
        self.within("studies.record", async {
            let mut session = self.session().await?;
            let row = sqlx::query_file!(
                "sql/studies/record.sql",
                lease.job.0,
                lease.epoch.0,
                number(record.rung),
                number(record.number),
                score.map(|score| score.value),
                score.and_then(|score| score.low),
                score.and_then(|score| score.high),
                score.map(|score| score.cpu_seconds),
                error.map(|error| error.reason.as_str()),
                error.map(|error| error.message.as_str())
            )
            .fetch_one(&mut *session)
            .await?;
            session.release();
            if row.held {
                Ok(row.recorded)
            } else {
                Err(lease.lost())
            }
        })
        .await
    }

    /// Lets at most `limit` studies go on whose jobs have all ended. Any worker may do it, at any time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn wake_studies(&self, limit: i64) -> Result<Vec<JobId>, StoreError> {
        self.within("studies.wake", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/studies/wake.sql", limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(rows.into_iter().map(|row| JobId(row.id)).collect())
        })
        .await
    }

    /// Cancels at most `limit` jobs of studies that have ended, are asked to stop, or whose time is over. Any worker may do it, at any
    /// time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn stop_children(&self, limit: i64) -> Result<Vec<JobId>, StoreError> {
        self.within("studies.stop_children", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/studies/stop_children.sql", limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(rows.into_iter().map(|row| JobId(row.id)).collect())
        })
        .await
    }
}
