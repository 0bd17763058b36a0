//! One step of ours in a process of its own, and what it took.

use super::panel;
use crate::cpu;
use anyhow::{Context, bail};
use clap::ValueEnum;
use mltraining_panel::compute::{self, Control};
use mltraining_panel::labels::{self, LabelValue};
use mltraining_panel::{Panel, catalogue};
use mltraining_store::reader::PanelQuery;
use mltraining_store::{Store, StoreConfig};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Rows to panel.
    Read,
    /// Rows to panel to features and labels.
    Matrix,
}

/// What it took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Took {
    /// Rows read.
    pub rows: u64,
    /// Seconds from the connection to the panel, the count of the rows included.
    pub wall: f64,
    /// CPU seconds of the same.
    pub cpu: f64,
    /// Seconds from the panel to features and labels; 0 when only read.
    pub compute_wall: f64,
    /// CPU seconds of the same.
    pub compute_cpu: f64,
    /// The most memory that the process had at a time, in MiB.
    pub peak_mib: f64,
    /// What it holds in the end, in MiB: times, phases and values of the panel, features and labels.
    pub matrix_mib: f64,
    /// Positives among the labels.
    pub positives: u64,
    /// Sum of the means of all features over the rows where they are known.
    pub checksum: f64,
}

const MIB: f64 = (1 << 20) as f64;

/// Does a step here.
///
/// # Errors
/// When Postgres refuses, or on systems without `/proc`.
pub async fn take(step: Step, url: &str) -> anyhow::Result<Took> {
    let (source, spec, label) = (panel::source(), panel::features(), panel::label());
    let plan = catalogue::resolve(&spec, &source, &label, "spec.features")
        .map_err(|found| anyhow::anyhow!("{found}"))?;
    let query = PanelQuery {
        source: &source,
        columns: plan.columns(),
        range: panel::range(),
        look_back: plan.look_back(),
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: u64::from(u32::MAX),
        timeout: Duration::from_secs(600),
    };
    let (start, cpu) = (Instant::now(), cpu::process_seconds()?);
    let store = Store::connect(&StoreConfig::new(url, "bench")).await?;
    let read = store
        .read_panel(&query, &mut |_| ControlFlow::Continue(()))
        .await?;
    let mut took = Took {
        rows: read.panel.rows() as u64,
        wall: start.elapsed().as_secs_f64(),
        cpu: cpu::process_seconds()? - cpu,
        compute_wall: 0.0,
        compute_cpu: 0.0,
        peak_mib: 0.0,
        matrix_mib: panel_bytes(&read.panel) / MIB,
        positives: 0,
        checksum: 0.0,
    };
    if step == Step::Matrix {
        let (start, cpu) = (Instant::now(), cpu::process_seconds()?);
        let cancel = AtomicBool::new(false);
        let control = Control {
            cancel: &cancel,
            progress: &|_, _| {},
        };
        let labels = labels::compute(&read.panel, &label, &source, labels::NO_END);
        let rows: Vec<u32> = (0..read.panel.rows() as u32).collect();
        let features = compute::features(&read.panel, &plan, &rows, &control)?;
        took.compute_wall = start.elapsed().as_secs_f64();
        took.compute_cpu = cpu::process_seconds()? - cpu;
        let cells = features.columns.len() * features.columns.first().map_or(0, Vec::len);
        took.matrix_mib += (cells * 4 + labels.values.len() * 9 + rows.len() * 4) as f64 / MIB;
        took.positives = labels
            .values
            .iter()
            .filter(|v| **v == LabelValue::Positive)
            .count() as u64;
        took.checksum = features.columns.iter().map(|column| mean(column)).sum();
    }
    took.peak_mib = peak_mib()?;
    Ok(took)
}

/// Does a step in a process of its own.
pub(super) fn measure(step: Step, url: &str) -> anyhow::Result<Took> {
    let name = step.to_possible_value().context("every step has a name")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--step", name.get_name(), "--url", url])
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("a step prints one JSON line")
}

/// The panel's own rows: what of it is not overhead.
fn panel_bytes(panel: &Panel) -> f64 {
    let phases = panel.phases().map_or(0, |_| 8);
    (panel.rows() * (8 + phases + 8 * panel.column_names().len())) as f64
}

fn mean(column: &[f32]) -> f64 {
    let known = || {
        column
            .iter()
            .filter(|value| !value.is_nan())
            .map(|value| f64::from(*value))
    };
    known().sum::<f64>() / known().count().max(1) as f64
}

fn peak_mib() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .context("/proc/self/status without VmHWM")?;
    Ok(kib / 1024.0)
}
