//! Model versions that are judged on a period, by real processes: the numbers are those of the rows, and nothing that a version was
//! trained on is among them.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::{Caller, failure};
use mltraining_tests::data;
use mltraining_tests::system::System;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

const ENTITIES: u32 = 3;
/// Bars that there are: a day to train on, and eight to judge.
const MINUTES: i64 = 9 * 1440;
const TRAINED: i64 = 1440;
const HORIZON: i64 = 10;
/// The last label of the training is known at the last bar of its range, so that the next microsecond is new.
const FIRST_NEW: i64 = TRAINED;

fn training(model: &str) -> pb::TrainModelRequest {
    data::training(model, TRAINED, 5)
}

/// A system with bars and one worker, and a trained version of the model `m`.
async fn with_version() -> (System, Caller, String) {
    with_version_of(training("m")).await
}

async fn with_version_of(request: pb::TrainModelRequest) -> (System, Caller, String) {
    let mut system = System::start().await;
    data::make_bars(&system.database, ENTITIES, MINUTES as u32);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let version = trained(&caller, request).await;
    (system, caller, version)
}

async fn trained(caller: &Caller, request: pb::TrainModelRequest) -> String {
    caller.trained(request).await.result.unwrap().model_version
}

fn on(version: &str, from: i64, to: i64) -> pb::EvaluateModelRequest {
    pb::EvaluateModelRequest {
        model_version: version.to_owned(),
        range: Some(data::range(from, to)),
        ..pb::EvaluateModelRequest::default()
    }
}

async fn asked(caller: &Caller, request: pb::EvaluateModelRequest) -> Result<pb::Job, Status> {
    let job = caller.training.clone().evaluate_model(request).await?;
    Ok(job.into_inner())
}

/// The end of the job.
async fn ended(caller: &Caller, request: pb::EvaluateModelRequest) -> pb::Job {
    let job = asked(caller, request).await.unwrap();
    assert_eq!(job.kind(), pb::JobKind::Evaluate);
    caller.ended(&job.name).await
}

async fn evaluation(caller: &Caller, job: &pb::Job) -> pb::Evaluation {
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let name = job.result.clone().unwrap().evaluation;
    let request = pb::GetEvaluationRequest { name };
    let found = caller.evaluations.clone().get_evaluation(request).await;
    found.unwrap().into_inner()
}

/// Labels of the rows decided in a range of minutes, counted by SQL: rows, positives.
fn counted(system: &System, from: i64, to: i64) -> (i64, i64) {
    let answer = system.database.sql(&format!(
        "WITH b AS (SELECT entity, round(extract(epoch FROM at) - {start}) / 60 AS m, close FROM bars)
         SELECT count(*) || ' ' || count(*) FILTER (WHERE (f.close - n.close) / n.close >= 0.01)
           FROM b n JOIN b f ON f.entity = n.entity AND f.m = n.m + {HORIZON}
          WHERE n.m >= {from} AND n.m < {to} AND f.m < {to}",
        start = data::START,
    ));
    let (rows, positives) = answer.split_once(' ').unwrap();
    (rows.parse().unwrap(), positives.parse().unwrap())
}

/// The version beside simple rules, how sure that is, and where it is good.
fn check_beside(found: &pb::Evaluation) {
    let overall = found.overall.clone().unwrap();
    let names: Vec<&str> = found
        .baselines
        .iter()
        .map(|baseline| baseline.name.as_str())
        .collect();
    assert_eq!(names, ["prevalence", "last_label", "best_single_feature"]);
    let aucs = found.baselines.iter();
    let aucs: Vec<f64> = aucs
        .map(|b| b.metrics.as_ref().unwrap().roc_auc.unwrap())
        .collect();
    let best = aucs.iter().copied().fold(0.0, f64::max);
    assert_eq!(aucs[0], 0.5);
    assert!((found.skill.unwrap() - (overall.roc_auc.unwrap() - best)).abs() < 1e-12);
    let intervals = found.intervals.clone().unwrap();
    assert_eq!(intervals.overall.unwrap().blocks, 8, "eight days");
    let auc = intervals.overall.unwrap().roc_auc.unwrap();
    assert!(auc.low.unwrap() <= overall.roc_auc.unwrap() && overall.roc_auc.unwrap() <= auc.high.unwrap());
    assert_ne!(intervals.verdict(), pb::Verdict::Unspecified);
    let of_entities = found
        .slices
        .iter()
        .find(|s| s.kind() == pb::SliceKind::Entity)
        .unwrap();
    assert_eq!(of_entities.slices.len(), ENTITIES as usize);
    assert_eq!(
        found.calibration.iter().map(|bin| bin.rows).sum::<i64>(),
        overall.rows
    );
}

/// The rows lie after the training, and look back into it.
fn check_period(period: &pb::Period) {
    assert_eq!(period.place(), pb::PeriodPlace::AfterTraining);
    let known = period.training_latest_resolve_time.unwrap();
    let first = period.decision_range.unwrap().start.unwrap();
    assert!((known.seconds, known.nanos) < (first.seconds, first.nanos));
    let counts = period.row_counts.unwrap();
    assert_eq!(
        counts.unknown,
        HORIZON * i64::from(ENTITIES),
        "the last labels of each entity"
    );
    assert!(counts.warm_up > 0, "features look back into the training");
}

/// It is listed beside that of the training, filtered and in pages.
async fn check_lists(caller: &Caller, found: &pb::Evaluation) {
    let listed = |filter: &str| pb::ListEvaluationsRequest {
        filter: filter.to_owned(),
        ..pb::ListEvaluationsRequest::default()
    };
    for (filter, count) in [
        ("", 2),
        ("model = m", 2),
        ("model = m AND version = 1", 2),
        ("model = m AND version = 2", 0),
        ("model = other", 0),
    ] {
        let page = caller.evaluations.clone().list_evaluations(listed(filter)).await;
        let page = page.unwrap().into_inner().evaluations;
        assert_eq!(page.len(), count, "{filter}");
        if count > 0 {
            assert_eq!(
                (&page[0].name, page[0].overall.as_ref()),
                (&found.name, found.overall.as_ref())
            );
            assert_eq!(
                page[0].period.clone().unwrap_or_default().range,
                found.period.clone().unwrap().range
            );
            assert_eq!(page[1].period, None, "that of the training");
        }
    }
    let first = pb::ListEvaluationsRequest {
        page_size: 1,
        ..listed("model = m")
    };
    let page = caller.evaluations.clone().list_evaluations(first.clone()).await;
    let page = page.unwrap().into_inner();
    let second = pb::ListEvaluationsRequest {
        page_token: page.next_page_token,
        ..first
    };
    let page = caller
        .evaluations
        .clone()
        .list_evaluations(second)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((page.evaluations.len(), page.next_page_token.as_str()), (1, ""));
    assert_ne!(page.evaluations[0].name, found.name);
}

#[tokio::test]
async fn a_version_is_judged_on_rows_after_its_training_and_the_evaluation_is_kept() {
    let (system, caller, version) = with_version().await;
    let (from, to) = (FIRST_NEW, MINUTES);
    let job = ended(&caller, on(&version, from, to)).await;
    let found = evaluation(&caller, &job).await;
    assert_eq!((&found.model_version, &found.job), (&version, &job.name));
    assert!(found.folds.is_empty());

    let (rows, positives) = counted(&system, from, to);
    let overall = found.overall.clone().unwrap();
    assert_eq!((overall.rows, overall.positives), (rows, positives));
    assert_eq!(job.result.as_ref().unwrap().metrics, Some(overall.clone()));
    assert!(overall.roc_auc.unwrap() > 0.9, "the signal is there: {overall:?}");
    assert!(overall.threshold.is_some() && overall.confusion.is_some());

    check_beside(&found);
    check_period(found.period.as_ref().unwrap());
    check_lists(&caller, &found).await;
    assert_eq!(system.database.sql("SELECT count(*) FROM model_version"), "1");
    check_curves(&caller, &found).await;
    check_end(&system, &found);
}

/// What is drawn is what was measured.
async fn check_curves(caller: &Caller, found: &pb::Evaluation) {
    let curve = async |kind: pb::CurveKind| {
        let request = pb::GetEvaluationCurveRequest {
            name: found.name.clone(),
            kind: kind.into(),
        };
        let curve = caller.evaluations.clone().get_evaluation_curve(request).await;
        curve.unwrap().into_inner()
    };
    let overall = found.overall.as_ref().unwrap();
    let roc = curve(pb::CurveKind::Roc).await.points;
    let under = |pair: &[pb::CurvePoint]| (pair[1].x - pair[0].x) * (pair[0].y + pair[1].y) / 2.0;
    let area: f64 = roc.windows(2).map(under).sum();
    assert!(
        (area - overall.roc_auc.unwrap()).abs() < 2e-3,
        "{area} {overall:?}"
    );
    let parts = curve(pb::CurveKind::Calibration).await.calibration;
    assert_eq!(parts.iter().map(|part| part.rows).sum::<i64>(), overall.rows);
    let lowest = curve(pb::CurveKind::Thresholds).await.thresholds[0];
    let counts = lowest.confusion.unwrap();
    assert_eq!(
        (counts.true_positives, counts.false_positives),
        (overall.positives, overall.rows - overall.positives),
        "at the lowest score all is called"
    );
}

/// Its parts are listed, and it can be deleted; that of the training cannot.
fn check_end(system: &System, found: &pb::Evaluation) {
    let said = system.says(0, &["evaluation", "slices", &found.name, "--by", "entity"]);
    assert_eq!(said.lines().count(), 1 + ENTITIES as usize, "{said}");
    let said = system.says(0, &["evaluation", "curve", &found.name, "--kind", "thresholds"]);
    assert!(said.contains("precision"), "{said}");
    let of_training = system
        .database
        .sql("SELECT id FROM evaluation WHERE period_start IS NULL");
    let said = system.says(7, &["evaluation", "delete", &of_training]);
    assert!(
        said.contains("is what projects/default/models/m/versions/1 is worth"),
        "{said}"
    );
    let said = system.says(0, &["evaluation", "delete", &found.name]);
    assert!(said.contains("is deleted"), "{said}");
    let said = system.says(3, &["evaluation", "get", &found.name]);
    assert!(said.contains("was not found"), "{said}");
}

#[tokio::test]
async fn the_numbers_are_those_of_the_rows_whoever_asks_and_however_often() {
    let (system, caller, version) = with_version().await;
    let job = ended(&caller, on(&version, FIRST_NEW, MINUTES)).await;
    let whole = evaluation(&caller, &job).await;
    let again = ended(&caller, on(&version, FIRST_NEW, MINUTES)).await;
    let again = evaluation(&caller, &again).await;
    let same = pb::Evaluation {
        name: whole.name.clone(),
        job: whole.job.clone(),
        create_time: whole.create_time,
        ..again
    };
    assert_eq!(same, whole);

    let said = system.says(0, &["evaluate", "m", "--json"]);
    let line = said.lines().find(|line| line.starts_with('{')).unwrap();
    let printed: serde_json::Value = serde_json::from_str(line).unwrap();
    let auc = printed["evaluation"]["overall"]["roc_auc"].as_f64();
    assert_eq!(
        auc,
        whole.overall.as_ref().unwrap().roc_auc,
        "from after the training to the last row"
    );
    let said = system.says(0, &["evaluate", "m@1", "--end", "2026-01-03"]);
    for part in [
        "m version 1 on rows from 2026-01-01 23:59",
        "after its training",
        "best_single_feature",
        "the tests fill 1 blocks",
        "calibration error",
        "hour of day",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    let said = system.says(0, &["evaluations", "--filter", "model = m"]);
    assert!(
        said.contains("folds of its training") && said.contains("m@1"),
        "{said}"
    );
}

#[tokio::test]
async fn rows_that_the_version_was_trained_on_are_refused_with_the_first_start_that_is_not() {
    let (system, caller, version) = with_version().await;
    for (from, to) in [(FIRST_NEW - 1, MINUTES), (0, TRAINED), (0, MINUTES), (500, 600)] {
        let refused = asked(&caller, on(&version, from, to)).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        let info = refused.get_details_error_info().unwrap();
        assert_eq!(info.reason, "EVALUATION_OVERLAPS_TRAINING", "{from} to {to}");
        assert_eq!(info.metadata["training_start"], "2026-01-01T00:00:00+00:00");
        assert_eq!(info.metadata["training_end"], "2026-01-01T23:59:00+00:00");
        assert_eq!(info.metadata["first_start"], "2026-01-01T23:59:00.000001+00:00");
        assert!(
            refused
                .message()
                .contains("let it start at 2026-01-01T23:59:00.000001+00:00 or later")
        );
    }
    assert!(asked(&caller, on(&version, FIRST_NEW, MINUTES)).await.is_ok());

    let mut embargoed = training("embargoed");
    let spec = embargoed.spec.as_mut().unwrap();
    let split = spec.split.as_mut().unwrap();
    let Some(pb::split_spec::Split::WalkForward(walk)) = &mut split.split else {
        panic!("{split:?}")
    };
    walk.embargo = Some(prost_types::Duration {
        seconds: 3600,
        nanos: 0,
    });
    let version = trained(&caller, embargoed).await;
    let refused = asked(&caller, on(&version, FIRST_NEW + 59, MINUTES))
        .await
        .unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["first_start"], "2026-01-02T00:59:00.000001+00:00");
    assert!(
        asked(&caller, on(&version, FIRST_NEW + 60, MINUTES))
            .await
            .is_ok()
    );

    let said = system.says(7, &["evaluate", "m@1", "--start", "2026-01-01"]);
    assert!(said.contains("touches them"), "{said}");
}

#[tokio::test]
async fn rows_of_before_the_training_are_judged_and_said_to_be_so() {
    let mut request = training("late");
    request.spec.as_mut().unwrap().range = Some(data::range(MINUTES - TRAINED, MINUTES));
    let (_system, caller, version) = with_version_of(request).await;
    let edge = MINUTES - TRAINED;
    let touching = asked(&caller, on(&version, edge - 600, edge + 1))
        .await
        .unwrap_err();
    assert_eq!(
        touching.get_details_error_info().unwrap().reason,
        "EVALUATION_OVERLAPS_TRAINING"
    );
    let named = pb::SetModelAliasRequest {
        name: "projects/default/models/late@champion".to_owned(),
        version,
        ..pb::SetModelAliasRequest::default()
    };
    let alias = named.name.clone();
    caller.models.clone().set_model_alias(named).await.unwrap();
    let look = pb::EvaluateModelRequest {
        validate_only: true,
        ..on(&alias, edge - 600, edge)
    };
    let warnings = asked(&caller, look).await.unwrap().estimate.unwrap().warnings;
    assert!(
        warnings.iter().any(|line| line.contains("before the training")),
        "{warnings:?}"
    );
    let job = ended(&caller, on(&alias, edge - 600, edge)).await;
    let period = evaluation(&caller, &job).await.period.unwrap();
    assert_eq!(period.place(), pb::PeriodPlace::BeforeTraining);
}

#[tokio::test]
async fn a_period_of_which_nothing_can_be_said_is_refused_with_its_numbers() {
    let (system, caller, version) = with_version().await;
    let empty = ended(&caller, on(&version, MINUTES, MINUTES + 100)).await;
    assert_eq!(failure(&empty).0, "ERROR_REASON_TIME_RANGE_EMPTY");
    let unknown = ended(&caller, on(&version, FIRST_NEW, FIRST_NEW + HORIZON)).await;
    let (reason, message) = failure(&unknown);
    assert_eq!(reason, "ERROR_REASON_TOO_FEW_ROWS");
    assert!(
        message.contains("none of the 30 rows") && message.contains("30 with an unknown label"),
        "{message}"
    );
    let look = |from, to| pb::EvaluateModelRequest {
        validate_only: true,
        ..on(&version, from, to)
    };
    let refused = asked(&caller, look(FIRST_NEW, FIRST_NEW + HORIZON))
        .await
        .unwrap_err();
    assert!(refused.message().contains("try a longer period"), "{refused}");

    system
        .database
        .sql("UPDATE bars SET close = 100 WHERE at >= '2026-01-03'");
    let flat = ended(&caller, on(&version, 2 * 1440, 3 * 1440)).await;
    let (reason, message) = failure(&flat);
    assert_eq!(reason, "ERROR_REASON_LABEL_HAS_NO_POSITIVES");
    assert!(
        message.contains("none of 4290 labelled rows is positive"),
        "{message}"
    );

    let limited = pb::EvaluateModelRequest {
        max_rows: Some(100),
        ..on(&version, FIRST_NEW, MINUTES)
    };
    assert_eq!(
        failure(&ended(&caller, limited).await).0,
        "ERROR_REASON_ROW_LIMIT_EXCEEDED"
    );
    let known_before = pb::EvaluateModelRequest {
        known_before: data::range(0, 1).end,
        ..on(&version, FIRST_NEW, MINUTES)
    };
    let refused = asked(&caller, known_before).await.unwrap_err();
    let fields = refused.get_details_bad_request().unwrap().field_violations;
    assert_eq!(fields[0].field, "known_before");
}

#[tokio::test]
async fn a_model_file_that_is_not_the_one_that_was_stored_scores_nothing() {
    let (system, caller, version) = with_version().await;
    let id = system.database.sql("SELECT id FROM job");
    let file = system.artifacts().join(format!("default/{id}/1/model.mlts"));
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let job = ended(&caller, on(&version, FIRST_NEW, MINUTES)).await;
    let (reason, message) = failure(&job);
    assert_eq!(reason, "ERROR_REASON_ARTIFACT_CORRUPT");
    assert!(message.contains("m version 1 is corrupt"), "{message}");
}

#[tokio::test]
async fn a_source_that_gives_other_features_than_the_model_knows_is_refused() {
    let (system, caller, version) = with_version().await;
    system
        .database
        .sql("UPDATE source SET columns = columns - 1 WHERE id = 'bars'");
    let refused = asked(&caller, on(&version, FIRST_NEW, MINUTES)).await;
    match refused {
        Err(status) => assert_ne!(status.code(), Code::Internal, "{status}"),
        Ok(job) => {
            let job = caller.ended(&job.name).await;
            let (reason, message) = failure(&job);
            assert_eq!(reason, "ERROR_REASON_SCHEMA_CHANGED");
            assert!(
                message.contains("other features than the model was trained on"),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_makes_one_job_however_often_it_is_sent_and_a_wrong_one_none() {
    let (system, caller, version) = with_version().await;
    let request = pb::EvaluateModelRequest {
        request_id: Uuid::new_v4().to_string(),
        ..on(&version, FIRST_NEW, MINUTES)
    };
    let first = asked(&caller, request.clone()).await.unwrap();
    assert_eq!(asked(&caller, request.clone()).await.unwrap().name, first.name);
    let other = pb::EvaluateModelRequest {
        priority: Some(0),
        ..request
    };
    assert_eq!(
        asked(&caller, other).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    let unknown = on("projects/default/models/m/versions/9", FIRST_NEW, MINUTES);
    assert_eq!(asked(&caller, unknown).await.unwrap_err().code(), Code::NotFound);
    let wrong = pb::EvaluateModelRequest {
        priority: Some(9),
        ..on(&version, MINUTES, FIRST_NEW)
    };
    let refused = asked(&caller, wrong).await.unwrap_err();
    let fields = refused.get_details_bad_request().unwrap().field_violations;
    let mut fields: Vec<&str> = fields.iter().map(|violation| violation.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["priority", "range"]);
    caller.ended(&first.name).await;
    let kinds = system
        .database
        .sql("SELECT string_agg(kind, ',' ORDER BY id) FROM job");
    assert_eq!(kinds, "TRAIN,EVALUATE");
    let delete = pb::DeleteModelRequest {
        name: "projects/default/models/m".to_owned(),
        ..pb::DeleteModelRequest::default()
    };
    caller.models.clone().delete_model(delete).await.unwrap();
    let deleted = asked(&caller, on(&version, FIRST_NEW, MINUTES))
        .await
        .unwrap_err();
    assert_eq!(deleted.code(), Code::FailedPrecondition);
    assert!(deleted.message().contains("undelete it first"), "{deleted}");
}
