//! ModelService: shows and keeps models and their versions.

use super::call::{Call, missing, missing_of_batch};
use crate::context::Context;
use crate::convert::field::choice;
use crate::convert::page::Page;
use crate::convert::{etag, model as wire, model_change, model_filter, model_version, name};
use crate::error::ApiError;
use mltraining_domain::name::{ModelName, VersionRef};
use mltraining_domain::{ModelId, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::models::{
    Deleted, Model, ModelChange, ModelCursor, ModelList, UpdateOutcome, VersionView,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use tracing::Instrument;
use v1::model_service_server::ModelService;

/// The service.
#[derive(Clone)]
pub(super) struct ModelApi {
    context: Arc<Context>,
}

#[tonic::async_trait]
impl ModelService for ModelApi {
    async fn get_model(&self, request: Request<v1::GetModelRequest>) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.get(request).await?))
    }

    async fn batch_get_models(
        &self,
        request: Request<v1::BatchGetModelsRequest>,
    ) -> Result<Response<v1::BatchGetModelsResponse>, Status> {
        Ok(Response::new(self.batch_get(request).await?))
    }

    async fn list_models(
        &self,
        request: Request<v1::ListModelsRequest>,
    ) -> Result<Response<v1::ListModelsResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn update_model(
        &self,
        request: Request<v1::UpdateModelRequest>,
    ) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.update(request).await?))
    }

    async fn delete_model(
        &self,
        request: Request<v1::DeleteModelRequest>,
    ) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.delete(request).await?))
    }

    async fn undelete_model(
        &self,
        request: Request<v1::UndeleteModelRequest>,
    ) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.undelete(request).await?))
    }

    async fn get_model_version(
        &self,
        request: Request<v1::GetModelVersionRequest>,
    ) -> Result<Response<v1::ModelVersion>, Status> {
        Ok(Response::new(self.get_version(request).await?))
    }

    async fn list_model_versions(
        &self,
        request: Request<v1::ListModelVersionsRequest>,
    ) -> Result<Response<v1::ListModelVersionsResponse>, Status> {
        Ok(Response::new(self.list_versions(request).await?))
    }

    async fn set_model_alias(
        &self,
        request: Request<v1::SetModelAliasRequest>,
    ) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.set_alias(request).await?))
    }

    async fn delete_model_alias(
        &self,
        request: Request<v1::DeleteModelAliasRequest>,
    ) -> Result<Response<v1::Model>, Status> {
        Ok(Response::new(self.delete_alias(request).await?))
    }

    async fn promote_model_version(
        &self,
        request: Request<v1::PromoteModelVersionRequest>,
    ) -> Result<Response<v1::PromoteModelVersionResponse>, Status> {
        Ok(Response::new(self.promote(request).await?))
    }

    async fn list_promotions(
        &self,
        request: Request<v1::ListPromotionsRequest>,
    ) -> Result<Response<v1::ListPromotionsResponse>, Status> {
        Ok(Response::new(self.promotions(request).await?))
    }

    async fn list_leaderboard(
        &self,
        request: Request<v1::ListLeaderboardRequest>,
    ) -> Result<Response<v1::ListLeaderboardResponse>, Status> {
        Ok(Response::new(self.leaderboard(request).await?))
    }

    async fn get_lineage(
        &self,
        request: Request<v1::GetLineageRequest>,
    ) -> Result<Response<v1::ModelLineage>, Status> {
        Ok(Response::new(self.lineage(request).await?))
    }

    async fn get_feature_importance(
        &self,
        request: Request<v1::GetFeatureImportanceRequest>,
    ) -> Result<Response<v1::VersionImportances>, Status> {
        Ok(Response::new(self.importances(request).await?))
    }
}

impl ModelApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// What the service works with.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    async fn get(&self, request: Request<v1::GetModelRequest>) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ModelName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let read = call.store.model(&name.project, &name.model);
        let model = call.cache.model(&name, read).await;
        Ok(wire::show(&model.map_err(missing(&name))?))
    }

    async fn batch_get(
        &self,
        request: Request<v1::BatchGetModelsRequest>,
    ) -> Result<v1::BatchGetModelsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let parse = |text: &str| ModelName::parse(text).map(|name| (name.project, name.model));
        let ids = name::batch(&request.names, &call.project, parse)?;
        let models = call.store.batch_get_models(&call.project, &ids).await?;
        if models.len() < ids.len() {
            let there: Vec<&ModelId> = models.iter().map(|model| &model.id).collect();
            let absent = ids.iter().filter(|id| !there.contains(id));
            return Err(missing_of_batch(absent.map(|model| {
                let (project, model) = (call.project.clone(), model.clone());
                ModelName { project, model }.to_string()
            })));
        }
        Ok(v1::BatchGetModelsResponse {
            models: show_read(&call, &models).await,
        })
    }

    async fn list(
        &self,
        request: Request<v1::ListModelsRequest>,
    ) -> Result<v1::ListModelsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let (deleted, shown) = if request.show_deleted {
            (Deleted::Shown, "deleted")
        } else {
            (Deleted::Hidden, "")
        };
        let scope = ["ListModels", &call.project.to_string(), &request.filter, shown];
        let page = Page::<ModelCursor>::read(request.page_size, &request.page_token, &scope)?;
        let ModelList {
            mut models,
            searched_to,
        } = match model_filter::read(&request.filter, deleted)? {
            Some(filter) => {
                call.store
                    .list_models(&call.project, &filter, page.after.as_ref(), page.limit())
                    .await?
            }
            None => ModelList::default(),
        };
        if models.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut_searched(&mut models, Model::cursor, searched_to);
        Ok(v1::ListModelsResponse {
            models: show_read(&call, &models).await,
            next_page_token,
        })
    }

    async fn update(&self, request: Request<v1::UpdateModelRequest>) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let model = request.model.unwrap_or_default();
        let name = name::read("model.name", &model.name, ModelName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let revision = etag::read(wire::ETAG, &model.etag);
        let mut found = Violations::new();
        let change = model_change::read(model, request.update_mask.as_ref(), &name.model, &mut found);
        found.into_result(())?;
        let outcome = if change == ModelChange::default() {
            unchanged(find(&call, &name).await?, revision)
        } else {
            let (store, of) = (call.store.clone(), name.clone());
            let updating = async move {
                store
                    .update_model(&of.project, &of.model, &change, revision)
                    .await
            };
            told(&call, &name, updating).await?
        };
        done(outcome, &name, |_| {
            let text = format!("{name} is deleted; undelete it first");
            ApiError::new(Reason::FailedPrecondition, text)
                .with("name", &name)
                .with("state", "DELETED")
        })
    }

    async fn delete(&self, request: Request<v1::DeleteModelRequest>) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ModelName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let revision = etag::read(wire::ETAG, &request.etag);
        let (store, of) = (call.store.clone(), name.clone());
        let deleting = async move { store.delete_model(&of.project, &of.model, revision).await };
        let model = done(told(&call, &name, deleting).await?, &name, |_| {
            ApiError::not_found(&name)
        })?;
        tracing::info!(model.name = %name, caller.key = call.caller.key, "a model was deleted");
        Ok(model)
    }

    async fn undelete(&self, request: Request<v1::UndeleteModelRequest>) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ModelName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let revision = etag::read(wire::ETAG, &request.etag);
        let (store, of) = (call.store.clone(), name.clone());
        let undeleting = async move { store.undelete_model(&of.project, &of.model, revision).await };
        done(told(&call, &name, undeleting).await?, &name, |_| {
            ApiError::new(Reason::AlreadyExists, format!("{name} is not deleted")).with("name", &name)
        })
    }

    async fn get_version(
        &self,
        request: Request<v1::GetModelVersionRequest>,
    ) -> Result<v1::ModelVersion, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, VersionRef::parse)?;
        let call = Call::begin(&self.context, &extensions, name.model().project)?;
        let view = view(request.view, VersionView::Full)?;
        let name = call.version(name).await?;
        let version = call
            .store
            .model_version(&name.project, &name.model, name.version, view)
            .await;
        let version = version.map_err(missing(&name))?;
        let cache = &call.cache;
        cache.saw_version(&name.project, &name.model, name.version).await;
        Ok(model_version::show(&version))
    }

    async fn list_versions(
        &self,
        request: Request<v1::ListModelVersionsRequest>,
    ) -> Result<v1::ListModelVersionsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("parent", &request.parent, ModelName::parse)?;
        let call = Call::begin(&self.context, &extensions, name.project.clone())?;
        let view = view(request.view, VersionView::Basic)?;
        let scope = ["ListModelVersions", &name.to_string()];
        let page = Page::<i32>::read(request.page_size, &request.page_token, &scope)?;
        let store = &call.store;
        let listed = store.list_model_versions(&name.project, &name.model, page.after, page.limit(), view);
        let mut versions = listed.await?;
        if versions.is_empty() {
            find(&call, &name).await?;
        }
        if let Some(newest) = versions.first() {
            let cache = &call.cache;
            cache
                .saw_version(&name.project, &name.model, newest.version)
                .await;
        }
        let next_page_token = page.cut(&mut versions, |version| version.version);
        Ok(v1::ListModelVersionsResponse {
            model_versions: versions.iter().map(model_version::show).collect(),
            next_page_token,
        })
    }
}

/// Models as they were just read; none that is shown later is older.
async fn show_read(call: &Call, models: &[Model]) -> Vec<v1::Model> {
    for model in models {
        call.cache.saw_model(model).await;
    }
    models.iter().map(wire::show).collect()
}

/// The model as it is now.
pub(super) async fn find(call: &Call, name: &ModelName) -> Result<Model, ApiError> {
    let model = call.store.model(&name.project, &name.model).await;
    let model = model.map_err(missing(name))?;
    call.cache.saw_model(&model).await;
    Ok(model)
}

/// Changes a model and tells it. Both go on when the caller goes meanwhile: what is committed is told.
async fn told(
    call: &Call,
    name: &ModelName,
    change: impl Future<Output = Result<UpdateOutcome, StoreError>> + Send + 'static,
) -> Result<UpdateOutcome, ApiError> {
    let (cache, changed) = (call.cache.clone(), name.clone());
    let task = async move {
        let outcome = change.await;
        cache.model_changed(&changed).await;
        outcome
    };
    let outcome = tokio::spawn(task.in_current_span()).await;
    outcome.map_err(ApiError::internal)?.map_err(missing(name))
}

/// What becomes of a change that changes nothing: it is refused as any other would be.
fn unchanged(model: Model, expected_revision: Option<i64>) -> UpdateOutcome {
    if model.deleted_at.is_some() {
        return UpdateOutcome::WrongState(model);
    }
    match expected_revision {
        Some(revision) if revision != model.revision => UpdateOutcome::RevisionMismatch(model),
        _ => UpdateOutcome::Done(model),
    }
}

fn done(
    outcome: UpdateOutcome,
    name: &ModelName,
    wrong_state: impl FnOnce(Model) -> ApiError,
) -> Result<v1::Model, ApiError> {
    match outcome {
        UpdateOutcome::Done(model) => Ok(wire::show(&model)),
        UpdateOutcome::RevisionMismatch(model) => {
            Err(etag::mismatch(name, &etag::show(wire::ETAG, model.revision)))
        }
        UpdateOutcome::WrongState(model) => Err(wrong_state(model)),
    }
}

fn view(value: i32, default: VersionView) -> Result<VersionView, ApiError> {
    let known = "MODEL_VERSION_VIEW_BASIC or MODEL_VERSION_VIEW_FULL";
    let mut found = Violations::new();
    let view = match choice(value, known, "view", &mut found) {
        v1::ModelVersionView::Unspecified => default,
        v1::ModelVersionView::Basic => VersionView::Basic,
        v1::ModelVersionView::Full => VersionView::Full,
    };
    Ok(found.into_result(view)?)
}
