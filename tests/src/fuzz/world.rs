//! A system with a little of everything that calls can name, and no worker: whatever changes, a call has changed it.

use super::sample::Samples;
use crate::data;
use crate::process::Signal;
use crate::system::System;
use mltraining_proto::inference as oip;
use mltraining_proto::v1 as pb;
use prost_types::{Duration, FieldMask};
use tonic_reflection::pb::v1 as reflection;

const ENTITIES: u32 = 3;
const MINUTES: u32 = 900;
const TRAINED: i64 = 400;
/// Limits that would leave nothing to fuzz.
const UNLIMITED: [(&str, &str); 3] = [
    ("MLTS_SERVER__RATE__KEY_PER_SECOND", "0"),
    ("MLTS_SERVER__RATE__ADDRESS_PER_SECOND", "0"),
    ("MLTS_SERVER__RATE__TOTAL_PER_SECOND", "0"),
];

/// The system, and what good requests to it are made of.
pub struct World {
    pub system: System,
    pub samples: Samples,
}

impl World {
    /// A source, a model of two versions with an alias, another model, evaluations, a comparison, a backtest, a study and jobs that wait.
    pub async fn make() -> Self {
        let mut system = System::start_with(&UNLIMITED).await;
        data::make_bars(&system.database, ENTITIES, MINUTES);
        let caller = system.caller();
        data::register_bars(&caller).await;
        let worker = system.add_worker().await;
        caller.trained(data::training("rise", TRAINED, 3)).await;
        caller.trained(data::training("rise", TRAINED, 2)).await;
        caller.trained(data::training("spare", TRAINED, 2)).await;
        let alias = pb::SetModelAliasRequest {
            name: "projects/default/models/rise@champion".into(),
            version: "projects/default/models/rise/versions/1".into(),
            ..pb::SetModelAliasRequest::default()
        };
        caller.models.clone().set_model_alias(alias).await.unwrap();
        let compared = caller
            .training
            .clone()
            .compare_models(comparison())
            .await
            .unwrap();
        let compared = result(&caller.ended(&compared.into_inner().name).await);
        let walked = caller.training.clone().backtest_model(backtest()).await.unwrap();
        let walked = result(&caller.ended(&walked.into_inner().name).await);
        system.workers[worker].signal(Signal::Term);
        system.workers[worker].exit().await;
        for _ in 0..8 {
            let waiting = data::training("rise", TRAINED, 3);
            caller.training.clone().train_model(waiting).await.unwrap();
        }
        caller.training.clone().tune_model(study()).await.unwrap();
        let mut samples = samples(&system);
        samples.part("{comparison}", vec![id(&compared.comparison)]);
        samples.part("{backtest}", vec![id(&walked.backtest)]);
        Self { system, samples }
    }
}

fn result(job: &pb::Job) -> pb::JobResult {
    job.result.clone().unwrap_or_else(|| panic!("{:?}", job.error))
}

/// The last part of a name.
fn id(name: &str) -> String {
    name.rsplit('/').next().unwrap().to_owned()
}

fn minutes(minutes: i64) -> Option<Duration> {
    Some(Duration {
        seconds: 60 * minutes,
        nanos: 0,
    })
}

fn comparison() -> pb::CompareModelsRequest {
    let version = |number| format!("projects/default/models/rise/versions/{number}");
    pb::CompareModelsRequest {
        model_versions: vec![version(1), version(2)],
        range: Some(data::range(TRAINED + 60, i64::from(MINUTES))),
        ..pb::CompareModelsRequest::default()
    }
}

fn backtest() -> pb::BacktestModelRequest {
    pb::BacktestModelRequest {
        subject: Some(pb::backtest_model_request::Subject::Spec(pb::TrainSpec {
            range: None,
            split: None,
            ..spec()
        })),
        range: Some(data::range(TRAINED, i64::from(MINUTES))),
        step: minutes(200),
        training_part: minutes(TRAINED - 20).map(pb::backtest_model_request::TrainingPart::Window),
        costs: Some(pb::TradingCosts {
            fee_bps: 8.0,
            slippage_bps: 2.0,
        }),
        ..pb::BacktestModelRequest::default()
    }
}

fn spec() -> pb::TrainSpec {
    data::training("rise", TRAINED, 2).spec.unwrap()
}

fn study() -> pb::TuneModelRequest {
    let depth = pb::SearchParameter {
        name: "max_depth".into(),
        values: Some(pb::search_parameter::Values::List(pb::NumberList {
            values: vec![1.0, 2.0],
        })),
    };
    pb::TuneModelRequest {
        model_id: "rise".into(),
        spec: Some(spec()),
        study: Some(pb::StudySpec {
            space: vec![depth],
            method: pb::SearchMethod::Grid.into(),
            ..pb::StudySpec::default()
        }),
        ..pb::TuneModelRequest::default()
    }
}

fn samples(system: &System) -> Samples {
    let mut samples = Samples::default();
    let rows = |sql: &str| -> Vec<String> { system.database.sql(sql).lines().map(str::to_owned).collect() };
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    samples.part("{project}", words(&["default"]));
    samples.part("{source}", words(&["bars"]));
    samples.part("{model}", words(&["rise", "rise", "spare"]));
    samples.part("{version}", words(&["1", "2"]));
    samples.part("{model}@{alias}", words(&["rise@champion", "rise@challenger"]));
    samples.part("{file}", words(&["model.mlts", "report.html"]));
    samples.part("{queue}", words(&["default"]));
    samples.part("{job}", rows("select id from job"));
    samples.part("{worker}", rows("select id from worker"));
    samples.part("{evaluation}", rows("select id from evaluation"));
    // Keys that nobody calls with.
    let spare = [
        "keys",
        "create",
        "--project",
        "default",
        "--role",
        "viewer",
        "--name",
        "spare",
    ];
    let keys = (0..4).map(|_| system.run("api-server", &spare));
    samples.part(
        "{api_key}",
        keys.map(|key| key.split('_').nth(1).unwrap().to_owned())
            .collect(),
    );
    samples.field("model_id", &["rise", "fresh"]);
    samples.field("source_id", &["bars", "more"]);
    samples.field("model_name", &["rise"]);
    samples.field("alias", &["champion", "challenger"]);
    samples.field("filter", &["", "create_time >= 2026-01-01T00:00:00Z"]);
    messages(&mut samples);
    samples
}

fn messages(samples: &mut Samples) {
    samples.add("mltraining.v1.TrainSpec", &spec());
    samples.add("mltraining.v1.StudySpec", &study().study.unwrap());
    samples.add("mltraining.v1.LabelSpec", &data::rise(0.01, 10));
    samples.add(
        "mltraining.v1.TimeRange",
        &data::range(TRAINED + 60, i64::from(MINUTES)),
    );
    samples.add("mltraining.v1.Source", &source());
    samples.add("mltraining.v1.BacktestModelRequest", &backtest());
    samples.add("mltraining.v1.CompareModelsRequest", &comparison());
    samples.add("mltraining.v1.Quota", &quota());
    let key = pb::ApiKey {
        display_name: "made".into(),
        role: pb::Role::Viewer.into(),
        ..pb::ApiKey::default()
    };
    samples.add("mltraining.v1.ApiKey", &key);
    for input in [points(), rows()] {
        let request = pb::PredictRequest {
            model_version: "projects/default/models/rise@champion".into(),
            input: Some(input),
            return_features: true,
        };
        samples.add("mltraining.v1.PredictRequest", &request);
    }
    samples.add("inference.ModelInferRequest", &inference());
    let (name, version) = ("rise".to_owned(), "1".to_owned());
    let metadata = oip::ModelMetadataRequest { name, version };
    samples.add("inference.ModelMetadataRequest", &metadata);
    samples.add("inference.ModelReadyRequest", &metadata);
    let health = tonic_health::pb::HealthCheckRequest {
        service: "readiness".into(),
    };
    samples.add("grpc.health.v1.HealthCheckRequest", &health);
    samples.add(
        "google.protobuf.FieldMask",
        &FieldMask {
            paths: vec!["labels".into()],
        },
    );
    let by_symbol = reflection::server_reflection_request::MessageRequest::FileContainingSymbol;
    let symbol = reflection::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(by_symbol("mltraining.v1.JobService".into())),
    };
    samples.add("grpc.reflection.v1.ServerReflectionRequest", &symbol);
    samples.add("grpc.reflection.v1alpha.ServerReflectionRequest", &symbol);
}

fn quota() -> pb::Quota {
    pb::Quota {
        name: "projects/default/quota".into(),
        max_running: Some(7),
        max_queued: Some(5_000),
        ..pb::Quota::default()
    }
}

fn source() -> pb::Source {
    let close = pb::SourceColumn {
        name: "close".into(),
        role: pb::ColumnRole::Close.into(),
        ..pb::SourceColumn::default()
    };
    pb::Source {
        table: "bars".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        columns: vec![close],
        bar_interval: minutes(1),
        ..pb::Source::default()
    }
}

fn points() -> pb::predict_request::Input {
    let point = |entity: &str, minute| pb::PredictionPoint {
        entity: entity.into(),
        time: data::range(minute, minute + 1).start,
    };
    pb::predict_request::Input::Points(pb::PredictionPoints {
        points: vec![point("e1", 500), point("e2", 600)],
        ..pb::PredictionPoints::default()
    })
}

fn rows() -> pb::predict_request::Input {
    pb::predict_request::Input::Rows(pb::FeatureRows {
        features: vec!["signal".into(), "close".into()],
        rows: vec![pb::FeatureRow {
            values: vec![0.5, 100.0],
        }],
    })
}

fn inference() -> oip::ModelInferRequest {
    let tensor = oip::model_infer_request::InferInputTensor {
        name: "features".into(),
        datatype: "FP64".into(),
        shape: vec![1, 2],
        contents: Some(oip::InferTensorContents {
            fp64_contents: vec![0.5, 100.0],
            ..oip::InferTensorContents::default()
        }),
        ..oip::model_infer_request::InferInputTensor::default()
    };
    oip::ModelInferRequest {
        model_name: "rise".into(),
        model_version: "1".into(),
        id: "7".into(),
        inputs: vec![tensor],
        ..oip::ModelInferRequest::default()
    }
}
