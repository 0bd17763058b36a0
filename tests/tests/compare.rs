//! Model versions that are compared on the very same rows, by real processes: a better one is found, and another seed is not taken for one.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::{Caller, failure};
use mltraining_tests::data;
use mltraining_tests::system::System;
use pb::{ComparedMetric, ComparisonAnswer as Answer};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

const ENTITIES: u32 = 3;
const TRAINED: i64 = 1440;
/// Twelve days after the one that is trained on.
const MINUTES: i64 = 13 * 1440;
const HORIZON: i64 = 10;

/// Bars whose signal is hidden by noise of its own for every row, so that models are wrong now and then.
fn make_bars(system: &System) {
    data::make_bars(&system.database, ENTITIES, MINUTES as u32);
    system.database.sql(
        "SELECT setseed(0.42);
         UPDATE bars SET signal = signal + 1.5 * (random() - 0.5), volume = volume + 0.1 * random()",
    );
}

async fn with_bars() -> (System, Caller) {
    let mut system = System::start().await;
    make_bars(&system);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    (system, caller)
}

/// A training of `model` that sees these features.
fn training(model: &str, features: &[&str], seed: u64) -> pb::TrainModelRequest {
    let mut request = data::training(model, TRAINED, 20);
    let spec = request.spec.as_mut().unwrap();
    spec.features = Some(pb::FeatureSpec {
        features: features.iter().map(ToString::to_string).collect(),
        ..pb::FeatureSpec::default()
    });
    spec.seed = Some(seed);
    request
}

const GOOD: &[&str] = &["signal", "log_return(close, 5)", "volume"];
const POOR: &[&str] = &["volume"];

async fn trained(caller: &Caller, request: pb::TrainModelRequest) -> String {
    caller.trained(request).await.result.unwrap().model_version
}

fn on(versions: &[&str], from: i64, to: i64) -> pb::CompareModelsRequest {
    pb::CompareModelsRequest {
        model_versions: versions.iter().map(ToString::to_string).collect(),
        range: Some(data::range(from, to)),
        ..pb::CompareModelsRequest::default()
    }
}

async fn asked(caller: &Caller, request: pb::CompareModelsRequest) -> Result<pb::Job, Status> {
    let job = caller.training.clone().compare_models(request).await?;
    Ok(job.into_inner())
}

async fn ended(caller: &Caller, request: pb::CompareModelsRequest) -> pb::Job {
    let job = asked(caller, request).await.unwrap();
    assert_eq!(job.kind(), pb::JobKind::Compare);
    caller.ended(&job.name).await
}

async fn compared(caller: &Caller, request: pb::CompareModelsRequest) -> pb::ModelComparison {
    let job = ended(caller, request).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let name = job.result.unwrap().comparison;
    let found = caller
        .evaluations
        .clone()
        .get_comparison(pb::GetComparisonRequest { name })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(found.job, job.name);
    found
}

fn answers(found: &pb::ModelComparison) -> Vec<(ComparedMetric, Answer, &str)> {
    let of = |answer: &'_ pb::MetricAnswer| (answer.metric(), answer.answer());
    found
        .answers
        .iter()
        .map(|answer| {
            let (metric, told) = of(answer);
            (metric, told, answer.better_version.as_str())
        })
        .collect()
}

/// What is planted is found in every metric, on all rows that there are.
fn check_planted(found: &pb::ModelComparison, good: &str) {
    assert_eq!(
        (found.overall(), found.better_version.as_str()),
        (Answer::Better, good)
    );
    for (metric, answer, better) in answers(found) {
        assert_eq!((answer, better), (Answer::Better, good), "{metric:?}");
    }
    // The two hours of the last day are less than half a block, and join the one before.
    assert_eq!((found.blocks, found.differences.len()), (11, 4));
    let labelled = i64::from(ENTITIES) * 12 * (120 - HORIZON);
    assert_eq!(
        found.rows, labelled,
        "no label of the last minutes of a day is known"
    );
    for version in &found.versions {
        assert_eq!(version.own_row_counts.unwrap().labeled, labelled);
        assert_eq!(version.metrics.as_ref().unwrap().rows, labelled);
    }
    let auc = |place: usize| found.versions[place].metrics.as_ref().unwrap().roc_auc.unwrap();
    let difference = &found.differences[0];
    assert_eq!(difference.metric(), ComparedMetric::RocAuc);
    assert!(
        (difference.difference.unwrap() - (auc(0) - auc(1))).abs() < 1e-12,
        "{difference:?}"
    );
    assert!(auc(1) > auc(0) + 0.1, "planted: {} beside {}", auc(1), auc(0));
}

/// Versions that differ, and not by what they are worth.
fn check_alike(found: &pb::ModelComparison) {
    assert_eq!(found.overall(), Answer::NotDistinguishable, "{found:?}");
    assert_eq!(found.better_version, "");
    for (metric, answer, _) in answers(found) {
        assert_eq!(
            answer,
            Answer::NotDistinguishable,
            "{metric:?}: {:?}",
            found.differences
        );
    }
    let aucs: Vec<_> = found
        .versions
        .iter()
        .map(|v| v.metrics.as_ref().unwrap().roc_auc)
        .collect();
    assert_ne!(aucs[0], aucs[1], "the versions do differ");
}

/// Two that cannot be told apart are better than a third: none is the best, and p-values are corrected for all pairs but theirs.
fn check_three(three: &pb::ModelComparison, seed: &str) {
    assert_eq!(
        three.overall(),
        Answer::NotDistinguishable,
        "the best two cannot be told apart"
    );
    assert_eq!(three.differences.len(), 12);
    for difference in &three.differences {
        let p = difference.p_value.unwrap();
        if difference.second == seed {
            assert_eq!(
                (difference.p_value_in_metric, difference.p_value_overall),
                (None, None)
            );
            continue;
        }
        let (in_metric, overall) = (
            difference.p_value_in_metric.unwrap(),
            difference.p_value_overall.unwrap(),
        );
        assert!(p <= in_metric && in_metric <= overall, "{difference:?}");
    }
}

/// Four comparisons are listed, the newest first, and in pages.
async fn check_lists(caller: &Caller, newest: &pb::ModelComparison) {
    let list = async |request| {
        let listed = caller.evaluations.clone().list_comparisons(request).await;
        listed.unwrap().into_inner()
    };
    let all = list(pb::ListComparisonsRequest::default()).await.comparisons;
    assert_eq!(all.len(), 4);
    assert_eq!(all[0].name, newest.name);
    let page = pb::ListComparisonsRequest {
        page_size: 3,
        ..pb::ListComparisonsRequest::default()
    };
    let first = list(page.clone()).await;
    let page = pb::ListComparisonsRequest {
        page_token: first.next_page_token,
        ..page
    };
    let last = list(page).await;
    assert_eq!((last.comparisons.len(), last.next_page_token.as_str()), (1, ""));
}

fn check_told(system: &System) {
    let said = system.says(0, &["compare", "poor", "good@1"]);
    for part in [
        "better: good@1",
        "10,000 draws of 11 blocks",
        "poor@1 – good@1",
        "ROC AUC",
        "all of them",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let said = system.says(0, &["comparisons", "--limit", "2"]);
    assert!(
        said.contains("poor@1, good@1") && said.contains("not distinguishable"),
        "{said}"
    );
}

#[tokio::test]
async fn a_planted_better_version_is_found_and_another_seed_is_not_distinguishable() {
    let (system, caller) = with_bars().await;
    // Two hours of each later day: enough to find what is planted, and quick.
    system
        .database
        .sql("DELETE FROM bars WHERE at >= '2026-01-02' AND extract(hour FROM at AT TIME ZONE 'UTC') >= 2");
    let good = trained(&caller, training("good", GOOD, 1)).await;
    let seed = trained(&caller, training("seed", GOOD, 2)).await;
    let poor = trained(&caller, training("poor", POOR, 1)).await;

    check_planted(
        &compared(&caller, on(&[&poor, &good], TRAINED, MINUTES)).await,
        &good,
    );
    let found = compared(&caller, on(&[&good, &seed], TRAINED, MINUTES)).await;
    check_alike(&found);
    let again = compared(&caller, on(&[&good, &seed], TRAINED, MINUTES)).await;
    let same = pb::ModelComparison {
        name: found.name.clone(),
        job: found.job.clone(),
        create_time: found.create_time,
        ..again
    };
    assert_eq!(same, found, "the same on every run");
    let three = compared(&caller, on(&[&good, &seed, &poor], TRAINED, MINUTES)).await;
    check_three(&three, &seed);
    check_lists(&caller, &three).await;
    check_told(&system);
    assert_eq!(system.database.sql("SELECT count(*) FROM model_version"), "3");
}

#[tokio::test]
async fn only_rows_that_all_versions_can_score_are_compared() {
    let (_system, caller) = with_bars().await;
    let all = trained(&caller, training("all", GOOD, 1)).await;
    let of = |model: &str, entities: &[&str]| {
        let mut request = training(model, GOOD, 1);
        request.spec.as_mut().unwrap().entities = entities.iter().map(ToString::to_string).collect();
        request
    };
    let two = trained(&caller, of("two", &["e0", "e1"])).await;
    let other = trained(&caller, of("other", &["e2"])).await;
    let found = compared(&caller, on(&[&all, &two], TRAINED, MINUTES)).await;
    let of_entity = MINUTES - TRAINED - HORIZON;
    let own: Vec<i64> = found
        .versions
        .iter()
        .map(|v| v.own_row_counts.unwrap().labeled)
        .collect();
    assert_eq!(own, [3 * of_entity, 2 * of_entity]);
    assert_eq!(found.rows, 2 * of_entity);

    let apart = ended(&caller, on(&[&two, &other], TRAINED, MINUTES)).await;
    let (reason, message) = failure(&apart);
    assert_eq!(reason, "ERROR_REASON_MODELS_NOT_COMPARABLE");
    let numbers = format!("(two version 1 {}, other version 1 {of_entity})", 2 * of_entity);
    assert!(message.contains(&numbers), "{message}");
}

/// The fields at fault in a request.
async fn fields(caller: &Caller, request: pb::CompareModelsRequest) -> Vec<String> {
    let refused = asked(caller, request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
    let found = refused.get_details_bad_request().unwrap().field_violations;
    found.into_iter().map(|violation| violation.field).collect()
}

/// An alias of `one` is `one`, whatever it is called.
async fn check_alias(caller: &Caller, one: &str, steeper: &str) {
    let request = pb::SetModelAliasRequest {
        name: "projects/default/models/one@champion".to_owned(),
        version: one.to_owned(),
        ..pb::SetModelAliasRequest::default()
    };
    let alias = request.name.clone();
    caller.models.clone().set_model_alias(request).await.unwrap();
    let twice = on(&[one, &alias], TRAINED, MINUTES);
    assert_eq!(fields(caller, twice).await, ["model_versions[1]"]);
    let refused = asked(caller, on(&[&alias, steeper], TRAINED, MINUTES)).await;
    let info = refused.unwrap_err().get_details_error_info().unwrap().clone();
    assert_eq!(
        (&info.reason[..], &info.metadata["first"][..]),
        ("MODELS_NOT_COMPARABLE", one)
    );
}

#[tokio::test]
async fn versions_that_cannot_be_compared_are_refused_with_what_differs() {
    let (_system, caller) = with_bars().await;
    let one = trained(&caller, training("one", GOOD, 1)).await;
    let mut steeper = training("steeper", GOOD, 1);
    steeper.spec.as_mut().unwrap().label = Some(data::rise(0.02, HORIZON));
    let steeper = trained(&caller, steeper).await;
    let mut later = training("later", GOOD, 1);
    later.spec.as_mut().unwrap().range = Some(data::range(TRAINED, 2 * TRAINED));
    let later = trained(&caller, later).await;

    let refused = asked(&caller, on(&[&one, &steeper], TRAINED, MINUTES))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.reason, "MODELS_NOT_COMPARABLE");
    assert_eq!(
        (&info.metadata["first"], &info.metadata["second"]),
        (&one, &steeper)
    );
    for part in ["0.01", "0.02", "the label of the one is"] {
        assert!(info.metadata["difference"].contains(part), "{info:?}");
    }
    let refused = asked(&caller, on(&[&one, &later], TRAINED, MINUTES))
        .await
        .unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.reason, "EVALUATION_OVERLAPS_TRAINING");
    assert_eq!(info.metadata["model_version"], later);
    assert_eq!(info.metadata["first_start"], "2026-01-02T23:59:00.000001+00:00");

    assert_eq!(
        fields(&caller, on(&[&one], TRAINED, MINUTES)).await,
        ["model_versions"]
    );
    assert_eq!(
        fields(&caller, on(&[&one, &one], MINUTES, TRAINED)).await,
        ["model_versions[1]", "range"]
    );
    check_alias(&caller, &one, &steeper).await;
    let unknown = on(
        &[&one, "projects/default/models/one/versions/7"],
        TRAINED,
        MINUTES,
    );
    assert_eq!(asked(&caller, unknown).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn of_few_days_nothing_is_told_and_a_request_makes_one_job() {
    let (system, caller) = with_bars().await;
    let good = trained(&caller, training("good", GOOD, 1)).await;
    let poor = trained(&caller, training("poor", POOR, 1)).await;
    let request = pb::CompareModelsRequest {
        request_id: Uuid::new_v4().to_string(),
        ..on(&[&good, &poor], TRAINED, TRAINED + 3 * 1440)
    };
    let look = pb::CompareModelsRequest {
        request_id: String::new(),
        validate_only: true,
        ..request.clone()
    };
    let estimate = asked(&caller, look).await.unwrap().estimate.unwrap();
    assert!(estimate.rows >= i64::from(ENTITIES) * 3 * 1440);
    let first = asked(&caller, request.clone()).await.unwrap();
    assert_eq!(asked(&caller, request.clone()).await.unwrap().name, first.name);
    let found = compared(&caller, request).await;
    assert_eq!((found.overall(), found.blocks), (Answer::Unknown, 3));
    assert!(
        answers(&found)
            .iter()
            .all(|(_, answer, _)| *answer == Answer::Unknown)
    );
    assert!(
        found
            .differences
            .iter()
            .all(|d| d.difference.is_some() && d.p_value.is_none())
    );
    let reason = found.differences[0].interval.as_ref().unwrap().unset_reason();
    assert_eq!(reason, pb::IntervalUnsetReason::TooFewBlocks);
    let kinds = system
        .database
        .sql("SELECT string_agg(kind, ',' ORDER BY id) FROM job");
    assert_eq!(kinds, "TRAIN,TRAIN,COMPARE");
}

#[tokio::test]
async fn who_holds_an_alias_is_replaced_by_what_a_comparison_tells_to_be_better() {
    let (system, caller) = with_bars().await;
    let poor = trained(&caller, training("m", POOR, 1)).await;
    let good = trained(&caller, training("m", GOOD, 1)).await;
    let found = compared(&caller, on(&[&poor, &good], TRAINED, MINUTES)).await;
    let promote = |code, version, more: &[&str]| {
        let line = [&["promote", version, "--better-by", &found.name], more].concat();
        system.says(code, &line)
    };
    let said = promote(0, "m@1", &[]);
    assert!(
        said.contains("found no holder"),
        "there is nobody to beat: {said}"
    );
    let said = promote(7, "m@1", &[]);
    assert!(said.contains("found that it is the holder itself"), "{said}");
    let said = promote(7, "m@2", &["--p-value", "0.0000001"]);
    assert!(said.contains("p < 0.0000001 in comparison"), "{said}");
    let said = promote(0, "m@2", &["--require", "roc_auc>0.5"]);
    assert!(
        said.contains("against version 1") && said.contains("champion is m@2 now, and was m@1"),
        "{said}"
    );
    let said = promote(7, "m@1", &[]);
    assert!(
        said.contains("ahead in no metric, and worse in some metric, against version 2"),
        "{said}"
    );

    trained(&caller, training("m", POOR, 2)).await;
    let said = promote(0, "m@3", &["--validate-only"]);
    assert!(
        said.contains("not of both it and the holder, version 2"),
        "{said}"
    );
    let nowhere = "01890a5d-ac96-774b-bcce-b302099a8057";
    let said = system.says(3, &["promote", "m@3", "--better-by", nowhere]);
    assert!(said.contains(nowhere), "{said}");
}
