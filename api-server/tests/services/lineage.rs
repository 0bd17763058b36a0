//! Where a version comes from and what names it; its importances; and the parts and the end of its evaluation.

use crate::house::{House, metadata, reason, refused};
use crate::support::requests::JOB;
use crate::support::world::furnish;
use mltraining_proto::v1;
use tonic::Code;
use v1::version_use::Use;

const VERSION: &str = "projects/default/models/x/versions/1";
const CHAMPION: &str = "projects/default/models/x@champion";

/// Model `x` with version 1, which is the champion and the challenger.
async fn furnished() -> House {
    let house = House::empty().await;
    let project = "default".parse().unwrap();
    furnish(&house.api.store, &house.api.context.artifacts, &project).await;
    for alias in ["champion", "challenger"] {
        let request = v1::PromoteModelVersionRequest {
            name: VERSION.to_owned(),
            alias: alias.to_owned(),
            gate: Some(v1::PromotionGate {
                bounds: vec![v1::MetricBound {
                    metric: v1::EvaluationMetric::RocAuc.into(),
                    bound: Some(v1::metric_bound::Bound::AtLeast(0.5)),
                }],
                ..v1::PromotionGate::default()
            }),
            ..v1::PromoteModelVersionRequest::default()
        };
        house.models().promote_model_version(request).await.unwrap();
    }
    house
}

async fn lineage(house: &House, name: &str, page_size: i32, page_token: String) -> v1::ModelLineage {
    let request = v1::GetLineageRequest {
        name: name.to_owned(),
        page_size,
        page_token,
    };
    house.models().get_lineage(request).await.unwrap().into_inner()
}

fn alias(found: &v1::VersionUse) -> String {
    match &found.r#use {
        Some(Use::Move(moved)) => moved.alias.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_leads_back_to_the_job_and_its_rows_and_forward_to_every_move_page_by_page() {
    let house = furnished().await;
    let first = lineage(&house, CHAMPION, 1, String::new()).await;
    assert_eq!(first.model_version, VERSION);
    assert_eq!(first.aliases, ["challenger", "champion"]);
    let origin = first.origin.unwrap();
    assert_eq!(origin.job, format!("projects/default/jobs/{JOB}"));
    assert_eq!(
        (origin.attempt, origin.seed, origin.created_by.as_str()),
        (1, 7, "test")
    );
    assert_eq!(origin.source, "projects/default/sources/x");
    assert_eq!(origin.source_fingerprint, "a".repeat(64));
    assert_eq!(origin.spec_hash, "b".repeat(64));
    assert!(origin.evaluation.starts_with("projects/default/evaluations/"));
    assert_eq!(first.uses.iter().map(alias).collect::<Vec<_>>(), ["challenger"]);
    let second = lineage(&house, VERSION, 1, first.next_page_token).await;
    assert_eq!(second.uses.iter().map(alias).collect::<Vec<_>>(), ["champion"]);
    assert_eq!(second.next_page_token, "");
    let request = v1::GetLineageRequest {
        name: "projects/default/models/x/versions/9".to_owned(),
        ..v1::GetLineageRequest::default()
    };
    let absent = house.models().get_lineage(request).await.unwrap_err();
    refused(&absent, Code::NotFound, "NOT_FOUND", &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn importances_say_which_kind_was_not_measured() {
    let house = furnished().await;
    let request = |order: v1::ImportanceKind| v1::GetFeatureImportanceRequest {
        name: CHAMPION.to_owned(),
        order_by: order.into(),
    };
    let found = house
        .models()
        .get_feature_importance(request(v1::ImportanceKind::Unspecified))
        .await;
    let found = found.unwrap().into_inner();
    assert_eq!(
        (found.order_by(), found.model_version.as_str()),
        (v1::ImportanceKind::Gain, VERSION)
    );
    assert_eq!(
        (found.features[0].share, found.features[0].drop),
        (Some(1.0), None)
    );
    assert!(
        found.permutation_unmeasured_reason.contains("lack a class"),
        "{found:?}"
    );
    let order = request(v1::ImportanceKind::Permutation);
    let status = house.models().get_feature_importance(order).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
}

async fn slices(
    house: &House,
    parent: &str,
    kind: v1::SliceKind,
    page_token: String,
) -> v1::ListEvaluationSlicesResponse {
    let request = v1::ListEvaluationSlicesRequest {
        parent: parent.to_owned(),
        kind: kind.into(),
        page_size: 2,
        page_token,
    };
    house
        .evaluations()
        .list_evaluation_slices(request)
        .await
        .unwrap()
        .into_inner()
}

/// Kind, values, and values that are not listed.
fn parts(page: &v1::ListEvaluationSlicesResponse) -> Vec<(v1::SliceKind, Vec<String>, i64)> {
    let values = |slices: &v1::Slices| slices.slices.iter().map(|slice| slice.value.clone()).collect();
    page.slices
        .iter()
        .map(|slices| (slices.kind(), values(slices), slices.other_values))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn curves_and_parts_of_an_evaluation_are_read_alone_as_they_were_kept() {
    let house = furnished().await;
    let name = lineage(&house, VERSION, 0, String::new())
        .await
        .origin
        .unwrap()
        .evaluation;
    let first = slices(&house, &name, v1::SliceKind::Unspecified, String::new()).await;
    let words = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    assert_eq!(parts(&first), [(v1::SliceKind::Entity, words(&["a", "b"]), 3)]);
    let next = slices(&house, &name, v1::SliceKind::Unspecified, first.next_page_token).await;
    assert_eq!(parts(&next), [(v1::SliceKind::Day, words(&["2026-01-01"]), 3)]);
    assert_eq!(next.next_page_token, "");
    let days = slices(&house, &name, v1::SliceKind::Day, String::new()).await;
    assert_eq!(parts(&days), parts(&next));
    let request = v1::GetEvaluationCurveRequest {
        name: name.clone(),
        ..v1::GetEvaluationCurveRequest::default()
    };
    let curve = house
        .evaluations()
        .get_evaluation_curve(request.clone())
        .await
        .unwrap()
        .into_inner();
    let points: Vec<(f64, f64)> = curve.points.iter().map(|point| (point.x, point.y)).collect();
    assert_eq!(
        (curve.kind(), points.as_slice()),
        (v1::CurveKind::Roc, &[(0.0, 0.0), (0.25, 0.5), (1.0, 1.0)][..])
    );
    house.sql("update evaluation set curves = null");
    let status = house
        .evaluations()
        .get_evaluation_curve(request)
        .await
        .unwrap_err();
    refused(&status, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    assert!(status.message().contains("before curves were kept"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evaluation_of_a_training_cannot_be_deleted_apart_from_its_version() {
    let house = furnished().await;
    let name = lineage(&house, VERSION, 0, String::new())
        .await
        .origin
        .unwrap()
        .evaluation;
    let before = house.contents();
    let request = v1::DeleteEvaluationRequest { name: name.clone() };
    let status = house.evaluations().delete_evaluation(request).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "FAILED_PRECONDITION")
    );
    assert_eq!(
        (
            metadata(&status, "model_version").as_str(),
            metadata(&status, "promotions").as_str()
        ),
        (VERSION, "2")
    );
    assert!(status.message().contains("DeleteModel"), "{status:?}");
    assert_eq!(house.contents(), before, "nothing was changed");
    let batch = v1::BatchGetEvaluationsRequest {
        names: vec![name.clone(), format!("projects/default/evaluations/{JOB}")],
        ..v1::BatchGetEvaluationsRequest::default()
    };
    let status = house
        .evaluations()
        .batch_get_evaluations(batch)
        .await
        .unwrap_err();
    refused(&status, Code::NotFound, "NOT_FOUND", &[]);
    assert!(
        status.message().contains(JOB) && !status.message().contains(&name),
        "{status:?}"
    );
    let batch = v1::BatchGetEvaluationsRequest {
        names: vec![name.clone()],
        ..v1::BatchGetEvaluationsRequest::default()
    };
    let found = house
        .evaluations()
        .batch_get_evaluations(batch)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.evaluations[0].name, name);
}
