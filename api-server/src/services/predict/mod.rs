//! PredictionService: says what model versions foresee. What it shares with the Open Inference Protocol is [`Predictor`].

mod models;
mod points;
mod scoring;
mod version;

pub(super) use version::Version;

use super::call::Call;
use super::computing::Computing;
use crate::context::Context;
use crate::convert::name;
use crate::convert::prediction::{self as wire, Foreseen};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_domain::name::VersionRef;
use mltraining_learn::model_file::ModelFile;
use mltraining_proto::v1;
use models::Models;
use scoring::Scoring;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use v1::prediction_service_server::PredictionService;

/// Finds versions, loads their models, and lets them predict. Clones share the models and the room to work in.
#[derive(Clone)]
pub(super) struct Predictor {
    models: Models,
    scoring: Scoring,
    reading: Computing,
}

impl Predictor {
    /// Without any model yet.
    pub(super) fn new(context: &Context) -> Self {
        let config = &context.config;
        Self {
            models: Models::new(context.artifacts.clone(), config.cache.max_model_bytes),
            scoring: Scoring::new(),
            reading: Computing::new(config.server.max_predict_bytes),
        }
    }

    /// The version that a request means, with its model.
    ///
    /// # Errors
    /// NOT_FOUND, also when the model is deleted; FAILED_PRECONDITION when its file is no longer kept; ARTIFACT_CORRUPT;
    /// MEMORY_LIMIT for a file that is larger than all models together may be.
    pub(super) async fn load(
        &self,
        call: &Call,
        name: VersionRef,
    ) -> Result<(Version, Arc<ModelFile>), ApiError> {
        let version = version::find(call, name).await?;
        let model = self.models.of(&version).await?;
        Ok((version, model))
    }

    /// What the model says of rows, given column by column in its own order.
    ///
    /// # Errors
    /// DEADLINE_EXCEEDED.
    pub(super) async fn rows(
        &self,
        call: &Call,
        model: Arc<ModelFile>,
        columns: Vec<Vec<f32>>,
    ) -> Result<Vec<Foreseen>, ApiError> {
        self.scoring.run(call.deadline, model, columns).await
    }
}

/// The service.
#[derive(Clone)]
pub(super) struct PredictionApi {
    context: Arc<Context>,
    predictor: Predictor,
}

#[tonic::async_trait]
impl PredictionService for PredictionApi {
    async fn predict(
        &self,
        request: Request<v1::PredictRequest>,
    ) -> Result<Response<v1::PredictResponse>, Status> {
        Ok(Response::new(self.answer(request).await?))
    }
}

impl PredictionApi {
    /// The service.
    pub(super) fn new(context: Arc<Context>, predictor: Predictor) -> Self {
        Self { context, predictor }
    }

    async fn answer(&self, request: Request<v1::PredictRequest>) -> Result<v1::PredictResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("model_version", &request.model_version, VersionRef::parse)?;
        let call = Call::begin(&self.context, &extensions, name.model().project)?;
        let mut found = Violations::new();
        let shown = wire::Shown::of(request.return_features);
        let asked = wire::read(request.input, &mut found);
        found.into_result(())?;
        let (version, model) = self.predictor.load(&call, name).await?;
        let features = model.header.feature_names.as_slice();
        let foreseen = match asked {
            wire::Asked::Rows(rows) => {
                wire::check_size(shown, rows.rows.len(), features.len()).into_result(())?;
                let columns = wire::columns(&rows, features)?;
                self.predictor.rows(&call, Arc::clone(&model), columns).await?
            }
            wire::Asked::Points(points) => {
                wire::check_size(shown, points.points.len(), features.len()).into_result(())?;
                let reading = &self.predictor.reading;
                Box::pin(points::predict(reading, &call, &version, &model, points)).await?
            }
        };
        Ok(wire::show(&version.used(), &model.header, &foreseen, shown))
    }
}
