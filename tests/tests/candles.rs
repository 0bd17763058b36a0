//! Real candles: imported by the command line, labelled and trained on by the service, counted again independently.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Utc};
use mltraining_proto::v1 as pb;
use mltraining_tests::binaries::shared_data;
use mltraining_tests::caller::Caller;
use mltraining_tests::data;
use mltraining_tests::system::System;
use prost_types::{Duration, Timestamp};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const HORIZON: i64 = 30 * 60;
/// One and a half bars of five minutes.
const TOLERANCE: i64 = 450;
const CHANGE: f64 = 0.02;

/// Positives, negatives and unknown of one instrument, counted from its file alone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    positives: i64,
    negatives: i64,
    unknown: i64,
}

/// The plainest way to count: for each bar, look through all later ones.
fn count(file: &Path) -> (String, Counts) {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let rows: Vec<(String, i64, f64)> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let time: DateTime<Utc> = record[1].parse().unwrap();
            (record[0].to_owned(), time.timestamp(), record[5].parse().unwrap())
        })
        .collect();
    let mut counts = Counts::default();
    for (_, time, price) in &rows {
        let due = time + HORIZON;
        let later = rows
            .iter()
            .filter(|(_, t, _)| (due..=due + TOLERANCE).contains(t))
            .min_by_key(|(_, t, _)| *t);
        match later {
            None => counts.unknown += 1,
            Some((_, _, then)) if (then - price) / price >= CHANGE => counts.positives += 1,
            Some(_) => counts.negatives += 1,
        }
    }
    (rows[0].0.clone(), counts)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "csv"));
    files.sort();
    files
}

fn january() -> pb::TimeRange {
    let at = |text: &str| {
        let time: DateTime<Utc> = text.parse().unwrap();
        Timestamp {
            seconds: time.timestamp(),
            nanos: 0,
        }
    };
    pb::TimeRange {
        start: Some(at("2018-01-10T00:00:00Z")),
        end: Some(at("2018-01-31T00:00:00Z")),
    }
}

fn label() -> pb::LabelSpec {
    data::rise(CHANGE, HORIZON / 60)
}

#[tokio::test]
async fn real_candles_are_labelled_as_an_independent_count_says_and_trained_on() {
    let Some(folder) = shared_data("candles") else {
        return;
    };
    let files = files(&folder);
    let mut system = System::start().await;
    system.add_worker().await;
    let imported = system
        .mlts()
        .arg("import")
        .args(&files)
        .args(["--source", "candles", "--bar", "5m"])
        .output()
        .unwrap();
    assert!(
        imported.status.success(),
        "{}",
        String::from_utf8_lossy(&imported.stderr)
    );

    let expected: BTreeMap<String, Counts> = files.iter().map(|file| count(file)).collect();
    let caller = system.caller();
    assert_eq!(preview(&caller).await, expected);

    let job = train(&caller).await;
    assert_eq!(job.state(), pb::JobState::Succeeded, "{:?}", job.error);
    let name = job.result.unwrap().model_version;
    let request = pb::GetModelVersionRequest {
        name,
        ..Default::default()
    };
    let version = caller
        .models
        .clone()
        .get_model_version(request)
        .await
        .unwrap()
        .into_inner();
    check_version(&version, &expected);
}

/// Counts of each instrument, as the service previews them.
async fn preview(caller: &Caller) -> BTreeMap<String, Counts> {
    let request = pb::PreviewLabelsRequest {
        source: "projects/default/sources/candles".into(),
        range: Some(january()),
        label: Some(label()),
        ..Default::default()
    };
    let answer = caller
        .datasets
        .clone()
        .preview_labels(request)
        .await
        .unwrap()
        .into_inner();
    answer
        .by_entity
        .into_iter()
        .map(|entity| {
            let counts = entity.counts.unwrap();
            let (positives, negatives, unknown) = (counts.positives, counts.negatives, counts.unknown);
            (
                entity.entity,
                Counts {
                    positives,
                    negatives,
                    unknown,
                },
            )
        })
        .collect()
}

async fn train(caller: &Caller) -> pb::Job {
    let forest = pb::RandomForest {
        trees: Some(20),
        max_depth: Some(8),
        ..Default::default()
    };
    let spec = pb::TrainSpec {
        source: "projects/default/sources/candles".into(),
        range: Some(january()),
        label: Some(label()),
        algorithm: Some(pb::AlgorithmSpec {
            algorithm: Some(pb::algorithm_spec::Algorithm::RandomForest(forest)),
        }),
        ..Default::default()
    };
    let request = pb::TrainModelRequest {
        model_id: "candles".into(),
        spec: Some(spec),
        timeout: Some(Duration {
            seconds: 600,
            nanos: 0,
        }),
        ..Default::default()
    };
    let name = caller
        .training
        .clone()
        .train_model(request)
        .await
        .unwrap()
        .into_inner()
        .name;
    caller.ended(&name).await
}

fn check_version(version: &pb::ModelVersion, expected: &BTreeMap<String, Counts>) {
    let sum = |of: fn(&Counts) -> i64| expected.values().map(of).sum::<i64>();
    let rows = version.row_counts.as_ref().unwrap();
    assert_eq!(rows.positives, sum(|c| c.positives));
    assert_eq!(rows.unknown, sum(|c| c.unknown));
    assert_eq!(rows.labeled, sum(|c| c.positives + c.negatives));
    let evaluation = version.evaluation.as_ref().unwrap();
    assert_eq!(evaluation.folds.len(), 5);
    for fold in &evaluation.folds {
        let metrics = fold.metrics.as_ref().unwrap();
        assert!(
            fold.purged_rows > 0,
            "labels reach over the border of fold {}",
            fold.index
        );
        assert!(
            metrics.roc_auc.is_some_and(|auc| auc > 0.5),
            "fold {}: {metrics:?}",
            fold.index
        );
        let names: Vec<&str> = fold.baselines.iter().map(|b| b.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "prevalence",
                "last_label",
                "best_single_feature",
                "logistic_regression"
            ]
        );
    }
}
