//! Looking at jobs: GetJob, BatchGetJobs, ListJobs, CountJobs.

use super::{JobApi, many, one_with_place, view};
use crate::convert::page::Page;
use crate::convert::{job_count, job_filter, name};
use crate::error::ApiError;
use crate::services::call::{Call, missing, missing_of_batch};
use mltraining_domain::name::JobName;
use mltraining_domain::{JobId, ProjectId};
use mltraining_proto::v1;
use mltraining_store::jobs::{Job, JobCursor, JobList, JobView};
use tonic::Request;

/// Most groups of one answer.
const MAX_GROUPS: usize = 1000;

impl JobApi {
    pub(super) async fn get(&self, request: Request<v1::GetJobRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let view = view(request.view, JobView::Full)?;
        let job = call.store.job(&name.project, name.job, view).await;
        one_with_place(&call, job.map_err(missing(&name))?).await
    }

    pub(super) async fn batch_get(
        &self,
        request: Request<v1::BatchGetJobsRequest>,
    ) -> Result<v1::BatchGetJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let view = view(request.view, JobView::Basic)?;
        let jobs = named(&call, &request.names, view).await?;
        let jobs = many(&call, jobs).await?;
        Ok(v1::BatchGetJobsResponse { jobs })
    }

    pub(super) async fn list(
        &self,
        request: Request<v1::ListJobsRequest>,
    ) -> Result<v1::ListJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let view = view(request.view, JobView::Basic)?;
        let scope = ["ListJobs", &call.project.to_string(), &request.filter];
        let page = Page::<JobCursor>::read(request.page_size, &request.page_token, &scope)?;
        let JobList {
            mut jobs,
            searched_to,
        } = match job_filter::read(&request.filter)? {
            Some(filter) => {
                call.store
                    .list_jobs(&call.project, &filter, page.after, page.limit(), view)
                    .await?
            }
            None => JobList::default(),
        };
        if jobs.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut_searched(&mut jobs, Job::cursor, searched_to);
        let jobs = many(&call, jobs).await?;
        Ok(v1::ListJobsResponse {
            jobs,
            next_page_token,
        })
    }

    pub(super) async fn count(
        &self,
        request: Request<v1::CountJobsRequest>,
    ) -> Result<v1::CountJobsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let grouping = job_count::read(&request.group_by)?;
        let counts = match job_filter::read(&request.filter)? {
            Some(filter) => {
                let limit = MAX_GROUPS as i64 + 1;
                call.store
                    .count_jobs(&call.project, &filter, &grouping, limit)
                    .await?
            }
            None => Vec::new(),
        };
        if counts.iter().all(|count| count.jobs == 0) {
            call.require_project().await?;
        }
        if counts.len() > MAX_GROUPS {
            let text = format!("gives more than {MAX_GROUPS} groups; group by less, or set a filter");
            return Err(ApiError::invalid("group_by", text));
        }
        Ok(job_count::show(&counts, &grouping))
    }
}

/// The jobs that a request names, in its order.
///
/// # Errors
/// INVALID_FIELD with every wrong name, NOT_FOUND when one is missing.
pub(super) async fn named(call: &Call, names: &[String], view: JobView) -> Result<Vec<Job>, ApiError> {
    let parse = |text: &str| JobName::parse(text).map(|name| (name.project, name.job));
    let ids = name::batch(names, &call.project, parse)?;
    let jobs = call.store.batch_get_jobs(&call.project, &ids, view).await?;
    if jobs.len() < ids.len() {
        let there: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        let absent = ids.into_iter().filter(|id| !there.contains(id));
        return Err(missing_of_batch(absent.map(|job| full_name(&call.project, job))));
    }
    Ok(jobs)
}

/// `projects/{project}/jobs/{job}`.
pub(super) fn full_name(project: &ProjectId, job: JobId) -> String {
    let project = project.clone();
    JobName { project, job }.to_string()
}
