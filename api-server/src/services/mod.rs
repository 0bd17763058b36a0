//! The gRPC services: one file each. A handler parses names, authorizes, converts, asks the store and converts back.

mod admin;
mod api_key;
mod artifact;
mod audit;
mod backtest;
mod batch_predict;
mod call;
mod catalog;
mod compare;
mod computing;
mod create_source;
mod dataset;
mod dataset_preview;
mod download;
mod estimate;
mod evaluate;
mod evaluation;
mod evaluation_parts;
mod hint;
mod inference;
mod job;
mod label_counts;
mod leaderboard;
mod leakage;
mod lineage;
mod model;
mod model_alias;
mod predict;
mod refusal;
mod reproduce;
mod resolved;
mod scored_version;
mod training;
mod tune;
mod wake;
mod watch;

use crate::context::Context;
use computing::Computing;
use label_counts::LabelCounter;
use mltraining_proto::inference::grpc_inference_service_server::GrpcInferenceServiceServer;
use mltraining_proto::v1;
use mltraining_runtime::dependency::Board;
use std::sync::Arc;
use tonic::service::RoutesBuilder;
use v1::admin_service_server::AdminServiceServer;
use v1::api_key_service_server::ApiKeyServiceServer;
use v1::artifact_service_server::ArtifactServiceServer;
use v1::catalog_service_server::CatalogServiceServer;
use v1::dataset_service_server::DatasetServiceServer;
use v1::evaluation_service_server::EvaluationServiceServer;
use v1::job_service_server::JobServiceServer;
use v1::model_service_server::ModelServiceServer;
use v1::prediction_service_server::PredictionServiceServer;
use v1::training_service_server::TrainingServiceServer;
use watch::Feed;
pub(crate) use watch::Hub;

/// Adds every service of the public port, one line each. Each line sets `max_decoding_message_size` and
/// `max_encoding_message_size` from `context.config.server`: tonic's own are 4 MiB and none. Watchers of jobs share the poller of `hub`.
pub(crate) fn add_services(routes: &mut RoutesBuilder, context: &Arc<Context>, hub: Arc<Hub>, board: Board) {
    let (most_in, most_out) = (
        context.config.server.max_message_bytes,
        context.config.server.max_response_bytes,
    );
    let computing = Computing::new(context.config.server.max_preview_bytes);
    let labels = LabelCounter::new(computing.clone());
    let artifact = ArtifactServiceServer::new(artifact::ArtifactApi::new(context.clone()));
    routes.add_service(
        artifact
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let api_key = ApiKeyServiceServer::new(api_key::ApiKeyApi::new(context.clone()));
    routes.add_service(
        api_key
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let catalog = CatalogServiceServer::new(catalog::CatalogApi::new(context.clone()));
    routes.add_service(
        catalog
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let dataset = dataset::DatasetApi::new(context.clone(), labels.clone(), computing);
    let dataset = DatasetServiceServer::new(dataset);
    routes.add_service(
        dataset
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let evaluation = EvaluationServiceServer::new(evaluation::EvaluationApi::new(context.clone()));
    routes.add_service(
        evaluation
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let job = JobServiceServer::new(job::JobApi::new(context.clone(), hub, feed(context)));
    routes.add_service(
        job.max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let model = ModelServiceServer::new(model::ModelApi::new(context.clone()));
    routes.add_service(
        model
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let training = TrainingServiceServer::new(training::TrainingApi::new(context.clone(), labels));
    routes.add_service(
        training
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    add_predicting_services(routes, context, board);
}

/// What streams of jobs read from.
fn feed(context: &Context) -> Arc<Feed> {
    let config = &context.config;
    let longest = config.server.request_timeout;
    Feed::new(
        context.store.clone(),
        context.cache.clone(),
        context.stop.clone(),
        longest.max(config.database.statement_timeout),
    )
}

/// Adds the services that predict, which share models and room.
fn add_predicting_services(routes: &mut RoutesBuilder, context: &Arc<Context>, board: Board) {
    let (most_in, most_out) = (
        context.config.server.max_message_bytes,
        context.config.server.max_response_bytes,
    );
    let predictor = predict::Predictor::new(context);
    let prediction =
        PredictionServiceServer::new(predict::PredictionApi::new(context.clone(), predictor.clone()));
    routes.add_service(
        prediction
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
    let inference =
        GrpcInferenceServiceServer::new(inference::InferenceApi::new(context.clone(), board, predictor));
    routes.add_service(
        inference
            .max_decoding_message_size(most_in)
            .max_encoding_message_size(most_out),
    );
}

/// Adds the service of the admin port. `board` tells how the server's dependencies answered last.
pub fn add_admin_service(routes: &mut RoutesBuilder, context: &Arc<Context>, board: Board) {
    let server = &context.config.server;
    let admin = AdminServiceServer::new(admin::AdminApi::new(context.clone(), board));
    routes.add_service(
        admin
            .max_decoding_message_size(server.max_message_bytes)
            .max_encoding_message_size(server.max_response_bytes),
    );
}
