//! Predictions of a whole range, by real processes: row by row they are those of Predict, and an attempt that is tried again after a kill
//! writes the same bytes.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::{Caller, failure};
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use mltraining_tests::{data, wait};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use pb::predict_request::Input;
use prost_types::{Duration, Timestamp};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

const MINUTES: u32 = 700;
const TRAINED: i64 = 600;
/// The rows that are predicted: an hour of two of three entities.
const FROM: i64 = 610;
const TO: i64 = 670;
const ROWS: i64 = 2 * (TO - FROM);

/// Short leases, so that a lost worker is noticed within the patience of a test.
const SHORT_LEASE: &[(&str, &str)] = &[
    ("MLTS_WORKER__LEASE", "3s"),
    ("MLTS_WORKER__HEARTBEAT", "500ms"),
    ("MLTS_WORKER__REAP_INTERVAL", "500ms"),
    ("MLTS_WORKER__POLL_MIN", "200ms"),
    ("MLTS_WORKER__POLL_MAX", "500ms"),
];

/// A line of the file: entity, time, score, decision, reason.
type Line = (String, i64, Option<f64>, Option<bool>, Option<String>);

/// A system with bars, one worker, and a version of the model `m` that is the champion.
async fn with_champion() -> (System, Caller) {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 3, MINUTES);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    caller.trained(data::training("m", TRAINED, 5)).await;
    system.says(0, &["promote", "m@1"]);
    (system, caller)
}

fn request() -> pb::BatchPredictRequest {
    pb::BatchPredictRequest {
        model_version: "projects/default/models/m@champion".to_owned(),
        range: Some(data::range(FROM, TO)),
        entities: vec!["e0".to_owned(), "e2".to_owned()],
        ..pb::BatchPredictRequest::default()
    }
}

async fn submitted(caller: &Caller, request: pb::BatchPredictRequest) -> String {
    let job = caller.training.clone().batch_predict(request).await.unwrap();
    job.into_inner().name
}

async fn ended(caller: &Caller, request: pb::BatchPredictRequest) -> pb::Job {
    let name = submitted(caller, request).await;
    caller.ended(&name).await
}

fn set(job: &pb::Job) -> pb::PredictionSet {
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    *job.result.clone().unwrap().prediction_set.unwrap()
}

/// The file of a job, as the service lists it.
async fn artifact(caller: &Caller, job: &pb::Job) -> pb::Artifact {
    let request = pb::ListArtifactsRequest {
        parent: job.name.clone(),
        ..pb::ListArtifactsRequest::default()
    };
    let listed = caller.artifacts.clone().list_artifacts(request).await;
    let mut listed = listed.unwrap().into_inner().artifacts;
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed.remove(0)
}

fn line(row: &Row) -> Line {
    let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
    let text = |field: &Field| match field {
        Field::Str(text) => Some(text.clone()),
        _ => None,
    };
    let (Field::TimestampMicros(time), entity) = (fields[1], text(fields[0])) else {
        panic!("{row}")
    };
    let score = match fields[2] {
        Field::Double(score) => Some(*score),
        _ => None,
    };
    let decision = match fields[3] {
        Field::Bool(decision) => Some(*decision),
        _ => None,
    };
    (entity.unwrap(), *time, score, decision, text(fields[4]))
}

/// The lines of a file that `mlts` has downloaded and checked.
fn lines(path: &std::path::Path) -> Vec<Line> {
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| line(&row.unwrap()))
        .collect()
}

/// What Predict says of the same rows.
async fn check_against_predict(caller: &Caller, lines: &[Line]) {
    let points = lines.iter().map(|(entity, micros, ..)| pb::PredictionPoint {
        entity: entity.clone(),
        time: Some(Timestamp {
            seconds: micros / 1_000_000,
            nanos: (micros % 1_000_000) as i32 * 1000,
        }),
    });
    let points = pb::PredictionPoints {
        points: points.collect(),
        ..pb::PredictionPoints::default()
    };
    let request = pb::PredictRequest {
        model_version: "projects/default/models/m/versions/1".to_owned(),
        input: Some(Input::Points(points)),
        return_features: false,
    };
    let said = caller
        .predictions
        .clone()
        .predict(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(said.predictions.len(), lines.len());
    for ((entity, time, score, decision, _), one) in lines.iter().zip(said.predictions) {
        let difference = (score.unwrap() - one.score.unwrap()).abs();
        assert!(difference < 1e-12, "{entity} at {time} differs by {difference:e}");
        assert_eq!(*decision, one.decision, "{entity} at {time}");
    }
}

#[tokio::test]
async fn predictions_of_a_range_are_those_of_predict_row_by_row_and_the_same_bytes_again() {
    let (system, caller) = with_champion().await;
    let job = ended(&caller, request()).await;
    let found = set(&job);
    let Some(pb::job::Spec::BatchPredictSpec(spec)) = &job.spec else {
        panic!("{job:?}")
    };
    assert_eq!(spec.alias, "champion", "the job keeps how it was asked");
    assert_eq!(spec.model_version, "projects/default/models/m/versions/1");
    assert_eq!((found.rows, found.scored, found.entity_count), (ROWS, ROWS, 2));
    assert_eq!((found.warm_up, found.other_phase), (0, 0));

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let said = system.says(
        0,
        &[
            "batch-predict",
            "m@champion",
            "--start",
            "2026-01-01T10:10:00Z",
            "--end",
            "2026-01-01T11:10:00Z",
            "--entity",
            "e0",
            "--entity",
            "e2",
            "--output",
            into,
        ],
    );
    assert!(said.contains("120 rows of 2 entities"), "{said}");
    let lines = lines(&folder.path().join("predictions.parquet"));
    assert_eq!(lines.len() as i64, ROWS);
    let yes = lines
        .iter()
        .filter(|(.., decision, _)| *decision == Some(true))
        .count();
    assert_eq!(found.positives, Some(yes as i64));
    check_against_predict(&caller, &lines).await;

    // What comes after the range changes nothing, and another job writes the same bytes.
    let first = artifact(&caller, &job).await;
    assert_eq!(
        (first.name.as_str(), first.size_bytes > 0),
        (found.artifact.as_str(), true)
    );
    system.database.sql(&format!(
        "UPDATE bars SET close = close * 7, signal = -signal WHERE at >= to_timestamp({})",
        data::START + 60 * TO
    ));
    let again = ended(&caller, request()).await;
    assert_eq!(artifact(&caller, &again).await.sha256, first.sha256);
    assert_eq!(set(&again).source_fingerprint, found.source_fingerprint);

    check_limit_and_lineage(&system, &caller).await;
}

#[tokio::test]
async fn one_misspelt_entity_among_good_ones_is_named_and_none_alone_is_an_error() {
    let (system, caller) = with_champion().await;
    let named = |entities: &[&str]| pb::BatchPredictRequest {
        entities: entities.iter().map(ToString::to_string).collect(),
        ..request()
    };
    let job = ended(&caller, named(&["e2", "E0", "e0"])).await;
    let found = set(&job);
    assert_eq!(found.absent_entities, ["E0"]);
    assert_eq!((found.entity_count, found.rows), (2, ROWS));
    assert_eq!(
        found.known_before, None,
        "bars do not say when they were recorded"
    );
    let said = system.says(0, &["job", "logs", job.name.rsplit('/').next().unwrap()]);
    assert!(
        said.contains("no row in the range of 1 of the entities asked for: E0"),
        "{said}"
    );
    let job = ended(&caller, named(&["E0"])).await;
    let (reason, text) = failure(&job);
    assert_eq!(reason, "ERROR_REASON_TIME_RANGE_EMPTY", "{text}");
    assert!(text.contains("E0"), "{text}");
}

#[tokio::test]
async fn rows_are_read_as_they_were_known_at_the_instant_of_the_request() {
    let mut system = System::start_with(SHORT_LEASE).await;
    data::make_bars(&system.database, 3, MINUTES);
    system.database.sql(
        "ALTER TABLE bars ADD COLUMN recorded timestamptz;
         UPDATE bars SET recorded = at - interval '3650 days';",
    );
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
    let source = pb::CreateSourceRequest {
        source_id: "bars".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    caller.catalog.clone().create_source(source).await.unwrap();
    system.add_worker().await;
    caller.trained(data::training("m", TRAINED, 5)).await;
    system.says(0, &["promote", "m@1"]);
    // Of one entity nothing was recorded by then: a bar of tomorrow's import. Without an instant all rows are there.
    system
        .database
        .sql("UPDATE bars SET recorded = now() + interval '1 day' WHERE entity = 'e2'");
    let found = set(&ended(&caller, request()).await);
    assert_eq!((found.known_before, found.rows), (None, ROWS));
    let now = pb::BatchPredictRequest {
        known_before: Some(SystemTime::now().into()),
        ..request()
    };
    let found = set(&ended(&caller, now).await);
    assert_eq!(
        (found.rows, &found.absent_entities[..]),
        (ROWS / 2, &["e2".to_owned()][..])
    );
    // Half of the hour was recorded by then.
    let then = Timestamp {
        seconds: data::START + 60 * (FROM + 30) - 3650 * 86_400,
        nanos: 0,
    };
    let request = pb::BatchPredictRequest {
        known_before: Some(then),
        ..request()
    };
    let half = set(&ended(&caller, request).await);
    assert_eq!((half.known_before, half.rows), (Some(then), 30));
}

/// More rows than asked for are an error, never cut; and the version knows its jobs.
async fn check_limit_and_lineage(system: &System, caller: &Caller) {
    let few = pb::BatchPredictRequest {
        max_rows: Some(10),
        ..request()
    };
    let job = ended(caller, few).await;
    let (reason, text) = failure(&job);
    assert_eq!(reason, "ERROR_REASON_ROW_LIMIT_EXCEEDED", "{text}");
    let said = system.says(0, &["model", "lineage", "m@1"]);
    assert_eq!(said.matches("batch_predict").count(), 4, "{said}");
}

/// Holds the table of bars, so that nobody reads it until this is killed.
fn hold_bars(system: &System) -> Child {
    let mut psql = Command::new("psql")
        .args([&system.database.url(), "-qXAt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let input = psql.stdin.as_mut().unwrap();
    input
        .write_all(b"BEGIN; LOCK TABLE bars IN ACCESS EXCLUSIVE MODE;\n")
        .unwrap();
    input.flush().unwrap();
    psql
}

#[tokio::test]
async fn a_job_whose_worker_is_killed_is_done_by_another_which_writes_the_same_bytes() {
    let (mut system, caller) = with_champion().await;
    let whole = ended(&caller, request()).await;
    let mut psql = hold_bars(&system);
    wait::until("the table is held", || async {
        let held = "SELECT count(*) FROM pg_locks WHERE relation = 'bars'::regclass AND mode = 'AccessExclusiveLock' AND granted";
        (system.database.count(held) == 1).then_some(())
    })
    .await;
    let name = submitted(&caller, request()).await;
    wait::until("the worker waits for the table", || async {
        let waits = "SELECT count(*) FROM pg_locks WHERE relation = 'bars'::regclass AND NOT granted";
        (system.database.count(waits) > 0).then_some(())
    })
    .await;
    let mut victim = system.workers.remove(0);
    victim.signal(Signal::Kill);
    victim.exit().await;
    psql.kill().unwrap();
    psql.wait().unwrap();
    system.add_worker().await;
    let job = caller.ended(&name).await;
    assert_eq!(set(&job).rows, ROWS);
    assert_eq!(job.attempt, 2, "the first attempt was lost");
    let (one, other) = (artifact(&caller, &whole).await, artifact(&caller, &job).await);
    assert_eq!(one.sha256, other.sha256);
}
