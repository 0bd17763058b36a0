//! Peers in Python, measured in the same run on the same numbers by `fit_peer.py`.

use crate::matrices::Dataset;
use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set to 1 to measure peers.
const SWITCH: &str = "BENCH_PEERS";

/// What `fit_peer.py` says of one fit.
#[derive(Debug, Clone, Deserialize)]
pub struct PeerFit {
    /// CPU seconds of the fit.
    pub fit_cpu: f64,
    /// CPU seconds of the prediction.
    pub pred_cpu: f64,
    /// ROC AUC on the test rows.
    pub auc: f64,
    /// Log loss on the test rows.
    #[serde(rename = "logloss")]
    pub log_loss: f64,
}

/// The peers' script and the files that it reads.
pub struct Peers {
    script: PathBuf,
    data: PathBuf,
}

impl Peers {
    /// Writes the dataset where the script finds it. An error says why no peer can be measured.
    ///
    /// # Errors
    /// Without `BENCH_PEERS=1`, without the script or its packages, or when the files cannot be written.
    pub fn prepare(dataset: &Dataset) -> anyhow::Result<Self> {
        if std::env::var(SWITCH).is_ok_and(|v| v == "1") {
            let script = crate::report::shared().join("bench/peers/fit_peer.py");
            if !script.exists() {
                bail!("{} does not exist", script.display());
            }
            let data = crate::report::folder().join("data");
            write(dataset, &data.join("matrix"))?;
            return Ok(Self { script, data });
        }
        bail!("peers are measured with {SWITCH}=1 and Python's numpy, scipy, scikit-learn, xgboost, lightgbm")
    }

    /// Fits one peer in a process of its own, on one thread.
    ///
    /// # Errors
    /// When Python or a package is missing.
    pub fn fit(&self, model: &str) -> anyhow::Result<PeerFit> {
        let mut python = Command::new("python3");
        python
            .arg(&self.script)
            .args(["matrix", model, "1"])
            .env("BENCH_DATA", &self.data);
        printed(&mut python).with_context(|| model.to_owned())
    }
}

/// What a peer's script prints: one JSON line.
///
/// # Errors
/// When the script cannot be started, fails (with its last line), or prints something else.
pub(crate) fn printed<T: DeserializeOwned>(script: &mut Command) -> anyhow::Result<T> {
    let output = script.output().context("python3 cannot be started")?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{}", text.lines().last().unwrap_or("no word of why"));
    }
    serde_json::from_slice(&output.stdout).context("the script prints one JSON line")
}

fn write(dataset: &Dataset, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (all, cut) = (dataset.labels.len(), dataset.train_rows);
    let meta = serde_json::json!({ "d": dataset.columns.len(), "ntr": cut, "nte": all - cut });
    std::fs::write(folder.join("meta.json"), meta.to_string())?;
    for (part, rows) in [("tr", 0..cut), ("te", cut..all)] {
        let mut x = BufWriter::new(std::fs::File::create(folder.join(format!("x{part}.f32")))?);
        let mut y = BufWriter::new(std::fs::File::create(folder.join(format!("y{part}.f32")))?);
        for row in rows {
            for column in &dataset.columns {
                x.write_all(&column[row].to_le_bytes())?;
            }
            y.write_all(&f32::from(dataset.labels[row]).to_le_bytes())?;
        }
        x.flush()?;
        y.flush()?;
    }
    Ok(())
}
