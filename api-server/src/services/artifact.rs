//! ArtifactService: shows and sends the files that jobs left behind.

use super::call::{Call, missing};
use super::download;
use crate::context::Context;
use crate::convert::page::Page;
use crate::convert::{artifact as wire, name};
use crate::error::ApiError;
use futures::stream::BoxStream;
use mltraining_domain::name::{ArtifactName, JobName};
use mltraining_proto::v1;
use mltraining_store::jobs::JobView;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::artifact_service_server::ArtifactService;

/// The service.
#[derive(Clone)]
pub(super) struct ArtifactApi {
    context: Arc<Context>,
}

type Chunks = BoxStream<'static, Result<v1::DownloadArtifactResponse, Status>>;

#[tonic::async_trait]
impl ArtifactService for ArtifactApi {
    type DownloadArtifactStream = Chunks;

    async fn list_artifacts(
        &self,
        request: Request<v1::ListArtifactsRequest>,
    ) -> Result<Response<v1::ListArtifactsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn download_artifact(
        &self,
        request: Request<v1::DownloadArtifactRequest>,
    ) -> Result<Response<Chunks>, Status> {
        Ok(Response::new(self.download(request).await?))
    }
}

impl ArtifactApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    async fn list(
        &self,
        request: Request<v1::ListArtifactsRequest>,
    ) -> Result<v1::ListArtifactsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("parent", &request.parent, JobName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let scope = ["ListArtifacts", &name.to_string()];
        let page = Page::<String>::read(request.page_size, &request.page_token, &scope)?;
        let after = page.after.as_deref();
        let mut files = call
            .store
            .list_artifacts(&name.project, name.job, after, page.limit())
            .await?;
        if files.is_empty() {
            let job = call.store.job(&name.project, name.job, JobView::Basic).await;
            job.map_err(missing(&name))?;
        }
        let next_page_token = page.cut(&mut files, |file| file.file_name.clone());
        Ok(v1::ListArtifactsResponse {
            artifacts: files.iter().map(|file| wire::show(file, &name.project)).collect(),
            next_page_token,
        })
    }

    async fn download(&self, request: Request<v1::DownloadArtifactRequest>) -> Result<Chunks, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ArtifactName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let file = call.store.artifact(&name.project, name.job, &name.file).await;
        let file = file.map_err(missing(&name))?;
        download::open(&self.context.artifacts, &name, &file, request.offset).await
    }
}
