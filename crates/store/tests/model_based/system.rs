//! The store, its answers put into the model's words.

use crate::model::{MAX_FAILURES, MAX_INFRA_FAILURES, MAX_LOST, MAX_QUEUED, MAX_RUNNING, World};
use crate::operation::{FinishWith, Operation};
use crate::support::{self, Fixture, LEASE, Wish, evaluation, facts, failure, file, spec};
use mltraining_domain::{
    Epoch, IdempotencyKey, JobId, JobKind, JobState, Progress, ProjectId, ResultId, WorkPhase, WorkerId,
};
use mltraining_store::StoreError;
use mltraining_store::claims::{ClaimRequest, Finished, Lease, Outcome, Trained};
use mltraining_store::jobs::{CancelOutcome, CreatedJob, LogSeverity, RetryOutcome};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::sources::Idempotency;
use sqlx::{PgPool, Row};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// A database for all sequences.
pub(crate) struct System {
    fixture: Fixture,
    sql: PgPool,
    projects: [ProjectId; 2],
}

/// One sequence on an empty queue.
pub(crate) struct Run<'a> {
    system: &'a System,
    jobs: Vec<JobId>,
    workers: [WorkerId; 3],
    keys: HashMap<(usize, u8), IdempotencyKey>,
    results: BTreeMap<(usize, usize, usize), ResultId>,
}

const EMPTY: &str = "
    begin;
    delete from evaluation; delete from model_version; delete from model;
    delete from job_event; delete from result; delete from job;
    update queue set paused_at = null;
    update project set served_at = null;
    commit";

/// As the model writes it, in the order of `$1`; workers and results by their ids.
const VISIBLE: &str = "
    select j.state, j.lease_epoch, j.failures, j.infra_failures, j.lost_count, j.cancel_requested_at is not null as cancel,
           coalesce(j.error_code, '-') as error, j.state = 'QUEUED' and j.run_at <= now() as due,
           coalesce(j.lease_expires_at < now(), false) as expired, j.progress_seq, j.event_seq,
           (select count(*) from job_event e where e.job_id = j.id) as events,
           (select coalesce(max(seq), 0) from job_event e where e.job_id = j.id) as last_event,
           array(select a.worker_id::text || ':' || coalesce(a.outcome, 'runs') from job_attempt a
                  where a.job_id = j.id order by a.lease_epoch) as attempts,
           array(select a.lease_epoch from job_attempt a where a.job_id = j.id order by a.lease_epoch) as epochs,
           array(select r.lease_epoch || '/' || r.id || ':' || r.state from result r
                  where r.job_id = j.id order by r.lease_epoch) as results,
           (select r.state || ' ' || r.lease_epoch from result r where r.id = j.result_id) as result,
           (select count(*) from artifact f join result r on r.id = f.result_id where r.job_id = j.id) as files,
           (select count(*) from model_version v where v.job_id = j.id) as versions
      from unnest($1) with ordinality as made (id, place) join job j on j.id = made.id order by made.place";

impl System {
    pub(crate) async fn new() -> Self {
        let fixture = Fixture::new().await;
        let other = fixture.project("other", MAX_RUNNING, MAX_QUEUED).await;
        let sql = fixture.sql().await;
        Self {
            projects: [fixture.project.clone(), other],
            fixture,
            sql,
        }
    }

    pub(crate) async fn begin(&self) -> Run<'_> {
        sqlx::raw_sql(EMPTY).execute(&self.sql).await.unwrap();
        for project in &self.projects {
            self.fixture
                .store
                .set_quota(project, MAX_RUNNING, MAX_QUEUED)
                .await
                .unwrap();
        }
        Run {
            system: self,
            jobs: Vec::new(),
            workers: std::array::from_fn(|_| support::worker()),
            keys: HashMap::new(),
            results: BTreeMap::new(),
        }
    }
}

/// Answers of a fenced write.
fn fenced<T>(answer: Result<T, StoreError>, ok: impl FnOnce(T) -> String) -> String {
    match answer {
        Ok(answer) => ok(answer),
        Err(StoreError::LeaseLost { .. }) => "lease lost".to_owned(),
        Err(StoreError::Conflict { field: "result", .. }) => "another is staged".to_owned(),
        Err(StoreError::NotFound {
            what: "staged result",
            ..
        }) => "not staged".to_owned(),
        Err(other) => panic!("{other:?}"),
    }
}

impl Run<'_> {
    /// Does an operation. `model` is one step ahead; it says only which job and lease are meant.
    pub(crate) async fn apply(&mut self, operation: &Operation, model: &World) -> String {
        let store = &self.system.fixture.store;
        match *operation {
            Operation::Create {
                project,
                priority,
                request,
            } => self.create(project, priority, request).await,
            Operation::Claim { worker } => self.claim(worker).await,
            Operation::Cancel { job } => match model.job(job) {
                Some(job) => self.cancel(job).await,
                None => "nobody".to_owned(),
            },
            Operation::Retry { job } => match model.job(job) {
                Some(job) => self.retry(job).await,
                None => "nobody".to_owned(),
            },
            Operation::Expire { lease } => {
                let text = "update job set lease_expires_at = now() - interval '1 second' where id = $1 and state = 'RUNNING'";
                self.by_sql(text, model.lease(lease).map(|(job, _)| job), ["", ""])
                    .await
            }
            Operation::Overrun { lease } => {
                let text = "update job set deadline_at = heartbeat_at - interval '1 second' where id = $1 and state = 'RUNNING'";
                self.by_sql(text, model.lease(lease).map(|(job, _)| job), ["", ""])
                    .await
            }
            Operation::MakeDue { lease } => {
                let text = "update job set run_at = now() where id = $1 and state = 'QUEUED'";
                self.by_sql(text, model.lease(lease).map(|(job, _)| job), ["", ""])
                    .await
            }
            Operation::Reap => self.reap().await,
            Operation::Pause => store
                .pause_queue(DEFAULT_QUEUE)
                .await
                .map(|_| String::new())
                .unwrap(),
            Operation::Resume => store
                .resume_queue(DEFAULT_QUEUE)
                .await
                .map(|_| String::new())
                .unwrap(),
            Operation::Quota {
                project,
                max_running,
                max_queued,
            } => {
                let project = &self.system.projects[project];
                store.set_quota(project, max_running, max_queued).await.unwrap();
                String::new()
            }
            ref of_lease => self.on_lease(of_lease, model).await,
        }
    }

    async fn by_sql(&self, text: &'static str, job: Option<usize>, answers: [&str; 2]) -> String {
        let Some(job) = job else {
            return "nobody".to_owned();
        };
        let query = sqlx::query(text).bind(self.jobs[job].0);
        let done = query.execute(&self.system.sql).await.unwrap().rows_affected();
        answers[usize::from(done == 1)].to_owned()
    }

    fn index(&self, id: JobId) -> usize {
        self.jobs.iter().position(|job| *job == id).unwrap()
    }

    async fn create(&mut self, project: usize, priority: i32, request: Option<(u8, u8)>) -> String {
        let keys = &mut self.keys;
        let idempotency = request.map(|(key, content)| Idempotency {
            key: *keys
                .entry((project, key))
                .or_insert_with(|| IdempotencyKey(Uuid::now_v7())),
            request_hash: [content; 32],
        });
        let wish = Wish {
            project: self.system.projects[project].clone(),
            priority,
            idempotency,
            ..Wish::default()
        };
        match self.system.fixture.try_create(&wish).await {
            CreatedJob::Created(job) => {
                self.jobs.push(job.id);
                sqlx::query(
                    "update job set max_failures = $2, max_infra_failures = $3, max_lost = $4 where id = $1",
                )
                .bind(job.id.0)
                .bind(MAX_FAILURES)
                .bind(MAX_INFRA_FAILURES)
                .bind(MAX_LOST)
                .execute(&self.system.sql)
                .await
                .unwrap();
                format!("created job {}", self.jobs.len() - 1)
            }
            CreatedJob::Existing(job) => format!("existing job {}", self.index(job.id)),
            CreatedJob::KeyReused => "key reused".to_owned(),
            CreatedJob::QueueFull { max_queued } => format!("queue full at {max_queued}"),
            other => panic!("{other:?}"),
        }
    }

    async fn claim(&self, worker: usize) -> String {
        let request = ClaimRequest {
            queue: DEFAULT_QUEUE,
            worker: self.workers[worker],
            lease: LEASE,
            kinds: &[JobKind::Train],
            max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
            free_memory_bytes: u64::MAX,
            large_worker_grace: LEASE,
        };
        match self.system.fixture.store.claim_job(&request).await.unwrap() {
            Some(job) => format!(
                "job {} under epoch {}",
                self.index(job.lease.job),
                job.lease.epoch.0
            ),
            None => "nothing due".to_owned(),
        }
    }

    async fn cancel(&self, job: usize) -> String {
        let store = &self.system.fixture.store;
        let id = self.jobs[job];
        // The project is not part of the question: it is whichever of the two knows the job.
        for project in &self.system.projects {
            match store.cancel_job(project, id, "ann", "", None).await {
                Ok(CancelOutcome::Acknowledged(_)) => return "acknowledged".to_owned(),
                Ok(CancelOutcome::AlreadyFinal(_)) => return "final already".to_owned(),
                Err(StoreError::NotFound { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("job {job} is in no project")
    }

    async fn retry(&self, job: usize) -> String {
        let store = &self.system.fixture.store;
        for project in &self.system.projects {
            match store.retry_job(project, self.jobs[job], None).await {
                Ok(RetryOutcome::Retried(_)) => return "retried".to_owned(),
                Ok(RetryOutcome::NotRetryable(_)) => return "cannot be retried".to_owned(),
                Ok(RetryOutcome::QueueFull { max_queued }) => return format!("queue full at {max_queued}"),
                Err(StoreError::NotFound { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        panic!("job {job} is in no project")
    }

    async fn reap(&self) -> String {
        let mut reaped: Vec<(usize, String)> = Vec::new();
        for job in self.system.fixture.reap().await {
            let i = self.index(job.lease.job);
            reaped.push((
                i,
                format!("job {i} epoch {} {} {}", job.lease.epoch.0, job.state, job.reason),
            ));
        }
        reaped.sort();
        reaped
            .into_iter()
            .map(|(_, line)| line)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The result of this number that an attempt stages, made when it is first named.
    fn result(&mut self, job: usize, epoch: usize, number: usize) -> ResultId {
        *self
            .results
            .entry((job, epoch, number))
            .or_insert_with(|| ResultId(Uuid::now_v7()))
    }

    async fn on_lease(&mut self, operation: &Operation, model: &World) -> String {
        let back = match operation {
            Operation::Beat { lease }
            | Operation::Progress { lease, .. }
            | Operation::Log { lease }
            | Operation::Stage { lease, .. }
            | Operation::Finish { lease, .. }
            | Operation::Fail { lease, .. }
            | Operation::Release { lease }
            | Operation::Outcome { lease } => *lease,
            other => panic!("no operation on a lease: {other:?}"),
        };
        let Some((job, epoch)) = model.lease(back) else {
            return "nobody".to_owned();
        };
        let lease = Lease {
            job: self.jobs[job],
            epoch: Epoch(epoch as i64),
        };
        let store = &self.system.fixture.store;
        let ok = |()| "ok".to_owned();
        match *operation {
            Operation::Beat { .. } => self.beat(lease).await,
            Operation::Progress { seq, .. } => {
                fenced(store.report_progress(lease, seq, &progress()).await, ok)
            }
            Operation::Log { .. } => fenced(store.append_log(lease, LogSeverity::Info, "a line").await, ok),
            Operation::Stage { result, .. } => {
                let result = self.result(job, epoch, result);
                let files = [file(result, "model.mlts")];
                let store = &self.system.fixture.store;
                fenced(store.stage_result(lease, result, &files).await, ok)
            }
            Operation::Finish { result, .. } => {
                let result = match result {
                    FinishWith::Own(number) => self.result(job, epoch, number),
                    FinishWith::OfTheAttemptBefore => self.result(job, epoch - 1, 0),
                    FinishWith::OfTheAttemptAfter => self.result(job, epoch + 1, 0),
                };
                self.finish(lease, result).await
            }
            Operation::Fail { class, .. } => {
                let failed = store.fail_job(lease, &failure(class)).await;
                fenced(failed, |failed| failed.state.to_string())
            }
            Operation::Release { .. } => {
                fenced(store.release_job(lease).await, |ended| ended.state.to_string())
            }
            _ => self.outcome(lease).await,
        }
    }

    async fn beat(&self, lease: Lease) -> String {
        let beats = self.system.fixture.store.beat(&[lease], LEASE).await.unwrap();
        match (beats.held.first(), beats.lost.first()) {
            (Some(beat), None) => format!("held, cancel {}, over {}", beat.cancel, beat.time_left.is_zero()),
            (None, Some(lost)) if *lost == lease => "lease lost".to_owned(),
            _ => "another lease than that one is held".to_owned(),
        }
    }

    async fn finish(&self, lease: Lease, result: ResultId) -> String {
        let trained = Trained {
            spec: &spec("pump"),
            facts: &facts(),
            evaluation: &evaluation(),
            found: None,
        };
        let finished = self
            .system
            .fixture
            .store
            .finish_train(lease, result, trained)
            .await;
        fenced(finished, |finished| match finished {
            Finished::Succeeded { version } => format!("version {}", version.unwrap()),
            Finished::Cancelled => "cancelled".to_owned(),
        })
    }

    async fn outcome(&self, lease: Lease) -> String {
        match self.system.fixture.store.lease_outcome(lease).await.unwrap() {
            Outcome::StillHeld => "still held",
            Outcome::Lost => "taken away",
            Outcome::Ended(JobState::Succeeded) => "ended well",
            Outcome::Ended(JobState::Cancelled) => "ended cancelled",
            Outcome::Ended(JobState::Queued) => "ended, queued again",
            Outcome::Ended(_) => "ended badly",
        }
        .to_owned()
    }

    /// Looks at the moments to which jobs were put off, then puts them off until they are made due.
    pub(crate) async fn hold_back(&self, backoffs: &[(usize, i32)]) -> Result<(), String> {
        for &(job, longest) in backoffs {
            let text = "update job j set run_at = now() + interval '1 day' from job old where j.id = $1 and old.id = $1
                returning extract(epoch from old.run_at - now())::float8";
            let query = sqlx::query_scalar(text).bind(self.jobs[job].0);
            let seconds: f64 = query.fetch_one(&self.system.sql).await.unwrap();
            // It was put off a moment ago, which may have been a long one.
            if seconds > f64::from(longest) || seconds < -60.0 {
                return Err(format!(
                    "job {job} is put off by {seconds} s, {longest} s at most are right"
                ));
            }
        }
        Ok(())
    }

    /// What the rows say, a line for each job.
    pub(crate) async fn visible(&self) -> Vec<String> {
        let ids: Vec<Uuid> = self.jobs.iter().map(|job| job.0).collect();
        let rows = sqlx::query(VISIBLE)
            .bind(&ids)
            .fetch_all(&self.system.sql)
            .await
            .unwrap();
        rows.iter()
            .enumerate()
            .map(|(i, row)| self.line(i, row))
            .collect()
    }

    fn line(&self, i: usize, row: &sqlx::postgres::PgRow) -> String {
        let number = |name: &str| row.get::<i64, _>(name);
        let small = |name: &str| row.get::<i32, _>(name);
        let mut faults = String::new();
        let epoch = number("lease_epoch");
        if number("event_seq") != number("events") || number("events") != number("last_event") {
            faults += " [events have holes]";
        }
        if row.get::<Vec<i64>, _>("epochs") != (1..=epoch).collect::<Vec<_>>() {
            faults += " [attempts and epoch differ]";
        }
        let state: String = row.get("state");
        let wanted = (state == "SUCCEEDED").then(|| format!("COMMITTED {epoch}"));
        if row.get::<Option<String>, _>("result") != wanted {
            faults += " [the result is not the last attempt's]";
        }
        if number("versions") != i64::from(state == "SUCCEEDED") {
            faults += " [its versions are not one for a success]";
        }
        let results: Vec<String> = row.get("results");
        if number("files") != results.len() as i64 {
            faults += " [results without their files]";
        }
        format!(
            "job {i} {state} epoch {epoch} budgets {}/{}/{} cancel {} error {} due {} expired {} progress {} events {} attempts [{}] results [{}]{faults}",
            small("failures"),
            small("infra_failures"),
            small("lost_count"),
            row.get::<bool, _>("cancel"),
            row.get::<String, _>("error"),
            row.get::<bool, _>("due"),
            row.get::<bool, _>("expired"),
            number("progress_seq"),
            number("events"),
            self.by_number(&row.get::<Vec<String>, _>("attempts")).join(" "),
            self.by_number(&results).join(" ")
        )
    }

    /// Ids of workers and results replaced by their numbers.
    fn by_number(&self, words: &[String]) -> Vec<String> {
        let workers = self.workers.iter().enumerate().map(|(n, worker)| (worker.0, n));
        let results = self
            .results
            .iter()
            .map(|((_, _, number), result)| (result.0, *number));
        let names: Vec<(String, String)> = workers
            .chain(results)
            .map(|(id, number)| (id.to_string(), number.to_string()))
            .collect();
        let replace = |word: &String| {
            names
                .iter()
                .fold(word.clone(), |word, (id, number)| word.replace(id, number))
        };
        words.iter().map(replace).collect()
    }
}

fn progress() -> Progress {
    Progress {
        phase: WorkPhase::Fit,
        fraction: 0.5,
        steps_done: 1,
        steps_total: 2,
        message: "tree 1 of 2".to_owned(),
    }
}
