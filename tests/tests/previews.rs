//! What a preview shows is what a training then does, both by real processes.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use pb::split_spec::Split;
use prost_types::Duration;

const MINUTES: i64 = 400;

fn minutes(minutes: i64) -> Option<Duration> {
    Some(Duration {
        seconds: 60 * minutes,
        nanos: 0,
    })
}

/// A training on a part of the bars, so that some rows are only history.
fn training(model: &str, split: pb::SplitSpec) -> pb::TrainModelRequest {
    let mut request = data::training(model, MINUTES, 5);
    let spec = request.spec.as_mut().unwrap();
    spec.range = Some(data::range(60, MINUTES - 20));
    spec.entities = (0..7).map(|entity| format!("e{entity}")).collect();
    spec.features = Some(pb::FeatureSpec {
        features: ["signal", "log_return(close, 5)", "z_score(close, 30m)"]
            .map(str::to_owned)
            .to_vec(),
        ..pb::FeatureSpec::default()
    });
    spec.split = Some(split);
    request
}

fn splits() -> Vec<(&'static str, pb::SplitSpec)> {
    let walk = Split::WalkForward(pb::WalkForward {
        folds: Some(3),
        embargo: minutes(7),
        ..pb::WalkForward::default()
    });
    let choice = Split::CombinatorialPurged(pb::CombinatorialPurged {
        blocks: Some(4),
        test_blocks: Some(2),
        embargo: minutes(5),
    });
    let split = |split, unseen_entity_share| pb::SplitSpec {
        split: Some(split),
        unseen_entity_share,
    };
    vec![("walk", split(walk, None)), ("choice", split(choice, Some(0.4)))]
}

async fn preview(caller: &Caller, spec: Option<pb::TrainSpec>) -> pb::PreviewDatasetResponse {
    let request = pb::PreviewDatasetRequest {
        spec,
        ..pb::PreviewDatasetRequest::default()
    };
    let answer = caller.datasets.clone().preview_dataset(request).await;
    answer.unwrap().into_inner()
}

/// What both say of a fold.
type Shown = (i32, [Option<prost_types::Timestamp>; 4], [i64; 6]);

fn previewed(fold: &pb::FoldPreview) -> Shown {
    (
        fold.index,
        [
            fold.train_start_time,
            fold.train_end_time,
            fold.test_start_time,
            fold.test_end_time,
        ],
        [
            fold.train_rows,
            fold.train_positives,
            fold.test_rows,
            fold.test_positives,
            fold.purged_rows,
            fold.embargoed_rows,
        ],
    )
}

fn measured(fold: &pb::Fold) -> Shown {
    (
        fold.index,
        [
            fold.train_start_time,
            fold.train_end_time,
            fold.test_start_time,
            fold.test_end_time,
        ],
        [
            fold.train_rows,
            fold.train_positives,
            fold.test_rows,
            fold.test_positives,
            fold.purged_rows,
            fold.embargoed_rows,
        ],
    )
}

#[tokio::test]
async fn a_training_reports_what_its_preview_has_shown() {
    let mut system = System::start().await;
    let caller = system.caller();
    data::make_bars(&system.database, 8, MINUTES as u32);
    data::register_bars(&caller).await;
    system.add_worker().await;
    for (model, split) in splits() {
        let request = training(model, split);
        let seen = preview(&caller, request.spec.clone()).await;
        let version = caller.trained_version(request).await;
        assert_eq!(seen.refusal, None, "{model}");
        assert_eq!(seen.row_counts, version.row_counts, "{model}");
        let rows = seen.row_counts.unwrap();
        assert!(
            rows.warm_up > 0 && rows.unknown > 0 && rows.purged > Some(0),
            "{model}: {rows:?}"
        );
        assert_eq!(
            rows.read,
            rows.warm_up + rows.filtered + rows.unknown + rows.labeled
        );
        assert_eq!(seen.source_fingerprint, version.source_fingerprint, "{model}");
        assert_eq!(seen.entity_count, version.entity_count, "{model}");
        assert_eq!(seen.latest_resolve_time, version.latest_resolve_time, "{model}");
        let decisions = version.decision_range.unwrap();
        assert_eq!(
            (seen.first_decision_time, seen.last_decision_time),
            (decisions.start, decisions.end),
            "{model}"
        );
        let features: Vec<&str> = seen
            .features
            .iter()
            .map(|column| column.feature.as_str())
            .collect();
        assert_eq!(features, version.feature_names, "{model}");
        let evaluation = version.evaluation.unwrap();
        let shown: Vec<Shown> = seen.folds.iter().map(previewed).collect();
        let folds: Vec<Shown> = evaluation.folds.iter().map(measured).collect();
        assert_eq!(shown, folds, "{model}");
        let unseen = evaluation.unseen_entities.map_or(0, |unseen| unseen.entity_count);
        assert_eq!(seen.unseen_entity_count, unseen, "{model}");
        let apart = |fold: &pb::Fold| fold.unseen_entities.as_ref().map_or(0, |metrics| metrics.rows);
        let apart: Vec<i64> = evaluation.folds.iter().map(apart).collect();
        let shown: Vec<i64> = seen.folds.iter().map(|fold| fold.unseen_rows).collect();
        assert_eq!(shown, apart, "{model}");
    }
}

#[tokio::test]
async fn a_refusal_that_a_preview_tells_is_the_one_that_the_training_ends_with() {
    let mut system = System::start().await;
    let caller = system.caller();
    data::make_bars(&system.database, 4, MINUTES as u32);
    data::register_bars(&caller).await;
    system.add_worker().await;
    let mut never = training("never", pb::SplitSpec::default());
    never.spec.as_mut().unwrap().label = Some(data::rise(900.0, 10));
    let mut crowded = training("crowded", pb::SplitSpec::default());
    let spec = crowded.spec.as_mut().unwrap();
    spec.label = Some(data::rise(0.01, 100));
    let walk = pb::WalkForward {
        folds: Some(40),
        ..pb::WalkForward::default()
    };
    spec.split.as_mut().unwrap().split = Some(Split::WalkForward(walk));
    for request in [never, crowded] {
        let refusal = preview(&caller, request.spec.clone()).await.refusal.unwrap();
        let model = request.model_id.clone();
        let job = caller.training.clone().train_model(request).await.unwrap();
        let job = caller.ended(&job.into_inner().name).await;
        let error = job.error.unwrap();
        assert_eq!(
            (error.reason(), error.message),
            (refusal.reason(), refusal.message),
            "{model}"
        );
    }
}
