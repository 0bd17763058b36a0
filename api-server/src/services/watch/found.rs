//! Events of jobs, read and put into the form in which every client of WatchJobs gets them.

use crate::cache::Cache;
use crate::convert::{event, job as wire};
use mltraining_domain::name::JobName;
use mltraining_domain::{JobId, JobState, ProjectId};
use mltraining_proto::v1;
use mltraining_store::jobs::{EventBody, Job, JobEvent, JobFacts, JobView, RecentJob};
use mltraining_store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;

/// Jobs whose events are read in one statement, and events of each.
const JOBS_AT_ONCE: usize = 200;
const EVENTS_EACH: i64 = 200;

/// An event, as it is found once for all watchers.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The project of the job.
    pub(super) project: ProjectId,
    /// The job.
    pub(super) job: JobId,
    /// Its number within the job.
    pub(super) seq: i64,
    /// What filters look at.
    pub(super) facts: Arc<JobFacts>,
    /// For the client.
    pub(super) message: v1::WatchedJobEvent,
}

/// A job and the sequence after which its events are wanted.
pub(super) struct Wanted {
    pub(super) job: RecentJob,
    pub(super) after: i64,
}

/// Reads the events of jobs, a part after the other, each job's in the order of their sequences.
pub(super) struct Reading {
    left: Vec<Wanted>,
}

impl Reading {
    /// Begins to read.
    pub(super) fn of(wanted: Vec<Wanted>) -> Self {
        Self { left: wanted }
    }

    /// The next part; `None` at the end. After an error the same part is read again.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        cache: &Cache,
    ) -> Result<Option<Vec<Found>>, StoreError> {
        let at_once = self.left.len().min(JOBS_AT_ONCE);
        if at_once == 0 {
            return Ok(None);
        }
        let watched: Vec<(JobId, i64)> = self.left[..at_once]
            .iter()
            .map(|wanted| (wanted.job.id, wanted.after))
            .collect();
        let events = store.poll_events(&watched, EVENTS_EACH).await?;
        let results = results(store, cache, &self.left[..at_once], &events).await?;
        let mut found = Vec::with_capacity(events.len());
        let mut reached = HashMap::<JobId, i64>::new();
        let jobs: HashMap<JobId, &RecentJob> = self.left[..at_once]
            .iter()
            .map(|wanted| (wanted.job.id, &wanted.job))
            .collect();
        let facts: HashMap<JobId, Arc<JobFacts>> = jobs
            .iter()
            .map(|(id, job)| (*id, Arc::new(job.facts.clone())))
            .collect();
        for event in &events {
            reached.insert(event.job, event.seq);
            let result = results.get(&event.job).cloned();
            found.push(show(jobs[&event.job], &facts[&event.job], event, result));
        }
        // A job is done when it has given all that was known of it, or nothing more, as one that is just removed.
        let mut place = 0;
        self.left.retain_mut(|wanted| {
            place += 1;
            if place > at_once {
                return true;
            }
            let Some(seq) = reached.get(&wanted.job.id) else {
                return false;
            };
            wanted.after = *seq;
            *seq < wanted.job.last_seq
        });
        Ok(Some(found))
    }
}

/// What a job left behind that has SUCCEEDED, for one who is about to hear of it.
pub(super) async fn result(
    store: &Store,
    cache: &Cache,
    job: &Job,
) -> Result<Option<v1::JobResult>, StoreError> {
    let ended = store.job(&job.project, job.id, JobView::Basic).await?;
    cache.saw_job(&ended).await;
    let result = ended.result.as_ref();
    Ok(result.map(|result| wire::show_result(&ended, result)))
}

/// What the jobs among these left behind that have SUCCEEDED, for those who are about to hear of it.
async fn results(
    store: &Store,
    cache: &Cache,
    wanted: &[Wanted],
    events: &[JobEvent],
) -> Result<HashMap<JobId, v1::JobResult>, StoreError> {
    let succeeded = |event: &&JobEvent| matches!(&event.body, EventBody::State(change) if change.state == JobState::Succeeded);
    let mut by_project = HashMap::<&ProjectId, Vec<JobId>>::new();
    for event in events.iter().filter(succeeded) {
        if let Some(wanted) = wanted.iter().find(|wanted| wanted.job.id == event.job) {
            by_project.entry(&wanted.job.project).or_default().push(event.job);
        }
    }
    let mut results = HashMap::new();
    for (project, ids) in by_project {
        for job in store.batch_get_jobs(project, &ids, JobView::Basic).await? {
            cache.saw_job(&job).await;
            if let Some(result) = &job.result {
                results.insert(job.id, wire::show_result(&job, result));
            }
        }
    }
    Ok(results)
}

fn show(job: &RecentJob, facts: &Arc<JobFacts>, event: &JobEvent, result: Option<v1::JobResult>) -> Found {
    let name = JobName {
        project: job.project.clone(),
        job: job.id,
    };
    let succeeded = matches!(&event.body, EventBody::State(change) if change.state == JobState::Succeeded);
    Found {
        project: job.project.clone(),
        job: job.id,
        seq: event.seq,
        facts: facts.clone(),
        message: v1::WatchedJobEvent {
            job: name.to_string(),
            event: Some(event::show(event, result.filter(|_| succeeded))),
            model: wire::show_model(&job.project, job.facts.model.as_ref()),
        },
    }
}
