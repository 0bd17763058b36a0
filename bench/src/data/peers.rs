//! The same in Python: pandas over psycopg and connector-x, polars over connector-x.

use super::{rows, step};
use crate::peers::printed;
use anyhow::ensure;
use serde::Deserialize;
use std::fmt;

/// A way to do it in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// `pandas.read_sql` over psycopg, then groupby.
    PandasPsycopg,
    /// connector-x to pandas; only read.
    PandasConnectorX,
    /// connector-x to polars, then expressions over entities.
    Polars,
}

/// What a peer took; the keys of the script's JSON.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PeerTook {
    pub(super) rows: u64,
    pub(super) wall: f64,
    pub(super) compute_wall: Option<f64>,
    pub(super) compute_cpu: Option<f64>,
    pub(super) positives: Option<u64>,
    pub(super) checksum: Option<f64>,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::PandasPsycopg, Self::PandasConnectorX, Self::Polars];

    fn word(self) -> &'static str {
        match self {
            Self::PandasPsycopg => "pandas-psycopg",
            Self::PandasConnectorX => "pandas-connectorx",
            Self::Polars => "polars",
        }
    }

    /// Runs the script.
    ///
    /// # Errors
    /// When Python or a package is missing.
    pub(super) fn measure(self, url: &str) -> anyhow::Result<PeerTook> {
        let script = crate::report::checkout().join("bench/peers/data.py");
        printed(rows::python().arg(script).args([self.word(), url]))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Makes sure that a peer did the same: as many rows, the same positives, the same features.
///
/// # Errors
/// When it did not.
pub(super) fn check(peer: &PeerTook, ours: &step::Took) -> anyhow::Result<()> {
    ensure!(peer.rows == ours.rows, "{} rows, ours {}", peer.rows, ours.rows);
    if let Some(positives) = peer.positives {
        ensure!(
            positives == ours.positives,
            "{positives} positives, ours {}",
            ours.positives
        );
    }
    if let Some(checksum) = peer.checksum {
        let off = (checksum - ours.checksum).abs() / ours.checksum.abs().max(1e-12);
        ensure!(
            off < 1e-4,
            "features sum to {checksum}, ours to {}",
            ours.checksum
        );
    }
    Ok(())
}
