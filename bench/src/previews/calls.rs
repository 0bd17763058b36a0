//! The calls that are measured.

use super::report::Timing;
use crate::label::rise;
use anyhow::Context;
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;
use prost_types::{Duration, Timestamp};
use std::time::Instant;

/// Calls before the first that is measured: connections, plans and pages come to be there.
const WARM_UP: u32 = 2;

/// Times each preview and the checks for leaks; `samples` calls of each, one after another.
///
/// # Errors
/// Those of the server.
pub async fn measure(caller: &Caller, samples: u32) -> anyhow::Result<Vec<Timing>> {
    let (labels, mut datasets) = (caller.datasets.clone(), caller.datasets.clone());
    let mut alone = labels.clone();
    let mut with_grid = labels;
    let one = time("PreviewLabels", samples, async || {
        let answer = alone.preview_labels(label_request()).await?.into_inner();
        Ok(answer.total.unwrap_or_default().unknown)
    });
    let one = one.await?;
    let grid = time("PreviewLabels, a grid of 5 x 5", samples, async || {
        let request = v1::PreviewLabelsRequest {
            grid_changes: vec![0.01, 0.02, 0.05, 0.1, 0.2],
            grid_horizons: [2, 5, 10, 20, 60].map(minutes).to_vec(),
            ..label_request()
        };
        let answer = with_grid.preview_labels(request).await?.into_inner();
        Ok(answer.grid.len() as i64)
    });
    let grid = grid.await?;
    let mut checked = datasets.clone();
    let dataset = time("PreviewDataset, default features", samples, async || {
        let request = v1::PreviewDatasetRequest {
            spec: Some(spec()),
            ..v1::PreviewDatasetRequest::default()
        };
        let answer = datasets.preview_dataset(request).await?.into_inner();
        Ok(answer.features.len() as i64)
    });
    let dataset = dataset.await?;
    let leakage = time("CheckLeakage, default features", samples, async || {
        let request = v1::CheckLeakageRequest {
            spec: Some(spec()),
            ..v1::CheckLeakageRequest::default()
        };
        let answer = checked.check_leakage(request).await?.into_inner();
        Ok(answer.checks.len() as i64)
    });
    Ok(vec![one, grid, dataset, leakage.await?])
}

/// A training of all rows with the default features.
fn spec() -> v1::TrainSpec {
    v1::TrainSpec {
        range: Some(all()),
        label: Some(rise(None)),
        ..v1::TrainSpec::default()
    }
}

async fn time(
    name: &str,
    samples: u32,
    mut ask: impl AsyncFnMut() -> anyhow::Result<i64>,
) -> anyhow::Result<Timing> {
    for _ in 0..WARM_UP {
        ask().await.with_context(|| name.to_owned())?;
    }
    let (mut took, mut seen) = (Vec::with_capacity(samples as usize), 0);
    for _ in 0..samples {
        let start = Instant::now();
        seen = ask().await?;
        took.push(start.elapsed().as_secs_f64());
    }
    Ok(Timing::of(name, seen, took))
}

fn label_request() -> v1::PreviewLabelsRequest {
    v1::PreviewLabelsRequest {
        range: Some(all()),
        label: Some(rise(None)),
        ..v1::PreviewLabelsRequest::default()
    }
}

fn minutes(minutes: i64) -> Duration {
    Duration {
        seconds: 60 * minutes,
        nanos: 0,
    }
}

/// The years 2025 and 2026, which hold all rows.
fn all() -> v1::TimeRange {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    v1::TimeRange {
        start: at(1_735_689_600),
        end: at(1_798_761_600),
    }
}
