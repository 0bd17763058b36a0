//! One training of sixty features, and what it took.

use crate::label::rise;
use crate::service::{Service, ended};
use crate::{Goal, Row, attempt, data};
use anyhow::ensure;
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;
use prost_types::Timestamp;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Bytes of a cell that a training is to take, beside a fixed part.
const GOAL: f64 = 1.3;
/// The fixed part, MiB: program, two connections, batches under way, the baseline's rows.
const FIXED_MIB: f64 = 512.0;

/// What is trained.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Rows of the source.
    pub rows: i64,
    /// Trees of the forest.
    pub trees: i32,
    /// Threads that compute.
    pub threads: u32,
}

/// Trains a forest on all rows with one holdout.
///
/// # Errors
/// When the job does not succeed.
pub async fn measure(service: &Service, wish: Wish) -> anyhow::Result<Vec<Row>> {
    let threads = wish.threads.to_string();
    let settings = [
        ("MLTS_WORKER__THREADS", threads.as_str()),
        ("MLTS_DATABASE__COPY_TIMEOUT", "2h"),
    ];
    let worker = service.worker(&settings);
    let caller = service.caller();
    let (over, start) = (AtomicBool::new(false), Instant::now());
    let job = async {
        let job = run(&caller, wish).await;
        over.store(true, Ordering::Relaxed);
        job
    };
    let (job, peak) = tokio::join!(job, attempt::watch(worker.id(), &over));
    let (job, wall) = (job?, start.elapsed().as_secs_f64());
    ensure!(
        job.state() == v1::JobState::Succeeded,
        "the job ended as {:?}: {:?}",
        job.state(),
        job.error
    );
    let features = data::features().features.len();
    let cells = wish.rows as f64 * features as f64;
    let name = |what: &str| {
        format!(
            "{} x {features}, {} trees, {} threads: {what}",
            wish.rows, wish.trees, wish.threads
        )
    };
    let matrix = cells / f64::from(1 << 20);
    Ok(vec![
        Row::new(
            name("peak memory beyond 512 MiB, against a byte a cell"),
            "MiB",
            (peak.mib - FIXED_MIB).max(0.0),
            Some(matrix),
            Goal::AtMost(GOAL),
        ),
        Row::new(name("peak memory"), "MiB", peak.mib, None, Goal::AtMost(GOAL)),
        Row::new(name("submit to SUCCEEDED"), "s", wall, None, Goal::AtMost(GOAL)),
        Row::new(
            name("CPU of the attempt"),
            "s",
            peak.cpu,
            None,
            Goal::AtMost(GOAL),
        ),
    ])
}

async fn run(caller: &Caller, wish: Wish) -> anyhow::Result<v1::Job> {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let forest = v1::RandomForest {
        trees: Some(wish.trees),
        ..v1::RandomForest::default()
    };
    let spec = v1::TrainSpec {
        range: Some(v1::TimeRange {
            start: at(1_735_689_600),
            end: at(1_798_761_600),
        }),
        label: Some(rise(None)),
        features: Some(v1::FeatureSpec {
            features: data::features()
                .features
                .iter()
                .map(ToString::to_string)
                .collect(),
            ..v1::FeatureSpec::default()
        }),
        algorithm: Some(v1::AlgorithmSpec {
            algorithm: Some(v1::algorithm_spec::Algorithm::RandomForest(forest)),
        }),
        split: Some(v1::SplitSpec {
            split: Some(v1::split_spec::Split::Holdout(v1::Holdout::default())),
            ..v1::SplitSpec::default()
        }),
        max_rows: Some(100_000_000),
        ..v1::TrainSpec::default()
    };
    let request = v1::TrainModelRequest {
        model_id: "memory".to_owned(),
        spec: Some(spec),
        ..v1::TrainModelRequest::default()
    };
    let job = caller.training.clone().train_model(request).await?.into_inner();
    ended(caller, &job.name).await
}
