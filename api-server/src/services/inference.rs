//! The Open Inference Protocol: the same predictions for clients of other servers.

use super::call::Call;
use super::predict::Predictor;
use crate::caller::Caller;
use crate::context::Context;
use crate::convert::{server_info, tensors};
use crate::error::ApiError;
use http::Extensions;
use mltraining_domain::name::{AliasName, ModelName, VersionName, VersionRef};
use mltraining_domain::{AliasId, ProjectId};
use mltraining_proto::inference as oip;
use mltraining_proto::v1::ServerState;
use mltraining_runtime::dependency::Board;
use oip::grpc_inference_service_server::GrpcInferenceService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What the server calls itself.
const NAME: &str = "mltraining";

/// The service.
#[derive(Clone)]
pub(super) struct InferenceApi {
    context: Arc<Context>,
    board: Board,
    predictor: Predictor,
}

#[tonic::async_trait]
impl GrpcInferenceService for InferenceApi {
    async fn server_live(
        &self,
        _: Request<oip::ServerLiveRequest>,
    ) -> Result<Response<oip::ServerLiveResponse>, Status> {
        Ok(Response::new(oip::ServerLiveResponse { live: true }))
    }

    async fn server_ready(
        &self,
        _: Request<oip::ServerReadyRequest>,
    ) -> Result<Response<oip::ServerReadyResponse>, Status> {
        // What the last round of readiness found: nothing is asked of a store here, so that the answer comes while one hangs.
        let is_ready = server_info::state(&self.board.read()) != ServerState::NotReady;
        let ready = is_ready && !self.context.stop.is_cancelled();
        Ok(Response::new(oip::ServerReadyResponse { ready }))
    }

    async fn model_ready(
        &self,
        request: Request<oip::ModelReadyRequest>,
    ) -> Result<Response<oip::ModelReadyResponse>, Status> {
        let (_, extensions, request) = request.into_parts();
        let meant = Meant {
            name: ("name", &request.name),
            version: ("version", &request.version),
        };
        let (call, name) = self.begin(&extensions, &meant)?;
        self.predictor.load(&call, name).await?;
        Ok(Response::new(oip::ModelReadyResponse { ready: true }))
    }

    async fn server_metadata(
        &self,
        _: Request<oip::ServerMetadataRequest>,
    ) -> Result<Response<oip::ServerMetadataResponse>, Status> {
        Ok(Response::new(oip::ServerMetadataResponse {
            name: NAME.to_owned(),
            version: String::new(), // not for who has no key
            extensions: Vec::new(),
        }))
    }

    async fn model_metadata(
        &self,
        request: Request<oip::ModelMetadataRequest>,
    ) -> Result<Response<oip::ModelMetadataResponse>, Status> {
        let (_, extensions, request) = request.into_parts();
        let meant = Meant {
            name: ("name", &request.name),
            version: ("version", &request.version),
        };
        let (call, name) = self.begin(&extensions, &meant)?;
        let (version, model) = self.predictor.load(&call, name).await?;
        let shown = tensors::show_metadata(&request.name, version.name.version, &model);
        Ok(Response::new(shown))
    }

    async fn model_infer(
        &self,
        request: Request<oip::ModelInferRequest>,
    ) -> Result<Response<oip::ModelInferResponse>, Status> {
        Ok(Response::new(self.infer(request).await?))
    }
}

/// The fields that name a version, and what stands in them.
struct Meant<'a> {
    name: (&'static str, &'a str),
    version: (&'static str, &'a str),
}

impl InferenceApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>, board: Board, predictor: Predictor) -> Self {
        Self {
            context,
            board,
            predictor,
        }
    }

    async fn infer(
        &self,
        request: Request<oip::ModelInferRequest>,
    ) -> Result<oip::ModelInferResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let meant = Meant {
            name: ("model_name", &request.model_name),
            version: ("model_version", &request.model_version),
        };
        let (call, name) = self.begin(&extensions, &meant)?;
        let wanted = tensors::outputs(&request.outputs)?;
        let (version, model) = self.predictor.load(&call, name).await?;
        let columns = tensors::columns(&request, &model.header.feature_names)?;
        let foreseen = self.predictor.rows(&call, Arc::clone(&model), columns).await?;
        tensors::show(&request, &version.used(), &model.header, &foreseen, &wanted)
    }

    /// Begins a call in the project of the model that is meant.
    fn begin(&self, extensions: &Extensions, meant: &Meant<'_>) -> Result<(Call, VersionRef), ApiError> {
        let own = extensions
            .get::<Caller>()
            .and_then(|caller| caller.project.clone());
        let model = model(meant.name, own)?;
        let call = Call::begin(&self.context, extensions, model.project.clone())?;
        Ok((call, version(meant.version, model)?))
    }
}

/// The model of a whole name, or of an id in the caller's own project.
fn model((field, text): (&str, &str), own: Option<ProjectId>) -> Result<ModelName, ApiError> {
    if text.contains('/') {
        return ModelName::parse(text).map_err(|error| ApiError::invalid(field, error.to_string()));
    }
    let model = text.parse();
    Ok(ModelName {
        project: own.unwrap_or_else(ProjectId::default_project),
        model: model
            .map_err(|error: mltraining_domain::IdError| ApiError::invalid(field, error.to_string()))?,
    })
}

/// The version of a number or an alias; the champion without either.
fn version((field, text): (&str, &str), model: ModelName) -> Result<VersionRef, ApiError> {
    let ModelName { project, model: id } = model.clone();
    if let Some(version) = text.parse().ok().filter(|version: &i32| *version >= 1) {
        return Ok(VersionRef::Number(VersionName {
            project,
            model: id,
            version,
        }));
    }
    let alias = match text {
        "" => AliasId::champion(),
        text => text.parse().map_err(|_| {
            ApiError::invalid(
                field,
                "give the number of a version, from 1, or one of its aliases",
            )
        })?,
    };
    Ok(VersionRef::Alias(AliasName { model, alias }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn meant(name: &str, version_of: &str, own: Option<&str>) -> Result<String, ApiError> {
        let own = own.map(|project| project.parse().unwrap());
        let model = model(("model_name", name), own)?;
        version(("model_version", version_of), model).map(|version| version.to_string())
    }

    #[test]
    fn a_version_is_meant_by_number_by_alias_or_as_the_champion() {
        for (name, version, own, whole) in [
            ("m", "3", Some("p"), "projects/p/models/m/versions/3"),
            ("m", "", Some("p"), "projects/p/models/m@champion"),
            ("m", "canary", None, "projects/default/models/m@canary"),
            (
                "projects/q/models/m",
                "",
                Some("p"),
                "projects/q/models/m@champion",
            ),
        ] {
            assert_eq!(meant(name, version, own).unwrap(), whole);
        }
    }

    #[test]
    fn what_is_no_name_is_refused_by_its_field() {
        for (name, version, field) in [
            ("", "1", "model_name"),
            ("models/m", "1", "model_name"),
            ("m", "0", "model_version"),
            ("m", "latest", "model_version"),
            ("m", "a/b", "model_version"),
        ] {
            let error = meant(name, version, None).unwrap_err().to_string();
            assert!(error.contains(field), "{name}, {version}: {error}");
        }
    }
}
