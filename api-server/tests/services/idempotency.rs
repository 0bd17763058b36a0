//! The same request twice is one (AIP-155).

use crate::house::{House, create_bars, refused, train};
use mltraining_proto::v1;
use std::collections::BTreeSet;
use tokio::task::JoinSet;
use tonic::Code;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_equal_requests_at_once_make_one_job() {
    let house = House::with_bars().await;
    let request = v1::TrainModelRequest {
        request_id: Uuid::new_v4().to_string(),
        ..train()
    };
    let mut calls = JoinSet::new();
    for _ in 0..50 {
        let (mut client, request) = (house.training(), request.clone());
        calls.spawn(async move { client.train_model(request).await.map(|job| job.into_inner().name) });
    }
    let names: BTreeSet<String> = calls.join_all().await.into_iter().map(Result::unwrap).collect();
    assert_eq!(names.len(), 1);
    assert_eq!(house.sql("select count(*) from job"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_good_for_one_question_only() {
    let house = House::with_bars().await;
    let request = v1::TrainModelRequest {
        request_id: Uuid::new_v4().to_string(),
        ..train()
    };
    let first = house
        .training()
        .train_model(request.clone())
        .await
        .unwrap()
        .into_inner();
    let other = v1::TrainModelRequest {
        model_id: "other".to_owned(),
        ..request.clone()
    };
    let reused = house.training().train_model(other).await.unwrap_err();
    refused(&reused, Code::AlreadyExists, "REQUEST_ID_REUSED", &[]);
    let spelled_out = v1::TrainModelRequest {
        parent: "projects/default".to_owned(),
        ..request
    };
    let again = house
        .training()
        .train_model(spelled_out)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again.name, first.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_belongs_to_its_project() {
    let house = House::with_bars().await;
    house.sql("insert into project (id) values ('other')");
    let source = v1::CreateSourceRequest {
        parent: "projects/other".to_owned(),
        ..create_bars()
    };
    house.catalog().create_source(source).await.unwrap();
    let request_id = Uuid::new_v4().to_string();
    let request = |project: &str, model: &str| {
        let mut request = train();
        request.parent = format!("projects/{project}");
        request.request_id = request_id.clone();
        request.model_id = model.to_owned();
        request.spec.as_mut().unwrap().source = format!("projects/{project}/sources/bars");
        request
    };
    let train = async |request| {
        house
            .training()
            .train_model(request)
            .await
            .map(|job| job.into_inner().name)
    };
    let first = train(request("default", "pump")).await.unwrap();
    let other = train(request("other", "another")).await.unwrap();
    assert!(other.starts_with("projects/other/jobs/"), "{other}");
    assert_eq!(train(request("default", "pump")).await.unwrap(), first);
    assert_eq!(train(request("other", "another")).await.unwrap(), other);
    let reused = train(request("other", "pump")).await.unwrap_err();
    refused(&reused, Code::AlreadyExists, "REQUEST_ID_REUSED", &[]);
    assert_eq!(house.sql("select count(*) from job"), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_made_once_by_the_same_request() {
    let house = House::empty().await;
    house.make_bars();
    let request = v1::CreateSourceRequest {
        request_id: Uuid::new_v4().to_string(),
        ..create_bars()
    };
    let first = house
        .catalog()
        .create_source(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = house
        .catalog()
        .create_source(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = v1::CreateSourceRequest {
        source_id: "other".to_owned(),
        ..request
    };
    let reused = house.catalog().create_source(other).await.unwrap_err();
    refused(&reused, Code::AlreadyExists, "REQUEST_ID_REUSED", &[]);
}
