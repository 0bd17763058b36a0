//! ApiKeyService: who may call.

use super::call::{Call, missing};
use crate::context::Context;
use crate::convert::page::Page;
use crate::convert::{api_key as wire, name};
use crate::error::ApiError;
use crate::keys::ApiKeySecret;
use http::Extensions;
use mltraining_domain::name::ApiKeyName;
use mltraining_domain::{ProjectId, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::api_keys::{ApiKey, ApiKeyCursor, NewApiKey, RotateOutcome};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use v1::api_key_service_server::ApiKeyService;

/// The service.
#[derive(Clone)]
pub(super) struct ApiKeyApi {
    context: Arc<Context>,
}

#[tonic::async_trait]
impl ApiKeyService for ApiKeyApi {
    async fn create_api_key(
        &self,
        request: Request<v1::CreateApiKeyRequest>,
    ) -> Result<Response<v1::CreateApiKeyResponse>, Status> {
        Ok(Response::new(self.create(request).await?))
    }

    async fn list_api_keys(
        &self,
        request: Request<v1::ListApiKeysRequest>,
    ) -> Result<Response<v1::ListApiKeysResponse>, Status> {
        Ok(Response::new(self.list(request).await?))
    }

    async fn rotate_api_key(
        &self,
        request: Request<v1::RotateApiKeyRequest>,
    ) -> Result<Response<v1::RotateApiKeyResponse>, Status> {
        Ok(Response::new(self.rotate(request).await?))
    }

    async fn revoke_api_key(
        &self,
        request: Request<v1::RevokeApiKeyRequest>,
    ) -> Result<Response<v1::ApiKey>, Status> {
        Ok(Response::new(self.revoke(request).await?))
    }
}

impl ApiKeyApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Begins a call about the keys of a project: of its own admins, or of those of the service. The table of methods has seen
    /// that the caller is an admin, which is the largest role: he gives no more than he has.
    fn begin(&self, extensions: &Extensions, project: ProjectId) -> Result<Call, ApiError> {
        match Call::begin(&self.context, extensions, ProjectId::default_project()) {
            Ok(call) => Ok(Call { project, ..call }),
            Err(_) => Call::begin(&self.context, extensions, project),
        }
    }

    async fn create(
        &self,
        request: Request<v1::CreateApiKeyRequest>,
    ) -> Result<v1::CreateApiKeyResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = self.begin(&extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let wanted = wire::read(&request.api_key.unwrap_or_default(), &mut found);
        let wanted = found.into_result(wanted)?;
        let wanted = wanted.ok_or_else(|| ApiError::internal(anyhow::anyhow!("a key without a role")))?;
        let (secret, text) = ApiKeySecret::make();
        let entry = NewApiKey {
            id: Uuid::now_v7(),
            short_id: secret.short_id().to_owned(),
            secret_hash: secret.hash(),
            display_name: wanted.display_name,
            project: call.project.clone(),
            role: wanted.role,
            created_by: call.caller.key.clone(),
            expires_at: wanted.expires_at,
        };
        call.require_project().await?;
        let made = call.store.create_api_key(&entry).await?;
        told(&call, &made, "an API key was made");
        Ok(v1::CreateApiKeyResponse {
            api_key: Some(wire::show(&made)),
            secret: text,
        })
    }

    async fn list(
        &self,
        request: Request<v1::ListApiKeysRequest>,
    ) -> Result<v1::ListApiKeysResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = self.begin(&extensions, name::parent(&request.parent)?)?;
        let scope = ["ListApiKeys", call.project.as_str()];
        let page = Page::<ApiKeyCursor>::read(request.page_size, &request.page_token, &scope)?;
        let listed = call
            .store
            .list_api_keys(&call.project, page.after.as_ref(), page.limit());
        let mut keys = listed.await?;
        if keys.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut keys, ApiKey::cursor);
        Ok(v1::ListApiKeysResponse {
            api_keys: keys.iter().map(wire::show).collect(),
            next_page_token,
        })
    }

    async fn rotate(
        &self,
        request: Request<v1::RotateApiKeyRequest>,
    ) -> Result<v1::RotateApiKeyResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ApiKeyName::parse)?;
        let call = self.begin(&extensions, name.project.clone())?;
        let mut found = Violations::new();
        let overlap = wire::read_overlap(request.overlap, &mut found);
        let overlap = found.into_result(overlap)?;
        let (secret, text) = ApiKeySecret::of(&name.key);
        let rotated = call
            .store
            .rotate_api_key(&name.project, &name.key, &secret.hash(), overlap)
            .await;
        match rotated.map_err(missing(&name))? {
            RotateOutcome::Rotated(key) => {
                told(&call, &key, "an API key was rotated");
                Ok(v1::RotateApiKeyResponse {
                    api_key: Some(wire::show(&key)),
                    secret: text,
                })
            }
            RotateOutcome::Ended(_) => {
                let text = "the key is revoked or has ended; make another one with CreateApiKey";
                Err(ApiError::new(Reason::FailedPrecondition, text).with("name", name))
            }
        }
    }

    async fn revoke(&self, request: Request<v1::RevokeApiKeyRequest>) -> Result<v1::ApiKey, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, ApiKeyName::parse)?;
        let call = self.begin(&extensions, name.project.clone())?;
        let revoked = call.store.revoke_api_key(&name.project, &name.key).await;
        let key = revoked.map_err(missing(&name))?;
        told(&call, &key, "an API key was revoked");
        Ok(wire::show(&key))
    }
}

fn told(call: &Call, key: &ApiKey, what: &'static str) {
    tracing::info!(
        key.id = key.short_id, key.role = key.role.as_str(), project.id = %key.project, caller.key = call.caller.key,
        "{what}"
    );
}
