//! CheckLeakage on rows with planted leaks, and its refusals.

use crate::house::{House, START, label, metadata, range, refused, seconds, train};
use mltraining_proto::v1;
use tonic::Code;
use v1::{LeakageCheck, LeakageSeverity};

const ROWS: i64 = 4 * 300;

/// Random walks of four entities, a bar a minute; `ath` is the highest price of all time, in every row.
async fn walks() -> House {
    let house = House::empty().await;
    house.sql(&format!(
        "select setseed(0.25);
         create table walks as
         with step as (select e, m, random() - 0.5 as up, random() as volume
            from generate_series(0, 3) e, generate_series(0, 299) m),
         walk as (select e, m, volume, exp(sum(0.02 * up) over (partition by e order by m)) as close from step)
         select 'e' || e as entity, to_timestamp({START} + 60 * m) as at, close, volume, max(close) over (partition by e) as ath
         from walk"
    ));
    house.catalog().create_source(source()).await.unwrap();
    house
}

fn source() -> v1::CreateSourceRequest {
    v1::CreateSourceRequest {
        source_id: "walks".to_owned(),
        source: Some(v1::Source {
            table: "walks".to_owned(),
            entity_column: "entity".to_owned(),
            time_column: "at".to_owned(),
            bar_interval: seconds(60),
            ..v1::Source::default()
        }),
        ..v1::CreateSourceRequest::default()
    }
}

fn request(features: &[&str]) -> v1::CheckLeakageRequest {
    v1::CheckLeakageRequest {
        spec: Some(v1::TrainSpec {
            source: "projects/default/sources/walks".to_owned(),
            range: range(START, START + 60 * 300),
            label: Some(label(0.01, 600)),
            features: Some(v1::FeatureSpec {
                features: features.iter().map(|name| (*name).to_owned()).collect(),
                ..v1::FeatureSpec::default()
            }),
            ..v1::TrainSpec::default()
        }),
        ..v1::CheckLeakageRequest::default()
    }
}

async fn check(house: &House, request: v1::CheckLeakageRequest) -> v1::CheckLeakageResponse {
    house.dataset().check_leakage(request).await.unwrap().into_inner()
}

fn scope(found: &v1::CheckLeakageResponse, check: LeakageCheck) -> &v1::LeakageCheckScope {
    found.checks.iter().find(|scope| scope.check() == check).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_the_future_is_found_and_all_that_was_looked_at_is_told() {
    let house = walks().await;
    let before = house.contents();
    let found = check(&house, request(&["log_return(close, 1)", "volume"])).await;
    assert_eq!(found.findings.len(), 1, "{found:#?}");
    let finding = &found.findings[0];
    assert_eq!(
        (finding.check(), finding.severity()),
        (LeakageCheck::KnownAtEnd, LeakageSeverity::Error)
    );
    assert_eq!(
        (finding.column.as_str(), finding.other.as_str()),
        ("ath", "close")
    );
    assert_eq!((finding.feature.as_str(), finding.value), ("", Some(1.0)));
    let looked_for: Vec<LeakageCheck> = found.checks.iter().map(v1::LeakageCheckScope::check).collect();
    assert_eq!(
        looked_for,
        [
            LeakageCheck::LookAhead,
            LeakageCheck::SingleFeature,
            LeakageCheck::TargetCopy,
            LeakageCheck::DuplicateRows,
            LeakageCheck::DuplicateFeatures,
            LeakageCheck::KnownAtEnd
        ]
    );
    let look_ahead = scope(&found, LeakageCheck::LookAhead);
    assert_eq!(
        (look_ahead.rows, look_ahead.entity_count, look_ahead.cut_count),
        (ROWS, 4, 3)
    );
    assert_eq!(look_ahead.feature_count, 2);
    let single = scope(&found, LeakageCheck::SingleFeature);
    assert_eq!(
        single.rows,
        ROWS - 4 * 10,
        "the last ten minutes of each entity have no label"
    );
    let at_end = scope(&found, LeakageCheck::KnownAtEnd);
    assert_eq!((at_end.column_count, at_end.finding_count), (3, 1));
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_twice_are_counted_where_a_training_would_be_refused() {
    let house = walks().await;
    house.sql(
        "insert into walks select * from walks where entity = 'e2' and at < to_timestamp(1767225600 + 300)",
    );
    let found = check(&house, request(&["log_return(close, 1)", "volume"])).await;
    let rows = found
        .findings
        .iter()
        .find(|finding| finding.check() == LeakageCheck::DuplicateRows)
        .unwrap();
    assert_eq!((rows.severity(), rows.value), (LeakageSeverity::Error, Some(5.0)));
    assert!(rows.text.contains("\"e2\" at 2026-01-01T00:00:00"), "{rows:?}");
    assert_eq!(scope(&found, LeakageCheck::DuplicateRows).rows, ROWS + 5);
    assert_eq!(
        scope(&found, LeakageCheck::SingleFeature).rows,
        ROWS - 40,
        "the others look at each once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_rows_that_were_asked_for_are_looked_at() {
    let house = walks().await;
    let mut one = request(&["volume"]);
    let spec = one.spec.as_mut().unwrap();
    spec.entities = vec!["e1".to_owned()];
    spec.range = range(START + 60 * 100, START + 60 * 300);
    let found = check(&house, one.clone()).await;
    let rows = scope(&found, LeakageCheck::DuplicateRows);
    assert_eq!(
        (rows.rows, rows.entity_count),
        (200, 1),
        "the feature needs no history"
    );
    one.spec.as_mut().unwrap().features.as_mut().unwrap().features =
        vec!["rolling_mean(volume, 11)".to_owned()];
    let found = check(&house, one).await;
    assert_eq!(
        scope(&found, LeakageCheck::DuplicateRows).rows,
        210,
        "ten rows of history"
    );
    assert_eq!(scope(&found, LeakageCheck::SingleFeature).rows, 190);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_training_refuses_is_refused_with_the_same_field() {
    let house = walks().await;
    let mut client = house.dataset();
    let nothing = v1::CheckLeakageRequest::default();
    let status = client.check_leakage(nothing).await.unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["spec", "spec.range", "spec.label"],
    );
    let status = client
        .check_leakage(request(&["rolling_meen(close, 5)"]))
        .await
        .unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "UNKNOWN_FEATURE",
        &["spec.features.features[0]"],
    );
    assert_eq!(metadata(&status, "feature"), "rolling_meen(close, 5)");
    let mut few = request(&["volume"]);
    few.spec.as_mut().unwrap().max_rows = Some(10);
    let status = client.check_leakage(few).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "ROW_LIMIT_EXCEEDED", &[]);
    let mut empty = request(&["volume"]);
    empty.spec.as_mut().unwrap().range = range(START - 60, START);
    let status = client.check_leakage(empty).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &[]);
    let elsewhere = v1::CheckLeakageRequest {
        spec: train().spec,
        ..v1::CheckLeakageRequest::default()
    };
    let status = client.check_leakage(elsewhere).await.unwrap_err();
    assert_eq!(
        status.code(),
        Code::NotFound,
        "there is no source `bars`: {status}"
    );
}
