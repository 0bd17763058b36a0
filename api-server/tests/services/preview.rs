//! PreviewLabels against counts that PostgreSQL makes itself.

use crate::house::{BARS, ENTITIES, House, START, label, metadata, range, refused};
use mltraining_proto::v1;
use tonic::Code;

fn request() -> v1::PreviewLabelsRequest {
    v1::PreviewLabelsRequest {
        source: "projects/default/sources/bars".to_owned(),
        range: range(START, START + 60 * BARS),
        label: Some(label(0.015, 120)),
        ..v1::PreviewLabelsRequest::default()
    }
}

async fn preview(house: &House, request: v1::PreviewLabelsRequest) -> v1::PreviewLabelsResponse {
    house
        .dataset()
        .preview_labels(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_are_counted_as_the_database_counts_them() {
    let house = House::with_bars().await;
    let before = house.contents();
    let found = preview(&house, request()).await;
    let counted = house.sql(
        "with l as (select close, lead(close, 2) over (partition by entity order by at) as later from bars)
         select count(*) filter (where (later - close) / close >= 0.015),
            count(*) filter (where (later - close) / close < 0.015), count(*) filter (where later is null) from l",
    );
    let total = found.total.unwrap();
    assert_eq!(
        format!("{}|{}|{}", total.positives, total.negatives, total.unknown),
        counted
    );
    assert_eq!(total.positives + total.negatives + total.unknown, ENTITIES * BARS);
    assert_eq!(
        (found.entity_count, found.by_entity.len() as i64),
        (ENTITIES, ENTITIES)
    );
    assert_eq!(found.by_entity[0].entity, "e0");
    let phases: Vec<Option<i32>> = found.by_phase.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Some(1), Some(2)]);
    assert_eq!(found.by_day.len(), 1);
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_bounded_by_what_was_asked_for() {
    let house = House::with_bars().await;
    let one = preview(
        &house,
        v1::PreviewLabelsRequest {
            entities: vec!["e1".to_owned()],
            phases: vec![2],
            max_entities: Some(0),
            ..request()
        },
    );
    let one = one.await;
    let total = one.total.unwrap();
    assert_eq!(total.positives + total.negatives + total.unknown, BARS - 60);
    assert_eq!((one.entity_count, one.by_entity.len()), (1, 0));
    let few = v1::PreviewLabelsRequest {
        max_rows: Some(10),
        ..request()
    };
    let status = house.dataset().preview_labels(few).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "ROW_LIMIT_EXCEEDED", &[]);
    assert_eq!(metadata(&status, "max_rows"), "10");
    let empty = v1::PreviewLabelsRequest {
        range: range(START - 60, START),
        ..request()
    };
    let status = house.dataset().preview_labels(empty).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &[]);
    let hostile = v1::PreviewLabelsRequest {
        entities: vec!["x'; drop table job; --".to_owned()],
        ..request()
    };
    let status = house.dataset().preview_labels(hostile).await.unwrap_err();
    refused(
        &status,
        Code::FailedPrecondition,
        "TIME_RANGE_EMPTY",
        &["entities"],
    );
    assert!(!status.message().contains("the source has rows"), "{status}");
    let other_phases = v1::PreviewLabelsRequest {
        phases: vec![77, 78],
        ..request()
    };
    let status = house.dataset().preview_labels(other_phases).await.unwrap_err();
    refused(&status, Code::FailedPrecondition, "TIME_RANGE_EMPTY", &["phases"]);
    assert!(status.message().contains("phases 77, 78"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_has_changed_is_told_so() {
    let house = House::with_bars().await;
    house.sql("alter table bars rename close to closed");
    let with_column = v1::PreviewLabelsRequest {
        label: Some(v1::LabelSpec {
            kind: Some(v1::label_spec::Kind::ChangeAtHorizon(v1::ChangeAtHorizon {
                column: "close".to_owned(),
                change: 0.1,
                horizon: crate::house::seconds(60),
                ..v1::ChangeAtHorizon::default()
            })),
        }),
        ..request()
    };
    let status = house.dataset().preview_labels(with_column).await.unwrap_err();
    assert_eq!(
        (status.code(), crate::house::reason(&status).as_str()),
        (Code::FailedPrecondition, "SCHEMA_CHANGED")
    );
}
