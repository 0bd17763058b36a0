//! TuneModel, PreviewStudy and ListStudies: a job that looks for parameters, what is known of its trials, and all such jobs.

use super::call::{Call, missing};
use super::resolved;
use super::training::{TrainingApi, Wish};
use crate::convert::page::Page;
use crate::convert::{job_filter, name, study, tune_request};
use crate::error::ApiError;
use mltraining_domain::name::JobName;
use mltraining_domain::{JobId, JobKind, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::jobs::{Job, JobCursor, JobList, JobView, NewSpec};
use tonic::Request;

impl TrainingApi {
    pub(super) async fn tune(&self, request: Request<v1::TuneModelRequest>) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let request = tune_request::read(request, &call.project, &mut found);
        let resolved = resolved::resolve(&call, request.spec.train.clone(), &request.asked, found).await?;
        let spec = request
            .spec
            .check()
            .map_err(|found| tune_request::below_study(&found))?;
        let wish = Wish {
            spec: NewSpec::Tune(&spec),
            options: &request.options,
            warnings: Vec::new(),
        };
        self.submit(&call, &wish, &resolved).await
    }

    pub(super) async fn study(
        &self,
        request: Request<v1::PreviewStudyRequest>,
    ) -> Result<v1::Study, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("job", &request.job, JobName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let job = call.store.job(&name.project, name.job, JobView::Full).await;
        let job = job.map_err(missing(&name))?;
        if job.kind != JobKind::Tune {
            let why = format!(
                "{name} is a job of kind {}; only one of kind TUNE has trials",
                job.kind.as_str()
            );
            return Err(ApiError::new(Reason::FailedPrecondition, why).with("name", &name));
        }
        let spec = job.tune_spec()?;
        let known = call.store.study(job.id, spec.max_duration).await?;
        Ok(study::show(&job, &spec, &known)?)
    }

    pub(super) async fn studies(
        &self,
        request: Request<v1::ListStudiesRequest>,
    ) -> Result<v1::ListStudiesResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListStudies", &call.project.to_string(), &request.filter];
        let page = Page::<JobCursor>::read(request.page_size, &request.page_token, &scope)?;
        let JobList {
            mut jobs,
            searched_to,
        } = match job_filter::read_of_kind(&request.filter, JobKind::Tune)? {
            Some(filter) => {
                call.store
                    .list_jobs(&call.project, &filter, page.after, page.limit(), JobView::Full)
                    .await?
            }
            None => JobList::default(),
        };
        let next_page_token = page.cut_searched(&mut jobs, Job::cursor, searched_to);
        if jobs.is_empty() {
            call.require_project().await?;
            return Ok(v1::ListStudiesResponse {
                studies: Vec::new(),
                next_page_token,
            });
        }
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        let known = call.store.studies_progress(&ids).await?;
        let shown = |job: &Job| study::show_summary(job, &job.tune_spec()?, known.get(&job.id));
        let studies = jobs.iter().map(shown).collect::<Result<_, StoreError>>()?;
        Ok(v1::ListStudiesResponse {
            studies,
            next_page_token,
        })
    }
}
