//! DatasetService: looks at what a training would learn from.

use super::call::Call;
use super::computing::Computing;
use super::dataset_preview;
use super::label_counts::LabelCounter;
use super::leakage;
use crate::context::Context;
use crate::convert::{name, preview};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::dataset_service_server::DatasetService;

/// The service.
#[derive(Clone)]
pub(super) struct DatasetApi {
    context: Arc<Context>,
    labels: LabelCounter,
    computing: Computing,
}

#[tonic::async_trait]
impl DatasetService for DatasetApi {
    async fn preview_labels(
        &self,
        request: Request<v1::PreviewLabelsRequest>,
    ) -> Result<Response<v1::PreviewLabelsResponse>, Status> {
        Ok(Response::new(self.preview(request).await?))
    }

    async fn preview_dataset(
        &self,
        request: Request<v1::PreviewDatasetRequest>,
    ) -> Result<Response<v1::PreviewDatasetResponse>, Status> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let seen = dataset_preview::look(&self.computing, &call, request).await?;
        Ok(Response::new(seen))
    }

    async fn check_leakage(
        &self,
        request: Request<v1::CheckLeakageRequest>,
    ) -> Result<Response<v1::CheckLeakageResponse>, Status> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let found = leakage::look(&self.computing, &call, request).await?;
        Ok(Response::new(found))
    }
}

impl DatasetApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>, labels: LabelCounter, computing: Computing) -> Self {
        Self {
            context,
            labels,
            computing,
        }
    }

    async fn preview(
        &self,
        request: Request<v1::PreviewLabelsRequest>,
    ) -> Result<v1::PreviewLabelsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let request = preview::read(request, &call.project, &mut found);
        found.into_result(())?;
        let name = SourceName {
            project: call.project.clone(),
            source: request.source.clone(),
        };
        let source = call.source(&name).await?;
        let counted = self.labels.count(&call, &source.spec, &request, "label").await?;
        Ok(preview::show(&counted.label, &counted.grid, request.max_entities))
    }
}
