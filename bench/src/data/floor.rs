//! The floor: psql copies the same select to nowhere.

use super::panel;
use anyhow::{Context, ensure};
use mltraining_store::reader::copy_statement;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Seconds on the wall.
pub(super) fn copy(url: &str) -> anyhow::Result<f64> {
    let (source, plan) = (panel::source(), panel::plan()?);
    let statement = copy_statement(&panel::query(&source, &plan));
    let start = Instant::now();
    let status = Command::new("psql")
        .args([url, "-qX", "-v", "ON_ERROR_STOP=1", "-c", &statement])
        .stdout(Stdio::null())
        .status()
        .context("psql is installed with the server")?;
    ensure!(status.success(), "psql could not copy the rows");
    Ok(start.elapsed().as_secs_f64())
}
