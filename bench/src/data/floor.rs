//! The floor: psql copies the same select to nowhere.

use super::panel;
use anyhow::{Context, ensure};
use mltraining_panel::catalogue;
use mltraining_store::reader::{PanelQuery, copy_statement};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds on the wall.
pub(super) fn copy(url: &str) -> anyhow::Result<f64> {
    let source = panel::source();
    let plan = catalogue::resolve(&panel::features(), &source, &panel::label(), "spec.features")
        .map_err(|found| anyhow::anyhow!("{found}"))?;
    let statement = copy_statement(&PanelQuery {
        source: &source,
        columns: plan.columns(),
        range: panel::range(),
        look_back: plan.look_back(),
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: u64::from(u32::MAX),
        timeout: Duration::from_secs(600),
    });
    let start = Instant::now();
    let status = Command::new("psql")
        .args([url, "-qX", "-v", "ON_ERROR_STOP=1", "-c", &statement])
        .stdout(Stdio::null())
        .status()
        .context("psql is installed with the server")?;
    ensure!(status.success(), "psql could not copy the rows");
    Ok(start.elapsed().as_secs_f64())
}
