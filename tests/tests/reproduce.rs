//! A training that is done again, by real processes: equal, or the difference is named.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::process::Signal;
use mltraining_tests::system::System;
use pb::{DayChange, ReproductionVerdict as Verdict};
use tonic::{Code, Status};
use uuid::Uuid;

/// More than a day.
const MINUTES: u32 = 2000;
const ENTITIES: u32 = 3;

const ONE_THREAD: &[(&str, &str)] = &[("MLTS_WORKER__THREADS", "1"), ("MLTS_WORKER__SLOTS", "1")];
const TWO_THREADS: &[(&str, &str)] = &[("MLTS_WORKER__THREADS", "2"), ("MLTS_WORKER__SLOTS", "1")];

fn training(model: &str) -> pb::TrainModelRequest {
    data::training(model, MINUTES.into(), 5)
}

/// A system with bars, and no worker.
async fn with_bars() -> System {
    let system = System::start().await;
    data::make_bars(&system.database, ENTITIES, MINUTES);
    data::register_bars(&system.caller()).await;
    system
}

/// The end of a training.
async fn trained(caller: &Caller, request: pb::TrainModelRequest) -> pb::Job {
    let job = caller.training.clone().train_model(request).await.unwrap();
    caller.ended(&job.into_inner().name).await
}

fn again(name: &str) -> pb::ReproduceJobRequest {
    pb::ReproduceJobRequest {
        name: name.to_owned(),
        ..pb::ReproduceJobRequest::default()
    }
}

async fn asked(caller: &Caller, request: pb::ReproduceJobRequest) -> Result<pb::Job, Status> {
    let job = caller.training.clone().reproduce_job(request).await?;
    Ok(job.into_inner())
}

/// The end of a reproduction.
async fn reproduced(caller: &Caller, name: &str) -> pb::Job {
    let job = asked(caller, again(name)).await.unwrap();
    assert_eq!(job.kind(), pb::JobKind::Reproduce);
    let job = caller.ended(&job.name).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    job
}

async fn found(caller: &Caller, name: &str) -> pb::Reproduction {
    let result = reproduced(caller, name).await.result.unwrap();
    result.reproduction.unwrap()
}

/// The days that differ: entity, day, how.
fn days(found: &pb::Reproduction) -> Vec<(&str, &str, DayChange)> {
    let days = found.differing_days.as_ref().unwrap().first.iter();
    days.map(|day| (day.entity.as_str(), day.day.as_str(), day.change()))
        .collect()
}

fn at(minute: u32) -> String {
    format!("to_timestamp({} + 60 * {minute})", data::START)
}

#[tokio::test]
async fn a_training_comes_out_equal_on_one_thread_and_on_two_of_another_worker() {
    let mut system = with_bars().await;
    let caller = system.caller();
    let one = system.add_worker_with(ONE_THREAD).await;
    let training = trained(&caller, training("m")).await;
    let first = reproduced(&caller, &training.name).await;
    system.workers[one].signal(Signal::Term);
    system.workers[one].exit().await;
    system.add_worker_with(TWO_THREADS).await;
    let second = reproduced(&caller, &training.name).await;
    assert_ne!(first.attempts[0].worker, second.attempts[0].worker);

    for job in [&first, &second] {
        let found = job.result.clone().unwrap().reproduction.unwrap();
        assert_eq!(found.verdict(), Verdict::Equal, "{found:?}");
        let model = found.model_sha256.unwrap();
        assert_eq!((model.then.len(), &model.then), (64, &model.now));
        let rows = found.source_fingerprint.unwrap();
        assert_eq!((rows.then.len(), &rows.then), (64, &rows.now));
        assert_eq!(found.differing_days, None);
        let Some(pb::job::Spec::ReproduceSpec(spec)) = &job.spec else {
            panic!("{:?}", job.spec)
        };
        assert_eq!(
            (&spec.job, spec.model.as_str()),
            (&training.name, "projects/default/models/m")
        );
        assert_eq!(job.model, "");
    }
    let made = system.database.sql("SELECT count(*) FROM model_version");
    assert_eq!(made, "1", "a reproduction makes no version");
    let files = pb::ListArtifactsRequest {
        parent: second.name.clone(),
        ..pb::ListArtifactsRequest::default()
    };
    let files = caller
        .artifacts
        .clone()
        .list_artifacts(files)
        .await
        .unwrap()
        .into_inner();
    let files: Vec<String> = files.artifacts.into_iter().map(|file| file.name).collect();
    assert_eq!(files, [format!("{}/artifacts/reproduction.json", second.name)]);

    let said = system.says(0, &["reproduce", "m@1"]);
    assert!(said.contains("equal: the same model came of it"), "{said}");
}

#[tokio::test]
async fn changed_rows_are_named_by_entity_and_day() {
    let mut system = with_bars().await;
    let caller = system.caller();
    system.add_worker().await;
    let training = trained(&caller, training("m")).await.name;
    let sql = |text: String| system.database.sql(&text);
    sql("CREATE TABLE kept AS SELECT * FROM bars".to_owned());
    let restore = || sql("TRUNCATE bars; INSERT INTO bars SELECT * FROM kept".to_owned());

    sql(format!(
        "UPDATE bars SET close = close * 1.01 WHERE entity = 'e1' AND at = {}",
        at(1500)
    ));
    let changed = found(&caller, &training).await;
    assert_eq!(changed.verdict(), Verdict::SourceChanged);
    assert_eq!(days(&changed), [("e1", "2026-01-02", DayChange::Changed)]);
    let day = &changed.differing_days.as_ref().unwrap().first[0];
    assert_eq!((day.rows_then, day.rows_now), (560, 560));
    let model = changed.model_sha256.unwrap();
    assert_ne!(model.then, model.now);
    let said = system.says(1, &["reproduce", &training]);
    for word in ["the source has other rows", "e1", "2026-01-02", "changed"] {
        assert!(said.contains(word), "{word} is not in\n{said}");
    }

    restore();
    sql(format!(
        "INSERT INTO bars VALUES ('e0', {} + interval '30 s', 100, 10, 0)",
        at(100)
    ));
    let more = found(&caller, &training).await;
    assert_eq!(days(&more), [("e0", "2026-01-01", DayChange::Changed)]);
    let day = &more.differing_days.as_ref().unwrap().first[0];
    assert_eq!((day.rows_then, day.rows_now), (1440, 1441));

    restore();
    sql("DELETE FROM bars WHERE entity = 'e2'".to_owned());
    let fewer = found(&caller, &training).await;
    assert_eq!(fewer.verdict(), Verdict::SourceChanged);
    let gone = ["2026-01-01", "2026-01-02"].map(|day| ("e2", day, DayChange::Removed));
    assert_eq!(days(&fewer), gone);
    assert_eq!(fewer.differing_days.unwrap().removed_count, 2);

    restore();
    assert_eq!(found(&caller, &training).await.verdict(), Verdict::Equal);
}

#[tokio::test]
async fn rows_of_which_no_model_comes_any_more_are_an_outcome_also_when_the_days_that_were_read_are_lost() {
    let mut system = with_bars().await;
    let caller = system.caller();
    system.add_worker().await;
    let training = trained(&caller, training("m")).await.name;
    system.database.sql("UPDATE bars SET close = 100");
    let flat = found(&caller, &training).await;
    assert_eq!(flat.verdict(), Verdict::SourceChanged);
    assert_eq!(flat.model_sha256.as_ref().unwrap().now, "");
    assert!(
        flat.failure.contains("LABEL_HAS_NO_POSITIVES"),
        "{}",
        flat.failure
    );
    assert_eq!(
        flat.differing_days.unwrap().changed_count,
        2 * i64::from(ENTITIES)
    );

    let id = training.rsplit('/').next().unwrap();
    let days = system
        .artifacts()
        .join(format!("default/{id}/1/source_days.jsonl"));
    std::fs::write(&days, "{}").unwrap();
    let corrupt = reproduced(&caller, &training).await;
    let found = corrupt.result.unwrap().reproduction.unwrap();
    assert_eq!(
        (found.verdict(), found.differing_days),
        (Verdict::SourceChanged, None)
    );
    let logs = pb::ListJobLogsRequest {
        parent: corrupt.name,
        ..pb::ListJobLogsRequest::default()
    };
    let logs = caller
        .jobs
        .clone()
        .list_job_logs(logs)
        .await
        .unwrap()
        .into_inner();
    let lines = logs.entries.into_iter().filter_map(|entry| entry.line);
    let said: Vec<String> = lines.map(|line| line.message).collect();
    assert!(said.iter().any(|line| line.ends_with("is corrupt")), "{said:?}");
}

#[tokio::test]
async fn only_a_training_that_succeeded_and_whose_version_is_kept_is_done_again() {
    let mut system = with_bars().await;
    let caller = system.caller();
    system.add_worker().await;
    let good = trained(&caller, training("m")).await.name;
    let mut hopeless = training("h");
    hopeless.spec.as_mut().unwrap().label = Some(data::rise(9.0, 10));
    let failed = trained(&caller, hopeless).await;
    assert_eq!(failed.state(), pb::JobState::Failed);
    let reproduction = reproduced(&caller, &good).await.name;
    let refused = async |name: &str| asked(&caller, again(name)).await.unwrap_err();
    let unknown = format!("projects/default/jobs/{}", Uuid::now_v7());
    assert_eq!(refused(&unknown).await.code(), Code::NotFound);
    assert_eq!(
        refused("projects/default/models/m").await.code(),
        Code::InvalidArgument
    );
    let not_now = async |name: &str, why: &str| {
        let status = refused(name).await;
        assert_eq!(status.code(), Code::FailedPrecondition);
        assert!(status.message().contains(why), "{status}");
    };
    not_now(&failed.name, "is FAILED; only a training that SUCCEEDED").await;
    not_now(&reproduction, "is a job of kind REPRODUCE").await;
    system
        .database
        .sql("DELETE FROM evaluation; DELETE FROM model_version");
    not_now(&good, "is no longer kept").await;
}

#[tokio::test]
async fn a_request_makes_one_job_however_often_it_is_sent_and_none_when_it_only_asks() {
    let mut system = with_bars().await;
    let caller = system.caller();
    system.add_worker().await;
    let training = trained(&caller, training("m")).await.name;
    let request = pb::ReproduceJobRequest {
        request_id: Uuid::new_v4().to_string(),
        ..again(&training)
    };
    let estimate = pb::ReproduceJobRequest {
        request_id: String::new(),
        validate_only: true,
        ..request.clone()
    };
    let estimate = asked(&caller, estimate).await.unwrap();
    let rows = estimate.estimate.unwrap().rows;
    assert_eq!(
        (estimate.name.as_str(), rows),
        ("", i64::from(ENTITIES * MINUTES))
    );
    let first = asked(&caller, request.clone()).await.unwrap();
    assert_eq!(asked(&caller, request.clone()).await.unwrap().name, first.name);
    let other = pb::ReproduceJobRequest {
        priority: Some(0),
        ..request
    };
    let reused = asked(&caller, other).await.unwrap_err();
    assert!(
        reused.message().contains("was used before for another request"),
        "{reused}"
    );
    let kinds = system
        .database
        .sql("SELECT string_agg(kind, ',' ORDER BY id) FROM job");
    assert_eq!(kinds, "TRAIN,REPRODUCE");
}
