//! TrainModel: what is refused, what is made, what is only estimated.

use crate::house::{BARS, ENTITIES, House, START, label, metadata, range, refused, seconds, train};
use mltraining_proto::v1;
use mltraining_signal::{Limits, Signal};
use secrecy::SecretString;
use tonic::{Code, Status};
use uuid::Uuid;

const HOSTILE: &str = "x\"; drop table job; --";

/// The refusal of the good request after `change`.
async fn refusal(house: &House, change: impl FnOnce(&mut v1::TrainModelRequest)) -> Status {
    let mut request = train();
    change(&mut request);
    house
        .training()
        .train_model(request)
        .await
        .expect_err("the request was taken")
}

async fn in_spec(house: &House, change: impl FnOnce(&mut v1::TrainSpec)) -> Status {
    refusal(house, |request| change(request.spec.as_mut().unwrap())).await
}

fn features(texts: &[&str]) -> Option<v1::FeatureSpec> {
    Some(v1::FeatureSpec {
        features: texts.iter().map(ToString::to_string).collect(),
        ..v1::FeatureSpec::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_feature_is_refused_with_the_nearest_known_one() {
    let house = House::with_bars().await;
    let before = house.contents();
    let asked = features(&["close", "rolling_meen(close, 10)"]);
    let unknown = in_spec(&house, |s| s.features = asked).await;
    let field = ["spec.features.features[1]"];
    refused(&unknown, Code::InvalidArgument, "UNKNOWN_FEATURE", &field);
    assert_eq!(metadata(&unknown, "feature"), "rolling_meen(close, 10)");
    assert_eq!(metadata(&unknown, "did_you_mean"), "rolling_mean");
    let asked = features(&["rolling_mean(clos, 10)"]);
    let column = in_spec(&house, |s| s.features = asked).await;
    assert_eq!(metadata(&column, "did_you_mean"), "close");
    let asked = v1::FeatureSpec {
        sets: vec!["cores".to_owned()],
        ..v1::FeatureSpec::default()
    };
    let set = in_spec(&house, |s| s.features = Some(asked)).await;
    assert_eq!(metadata(&set, "did_you_mean"), "core");
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_its_reason_and_writes_nothing() {
    let house = House::with_bars().await;
    let before = house.contents();
    let invalid =
        |status: Status, field: &str| refused(&status, Code::InvalidArgument, "INVALID_FIELD", &[field]);
    let many = (0..65).map(|i| (format!("k{i}"), "v".to_owned())).collect();
    invalid(refusal(&house, |r| r.labels = many).await, "labels");
    invalid(refusal(&house, |r| r.priority = Some(9)).await, "priority");
    invalid(
        refusal(&house, |r| r.model_id = HOSTILE.to_owned()).await,
        "model_id",
    );
    invalid(
        refusal(&house, |r| r.request_id = HOSTILE.to_owned()).await,
        "request_id",
    );
    invalid(
        in_spec(&house, |s| s.range = range(START, START)).await,
        "spec.range",
    );
    invalid(
        in_spec(&house, |s| s.range = range(START + 1, START)).await,
        "spec.range",
    );
    let change = "spec.label.change_at_horizon.change";
    invalid(
        in_spec(&house, |s| s.label = Some(label(f64::NAN, 60))).await,
        change,
    );
    let horizon = "spec.label.change_at_horizon.horizon";
    invalid(in_spec(&house, |s| s.label = Some(label(0.1, 0))).await, horizon);
    let mut of_hostile_column = label(0.1, 60);
    let Some(v1::label_spec::Kind::ChangeAtHorizon(change)) = &mut of_hostile_column.kind else {
        unreachable!("the label was just made")
    };
    change.column = HOSTILE.to_owned();
    let column = in_spec(&house, |s| s.label = Some(of_hostile_column)).await;
    invalid(column, "spec.label.change_at_horizon.column");

    let source = in_spec(&house, |s| s.source = "projects/default/sources/none".to_owned()).await;
    refused(&source, Code::NotFound, "NOT_FOUND", &[]);
    assert_eq!(metadata(&source, "name"), "projects/default/sources/none");
    let foreign = refusal(&house, |r| r.parent = "projects/none".to_owned()).await;
    invalid(foreign, "spec.source");
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_told_at_once_also_what_only_the_source_shows() {
    let house = House::with_bars().await;
    let status = refusal(&house, |request| {
        request.model_id = "X".to_owned();
        let spec = request.spec.as_mut().unwrap();
        spec.range = range(START, START);
        spec.features = features(&["closs"]);
    });
    let wrong = ["model_id", "spec.range", "spec.features.features[0]"];
    refused(&status.await, Code::InvalidArgument, "UNKNOWN_FEATURE", &wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_made_as_it_was_asked_for_with_every_default_filled_in() {
    let house = House::with_bars().await;
    let request = v1::TrainModelRequest {
        priority: Some(0),
        labels: [("team".to_owned(), "alpha".to_owned())].into(),
        timeout: seconds(60),
        request_id: Uuid::new_v4().to_string(),
        ..train()
    };
    let mut sent = tonic::Request::new(request.clone());
    sent.metadata_mut()
        .insert("x-request-id", "order-4711".parse().unwrap());
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    sent.metadata_mut().insert("traceparent", trace.parse().unwrap());
    let job = house.training().train_model(sent).await.unwrap().into_inner();
    assert!(job.name.starts_with("projects/default/jobs/") && job.name.ends_with(&job.uid));
    assert_eq!(job.state(), v1::JobState::Queued);
    assert_eq!(job.display_state(), v1::JobDisplayState::Queued);
    assert_eq!(
        (job.kind(), job.priority, job.attempt),
        (v1::JobKind::Train, 0, 0)
    );
    assert_eq!(job.labels, request.labels);
    assert_eq!((job.timeout, job.request_id), (seconds(60), request.request_id));
    assert_eq!(
        (job.model.as_str(), job.created_by.as_str()),
        ("projects/default/models/pump", "local")
    );
    let Some(v1::job::Spec::TrainSpec(spec)) = job.spec else {
        panic!("a job is returned whole")
    };
    assert_eq!((spec.seed, spec.max_rows), (Some(42), Some(5_000_000)));
    assert_eq!(spec.features.unwrap().sets, ["core"]);
    let row = house.sql("select request_id, left(traceparent, 35) from job");
    assert!(row.starts_with("order-4711|"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_is_told_of_a_new_job_and_a_request_does_not_depend_on_it() {
    let Ok(url) = std::env::var("REDIS_URL") else {
        eprintln!("skipped: REDIS_URL is not set");
        return;
    };
    let stream = format!("test:{}", Uuid::new_v4());
    let signal = Signal::connect(&SecretString::from(url.clone()), &stream, Limits::default()).unwrap();
    let mut listener = signal.listen();
    crate::support::soon(listener.ready()).await;
    let house = House::with(|config| {
        config.redis.url = SecretString::from(url);
        config.redis.stream = stream;
    });
    let house = house.await;
    house.make_bars();
    house
        .catalog()
        .create_source(crate::house::create_bars())
        .await
        .unwrap();
    let name = house.train().await;
    let hint = crate::support::soon(listener.next()).await;
    assert!(name.ends_with(&hint.job_id.to_string()));
    assert_eq!(hint.queue, "default");
    assert!(hint.request_id.is_some());
    // The other tests of this file run without Redis: there the job is made all the same.
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_only_counts_and_writes_nothing() {
    let house = House::with_bars().await;
    house.train().await;
    let before = house.contents();
    let request = v1::TrainModelRequest {
        validate_only: true,
        request_id: Uuid::new_v4().to_string(),
        ..train()
    };
    let job = house.training().train_model(request).await.unwrap().into_inner();
    assert_eq!((job.name.as_str(), job.uid.as_str(), job.state), ("", "", 0));
    assert!(matches!(job.spec, Some(v1::job::Spec::TrainSpec(_))));
    let estimate = job.estimate.unwrap();
    assert_eq!(estimate.rows, ENTITIES * BARS);
    assert_eq!(estimate.jobs_ahead, 1);
    assert!(estimate.features > 20 && estimate.memory_bytes > 0);
    let few = estimate
        .warnings
        .iter()
        .any(|warning| warning.starts_with("3 entities"));
    assert!(few, "{:?}", estimate.warnings);
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_only_refuses_what_the_job_would_fail_with() {
    let house = House::with_bars().await;
    let refusal = |change: fn(&mut v1::TrainSpec)| {
        refusal(&house, move |request| {
            request.validate_only = true;
            change(request.spec.as_mut().unwrap());
        })
    };
    let empty = refusal(|s| s.range = range(START - 1000, START)).await;
    refused(&empty, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &[]);
    assert_eq!(metadata(&empty, "first_time"), "2026-01-01T00:00:00+00:00");
    let many = refusal(|s| s.max_rows = Some(10)).await;
    refused(&many, Code::FailedPrecondition, "ROW_LIMIT_EXCEEDED", &[]);
    assert_eq!(metadata(&many, "rows"), (ENTITIES * BARS).to_string());
    let none = refusal(|s| s.label = Some(label(10.0, 60))).await;
    refused(&none, Code::FailedPrecondition, "LABEL_HAS_NO_POSITIVES", &[]);
    let unknown = refusal(|s| s.label = Some(label(0.1, 86_400))).await;
    refused(&unknown, Code::FailedPrecondition, "TOO_FEW_ROWS", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_with_its_limit() {
    let house = House::with_bars().await;
    house.sql("update project set max_queued = 1");
    house.train().await;
    let full = refusal(&house, |_| {}).await;
    refused(&full, Code::ResourceExhausted, "QUEUE_FULL", &[]);
    assert_eq!(metadata(&full, "limit"), "1");
}
