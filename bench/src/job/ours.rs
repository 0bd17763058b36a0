//! A job of this service.

use super::{Took, pipeline};
use crate::label::rise;
use crate::service::{Service, ended};
use crate::{attempt, cpu};
use anyhow::{Context, ensure};
use mltraining_proto::v1;
use mltraining_tests::process::Process;
use prost_types::{Duration, Timestamp};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// 2025-12-21, the first day that is learned from.
const FIRST_DAY: i64 = 1_766_275_200;
const DAY: i64 = 86_400;
/// The pipeline's.
const TOLERANCE: Option<Duration> = Some(Duration {
    seconds: 90,
    nanos: 0,
});

/// Trains once, on one day, and tests on the next.
///
/// # Errors
/// When the job does not succeed.
pub(super) async fn run(service: &Service, worker: &Process, round: usize) -> anyhow::Result<Took> {
    let caller = service.caller();
    let of_worker = || cpu::seconds_of(&format!("/proc/{}/stat", worker.id()));
    let (over, start) = (AtomicBool::new(false), Instant::now());
    let before = of_worker()? + service.cpu_seconds()?;
    let job = async {
        let request = v1::TrainModelRequest {
            model_id: format!("job_{round}"),
            spec: Some(spec()),
            ..v1::TrainModelRequest::default()
        };
        let sent = caller.training.clone().train_model(request).await;
        let job = match sent {
            Ok(job) => ended(&caller, &job.into_inner().name).await,
            Err(refused) => Err(refused.into()),
        };
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
    let cpu = peak.cpu + of_worker()? + service.cpu_seconds()? - before;
    let result = job.result.context("a job that succeeded has a result")?;
    let request = v1::GetEvaluationRequest {
        name: result.evaluation,
    };
    let found = caller.evaluations.clone().get_evaluation(request).await?;
    let overall = found.into_inner().overall.context("an evaluation has metrics")?;
    Ok(Took {
        wall,
        cpu,
        roc_auc: overall.roc_auc.context("both classes are tested")?,
        average_precision: overall.average_precision.context("both classes are tested")?,
    })
}

/// The features that the pipeline computes.
fn features() -> Vec<String> {
    let returns = [1, 5, 10, 15].map(|bars| format!("pct_change(price_close, {bars})"));
    let windows = [5, 10, 15].map(|bars| {
        [
            format!("partial_mean(buy_pressure_ratio, {bars})"),
            format!("partial_mean(unique_signer_ratio, {bars})"),
            format!("partial_ratio_to_mean(volume_sol, {bars})"),
            format!("partial_mean(volatility_pct, {bars})"),
            format!("partial_sum(dev_sold_amount, {bars})"),
        ]
    });
    let others = ["running_max_distance(price_high)", "phase"].into_iter();
    let bare = pipeline::COLUMNS.into_iter().chain(others).map(str::to_owned);
    bare.chain(returns).chain(windows.into_iter().flatten()).collect()
}

/// Whether the price rises by a tenth within ten minutes, by a hundred boosted trees of depth 6.
fn spec() -> v1::TrainSpec {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let boosting = v1::GradientBoosting {
        trees: Some(100),
        max_depth: Some(6),
        learning_rate: Some(0.1),
        ..v1::GradientBoosting::default()
    };
    let holdout = v1::Holdout {
        test_start_time: at(FIRST_DAY + DAY),
        ..v1::Holdout::default()
    };
    v1::TrainSpec {
        range: Some(v1::TimeRange {
            start: at(FIRST_DAY),
            end: at(FIRST_DAY + 2 * DAY),
        }),
        label: Some(rise(TOLERANCE)),
        features: Some(v1::FeatureSpec {
            features: features(),
            ..v1::FeatureSpec::default()
        }),
        algorithm: Some(v1::AlgorithmSpec {
            algorithm: Some(v1::algorithm_spec::Algorithm::GradientBoosting(boosting)),
        }),
        split: Some(v1::SplitSpec {
            split: Some(v1::split_spec::Split::Holdout(holdout)),
            ..v1::SplitSpec::default()
        }),
        ..v1::TrainSpec::default()
    }
}
