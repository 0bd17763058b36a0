//! Models and versions.

use crate::house::{House, metadata, refused};
use crate::support::world::furnish;
use mltraining_proto::v1;
use prost_types::FieldMask;
use tonic::{Code, Status};

const NAME: &str = "projects/default/models/x";

async fn furnished() -> House {
    let house = House::empty().await;
    furnish(
        &house.api.store,
        &house.api.context.artifacts,
        &"default".parse().unwrap(),
    )
    .await;
    house
}

async fn get(house: &House) -> v1::Model {
    let request = v1::GetModelRequest {
        name: NAME.to_owned(),
    };
    house.models().get_model(request).await.unwrap().into_inner()
}

async fn update(house: &House, model: v1::Model, paths: &[&str]) -> Result<v1::Model, Status> {
    let request = v1::UpdateModelRequest {
        model: Some(v1::Model {
            name: NAME.to_owned(),
            ..model
        }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        }),
    };
    house
        .models()
        .update_model(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn delete(house: &House, etag: &str) -> Result<v1::Model, Status> {
    let request = v1::DeleteModelRequest {
        name: NAME.to_owned(),
        etag: etag.to_owned(),
    };
    house
        .models()
        .delete_model(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn undelete(house: &House) -> Result<v1::Model, Status> {
    let request = v1::UndeleteModelRequest {
        name: NAME.to_owned(),
        ..v1::UndeleteModelRequest::default()
    };
    house
        .models()
        .undelete_model(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_has_its_newest_version_and_what_it_is_worth() {
    let house = furnished().await;
    let model = get(&house).await;
    assert_eq!((model.display_name.as_str(), model.version_count), ("x", 1));
    assert_eq!(model.latest_version, format!("{NAME}/versions/1"));
    let metrics = model.latest_metrics.unwrap();
    assert_eq!((metrics.roc_auc, metrics.f1), (Some(0.7), None));

    let name = format!("{NAME}/versions/1");
    let request = v1::GetModelVersionRequest {
        name: name.clone(),
        view: 0,
    };
    let full = house
        .models()
        .get_model_version(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (full.name, full.version, full.threshold),
        (name.clone(), 1, Some(0.5))
    );
    assert_eq!(full.feature_names, ["close"]);
    assert_eq!(full.train_spec.unwrap().source, "projects/default/sources/x");
    assert_eq!(full.row_counts.unwrap().purged, Some(0));
    let evaluation = full.evaluation.unwrap();
    assert_eq!(evaluation.importances[0].feature, "close");
    assert!(full.model_artifact.ends_with("/artifacts/model.mlts"));

    let request = v1::ListModelVersionsRequest {
        parent: NAME.to_owned(),
        ..v1::ListModelVersionsRequest::default()
    };
    let listed = house
        .models()
        .list_model_versions(request)
        .await
        .unwrap()
        .into_inner()
        .model_versions;
    assert_eq!((listed.len(), &listed[0].name), (1, &name));
    assert!(listed[0].train_spec.is_none() && listed[0].feature_names.is_empty());
    assert_eq!(listed[0].row_counts.as_ref().unwrap().purged, None);
    assert!(listed[0].evaluation.as_ref().unwrap().overall.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_what_the_mask_names_if_nobody_was_faster() {
    let house = furnished().await;
    let before = get(&house).await;
    let model = v1::Model {
        display_name: "Pump".to_owned(),
        labels: [("team".to_owned(), "alpha".to_owned())].into(),
        etag: before.etag.clone(),
        ..v1::Model::default()
    };
    let named = update(&house, model.clone(), &["display_name"]).await.unwrap();
    assert_eq!((named.display_name.as_str(), named.labels.len()), ("Pump", 0));
    assert_ne!(named.etag, before.etag);
    let late = update(&house, model.clone(), &["labels"]).await.unwrap_err();
    refused(&late, Code::Aborted, "ETAG_MISMATCH", &[]);
    assert_eq!(metadata(&late, "etag"), named.etag);
    let free = v1::Model {
        etag: String::new(),
        ..model
    };
    let both = update(&house, free, &[]).await.unwrap();
    assert_eq!(
        (both.display_name.as_str(), both.labels["team"].as_str()),
        ("Pump", "alpha")
    );
    let cleared = update(&house, v1::Model::default(), &["*"]).await.unwrap();
    assert_eq!((cleared.display_name.as_str(), cleared.labels.len()), ("x", 0));
    let same = update(&house, v1::Model::default(), &[]).await.unwrap();
    assert_eq!(same.etag, cleared.etag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_update_is_refused_and_writes_nothing() {
    let house = furnished().await;
    let before = house.contents();
    for path in ["name", "uid", "labels.team", "x\"; drop table job; --"] {
        let status = update(&house, v1::Model::default(), &[path]).await.unwrap_err();
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["update_mask"]);
        assert!(status.message().contains(path), "{}", status.message());
    }
    let many = v1::Model {
        labels: (0..65).map(|i| (format!("k{i}"), String::new())).collect(),
        ..v1::Model::default()
    };
    let status = update(&house, many, &["labels"]).await.unwrap_err();
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["model.labels"]);
    let empty = v1::UpdateModelRequest::default();
    let status = house.models().update_model(empty).await.unwrap_err();
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["model.name"]);
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_model_is_hidden_until_it_is_undeleted() {
    let house = furnished().await;
    let shown = async |show_deleted: bool| {
        let request = v1::ListModelsRequest {
            show_deleted,
            ..v1::ListModelsRequest::default()
        };
        house
            .models()
            .list_models(request)
            .await
            .unwrap()
            .into_inner()
            .models
            .len()
    };
    assert_eq!(undelete(&house).await.unwrap_err().code(), Code::AlreadyExists);
    let stale = delete(&house, "model-99").await.unwrap_err();
    refused(&stale, Code::Aborted, "ETAG_MISMATCH", &[]);
    let deleted = delete(&house, &get(&house).await.etag).await.unwrap();
    assert!(deleted.delete_time.is_some() && deleted.expire_time.is_some());
    assert_eq!((shown(false).await, shown(true).await), (0, 1));
    assert_eq!(get(&house).await.delete_time, deleted.delete_time);
    assert_eq!(delete(&house, "").await.unwrap_err().code(), Code::NotFound);
    let named = v1::Model {
        display_name: "Pump".to_owned(),
        ..v1::Model::default()
    };
    let change = update(&house, named, &[]).await.unwrap_err();
    refused(&change, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    assert_eq!(metadata(&change, "name"), NAME);
    assert!(undelete(&house).await.unwrap().delete_time.is_none());
    assert_eq!(shown(false).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_model_takes_no_new_version() {
    let house = furnished().await;
    house.make_bars();
    house
        .catalog()
        .create_source(crate::house::create_bars())
        .await
        .unwrap();
    delete(&house, "").await.unwrap();
    let request = v1::TrainModelRequest {
        model_id: "x".to_owned(),
        ..crate::house::train()
    };
    let status = house.training().train_model(request).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    assert_eq!(metadata(&status, "name"), NAME);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_models_names_what_is_missing() {
    let house = furnished().await;
    let request = |names: &[&str]| v1::BatchGetModelsRequest {
        names: names.iter().map(ToString::to_string).collect(),
        ..v1::BatchGetModelsRequest::default()
    };
    let found = house
        .models()
        .batch_get_models(request(&[NAME]))
        .await
        .unwrap()
        .into_inner()
        .models;
    assert_eq!(found, [get(&house).await]);
    let names = [NAME, "projects/default/models/y"];
    let missing = house
        .models()
        .batch_get_models(request(&names))
        .await
        .unwrap_err();
    refused(&missing, Code::NotFound, "NOT_FOUND", &[]);
    assert_eq!(metadata(&missing, "name"), "projects/default/models/y");
    let version = v1::GetModelVersionRequest {
        name: format!("{NAME}/versions/2"),
        view: 0,
    };
    assert_eq!(
        house
            .models()
            .get_model_version(version)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let versions = v1::ListModelVersionsRequest {
        parent: "projects/default/models/y".to_owned(),
        ..v1::ListModelVersionsRequest::default()
    };
    assert_eq!(
        house
            .models()
            .list_model_versions(versions)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
}
