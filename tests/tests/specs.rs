//! Every kind of label, trained on by real processes.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use pb::label_spec::Kind;
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
    let column = |name: &str, role: pb::ColumnRole| pb::SourceColumn {
        name: name.into(),
        role: role.into(),
        ..pb::SourceColumn::default()
    };
    let source = pb::Source {
        table: "bars".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        columns: vec![
            column("close", pb::ColumnRole::Close),
            column("volume", pb::ColumnRole::Volume),
            column("signal", pb::ColumnRole::Unspecified),
            column("rose", pb::ColumnRole::Unspecified),
        ],
        bar_interval: minutes(1),
        ..pb::Source::default()
    };
    let request = pb::CreateSourceRequest {
        source_id: "bars".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    caller.catalog.clone().create_source(request).await.unwrap();
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

async fn trained(caller: &Caller, request: pb::TrainModelRequest) -> pb::ModelVersion {
    let job = caller
        .training
        .clone()
        .train_model(request)
        .await
        .unwrap()
        .into_inner();
    let job = caller.ended(&job.name).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let request = pb::GetModelVersionRequest {
        name: job.result.unwrap().model_version,
        ..Default::default()
    };
    caller
        .models
        .clone()
        .get_model_version(request)
        .await
        .unwrap()
        .into_inner()
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
        let version = trained(&caller, training(name, kind.clone())).await;
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
    let version = trained(&caller, others.clone()).await;
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

#[tokio::test]
async fn a_number_to_foresee_is_refused_with_the_way_out() {
    let system = System::start().await;
    let caller = system.caller();
    marked_bars(&system, &caller).await;
    let target = pb::ChangeTarget {
        horizon: minutes(10),
        ..Default::default()
    };
    let status = caller
        .training
        .clone()
        .train_model(training("number", Kind::ChangeTarget(target)))
        .await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    assert!(status.message().contains("spec.label.change_target"), "{status}");
    assert!(status.message().contains("change_at_horizon"), "{status}");
}
