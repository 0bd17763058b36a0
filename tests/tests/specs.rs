//! Every kind of label and of split, trained on by real processes.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use pb::label_spec::Kind;
use pb::split_spec::Split;
use prost_types::Duration;

const MINUTES: i64 = 400;

fn minutes(minutes: i64) -> Option<Duration> {
    Some(Duration {
        seconds: 60 * minutes,
        nanos: 0,
    })
}

/// The bars of the other tests with a column that tells whether the close was up by 1 % ten minutes later.
async fn marked_bars(system: &System, caller: &Caller) {
    data::make_bars(&system.database, 8, MINUTES as u32);
    system.database.sql(
        "ALTER TABLE bars ADD COLUMN rose boolean;
         UPDATE bars b SET rose = l.close / b.close >= 1.01
           FROM bars l WHERE l.entity = b.entity AND l.at = b.at + interval '10 minutes'",
    );
    data::register_bars_with(caller, &["rose"]).await;
}

/// A training on these bars with this label.
fn training(model: &str, kind: Kind) -> pb::TrainModelRequest {
    let mut request = data::training(model, MINUTES, 10);
    let spec = request.spec.as_mut().unwrap();
    spec.label = Some(pb::LabelSpec { kind: Some(kind) });
    spec.features = Some(pb::FeatureSpec {
        features: ["signal", "log_return(close, 5)", "z_score(close, 10)"]
            .map(str::to_owned)
            .to_vec(),
        ..pb::FeatureSpec::default()
    });
    request
}

fn every_kind() -> Vec<(&'static str, Kind)> {
    let extreme = pb::ExtremeWithinHorizon {
        change: 0.01,
        horizon: minutes(10),
        ..Default::default()
    };
    let barrier = pb::TripleBarrier {
        upper: 0.01,
        lower: 0.01,
        horizon: minutes(10),
        ..Default::default()
    };
    let threshold = pb::ThresholdAtHorizon {
        column: "signal".into(),
        comparison: pb::Comparison::Above.into(),
        horizon: minutes(10),
        ..Default::default()
    };
    let column = pb::ColumnLabel {
        column: "rose".into(),
        delay: minutes(10),
    };
    vec![
        ("extreme", Kind::ExtremeWithinHorizon(extreme)),
        ("barrier", Kind::TripleBarrier(barrier)),
        ("threshold", Kind::Threshold(threshold)),
        ("column", Kind::Column(column)),
    ]
}

#[tokio::test]
async fn every_kind_of_label_is_previewed_and_trained_on_with_the_same_counts() {
    let mut system = System::start().await;
    let caller = system.caller();
    marked_bars(&system, &caller).await;
    system.add_worker().await;
    for (name, kind) in every_kind() {
        let request = pb::PreviewLabelsRequest {
            source: "projects/default/sources/bars".into(),
            range: Some(data::range(0, MINUTES)),
            label: Some(pb::LabelSpec {
                kind: Some(kind.clone()),
            }),
            ..Default::default()
        };
        let preview = caller
            .datasets
            .clone()
            .preview_labels(request)
            .await
            .unwrap()
            .into_inner();
        let total = preview.total.unwrap();
        assert_eq!(
            total.unknown,
            8 * 10,
            "{name}: the last ten minutes of each entity"
        );
        let version = caller.trained_version(training(name, kind.clone())).await;
        let rows = version.row_counts.unwrap();
        assert_eq!(
            (rows.positives, rows.negatives, rows.unknown),
            (total.positives, total.negatives, total.unknown),
            "{name}"
        );
        let shown = version.train_spec.unwrap().label.unwrap().kind.unwrap();
        assert_eq!(
            std::mem::discriminant(&shown),
            std::mem::discriminant(&kind),
            "{name}"
        );
        let auc = version.evaluation.unwrap().overall.unwrap().roc_auc.unwrap();
        assert!(auc > 0.7, "{name}: the signal is in plain sight: {auc}");
    }
}

/// The label of the row itself: whether the signal is above 0 now.
fn of_the_row() -> Kind {
    Kind::Threshold(pb::ThresholdAtHorizon {
        column: "signal".into(),
        comparison: pb::Comparison::Above.into(),
        horizon: minutes(0),
        ..Default::default()
    })
}

#[tokio::test]
async fn a_feature_that_tells_the_label_is_refused_by_name_and_a_copy_of_it_by_its_values() {
    let mut system = System::start().await;
    let caller = system.caller();
    marked_bars(&system, &caller).await;
    system.add_worker().await;
    let status = caller
        .training
        .clone()
        .train_model(training("leak", of_the_row()))
        .await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status}");
    assert!(
        status.message().contains("`signal`: computed from `signal`"),
        "{status}"
    );

    let mut others = training("row", of_the_row());
    let features = others.spec.as_mut().unwrap().features.as_mut().unwrap();
    features.features.retain(|feature| feature != "signal");
    let version = caller.trained_version(others.clone()).await;
    assert_eq!(
        version.row_counts.unwrap().unknown,
        0,
        "each row tells its own label"
    );

    // The column is told by another column, in another unit.
    system.database.sql("UPDATE bars SET volume = 500 - 70 * signal");
    let features = others.spec.as_mut().unwrap().features.as_mut().unwrap();
    features.features.push("volume".to_owned());
    let job = caller
        .training
        .clone()
        .train_model(others)
        .await
        .unwrap()
        .into_inner();
    let job = caller.ended(&job.name).await;
    assert_eq!(job.state(), pb::JobState::Failed);
    let error = job.error.unwrap();
    assert_eq!(error.reason(), pb::ErrorReason::FeatureLeaksLabel);
    assert!(error.message.contains("`volume`"), "{}", error.message);
}

fn every_split() -> Vec<(&'static str, usize, Split)> {
    let rolling = pb::WalkForward {
        folds: Some(3),
        scheme: pb::walk_forward::Scheme::Rolling.into(),
        embargo: minutes(2),
    };
    let holdout = pb::Holdout {
        test_share: Some(0.3),
        embargo: minutes(2),
        test_start_time: None,
    };
    let choice = pb::CombinatorialPurged {
        blocks: Some(4),
        test_blocks: Some(2),
        embargo: minutes(2),
    };
    vec![
        ("rolling", 3, Split::WalkForward(rolling)),
        ("holdout", 1, Split::Holdout(holdout)),
        ("combinatorial", 6, Split::CombinatorialPurged(choice)),
    ]
}

fn micros(time: Option<prost_types::Timestamp>) -> Option<i64> {
    time.map(|time| time.seconds * 1_000_000 + i64::from(time.nanos) / 1000)
}

/// Two minutes.
const EMBARGO: i64 = 120_000_000;

#[tokio::test]
async fn every_split_keeps_away_from_its_tests_and_tests_held_out_entities_apart() {
    let mut system = System::start().await;
    let caller = system.caller();
    marked_bars(&system, &caller).await;
    system.add_worker().await;
    for (name, folds, split) in every_split() {
        let mut request = data::training(name, MINUTES, 10);
        let wanted = pb::SplitSpec {
            split: Some(split),
            unseen_entity_share: Some(0.3),
        };
        request.spec.as_mut().unwrap().split = Some(wanted);
        let version = caller.trained_version(request).await;
        assert_eq!(version.train_spec.unwrap().split, Some(wanted), "{name}");
        let evaluation = version.evaluation.unwrap();
        assert_eq!(evaluation.folds.len(), folds, "{name}");
        let unseen = evaluation.unseen_entities.unwrap();
        assert!(
            0 < unseen.entity_count && unseen.entity_count < 8,
            "{name}: {unseen:?}"
        );
        let apart: i64 = evaluation
            .folds
            .iter()
            .map(|fold| fold.unseen_entities.as_ref().unwrap().rows)
            .sum();
        assert_eq!(unseen.metrics.as_ref().unwrap().rows, apart, "{name}");
        let proof = evaluation.leak_proof.unwrap();
        assert!(proof.shuffled_roc_auc.is_some(), "{name}");
        for gap in proof.folds.iter().flat_map(|fold| &fold.gaps) {
            let first = micros(gap.first_test_decision_time).unwrap();
            let last = micros(gap.latest_test_resolve_time).unwrap();
            assert!(
                micros(gap.latest_train_resolve_time).is_none_or(|time| time < first),
                "{name}: {gap:?}"
            );
            assert!(
                micros(gap.next_train_decision_time).is_none_or(|time| time > last + EMBARGO),
                "{name}: {gap:?}"
            );
        }
        let both = proof
            .folds
            .iter()
            .flat_map(|fold| &fold.gaps)
            .any(|gap| gap.next_train_decision_time.is_some());
        assert_eq!(both, name == "combinatorial", "{name}");
    }
}
