//! Leaderboards: what may stand side by side does, and nothing else.

use crate::house::{House, refused};
use crate::support::world::{furnish, make_version};
use mltraining_domain::JobId;
use mltraining_proto::v1;
use tonic::{Code, Response, Status};
use uuid::Uuid;
use v1::EvaluationMetric as Metric;

/// Model `x` with versions 1 to 4. Version 3 was tested on one row more, and nothing is known of the ROC AUC of version 4.
async fn furnished() -> House {
    let house = House::empty().await;
    let (store, artifacts) = (&house.api.store, &house.api.context.artifacts);
    let project = "default".parse().unwrap();
    furnish(store, artifacts, &project).await;
    for _ in 2..=4 {
        make_version(store, artifacts, &project, JobId::new(Uuid::now_v7())).await;
    }
    house.sql(
        "update evaluation set roc_auc = 0.6 + version * 0.01, log_loss = 0.6 + version * 0.01;
         update evaluation set overall = overall || jsonb_build_object('roc_auc', roc_auc, 'log_loss', log_loss);
         update evaluation set rows = rows + 1 where version = 3;
         update evaluation set roc_auc = null, overall = overall || '{\"roc_auc\": null}' where version = 4",
    );
    house
}

async fn list(
    house: &House,
    request: v1::ListLeaderboardRequest,
) -> Result<v1::ListLeaderboardResponse, Status> {
    house
        .models()
        .list_leaderboard(request)
        .await
        .map(Response::into_inner)
}

/// Number of the version and value, group by group: the group of version 3 last.
async fn groups(house: &House, metric: Metric, page_size: i32) -> Vec<Vec<(String, Option<f64>)>> {
    let (mut entries, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListLeaderboardRequest {
            metric: metric.into(),
            page_size,
            page_token,
            ..v1::ListLeaderboardRequest::default()
        };
        let page = list(house, request).await.unwrap();
        entries.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let row = |entry: &v1::LeaderboardEntry| {
        let number = entry.version.rsplit('/').next().unwrap().to_owned();
        (number, entry.value)
    };
    let groups = entries.chunk_by(|a, b| a.group == b.group);
    let mut groups: Vec<Vec<_>> = groups.map(|group| group.iter().map(row).collect()).collect();
    groups.sort_by_key(|group| group[0].0 == "3");
    groups
}

fn row(number: i32, value: Option<f64>) -> (String, Option<f64>) {
    (number.to_string(), value)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_versions_tested_on_the_same_rows_stand_in_one_group_the_best_first() {
    let house = furnished().await;
    let by_auc = [
        vec![row(2, Some(0.62)), row(1, Some(0.61)), row(4, None)],
        vec![row(3, Some(0.63))],
    ];
    for page_size in [1, 2, 0] {
        assert_eq!(
            groups(&house, Metric::Unspecified, page_size).await,
            by_auc,
            "{page_size}"
        );
    }
    let by_loss = [
        vec![row(1, Some(0.61)), row(2, Some(0.62)), row(4, Some(0.64))],
        vec![row(3, Some(0.63))],
    ];
    assert_eq!(groups(&house, Metric::LogLoss, 1).await, by_loss);
    house.sql("update model set deleted_at = now(), expire_at = now() + interval '1 day'");
    assert!(
        groups(&house, Metric::RocAuc, 0).await.is_empty(),
        "deleted models are left out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaderboard_says_what_was_tested_and_takes_filters() {
    let house = furnished().await;
    let request = |source: &str, model: &str| v1::ListLeaderboardRequest {
        source: source.to_owned(),
        model: model.to_owned(),
        ..v1::ListLeaderboardRequest::default()
    };
    let all = list(
        &house,
        request("projects/default/sources/x", "projects/default/models/x"),
    )
    .await;
    let all = all.unwrap().entries;
    assert_eq!(all.len(), 4);
    assert!(
        all.iter()
            .all(|entry| entry.label.is_some() && entry.algorithm.is_some())
    );
    assert!(
        all.iter()
            .all(|entry| entry.source == "projects/default/sources/x")
    );
    for (source, model) in [
        ("projects/default/sources/y", ""),
        ("", "projects/default/models/y"),
    ] {
        assert!(
            list(&house, request(source, model))
                .await
                .unwrap()
                .entries
                .is_empty()
        );
    }
    let wrong = v1::ListLeaderboardRequest {
        metric: Metric::SkillLow.into(),
        ..request("projects/other/sources/x", "x")
    };
    let status = list(&house, wrong).await.unwrap_err();
    refused(
        &status,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["metric", "source", "model"],
    );
}
