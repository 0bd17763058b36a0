//! The floor: psql copies the same rows to nowhere.

use super::panel;
use anyhow::{Context, ensure};
use mltraining_store::reader::{copy_statement, ordered_copy_statement};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What psql copies.
#[derive(Debug, Clone, Copy)]
pub(super) enum Floor {
    /// The select that our reader sends.
    Same,
    /// The same in the order that the rows have in the end.
    InOrder,
}

/// Seconds on the wall.
pub(super) fn copy(url: &str, floor: Floor) -> anyhow::Result<f64> {
    let (source, plan) = (panel::source(), panel::plan()?);
    let query = panel::query(&source, &plan);
    let statement = match floor {
        Floor::Same => copy_statement(&query),
        Floor::InOrder => ordered_copy_statement(&query),
    };
    let start = Instant::now();
    let status = Command::new("psql")
        .args([url, "-qX", "-v", "ON_ERROR_STOP=1", "-c", &statement])
        .stdout(Stdio::null())
        .status()
        .context("psql is installed with the server")?;
    ensure!(status.success(), "psql could not copy the rows");
    Ok(start.elapsed().as_secs_f64())
}
