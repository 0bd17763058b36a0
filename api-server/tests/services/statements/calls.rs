//! A good call of each method, which asks for as many rows as there are.

use crate::house::{House, PARENT, START, create_bars, label, range, train};
use crate::support::requests::JOB;
use api_server::access::Port;
use mltraining_proto::inference as oip;
use mltraining_proto::v1;
use oip::grpc_inference_service_client::GrpcInferenceServiceClient;
use prost_types::Duration;
use tonic::transport::Channel;
use v1::admin_service_client::AdminServiceClient;
use v1::api_key_service_client::ApiKeyServiceClient;
use v1::backtest_model_request::{Subject, TrainingPart};

const MODEL: &str = "projects/default/models/x";
const SOURCE: &str = "projects/default/sources/bars";
/// More than there are rows.
const PAGE: i32 = 200;
/// What a statement of the test's own begins with.
pub(super) const ASIDE: &str = "/* aside */";

/// Runs SQL that is not counted.
fn aside(house: &House, text: &str) -> String {
    house.sql(&format!("{ASIDE} {text}"))
}

fn job() -> String {
    format!("{PARENT}/jobs/{JOB}")
}

fn hours(hours: i64) -> Duration {
    Duration {
        seconds: 3600 * hours,
        nanos: 0,
    }
}

/// Calls the method `Service/Method`; a stream is read to its end.
pub(crate) async fn call(house: &House, method: &str) {
    let (service, method) = method.split_once('/').unwrap();
    match service {
        "AdminService" => admin(house, method).await,
        "ApiKeyService" => keys(house, method).await,
        "ArtifactService" => artifacts(house, method).await,
        "CatalogService" => catalog(house, method).await,
        "DatasetService" => dataset(house, method).await,
        "EvaluationService" => evaluations(house, method).await,
        "JobService" => jobs(house, method).await,
        "ModelService" => models(house, method).await,
        "TrainingService" => Box::pin(training(house, method)).await,
        "PredictionService" => predictions(house, method).await,
        "GRPCInferenceService" => inference(house, method).await,
        _ => panic!("no call of {service}/{method} stands here"),
    }
}

async fn admin(house: &House, method: &str) {
    let mut client = AdminServiceClient::new(house.api.channel_to(Port::Admin).await);
    let (queue, quota) = ("queues/default".to_owned(), format!("{PARENT}/quota"));
    match method {
        "GetServerInfo" => {
            client.get_server_info(v1::GetServerInfoRequest {}).await.unwrap();
        }
        "ListWorkers" => {
            let request = v1::ListWorkersRequest {
                page_size: PAGE,
                ..v1::ListWorkersRequest::default()
            };
            client.list_workers(request).await.unwrap();
        }
        "DrainWorker" => {
            let name = aside(house, "select 'workers/' || id from worker limit 1");
            client
                .drain_worker(v1::DrainWorkerRequest { name })
                .await
                .unwrap();
        }
        "PauseQueue" => {
            client
                .pause_queue(v1::PauseQueueRequest { name: queue })
                .await
                .unwrap();
        }
        "ResumeQueue" => {
            client
                .resume_queue(v1::ResumeQueueRequest { name: queue })
                .await
                .unwrap();
        }
        "GetQuota" => {
            client
                .get_quota(v1::GetQuotaRequest { name: quota })
                .await
                .unwrap();
        }
        "UpdateQuota" => {
            let quota = v1::Quota {
                name: quota,
                max_running: Some(7),
                ..v1::Quota::default()
            };
            let request = v1::UpdateQuotaRequest {
                quota: Some(quota),
                ..v1::UpdateQuotaRequest::default()
            };
            client.update_quota(request).await.unwrap();
        }
        "ListAuditEvents" => audit_events(client).await,
        _ => panic!("no call of {method} stands here"),
    }
}

async fn audit_events(mut client: AdminServiceClient<Channel>) {
    let request = v1::ListAuditEventsRequest {
        page_size: PAGE,
        ..v1::ListAuditEventsRequest::default()
    };
    client.list_audit_events(request).await.unwrap();
}

async fn keys(house: &House, method: &str) {
    let mut client = ApiKeyServiceClient::new(house.channel.clone());
    let key = aside(
        house,
        "insert into api_key (id, short_id, secret_hash, display_name, project, role, created_by)
         select gen_random_uuid(), substr(md5(random()::text), 1, 12), sha256('a'), 'x', 'default', 'viewer', 'test'
         returning short_id",
    );
    let name = format!("{PARENT}/apiKeys/{key}");
    match method {
        "CreateApiKey" => {
            let api_key = Some(v1::ApiKey {
                display_name: "x".to_owned(),
                role: v1::Role::Viewer.into(),
                ..v1::ApiKey::default()
            });
            let parent = PARENT.to_owned();
            let request = v1::CreateApiKeyRequest { parent, api_key };
            client.create_api_key(request).await.unwrap();
        }
        "ListApiKeys" => {
            let request = v1::ListApiKeysRequest {
                page_size: PAGE,
                ..v1::ListApiKeysRequest::default()
            };
            client.list_api_keys(request).await.unwrap();
        }
        "RotateApiKey" => {
            let request = v1::RotateApiKeyRequest { name, overlap: None };
            client.rotate_api_key(request).await.unwrap();
        }
        "RevokeApiKey" => {
            client
                .revoke_api_key(v1::RevokeApiKeyRequest { name })
                .await
                .unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn artifacts(house: &House, method: &str) {
    let mut client = house.artifacts();
    match method {
        "ListArtifacts" => {
            let request = v1::ListArtifactsRequest {
                parent: job(),
                page_size: PAGE,
                ..v1::ListArtifactsRequest::default()
            };
            client.list_artifacts(request).await.unwrap();
        }
        "DownloadArtifact" => {
            let request = v1::DownloadArtifactRequest {
                name: format!("{}/artifacts/model.mlts", job()),
                ..v1::DownloadArtifactRequest::default()
            };
            let mut chunks = client.download_artifact(request).await.unwrap().into_inner();
            while chunks.message().await.unwrap().is_some() {}
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn catalog(house: &House, method: &str) {
    let mut client = house.catalog();
    let parent = PARENT.to_owned();
    match method {
        "CreateSource" => {
            // The call may be made again.
            let count = aside(house, "select count(*) from source");
            let request = v1::CreateSourceRequest {
                source_id: format!("new{count}"),
                ..create_bars()
            };
            client.create_source(request).await.unwrap();
        }
        "GetSource" => {
            let name = SOURCE.to_owned();
            client.get_source(v1::GetSourceRequest { name }).await.unwrap();
        }
        "ListSources" => {
            let request = v1::ListSourcesRequest {
                parent,
                page_size: PAGE,
                ..v1::ListSourcesRequest::default()
            };
            client.list_sources(request).await.unwrap();
        }
        "GetSourceCoverage" => {
            let request = v1::GetSourceCoverageRequest {
                name: SOURCE.to_owned(),
                ..v1::GetSourceCoverageRequest::default()
            };
            client.get_source_coverage(request).await.unwrap();
        }
        "ListFeatures" => {
            let request = v1::ListFeaturesRequest {
                parent,
                source: SOURCE.to_owned(),
                page_size: PAGE,
                ..v1::ListFeaturesRequest::default()
            };
            client.list_features(request).await.unwrap();
        }
        "ListAlgorithms" => {
            let request = v1::ListAlgorithmsRequest {
                parent,
                ..v1::ListAlgorithmsRequest::default()
            };
            client.list_algorithms(request).await.unwrap();
        }
        "ListPhases" => {
            let request = v1::ListPhasesRequest {
                parent: SOURCE.to_owned(),
                page_size: PAGE,
                ..v1::ListPhasesRequest::default()
            };
            client.list_phases(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn dataset(house: &House, method: &str) {
    let mut client = house.dataset();
    match method {
        "PreviewLabels" => {
            let request = v1::PreviewLabelsRequest {
                source: SOURCE.to_owned(),
                range: range(START, START + 3600),
                label: Some(label(0.02, 120)),
                ..v1::PreviewLabelsRequest::default()
            };
            client.preview_labels(request).await.unwrap();
        }
        "PreviewDataset" => {
            let request = v1::PreviewDatasetRequest {
                spec: train().spec,
                ..v1::PreviewDatasetRequest::default()
            };
            client.preview_dataset(request).await.unwrap();
        }
        "CheckLeakage" => {
            let request = v1::CheckLeakageRequest {
                spec: train().spec,
                ..v1::CheckLeakageRequest::default()
            };
            client.check_leakage(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn jobs(house: &House, method: &str) {
    let mut client = house.jobs();
    match method {
        "GetJob" => {
            let request = v1::GetJobRequest {
                name: job(),
                ..v1::GetJobRequest::default()
            };
            client.get_job(request).await.unwrap();
        }
        "BatchGetJobs" => {
            let names = aside(house, "select 'projects/default/jobs/' || id from job limit 100");
            let request = v1::BatchGetJobsRequest {
                names: names.lines().map(str::to_owned).collect(),
                view: v1::JobView::Full.into(),
                ..v1::BatchGetJobsRequest::default()
            };
            client.batch_get_jobs(request).await.unwrap();
        }
        "ListJobs" => {
            let request = v1::ListJobsRequest {
                parent: PARENT.to_owned(),
                page_size: PAGE,
                view: v1::JobView::Full.into(),
                ..v1::ListJobsRequest::default()
            };
            client.list_jobs(request).await.unwrap();
        }
        "WatchJob" => {
            let request = v1::WatchJobRequest {
                name: job(),
                ..v1::WatchJobRequest::default()
            };
            let mut events = client.watch_job(request).await.unwrap().into_inner();
            while events.message().await.unwrap().is_some() {}
        }
        "WaitJob" => {
            let request = v1::WaitJobRequest {
                name: job(),
                ..v1::WaitJobRequest::default()
            };
            client.wait_job(request).await.unwrap();
        }
        "CancelJob" => {
            let name = waiting(house);
            let request = v1::CancelJobRequest {
                name,
                ..v1::CancelJobRequest::default()
            };
            client.cancel_job(request).await.unwrap();
        }
        _ => more_of_jobs(house, method).await,
    }
}

async fn more_of_jobs(house: &House, method: &str) {
    let mut client = house.jobs();
    let parent = PARENT.to_owned();
    match method {
        "CountJobs" => {
            let request = v1::CountJobsRequest {
                parent,
                group_by: vec!["state".to_owned()],
                ..v1::CountJobsRequest::default()
            };
            client.count_jobs(request).await.unwrap();
        }
        "GetQueueStats" => {
            let request = v1::GetQueueStatsRequest {
                parent,
                ..v1::GetQueueStatsRequest::default()
            };
            client.get_queue_stats(request).await.unwrap();
        }
        "WatchJobs" => {
            let request = v1::WatchJobsRequest {
                parent,
                ..v1::WatchJobsRequest::default()
            };
            // Such a stream has no end: the snapshot is all that it must show.
            let mut events = client.watch_jobs(request).await.unwrap().into_inner();
            events.message().await.unwrap();
        }
        "ListJobLogs" => {
            let request = v1::ListJobLogsRequest {
                parent: job(),
                page_size: PAGE,
                ..v1::ListJobLogsRequest::default()
            };
            client.list_job_logs(request).await.unwrap();
        }
        "TailJobLogs" => {
            let request = v1::TailJobLogsRequest {
                name: job(),
                ..v1::TailJobLogsRequest::default()
            };
            let mut lines = client.tail_job_logs(request).await.unwrap().into_inner();
            while lines.message().await.unwrap().is_some() {}
        }
        _ => changes_of_jobs(house, method).await,
    }
}

async fn changes_of_jobs(house: &House, method: &str) {
    let mut client = house.jobs();
    match method {
        "BatchCancelJobs" => {
            let request = v1::BatchCancelJobsRequest {
                parent: PARENT.to_owned(),
                names: vec![waiting(house)],
                ..v1::BatchCancelJobsRequest::default()
            };
            client.batch_cancel_jobs(request).await.unwrap();
        }
        "RetryJob" => {
            let name = waiting(house);
            let cancel = "update job set state = 'CANCELLED', finished_at = now(), error_code = 'CANCELLED', error_message = 'x'";
            aside(
                house,
                &format!("{cancel} where 'projects/default/jobs/' || id = '{name}'"),
            );
            let request = v1::RetryJobRequest {
                name,
                ..v1::RetryJobRequest::default()
            };
            client.retry_job(request).await.unwrap();
        }
        "UpdateJob" => {
            let changed = v1::Job {
                name: waiting(house),
                labels: [("team".to_owned(), "a".to_owned())].into(),
                ..v1::Job::default()
            };
            let request = v1::UpdateJobRequest {
                job: Some(changed),
                update_mask: Some(prost_types::FieldMask {
                    paths: vec!["labels".to_owned()],
                }),
            };
            client.update_job(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

/// A job that waits, made by SQL.
fn waiting(house: &House) -> String {
    let id = aside(house, &format!(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by,
                          event_seq)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, 'test', 1
           from job where id = '{JOB}' returning id"
    ));
    aside(
        house,
        &format!(
            "insert into job_event (job_id, seq, lease_epoch, kind, payload) values ('{id}', 1, 0, 'state', '{{\"state\": \"QUEUED\"}}')"
        ),
    );
    format!("{PARENT}/jobs/{id}")
}

async fn models(house: &House, method: &str) {
    let mut client = house.models();
    match method {
        "GetModel" => {
            let name = MODEL.to_owned();
            client.get_model(v1::GetModelRequest { name }).await.unwrap();
        }
        "BatchGetModels" => {
            let names = aside(
                house,
                "select 'projects/default/models/' || id from model limit 100",
            );
            let request = v1::BatchGetModelsRequest {
                names: names.lines().map(str::to_owned).collect(),
                ..v1::BatchGetModelsRequest::default()
            };
            client.batch_get_models(request).await.unwrap();
        }
        "ListModels" => {
            let request = v1::ListModelsRequest {
                parent: PARENT.to_owned(),
                page_size: PAGE,
                ..v1::ListModelsRequest::default()
            };
            client.list_models(request).await.unwrap();
        }
        "GetModelVersion" => {
            let request = v1::GetModelVersionRequest {
                name: format!("{MODEL}/versions/1"),
                ..v1::GetModelVersionRequest::default()
            };
            client.get_model_version(request).await.unwrap();
        }
        "ListModelVersions" => {
            let request = v1::ListModelVersionsRequest {
                parent: MODEL.to_owned(),
                page_size: PAGE,
                view: v1::ModelVersionView::Full.into(),
                ..v1::ListModelVersionsRequest::default()
            };
            client.list_model_versions(request).await.unwrap();
        }
        _ => changes_of_models(house, method).await,
    }
}

async fn changes_of_models(house: &House, method: &str) {
    let mut client = house.models();
    let (name, etag) = (MODEL.to_owned(), String::new());
    match method {
        "UpdateModel" => {
            let model = v1::Model {
                name,
                display_name: "Pump".to_owned(),
                ..v1::Model::default()
            };
            let request = v1::UpdateModelRequest {
                model: Some(model),
                ..v1::UpdateModelRequest::default()
            };
            client.update_model(request).await.unwrap();
        }
        "DeleteModel" => {
            aside(
                house,
                "update model set deleted_at = null, expire_at = null where id = 'x'",
            );
            client
                .delete_model(v1::DeleteModelRequest { name, etag })
                .await
                .unwrap();
        }
        "UndeleteModel" => {
            aside(
                house,
                "update model set deleted_at = now(), expire_at = now() + interval '1 day' where id = 'x'",
            );
            client
                .undelete_model(v1::UndeleteModelRequest { name, etag })
                .await
                .unwrap();
        }
        _ => moves_of_aliases(house, method).await,
    }
}

async fn moves_of_aliases(house: &House, method: &str) {
    let mut client = house.models();
    let (name, version) = (format!("{MODEL}@challenger"), format!("{MODEL}/versions/1"));
    match method {
        "SetModelAlias" => {
            aside(house, "delete from model_alias");
            let request = v1::SetModelAliasRequest {
                name,
                version,
                ..v1::SetModelAliasRequest::default()
            };
            client.set_model_alias(request).await.unwrap();
        }
        "DeleteModelAlias" => {
            aside(
                house,
                "insert into model_alias (project, model, id, version)
                 values ('default', 'x', 'challenger', 1) on conflict do nothing",
            );
            let request = v1::DeleteModelAliasRequest {
                name,
                ..v1::DeleteModelAliasRequest::default()
            };
            client.delete_model_alias(request).await.unwrap();
        }
        "PromoteModelVersion" => {
            let request = v1::PromoteModelVersionRequest {
                name: version,
                ..v1::PromoteModelVersionRequest::default()
            };
            client.promote_model_version(request).await.unwrap();
        }
        "ListPromotions" => {
            let request = v1::ListPromotionsRequest {
                parent: MODEL.to_owned(),
                page_size: PAGE,
                ..v1::ListPromotionsRequest::default()
            };
            client.list_promotions(request).await.unwrap();
        }
        "ListLeaderboard" => {
            let request = v1::ListLeaderboardRequest {
                page_size: PAGE,
                ..v1::ListLeaderboardRequest::default()
            };
            client.list_leaderboard(request).await.unwrap();
        }
        _ => looks_at_versions(house, method).await,
    }
}

async fn looks_at_versions(house: &House, method: &str) {
    let mut client = house.models();
    match method {
        "GetLineage" => {
            let request = v1::GetLineageRequest {
                name: format!("{MODEL}/versions/1"),
                page_size: PAGE,
                ..v1::GetLineageRequest::default()
            };
            client.get_lineage(request).await.unwrap();
        }
        "GetFeatureImportance" => {
            let request = v1::GetFeatureImportanceRequest {
                name: format!("{MODEL}/versions/1"),
                ..v1::GetFeatureImportanceRequest::default()
            };
            client.get_feature_importance(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

/// The name of an evaluation.
fn one(house: &House) -> String {
    aside(
        house,
        "select 'projects/default/evaluations/' || id from evaluation limit 1",
    )
}

async fn evaluations(house: &House, method: &str) {
    let mut client = house.evaluations();
    match method {
        "GetEvaluation" => {
            let request = v1::GetEvaluationRequest { name: one(house) };
            client.get_evaluation(request).await.unwrap();
        }
        "ListEvaluations" => {
            let request = v1::ListEvaluationsRequest {
                page_size: PAGE,
                ..v1::ListEvaluationsRequest::default()
            };
            client.list_evaluations(request).await.unwrap();
        }
        "BatchGetEvaluations" => {
            let names = aside(
                house,
                "select 'projects/default/evaluations/' || id from evaluation limit 20",
            );
            let request = v1::BatchGetEvaluationsRequest {
                names: names.lines().map(str::to_owned).collect(),
                ..v1::BatchGetEvaluationsRequest::default()
            };
            client.batch_get_evaluations(request).await.unwrap();
        }
        // A training made it: to refuse takes as many statements.
        "DeleteEvaluation" => {
            let request = v1::DeleteEvaluationRequest { name: one(house) };
            client.delete_evaluation(request).await.unwrap_err();
        }
        "GetEvaluationCurve" => {
            let request = v1::GetEvaluationCurveRequest {
                name: one(house),
                ..v1::GetEvaluationCurveRequest::default()
            };
            client.get_evaluation_curve(request).await.unwrap();
        }
        "ListEvaluationSlices" => {
            let request = v1::ListEvaluationSlicesRequest {
                parent: one(house),
                page_size: PAGE,
                ..v1::ListEvaluationSlicesRequest::default()
            };
            client.list_evaluation_slices(request).await.unwrap();
        }
        _ => findings(house, method).await,
    }
}

/// What jobs have found that make no version.
async fn findings(house: &House, method: &str) {
    let mut client = house.evaluations();
    match method {
        // No worker compares here: what is not there takes as many statements.
        "GetComparison" => {
            let name = format!("{PARENT}/comparisons/{JOB}");
            let request = v1::GetComparisonRequest { name };
            client.get_comparison(request).await.unwrap_err();
        }
        "ListComparisons" => {
            let request = v1::ListComparisonsRequest {
                page_size: PAGE,
                ..v1::ListComparisonsRequest::default()
            };
            client.list_comparisons(request).await.unwrap();
        }
        // As with comparisons.
        "GetBacktest" => {
            let name = format!("{PARENT}/backtests/{JOB}");
            let request = v1::GetBacktestRequest { name };
            client.get_backtest(request).await.unwrap_err();
        }
        "ListBacktests" => {
            let request = v1::ListBacktestsRequest {
                page_size: PAGE,
                ..v1::ListBacktestsRequest::default()
            };
            client.list_backtests(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn training(house: &House, method: &str) {
    match method {
        "TrainModel" => {
            house.training().train_model(train()).await.unwrap();
        }
        "ReproduceJob" => {
            let request = v1::ReproduceJobRequest {
                name: job(),
                ..v1::ReproduceJobRequest::default()
            };
            house.training().reproduce_job(request).await.unwrap();
        }
        "EvaluateModel" => {
            let request = v1::EvaluateModelRequest {
                model_version: format!("{MODEL}/versions/1"),
                range: range(START + 2 * 86_400, START + 3 * 86_400),
                ..v1::EvaluateModelRequest::default()
            };
            house.training().evaluate_model(request).await.unwrap();
        }
        "BatchPredict" => {
            let request = v1::BatchPredictRequest {
                model_version: format!("{MODEL}/versions/1"),
                range: range(START + 2 * 86_400, START + 3 * 86_400),
                ..v1::BatchPredictRequest::default()
            };
            house.training().batch_predict(request).await.unwrap();
        }
        "CompareModels" => {
            let request = v1::CompareModelsRequest {
                model_versions: [1, 2]
                    .map(|version| format!("{MODEL}/versions/{version}"))
                    .to_vec(),
                range: range(START + 2 * 86_400, START + 3 * 86_400),
                ..v1::CompareModelsRequest::default()
            };
            house.training().compare_models(request).await.unwrap();
        }
        "BacktestModel" => {
            let request = v1::BacktestModelRequest {
                subject: Some(Subject::ModelVersion(format!("{MODEL}/versions/1"))),
                range: range(START + 43_200, START + 86_400),
                step: Some(hours(4)),
                training_part: Some(TrainingPart::Window(hours(12))),
                ..v1::BacktestModelRequest::default()
            };
            house.training().backtest_model(request).await.unwrap();
        }
        "TuneModel" | "PreviewStudy" | "ListStudies" => Box::pin(studies(house, method)).await,
        _ => panic!("no call of {method} stands here"),
    }
}

async fn studies(house: &House, method: &str) {
    match method {
        "TuneModel" => {
            let list = v1::NumberList {
                values: vec![2.0, 4.0],
            };
            let depths = v1::SearchParameter {
                name: "max_depth".to_owned(),
                values: Some(v1::search_parameter::Values::List(list)),
            };
            let train = train();
            let request = v1::TuneModelRequest {
                model_id: train.model_id,
                spec: train.spec,
                study: Some(v1::StudySpec {
                    space: vec![depths],
                    method: v1::SearchMethod::Grid.into(),
                    ..v1::StudySpec::default()
                }),
                ..v1::TuneModelRequest::default()
            };
            house.training().tune_model(request).await.unwrap();
        }
        // The job is a training: tests/tests/tune.rs reads a study.
        "PreviewStudy" => {
            let request = v1::PreviewStudyRequest { job: job() };
            house.training().preview_study(request).await.unwrap_err();
        }
        // There is none: the list alone is read, in two steps, and the project.
        "ListStudies" => {
            let request = v1::ListStudiesRequest::default();
            house.training().list_studies(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}

async fn predictions(house: &House, method: &str) {
    assert_eq!(method, "Predict", "no call of {method} stands here");
    let row = v1::FeatureRow { values: vec![30.0] };
    let rows = v1::FeatureRows {
        features: vec!["close".to_owned()],
        rows: vec![row],
    };
    let request = v1::PredictRequest {
        model_version: format!("{MODEL}/versions/1"),
        input: Some(v1::predict_request::Input::Rows(rows)),
        ..v1::PredictRequest::default()
    };
    let answer = house.predictions().predict(request).await.unwrap().into_inner();
    assert_eq!(answer.predictions[0].decision, Some(true));
}

async fn inference(house: &House, method: &str) {
    let mut client = GrpcInferenceServiceClient::new(house.channel.clone());
    let (name, version) = ("x".to_owned(), "1".to_owned());
    match method {
        "ModelReady" => {
            client
                .model_ready(oip::ModelReadyRequest { name, version })
                .await
                .unwrap();
        }
        "ModelMetadata" => {
            client
                .model_metadata(oip::ModelMetadataRequest { name, version })
                .await
                .unwrap();
        }
        "ModelInfer" => {
            let input = oip::model_infer_request::InferInputTensor {
                name: "close".to_owned(),
                datatype: "FP64".to_owned(),
                shape: vec![1],
                contents: Some(oip::InferTensorContents {
                    fp64_contents: vec![30.0],
                    ..oip::InferTensorContents::default()
                }),
                ..oip::model_infer_request::InferInputTensor::default()
            };
            let request = oip::ModelInferRequest {
                model_name: name,
                model_version: version,
                inputs: vec![input],
                ..oip::ModelInferRequest::default()
            };
            client.model_infer(request).await.unwrap();
        }
        _ => panic!("no call of {method} stands here"),
    }
}
