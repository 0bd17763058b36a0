//! TuneModel and PreviewStudy: a job that looks for parameters, and what is known of its trials.

use super::call::{Call, missing};
use super::resolved;
use super::training::{TrainingApi, Wish};
use crate::convert::{name, study, tune_request};
use crate::error::ApiError;
use mltraining_domain::name::JobName;
use mltraining_domain::{JobKind, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::{JobView, NewSpec};
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
}
