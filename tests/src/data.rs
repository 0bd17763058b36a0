//! Small panels with a known signal, made by SQL.

use crate::caller::Caller;
use crate::database::Database;
use mltraining_proto::v1 as pb;
use prost_types::{Duration, Timestamp};

/// First bar of every panel: 2026-01-01T00:00:00Z.
pub const START: i64 = 1_767_225_600;

/// A table `bars` of `entities` x `minutes` rows, one bar a minute. What drives the next bars is visible in `signal`, so
/// there is something to learn.
pub fn make_bars(database: &Database, entities: u32, minutes: u32) {
    database.sql(&format!(
        "CREATE TABLE bars (entity text NOT NULL, at timestamptz NOT NULL, close float8, volume float8, signal float8);
         INSERT INTO bars
         SELECT 'e' || e, to_timestamp({START} + 60 * m),
                100 * exp(0.02 * sin((m + 11 * e) / 9.0)) * (1 + 0.0005 * ((m * 7919 + e * 104729) % 13 - 6)),
                10 + (m * 31 + e * 17) % 23,
                cos((m + 11 * e) / 9.0)
         FROM generate_series(0, {entities} - 1) e, generate_series(0, {minutes} - 1) m;"
    ));
}

/// Registers `bars` as the source `bars`.
pub async fn register_bars(caller: &Caller) {
    register_bars_with(caller, &[]).await;
}

/// Registers `bars` with more columns as the source `bars`.
pub async fn register_bars_with(caller: &Caller, more: &[&str]) {
    let column = |name: &str, role: pb::ColumnRole| pb::SourceColumn {
        name: name.into(),
        role: role.into(),
        ..pb::SourceColumn::default()
    };
    let mut columns = vec![
        column("close", pb::ColumnRole::Close),
        column("volume", pb::ColumnRole::Volume),
        column("signal", pb::ColumnRole::Unspecified),
    ];
    columns.extend(more.iter().map(|name| column(name, pb::ColumnRole::Unspecified)));
    let source = pb::Source {
        table: "bars".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        columns,
        bar_interval: Some(Duration {
            seconds: 60,
            nanos: 0,
        }),
        ..pb::Source::default()
    };
    let request = pb::CreateSourceRequest {
        source_id: "bars".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    caller
        .catalog
        .clone()
        .create_source(request)
        .await
        .expect("the source is registered");
}

/// A range of minutes of `bars`.
pub fn range(from_minute: i64, to_minute: i64) -> pb::TimeRange {
    let at = |minute: i64| Timestamp {
        seconds: START + 60 * minute,
        nanos: 0,
    };
    pb::TimeRange {
        start: Some(at(from_minute)),
        end: Some(at(to_minute)),
    }
}

/// A rise by `change` within `minutes`.
pub fn rise(change: f64, minutes: i64) -> pb::LabelSpec {
    let label = pb::ChangeAtHorizon {
        change,
        horizon: Some(Duration {
            seconds: 60 * minutes,
            nanos: 0,
        }),
        ..pb::ChangeAtHorizon::default()
    };
    pb::LabelSpec {
        kind: Some(pb::label_spec::Kind::ChangeAtHorizon(label)),
    }
}

/// A training of `trees` trees on the first `minutes` of `bars`, small enough to end within seconds.
pub fn training(model: &str, minutes: i64, trees: i32) -> pb::TrainModelRequest {
    let forest = pb::RandomForest {
        trees: Some(trees),
        max_depth: Some(6),
        ..pb::RandomForest::default()
    };
    let walk = pb::WalkForward {
        folds: Some(2),
        ..pb::WalkForward::default()
    };
    let spec = pb::TrainSpec {
        source: "projects/default/sources/bars".into(),
        range: Some(range(0, minutes)),
        label: Some(rise(0.01, 10)),
        algorithm: Some(pb::AlgorithmSpec {
            algorithm: Some(pb::algorithm_spec::Algorithm::RandomForest(forest)),
        }),
        split: Some(pb::SplitSpec {
            split: Some(pb::split_spec::Split::WalkForward(walk)),
            ..pb::SplitSpec::default()
        }),
        ..pb::TrainSpec::default()
    };
    pb::TrainModelRequest {
        model_id: model.into(),
        spec: Some(spec),
        ..pb::TrainModelRequest::default()
    }
}
