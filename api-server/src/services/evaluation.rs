//! EvaluationService: shows what model versions are worth.

use super::call::{Call, missing};
use crate::context::Context;
use crate::convert::page::Page;
use crate::convert::{backtest, comparison, evaluation_filter, name, stored_evaluation};
use crate::error::ApiError;
use mltraining_domain::name::{BacktestName, ComparisonName, EvaluationName};
use mltraining_proto::v1;
use mltraining_store::evaluations::{EvaluationCursor, ListedEvaluation};
use mltraining_store::findings::Finding;
use mltraining_store::jobs::JobCursor;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::evaluation_service_server::EvaluationService;

/// The service.
#[derive(Clone)]
pub(super) struct EvaluationApi {
    context: Arc<Context>,
}

#[tonic::async_trait]
impl EvaluationService for EvaluationApi {
    async fn get_evaluation(
        &self,
        request: Request<v1::GetEvaluationRequest>,
    ) -> Result<Response<v1::Evaluation>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn list_evaluations(
        &self,
        request: Request<v1::ListEvaluationsRequest>,
    ) -> Result<Response<v1::ListEvaluationsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn batch_get_evaluations(
        &self,
        request: Request<v1::BatchGetEvaluationsRequest>,
    ) -> Result<Response<v1::BatchGetEvaluationsResponse>, Status> {
        Ok(Response::new(self.batch_get(request).await?))
    }

    async fn delete_evaluation(
        &self,
        request: Request<v1::DeleteEvaluationRequest>,
    ) -> Result<Response<v1::DeleteEvaluationResponse>, Status> {
        Ok(Response::new(self.delete(request).await?))
    }

    async fn get_evaluation_curve(
        &self,
        request: Request<v1::GetEvaluationCurveRequest>,
    ) -> Result<Response<v1::EvaluationCurve>, Status> {
        Ok(Response::new(self.curve(request).await?))
    }

    async fn list_evaluation_slices(
        &self,
        request: Request<v1::ListEvaluationSlicesRequest>,
    ) -> Result<Response<v1::ListEvaluationSlicesResponse>, Status> {
        Ok(Response::new(self.slices(request).await?))
    }

    async fn get_comparison(
        &self,
        request: Request<v1::GetComparisonRequest>,
    ) -> Result<Response<v1::ModelComparison>, Status> {
        Ok(Response::new(self.comparison(request).await?))
    }

    async fn list_comparisons(
        &self,
        request: Request<v1::ListComparisonsRequest>,
    ) -> Result<Response<v1::ListComparisonsResponse>, Status> {
        Ok(Response::new(self.comparisons(request).await?))
    }

    async fn get_backtest(
        &self,
        request: Request<v1::GetBacktestRequest>,
    ) -> Result<Response<v1::Backtest>, Status> {
        Ok(Response::new(self.backtest(request).await?))
    }

    async fn list_backtests(
        &self,
        request: Request<v1::ListBacktestsRequest>,
    ) -> Result<Response<v1::ListBacktestsResponse>, Status> {
        Ok(Response::new(self.backtests(request).await?))
    }
}

impl EvaluationApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// What the service works with.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    async fn get(&self, request: Request<v1::GetEvaluationRequest>) -> Result<v1::Evaluation, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, EvaluationName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let found = call.store.evaluation(&name.project, name.evaluation).await;
        Ok(stored_evaluation::show(&found.map_err(missing(&name))?))
    }

    async fn list(
        &self,
        request: Request<v1::ListEvaluationsRequest>,
    ) -> Result<v1::ListEvaluationsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListEvaluations", &call.project.to_string(), &request.filter];
        let page = Page::<EvaluationCursor>::read(request.page_size, &request.page_token, &scope)?;
        let mut found = match evaluation_filter::read(&request.filter)? {
            Some(filter) => {
                let store = &call.store;
                store
                    .list_evaluations(&call.project, &filter, page.after, page.limit())
                    .await?
            }
            None => Vec::new(),
        };
        if found.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut found, ListedEvaluation::cursor);
        Ok(v1::ListEvaluationsResponse {
            evaluations: found.iter().map(stored_evaluation::show_listed).collect(),
            next_page_token,
        })
    }

    async fn comparison(
        &self,
        request: Request<v1::GetComparisonRequest>,
    ) -> Result<v1::ModelComparison, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ComparisonName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let found = call.store.comparison(&name.project, name.job).await;
        Ok(comparison::show(&found.map_err(missing(&name))?))
    }

    async fn comparisons(
        &self,
        request: Request<v1::ListComparisonsRequest>,
    ) -> Result<v1::ListComparisonsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListComparisons", &call.project.to_string()];
        let page = Page::<JobCursor>::read(request.page_size, &request.page_token, &scope)?;
        let listed = call
            .store
            .list_comparisons(&call.project, page.after, page.limit());
        let mut found = listed.await?;
        if found.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut found, Finding::cursor);
        Ok(v1::ListComparisonsResponse {
            comparisons: found.iter().map(comparison::show).collect(),
            next_page_token,
        })
    }

    async fn backtest(&self, request: Request<v1::GetBacktestRequest>) -> Result<v1::Backtest, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, BacktestName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let found = call.store.backtest(&name.project, name.job).await;
        Ok(backtest::show(&found.map_err(missing(&name))?))
    }

    async fn backtests(
        &self,
        request: Request<v1::ListBacktestsRequest>,
    ) -> Result<v1::ListBacktestsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let scope = ["ListBacktests", &call.project.to_string()];
        let page = Page::<JobCursor>::read(request.page_size, &request.page_token, &scope)?;
        let listed = call.store.list_backtests(&call.project, page.after, page.limit());
        let mut found = listed.await?;
        if found.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut found, Finding::cursor);
        Ok(v1::ListBacktestsResponse {
            backtests: found.iter().map(backtest::show).collect(),
            next_page_token,
        })
    }
}
