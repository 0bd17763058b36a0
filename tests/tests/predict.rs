//! Predictions by real processes: what the service says of rows and of points is what the model itself says of what a training
//! would see, and nothing that came later changes it.
#![allow(clippy::unwrap_used)]

use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{self, ModelFile};
use mltraining_proto::inference as oip;
use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use pb::NoPredictionReason as Reason;
use pb::predict_request::Input;
use prost_types::{Duration, Timestamp};
use std::path::PathBuf;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const ENTITIES: u32 = 3;
const MINUTES: i64 = 900;
const TRAINED: i64 = 600;

/// A system with bars and one worker.
async fn with_bars() -> (System, Caller) {
    let mut system = System::start().await;
    data::make_bars(&system.database, ENTITIES, MINUTES as u32);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    (system, caller)
}

/// The same with a trained version of the model `m`.
async fn with_version() -> (System, Caller, String) {
    let (system, caller) = with_bars().await;
    let version = trained(&caller, data::training("m", TRAINED, 5)).await;
    (system, caller, version)
}

async fn trained(caller: &Caller, request: pb::TrainModelRequest) -> String {
    caller.trained(request).await.result.unwrap().model_version
}

fn at(minute: i64) -> Option<Timestamp> {
    data::range(minute, minute + 1).start
}

fn point(entity: &str, minute: i64) -> pb::PredictionPoint {
    pb::PredictionPoint {
        entity: entity.to_owned(),
        time: at(minute),
    }
}

fn of_points(points: &[pb::PredictionPoint]) -> Input {
    Input::Points(pb::PredictionPoints {
        points: points.to_vec(),
        ..pb::PredictionPoints::default()
    })
}

fn of_rows(features: &[String], rows: &[Vec<f64>]) -> Input {
    let row = |values: &Vec<f64>| pb::FeatureRow {
        values: values.clone(),
    };
    Input::Rows(pb::FeatureRows {
        features: features.to_vec(),
        rows: rows.iter().map(row).collect(),
    })
}

async fn asked(caller: &Caller, version: &str, input: Input) -> Result<pb::PredictResponse, Status> {
    let request = pb::PredictRequest {
        model_version: version.to_owned(),
        input: Some(input),
        return_features: true,
    };
    let answer = caller.predictions.clone().predict(request).await?;
    Ok(answer.into_inner())
}

async fn predicted(caller: &Caller, version: &str, input: Input) -> pb::PredictResponse {
    asked(caller, version, input).await.unwrap()
}

fn scores(answer: &pb::PredictResponse) -> Vec<f64> {
    answer.predictions.iter().map(|one| one.score.unwrap()).collect()
}

fn values(answer: &pb::PredictResponse) -> Vec<Vec<f64>> {
    let predictions = answer.predictions.iter();
    predictions
        .map(|one| one.features.clone().unwrap().values)
        .collect()
}

/// All of it as a text, in which a missing value is like another.
fn told(predictions: &[pb::Prediction]) -> String {
    format!("{predictions:?}")
}

fn reasons(answer: &pb::PredictResponse) -> Vec<Reason> {
    answer
        .predictions
        .iter()
        .map(pb::Prediction::no_prediction)
        .collect()
}

/// Where the newest model file lies.
fn path_of_model(system: &System) -> PathBuf {
    let key = system.database.sql(
        "SELECT a.storage_key FROM artifact a JOIN result r ON r.id = a.result_id
          WHERE a.file_name = 'model.mlts' ORDER BY r.committed_at DESC LIMIT 1",
    );
    system.artifacts().join(key)
}

/// The model of the newest version, read without the service.
fn native(system: &System) -> ModelFile {
    model_file::decode(&std::fs::read(path_of_model(system)).unwrap()).unwrap()
}

/// What the model itself says of rows.
fn said_by(file: &ModelFile, rows: &[Vec<f64>]) -> Vec<f64> {
    let names = file.header.feature_names.clone();
    let column = |place: usize| rows.iter().map(|row| row[place] as f32).collect();
    let columns: Vec<Vec<f32>> = (0..names.len()).map(column).collect();
    let matrix = Matrix::new(names, columns).unwrap();
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    file.predict(&matrix, &all)
}

fn near(one: &[f64], other: &[f64]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-12)
}

/// The same numbers, a missing one where the other has a missing one.
fn same_values(one: &[Vec<f64>], other: &[Vec<f64>]) -> bool {
    let alike = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * (1.0 + b.abs());
    let (one, other) = (one.concat(), other.concat());
    one.len() == other.len() && one.into_iter().zip(other).all(|(a, b)| alike(a, b))
}

/// Rows that a training would learn from, with their features, made by its own code.
async fn training_rows(caller: &Caller) -> Vec<pb::DatasetRow> {
    let spec = pb::TrainSpec {
        range: Some(data::range(0, 120)),
        ..data::training("m", TRAINED, 5).spec.unwrap()
    };
    let request = pb::PreviewDatasetRequest {
        spec: Some(spec),
        max_rows_shown: Some(300),
        ..pb::PreviewDatasetRequest::default()
    };
    let seen = caller.datasets.clone().preview_dataset(request).await.unwrap();
    let rows = seen.into_inner().rows;
    assert!(rows.len() > 200);
    rows
}

#[tokio::test]
async fn points_get_the_features_of_a_training_and_the_scores_of_the_model() {
    let (system, caller, version) = with_version().await;
    let rows = training_rows(&caller).await;
    let points = rows.iter().map(|row| pb::PredictionPoint {
        entity: row.entity.clone(),
        time: row.time,
    });
    let points: Vec<pb::PredictionPoint> = points.collect();
    let of_training = rows.iter().map(|row| {
        let values = row.values.iter();
        values
            .map(|cell| cell.value.map_or(f64::NAN, f64::from))
            .collect()
    });
    let of_training: Vec<Vec<f64>> = of_training.collect();

    let answer = predicted(&caller, &version, of_points(&points)).await;
    let file = native(&system);
    assert_eq!(answer.model_version, version);
    assert_eq!(answer.features, file.header.feature_names);
    assert_eq!(answer.threshold, file.header.threshold);
    assert!(same_values(&values(&answer), &of_training));
    assert!(near(&scores(&answer), &said_by(&file, &of_training)));
    for (one, row) in answer.predictions.iter().zip(&rows) {
        assert_eq!(one.bar_time, row.time);
        assert_eq!(
            one.decision,
            answer.threshold.map(|least| one.score.unwrap() >= least)
        );
        let missing = row.values.iter().filter(|cell| cell.value.is_none()).count();
        assert_eq!(one.missing_features, missing as i32);
    }

    // The same as rows, in another order of the features.
    let mut features = answer.features.clone();
    features.reverse();
    let mut sent = values(&answer);
    sent.iter_mut().for_each(|row| row.reverse());
    let again = predicted(&caller, &version, of_rows(&features, &sent)).await;
    assert!(near(&scores(&again), &scores(&answer)));
    assert_eq!(again.predictions[0].bar_time, None);
    assert_eq!(again.model_sha256, answer.model_sha256);
    check_open_inference(&caller, &answer).await;
    check_command_line(&system, &answer, &points[299]);
}

fn tensor(name: &str, shape: &[i64], values: Vec<f64>) -> oip::model_infer_request::InferInputTensor {
    oip::model_infer_request::InferInputTensor {
        name: name.to_owned(),
        datatype: "FP64".to_owned(),
        shape: shape.to_vec(),
        contents: Some(oip::InferTensorContents {
            fp64_contents: values,
            ..oip::InferTensorContents::default()
        }),
        ..oip::model_infer_request::InferInputTensor::default()
    }
}

/// The Open Inference Protocol says the same in all its forms.
async fn check_open_inference(caller: &Caller, answer: &pb::PredictResponse) {
    let (rows, width) = (values(answer), answer.features.len());
    let count = rows.len() as i64;
    let all = tensor("features", &[count, width as i64], rows.concat());
    let one = |(place, name): (usize, &String)| {
        tensor(name, &[count, 1], rows.iter().map(|row| row[place]).collect())
    };
    let each = answer.features.iter().enumerate().map(one).collect();
    let raw: Vec<u8> = rows
        .concat()
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let bare = oip::model_infer_request::InferInputTensor {
        contents: None,
        ..all.clone()
    };
    let request = |inputs, raw_input_contents| oip::ModelInferRequest {
        model_name: "m".to_owned(),
        model_version: "1".to_owned(),
        id: "7".to_owned(),
        inputs,
        raw_input_contents,
        ..oip::ModelInferRequest::default()
    };
    let mut client = caller.inference.clone();
    for request in [
        request(vec![all], vec![]),
        request(each, vec![]),
        request(vec![bare], vec![raw]),
    ] {
        let found = client.model_infer(request).await.unwrap().into_inner();
        assert_eq!((found.id.as_str(), found.model_version.as_str()), ("7", "1"));
        let names: Vec<&str> = found.outputs.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(names, ["score", "decision"]);
        let score = match found.raw_output_contents.first() {
            Some(raw) => raw
                .as_chunks::<8>()
                .0
                .iter()
                .map(|bytes| f64::from_le_bytes(*bytes))
                .collect(),
            None => found.outputs[0].contents.clone().unwrap().fp64_contents,
        };
        assert!(near(&score, &scores(answer)));
    }
    check_metadata(caller, answer).await;
}

/// What the protocol tells of the server and of the model.
async fn check_metadata(caller: &Caller, answer: &pb::PredictResponse) {
    let mut client = caller.inference.clone();
    let meant = oip::ModelMetadataRequest {
        name: "projects/default/models/m".to_owned(),
        version: "1".to_owned(),
    };
    let found = client.model_metadata(meant).await.unwrap().into_inner();
    let names: Vec<String> = found.inputs.into_iter().map(|input| input.name).collect();
    assert_eq!(
        (names, found.platform.as_str()),
        (answer.features.clone(), "mltraining_random_forest")
    );
    assert!(
        client
            .server_ready(oip::ServerReadyRequest {})
            .await
            .unwrap()
            .into_inner()
            .ready
    );
}

/// `mlts predict` says the same of the last row, as a point and as a line of a file.
fn check_command_line(system: &System, answer: &pb::PredictResponse, point: &pb::PredictionPoint) {
    let score = |said: &str| {
        let line = said.lines().find(|line| line.starts_with('{')).unwrap();
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["predictions"][0]["score"].as_f64().unwrap()
    };
    let last = scores(answer)[299];
    let time = point.time.unwrap().seconds;
    let time = chrono::DateTime::from_timestamp(time, 0).unwrap().to_rfc3339();
    let of_point = ["predict", "m@1", "--entity", &point.entity, "--at", &time];
    let said = system.says(0, &[&of_point[..], &["--json"]].concat());
    assert!((score(&said) - last).abs() < 1e-12, "{said}");
    let table = system.says(0, &of_point);
    assert!(
        table.contains(&point.entity) && table.contains("decision"),
        "{table}"
    );

    let file = system.folder.path().join("rows.csv");
    let mut writer = csv::Writer::from_path(&file).unwrap();
    writer.write_record(&answer.features).unwrap();
    let text = |value: &f64| match value.is_nan() {
        true => String::new(),
        false => value.to_string(),
    };
    writer.write_record(values(answer)[299].iter().map(text)).unwrap();
    writer.flush().unwrap();
    let said = system.says(0, &["predict", "m", "--rows", file.to_str().unwrap(), "--json"]);
    assert!((score(&said) - last).abs() < 1e-12, "{said}");
}

#[tokio::test]
async fn what_came_later_changes_nothing_and_a_point_without_a_bar_says_so() {
    let (system, caller, version) = with_version().await;
    let points = [
        point("e0", 700),
        point("e1", 899),
        point("e2", 901),
        point("e0", 2000),
        point("nobody", 700),
    ];
    let before = predicted(&caller, &version, of_points(&points)).await;
    assert_eq!(
        reasons(&before),
        [
            Reason::Unspecified,
            Reason::Unspecified,
            Reason::NoBar,
            Reason::NoBar,
            Reason::NoBar
        ]
    );
    assert!(before.predictions[4].score.is_none() && before.predictions[4].decision.is_none());
    // Bars after the first two points, one of them wild, and none before.
    system.database.sql(&format!(
        "INSERT INTO bars SELECT 'e' || e, to_timestamp({start} + 60 * m), 1e6 * m, 1, 9
           FROM generate_series(0, 2) e, generate_series({MINUTES}, {MINUTES} + 60) m;
         UPDATE bars SET close = 7, signal = 5 WHERE entity = 'e0' AND at > to_timestamp({start} + 60 * 700)",
        start = data::START
    ));
    let after = predicted(&caller, &version, of_points(&points)).await;
    assert_eq!(told(&after.predictions[..2]), told(&before.predictions[..2]));
    assert_eq!(after.predictions[2].bar_time, at(901), "now there is one");

    let patient = pb::PredictionPoints {
        points: vec![point("e0", 2000)],
        max_bar_age: Some(Duration {
            seconds: 86_400,
            nanos: 0,
        }),
        known_before: None,
    };
    let found = predicted(&caller, &version, Input::Points(patient)).await;
    assert_eq!(
        found.predictions[0].bar_time,
        at(MINUTES + 60),
        "the last that there is"
    );
}

#[tokio::test]
async fn a_bar_that_was_recorded_later_was_not_known() {
    let mut system = System::start().await;
    data::make_bars(&system.database, ENTITIES, MINUTES as u32);
    system.database.sql(&format!(
        "ALTER TABLE bars ADD COLUMN recorded timestamptz;
         UPDATE bars SET recorded = at;
         UPDATE bars SET recorded = at + interval '1 hour'
          WHERE entity = 'e0' AND at = to_timestamp({} + 60 * 700)",
        data::START
    ));
    let caller = system.caller();
    let source = pb::Source {
        table: "bars".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        recorded_time_column: "recorded".into(),
        bar_interval: Some(Duration {
            seconds: 60,
            nanos: 0,
        }),
        ..pb::Source::default()
    };
    let request = pb::CreateSourceRequest {
        source_id: "bars".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    caller.catalog.clone().create_source(request).await.unwrap();
    system.add_worker().await;
    let version = trained(&caller, data::training("m", TRAINED, 3)).await;
    let points = vec![point("e0", 700), point("e1", 700), point("e0", 705)];
    let found = predicted(&caller, &version, of_points(&points)).await;
    let bars: Vec<_> = found.predictions.iter().map(|one| one.bar_time).collect();
    assert_eq!(bars, [at(699), at(700), at(705)]);
    let later = pb::PredictionPoints {
        points,
        known_before: at(2000),
        ..pb::PredictionPoints::default()
    };
    let now = predicted(&caller, &version, Input::Points(later)).await;
    assert_eq!(now.predictions[0].bar_time, at(700));
    // What it saw of the bars before is another thing as well.
    assert_ne!(told(&now.predictions[2..]), told(&found.predictions[2..]));
    assert_eq!(told(&now.predictions[1..2]), told(&found.predictions[1..2]));
}

/// Trainings of other learners: of numbers, and with a calibration.
fn others() -> [pb::TrainModelRequest; 2] {
    let with = |model: &str, change: fn(&mut pb::TrainSpec)| {
        let mut request = data::training(model, TRAINED, 5);
        change(request.spec.as_mut().unwrap());
        request
    };
    [
        with("numbers", |spec| {
            let target = pb::ChangeTarget {
                horizon: Some(Duration {
                    seconds: 600,
                    nanos: 0,
                }),
                ..pb::ChangeTarget::default()
            };
            spec.label = Some(pb::LabelSpec {
                kind: Some(pb::label_spec::Kind::ChangeTarget(target)),
            });
            spec.algorithm = Some(pb::AlgorithmSpec {
                algorithm: Some(pb::algorithm_spec::Algorithm::Ridge(pb::Ridge::default())),
            });
        }),
        with("calibrated", |spec| {
            let logistic = pb::LogisticRegression::default();
            spec.algorithm = Some(pb::AlgorithmSpec {
                algorithm: Some(pb::algorithm_spec::Algorithm::LogisticRegression(logistic)),
            });
            spec.calibration = pb::Calibration::Platt.into();
        }),
    ]
}

#[tokio::test]
async fn numbers_and_calibrated_probabilities_are_those_of_the_model() {
    let (system, caller) = with_bars().await;
    let points: Vec<pb::PredictionPoint> = (300..400).map(|minute| point("e1", minute)).collect();
    for request in others() {
        let version = trained(&caller, request).await;
        let file = native(&system);
        let answer = predicted(&caller, &version, of_points(&points)).await;
        assert!(
            near(&scores(&answer), &said_by(&file, &values(&answer))),
            "{version}"
        );
        let is_number = file.header.threshold.is_none();
        assert!(
            answer
                .predictions
                .iter()
                .all(|one| one.decision.is_none() == is_number)
        );
        assert_eq!(file.header.calibration.is_some(), version.contains("calibrated"));
    }
}

fn refusal(refused: Result<pb::PredictResponse, Status>) -> (Code, String, String) {
    let status = refused.unwrap_err();
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone());
    let field = violations.unwrap_or_default().first().map(|v| v.field.clone());
    let reason = details.error_info().unwrap().reason.clone();
    (status.code(), reason, field.unwrap_or_default())
}

#[tokio::test]
async fn what_is_not_there_or_does_not_fit_is_refused() {
    let (system, caller, version) = with_version().await;
    let answer = predicted(&caller, &version, of_points(&[point("e0", 500)])).await;
    let (features, row) = (answer.features.clone(), values(&answer));

    let mut wrong = features.clone();
    wrong[2].push('x');
    let status = asked(&caller, &version, of_rows(&wrong, &row)).await.unwrap_err();
    let metadata = status.get_details_error_info().unwrap().metadata;
    assert_eq!(metadata["did_you_mean"], features[2]);
    let (code, reason, field) = refusal(Err(status));
    assert_eq!(
        (code, reason.as_str(), field.as_str()),
        (Code::InvalidArgument, "UNKNOWN_FEATURE", "rows.features[2]")
    );
    let short = of_rows(&features[1..], &[row[0][1..].to_vec()]);
    assert_eq!(refusal(asked(&caller, &version, short).await).2, "rows.features");
    let many = of_points(&vec![point("e0", 500); 1001]);
    assert_eq!(refusal(asked(&caller, &version, many).await).2, "points.points");
    let empty = of_rows(&features, &[vec![f64::NAN; features.len()]]);
    assert_eq!(
        reasons(&predicted(&caller, &version, empty).await),
        [Reason::WarmUp]
    );

    let key = [
        "keys",
        "create",
        "--project",
        "other",
        "--role",
        "admin",
        "--name",
        "o",
    ];
    let stranger = Caller::new(&system.endpoint, &system.run("api-server", &key));
    let one = || of_points(&[point("e0", 500)]);
    assert_eq!(refusal(asked(&stranger, &version, one()).await).0, Code::NotFound);

    let alias = pb::SetModelAliasRequest {
        name: "projects/default/models/m@champion".to_owned(),
        version: version.clone(),
        ..pb::SetModelAliasRequest::default()
    };
    caller.models.clone().set_model_alias(alias).await.unwrap();
    let champion = "projects/default/models/m@champion";
    assert_eq!(predicted(&caller, champion, one()).await.model_version, version);

    let delete = pb::DeleteModelRequest {
        name: "projects/default/models/m".to_owned(),
        ..pb::DeleteModelRequest::default()
    };
    caller.models.clone().delete_model(delete).await.unwrap();
    for name in [version.as_str(), champion] {
        let (code, reason, _) = refusal(asked(&caller, name, one()).await);
        assert_eq!((code, reason.as_str()), (Code::NotFound, "NOT_FOUND"), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_model_says_nothing() {
    let (system, caller, version) = with_version().await;
    let path = path_of_model(&system);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let one = of_points(&[point("e0", 500)]);
    let (code, reason, _) = refusal(asked(&caller, &version, one.clone()).await);
    assert_eq!((code, reason.as_str()), (Code::DataLoss, "ARTIFACT_CORRUPT"));
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(
        predicted(&caller, &version, one).await.predictions[0]
            .score
            .is_some()
    );
}
