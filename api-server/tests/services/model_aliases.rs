//! Aliases of models, and promotions behind a gate.

use crate::house::{House, metadata, refused};
use crate::support::world::{furnish, make_version};
use mltraining_domain::JobId;
use mltraining_proto::v1;
use tonic::{Code, Response, Status};
use uuid::Uuid;
use v1::EvaluationMetric as Metric;
use v1::metric_bound::Bound;

const NAME: &str = "projects/default/models/x";

/// Model `x` with versions 1 and 2, each with a ROC AUC of 0.7 and no intervals.
async fn furnished() -> House {
    let house = House::empty().await;
    let (store, artifacts) = (&house.api.store, &house.api.context.artifacts);
    let project = "default".parse().unwrap();
    furnish(store, artifacts, &project).await;
    make_version(store, artifacts, &project, JobId::new(Uuid::now_v7())).await;
    house
}

fn version(number: i32) -> String {
    format!("{NAME}/versions/{number}")
}

async fn set(house: &House, alias: &str, version: String, etag: &str) -> Result<v1::Model, Status> {
    let request = v1::SetModelAliasRequest {
        name: format!("{NAME}@{alias}"),
        version,
        etag: etag.to_owned(),
    };
    house
        .models()
        .set_model_alias(request)
        .await
        .map(Response::into_inner)
}

async fn delete(house: &House, alias: &str) -> Result<v1::Model, Status> {
    let request = v1::DeleteModelAliasRequest {
        name: format!("{NAME}@{alias}"),
        ..v1::DeleteModelAliasRequest::default()
    };
    house
        .models()
        .delete_model_alias(request)
        .await
        .map(Response::into_inner)
}

async fn read(house: &House, name: &str) -> Result<v1::ModelVersion, Status> {
    let request = v1::GetModelVersionRequest {
        name: name.to_owned(),
        view: 0,
    };
    house
        .models()
        .get_model_version(request)
        .await
        .map(Response::into_inner)
}

async fn model(house: &House) -> v1::Model {
    let request = v1::GetModelRequest {
        name: NAME.to_owned(),
    };
    house.models().get_model(request).await.unwrap().into_inner()
}

fn promotion(number: i32, gate: Option<v1::PromotionGate>) -> v1::PromoteModelVersionRequest {
    v1::PromoteModelVersionRequest {
        name: version(number),
        gate,
        ..v1::PromoteModelVersionRequest::default()
    }
}

async fn promote(house: &House, request: v1::PromoteModelVersionRequest) -> Result<v1::Promotion, Status> {
    let answer = house.models().promote_model_version(request).await?.into_inner();
    Ok(answer.promotion.unwrap())
}

fn bound(metric: Metric, bound: Bound) -> v1::MetricBound {
    v1::MetricBound {
        metric: metric.into(),
        bound: Some(bound),
    }
}

/// Number, alias, from, to of every move, newest first.
async fn moves(house: &House) -> Vec<(i32, String, String, String)> {
    let (mut moves, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListPromotionsRequest {
            parent: NAME.to_owned(),
            page_size: 2,
            page_token,
        };
        let page = house
            .models()
            .list_promotions(request)
            .await
            .unwrap()
            .into_inner();
        moves.extend(page.promotions.into_iter().map(|p| {
            assert_eq!(p.created_by, "local");
            (p.number.unwrap(), p.alias, p.from_version, p.to_version)
        }));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return moves;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_names_a_version_until_it_moves_or_goes() {
    let house = furnished().await;
    let missing = read(&house, &format!("{NAME}@champion")).await.unwrap_err();
    refused(&missing, Code::NotFound, "NOT_FOUND", &[]);
    assert_eq!(metadata(&missing, "name"), format!("{NAME}@champion"));

    let before = model(&house).await;
    let changed = set(&house, "champion", version(1), &before.etag).await.unwrap();
    assert_eq!(changed.aliases, [("champion".to_owned(), 1)].into());
    assert_ne!(changed.etag, before.etag);
    assert_eq!(
        model(&house).await,
        changed,
        "what was remembered is told to have changed"
    );
    let champion = read(&house, &format!("{NAME}@champion")).await.unwrap();
    assert_eq!(
        (champion.name, champion.aliases),
        (version(1), vec!["champion".to_owned()])
    );

    set(&house, "champion", version(2), "").await.unwrap();
    set(&house, "challenger", format!("{NAME}@champion"), "")
        .await
        .unwrap();
    let second = read(&house, &version(2)).await.unwrap();
    assert_eq!(second.aliases, ["challenger", "champion"]);
    assert!(read(&house, &version(1)).await.unwrap().aliases.is_empty());
    let left = delete(&house, "champion").await.unwrap();
    assert_eq!(left.aliases, [("challenger".to_owned(), 2)].into());
    let gone = delete(&house, "champion").await.unwrap_err();
    refused(&gone, Code::NotFound, "NOT_FOUND", &[]);

    let moved = |number, alias: &str, from, to| {
        let name = |number| {
            if number == 0 {
                String::new()
            } else {
                version(number)
            }
        };
        (number, alias.to_owned(), name(from), name(to))
    };
    let wanted = [
        moved(4, "champion", 2, 0),
        moved(3, "challenger", 0, 2),
        moved(2, "champion", 1, 2),
        moved(1, "champion", 0, 1),
    ];
    assert_eq!(moves(&house).await, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_alias_is_refused_and_writes_nothing() {
    let house = furnished().await;
    set(&house, "champion", version(1), "").await.unwrap();
    let before = house.contents();
    for alias in ["latest", "3", "", "Champion", "a@b", "x'; drop table job; --"] {
        let status = set(&house, alias, version(1), "").await.unwrap_err();
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["name"]);
    }
    let other = "projects/default/models/y/versions/1".to_owned();
    let status = set(&house, "a", other, "").await.unwrap_err();
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["version"]);
    let status = set(&house, "a", version(3), "").await.unwrap_err();
    refused(&status, Code::NotFound, "NOT_FOUND", &[]);
    assert_eq!(metadata(&status, "name"), version(3));
    let status = set(&house, "a", version(1), "model-99").await.unwrap_err();
    refused(&status, Code::Aborted, "ETAG_MISMATCH", &[]);
    let request = v1::PromoteModelVersionRequest {
        alias: "latest".to_owned(),
        ..promotion(
            1,
            Some(v1::PromotionGate {
                bounds: vec![v1::MetricBound::default()],
                require_skill: false,
                ..v1::PromotionGate::default()
            }),
        )
    };
    let status = promote(&house, request).await.unwrap_err();
    let fields = ["alias", "gate.bounds[0].metric", "gate.bounds[0]"];
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", &fields);
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_takes_sixteen_aliases_and_names_the_way_out_of_more() {
    let house = furnished().await;
    for n in 0..16 {
        set(&house, &format!("a{n}"), version(1), "").await.unwrap();
    }
    let before = house.contents();
    let status = set(&house, "one-more", version(1), "").await.unwrap_err();
    refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["name"]);
    assert!(
        status.message().contains("delete one first"),
        "{}",
        status.message()
    );
    assert_eq!(house.contents(), before);
    set(&house, "a0", version(2), "").await.unwrap();
    delete(&house, "a1").await.unwrap();
    set(&house, "one-more", version(1), "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_does_not_hold_names_every_condition_and_changes_nothing() {
    let house = furnished().await;
    set(&house, "champion", version(1), "").await.unwrap();
    let before = house.contents();
    let gate = v1::PromotionGate {
        bounds: vec![
            bound(Metric::RocAuc, Bound::AtLeast(0.7)),
            bound(Metric::RocAuc, Bound::Above(0.7)),
            bound(Metric::SkillLow, Bound::Above(0.0)),
        ],
        require_skill: true,
        ..v1::PromotionGate::default()
    };
    let status = promote(&house, promotion(2, Some(gate.clone())))
        .await
        .unwrap_err();
    refused(&status, Code::FailedPrecondition, "PROMOTION_GATE_FAILED", &[]);
    assert_eq!(metadata(&status, "name"), version(2));
    assert_eq!(metadata(&status, "condition_1"), "roc_auc > 0.7, found 0.7");
    let unknown = "skill_low > 0, found none: it is not known";
    assert_eq!(metadata(&status, "condition_2"), unknown);
    assert!(
        status.message().contains("verdict = skill, found none"),
        "{}",
        status.message()
    );
    assert!(
        !status.message().contains(">="),
        "what holds is not named: {}",
        status.message()
    );

    let request = v1::PromoteModelVersionRequest {
        validate_only: true,
        ..promotion(2, Some(gate))
    };
    let judged = promote(&house, request).await.unwrap();
    let holds: Vec<bool> = judged.conditions.iter().map(|c| c.holds).collect();
    assert_eq!((judged.passes, holds), (false, vec![true, false, false, false]));
    assert_eq!((judged.number, judged.create_time), (None, None));
    assert_eq!((judged.from_version, judged.to_version), (version(1), version(2)));
    assert_eq!(house.contents(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_is_kept_with_its_gate_and_undone_by_promoting_the_earlier_version() {
    let house = furnished().await;
    promote(&house, promotion(1, None)).await.unwrap();
    let gate = v1::PromotionGate {
        bounds: vec![bound(Metric::RocAuc, Bound::AtLeast(0.6))],
        require_skill: false,
        ..v1::PromotionGate::default()
    };
    let done = promote(&house, promotion(2, Some(gate))).await.unwrap();
    assert_eq!((done.number, done.passes), (Some(2), true));
    assert_eq!(done.conditions[0].found, Some(0.7));
    let request = v1::ListPromotionsRequest {
        parent: NAME.to_owned(),
        ..v1::ListPromotionsRequest::default()
    };
    let kept = house
        .models()
        .list_promotions(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(kept.promotions[0], done);
    let request = v1::PromoteModelVersionRequest {
        name: done.from_version.clone(),
        ..v1::PromoteModelVersionRequest::default()
    };
    promote(&house, request).await.unwrap();
    assert_eq!(model(&house).await.aliases, [("champion".to_owned(), 1)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_promotions_at_once_happen_one_after_the_other() {
    const CALLS: i32 = 8;
    let house = furnished().await;
    let calls = (0..CALLS).map(|n| promote(&house, promotion(1 + n % 2, None)));
    let done = futures::future::join_all(calls).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let moves = moves(&house).await;
    let numbers: Vec<i32> = moves.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=CALLS).rev().collect::<Vec<_>>());
    for pair in moves.windows(2) {
        assert_eq!(
            pair[0].2, pair[1].3,
            "a move begins where the one before has ended"
        );
    }
    let champion = read(&house, &format!("{NAME}@champion")).await.unwrap();
    assert_eq!(champion.name, moves[0].3);

    let etag = model(&house).await.etag;
    let calls = (0..CALLS).map(|n| set(&house, "champion", version(1 + n % 2), &etag));
    let done = futures::future::join_all(calls).await;
    assert_eq!(
        done.iter().filter(|answer| answer.is_ok()).count(),
        1,
        "the etag is good once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_of_a_deleted_model_stand_still_and_come_back_with_it() {
    let house = furnished().await;
    set(&house, "champion", version(1), "").await.unwrap();
    let request = v1::DeleteModelRequest {
        name: NAME.to_owned(),
        ..v1::DeleteModelRequest::default()
    };
    house.models().delete_model(request).await.unwrap();
    let before = house.contents();
    for status in [
        set(&house, "champion", version(2), "").await.unwrap_err(),
        delete(&house, "champion").await.unwrap_err(),
        promote(&house, promotion(2, None)).await.unwrap_err(),
    ] {
        refused(&status, Code::FailedPrecondition, "FAILED_PRECONDITION", &[]);
    }
    assert_eq!(house.contents(), before);
    let request = v1::UndeleteModelRequest {
        name: NAME.to_owned(),
        ..v1::UndeleteModelRequest::default()
    };
    let back = house.models().undelete_model(request).await.unwrap().into_inner();
    assert_eq!(back.aliases, [("champion".to_owned(), 1)].into());
}
