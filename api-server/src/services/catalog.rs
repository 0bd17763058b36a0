//! CatalogService: sources, features, algorithms.

use super::call::Call;
use super::create_source;
use crate::context::Context;
use crate::convert::page::Page;
use crate::convert::{catalogue, coverage, name, source as wire, time};
use crate::error::ApiError;
use mltraining_domain::name::SourceName;
use mltraining_domain::{ProjectId, SourceId, Violations};
use mltraining_learn::registry::ALGORITHMS;
use mltraining_panel::catalogue::{FAMILIES, SETS};
use mltraining_proto::v1;
use mltraining_store::sources::Source;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::catalog_service_server::CatalogService;

/// The service.
#[derive(Clone)]
pub(super) struct CatalogApi {
    context: Arc<Context>,
}

#[tonic::async_trait]
impl CatalogService for CatalogApi {
    async fn create_source(
        &self,
        request: Request<v1::CreateSourceRequest>,
    ) -> Result<Response<v1::Source>, Status> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        Ok(Response::new(create_source::create(&call, request).await?))
    }

    async fn get_source(
        &self,
        request: Request<v1::GetSourceRequest>,
    ) -> Result<Response<v1::Source>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn list_sources(
        &self,
        request: Request<v1::ListSourcesRequest>,
    ) -> Result<Response<v1::ListSourcesResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn get_source_coverage(
        &self,
        request: Request<v1::GetSourceCoverageRequest>,
    ) -> Result<Response<v1::SourceCoverage>, Status> {
        Ok(Response::new(self.coverage(request).await?))
    }

    async fn list_features(
        &self,
        request: Request<v1::ListFeaturesRequest>,
    ) -> Result<Response<v1::ListFeaturesResponse>, Status> {
        Ok(Response::new(self.features(request).await?))
    }

    async fn list_algorithms(
        &self,
        request: Request<v1::ListAlgorithmsRequest>,
    ) -> Result<Response<v1::ListAlgorithmsResponse>, Status> {
        Ok(Response::new(self.algorithms(request).await?))
    }

    async fn list_phases(
        &self,
        request: Request<v1::ListPhasesRequest>,
    ) -> Result<Response<v1::ListPhasesResponse>, Status> {
        Ok(Response::new(self.phases(request).await?))
    }
}

impl CatalogApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    async fn get(&self, request: Request<v1::GetSourceRequest>) -> Result<v1::Source, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, SourceName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        Ok(wire::show(&call.source(&name).await?))
    }

    async fn list(
        &self,
        request: Request<v1::ListSourcesRequest>,
    ) -> Result<v1::ListSourcesResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListSources", &call.project.to_string()];
        let page = Page::<SourceId>::read(request.page_size, &request.page_token, &scope)?;
        let mut sources = call
            .store
            .list_sources(&call.project, page.after.as_ref(), page.limit())
            .await?;
        if sources.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut sources, |source| source.id.clone());
        let sources = sources.iter().map(wire::show).collect();
        Ok(v1::ListSourcesResponse {
            sources,
            next_page_token,
        })
    }

    async fn coverage(
        &self,
        request: Request<v1::GetSourceCoverageRequest>,
    ) -> Result<v1::SourceCoverage, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, SourceName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let mut found = Violations::new();
        let given = request.range.is_some();
        let range = given.then(|| time::require_range(request.range, "range", &mut found));
        let known_before = time::read_instant(request.known_before, "known_before", &mut found);
        found.into_result(())?;
        let source = call.source(&name).await?;
        let known = source.spec.check_known_before(known_before, "known_before");
        known.into_result(())?;
        let changes = call.store.verify_source(&source.spec, "source").await?;
        changes.into_result(())?;
        let counted = call
            .store
            .source_coverage(&source.spec, range.as_ref(), known_before)
            .await?;
        Ok(coverage::show(&counted, &name, range.as_ref()))
    }

    async fn features(
        &self,
        request: Request<v1::ListFeaturesRequest>,
    ) -> Result<v1::ListFeaturesResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListFeatures", &call.project.to_string(), &request.source];
        let page = Page::<String>::read(request.page_size, &request.page_token, &scope)?;
        let source = self.named_source(&call, &request.source).await?;
        let mut families = rest(FAMILIES, &page, |family| family.name);
        let next_page_token = page.cut(&mut families, |family| family.name.to_owned());
        let spec = source.as_ref().map(|source| &source.spec);
        let sets = if page.after.is_none() { SETS } else { &[] };
        Ok(v1::ListFeaturesResponse {
            features: families.into_iter().map(catalogue::show_family).collect(),
            sets: sets.iter().map(|set| catalogue::show_set(set, spec)).collect(),
            next_page_token,
        })
    }

    /// The source of a field that may be empty; it must be of the request's project.
    async fn named_source(&self, call: &Call, text: &str) -> Result<Option<Source>, ApiError> {
        if text.is_empty() {
            call.require_project().await?;
            return Ok(None);
        }
        let name = name::read("source", text, SourceName::parse)?;
        if name.project != call.project {
            let text = format!("must be a source of projects/{}, like the request", call.project);
            return Err(ApiError::invalid("source", text));
        }
        call.source(&name).await.map(Some)
    }

    async fn algorithms(
        &self,
        request: Request<v1::ListAlgorithmsRequest>,
    ) -> Result<v1::ListAlgorithmsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListAlgorithms", &call.project.to_string()];
        let page = Page::<String>::read(request.page_size, &request.page_token, &scope)?;
        call.require_project().await?;
        let known: Vec<_> = ALGORITHMS.iter().collect();
        let mut algorithms = rest(&known, &page, |algorithm| algorithm.name);
        let next_page_token = page.cut(&mut algorithms, |algorithm| algorithm.name.to_owned());
        Ok(v1::ListAlgorithmsResponse {
            algorithms: algorithms.into_iter().map(catalogue::show_algorithm).collect(),
            next_page_token,
        })
    }

    async fn phases(
        &self,
        request: Request<v1::ListPhasesRequest>,
    ) -> Result<v1::ListPhasesResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = phases_parent(&request.parent)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let scope = ["ListPhases", &name.to_string()];
        let page = Page::<i32>::read(request.page_size, &request.page_token, &scope)?;
        let source = call.source(&name).await?;
        let mut phases = source.spec.phases;
        phases.retain(|phase| page.after.is_none_or(|after| phase.id > after));
        phases.sort_by_key(|phase| phase.id);
        let next_page_token = page.cut(&mut phases, |phase| phase.id);
        Ok(v1::ListPhasesResponse {
            phases: phases.iter().map(wire::show_phase).collect(),
            next_page_token,
        })
    }
}

fn phases_parent(text: &str) -> Result<SourceName, ApiError> {
    if text.is_empty() {
        return Ok(SourceName {
            project: ProjectId::default_project(),
            source: wire::default_source(),
        });
    }
    name::read("parent", text, SourceName::parse)
}

/// What comes after the page before in a list that is ordered here by name.
fn rest<'a, T>(all: &[&'a T], page: &Page<String>, name: impl Fn(&T) -> &'static str) -> Vec<&'a T> {
    let mut rest: Vec<&T> = all.to_vec();
    rest.sort_by_key(|item| name(item));
    rest.retain(|item| page.after.as_deref().is_none_or(|after| name(item) > after));
    rest
}
