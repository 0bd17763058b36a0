//! The pipeline in Python, in a process of its own.

use super::Took;
use crate::{cpu, data, report};
use anyhow::{Context, ensure};
use std::time::Instant;

/// The prices that it reads beside the keys.
const PRICES: [&str; 2] = ["price_close", "price_high"];
/// The columns that it reads as well, and takes as they are.
pub(super) const COLUMNS: [&str; 7] = [
    "volume_sol",
    "buy_pressure_ratio",
    "unique_signer_ratio",
    "volatility_pct",
    "dev_sold_amount",
    "net_volume_sol",
    "avg_trade_size_sol",
];

/// Runs it. It fits a forest after the booster, whose CPU is taken off again, and its wall with it, of two threads that are both busy.
///
/// # Errors
/// When Python or a package is missing.
pub(super) fn run(url: &str) -> anyhow::Result<Took> {
    let script = report::shared().join("bench/peers/honest_pipeline.py");
    ensure!(script.exists(), "the pipeline {} is absent", script.display());
    let folder = tempfile::tempdir()?;
    let read = [&PRICES[..], &COLUMNS[..]].concat();
    std::fs::write(folder.path().join("feat.json"), serde_json::to_vec(&read)?)?;
    let (start, before) = (Instant::now(), cpu::children_seconds()?);
    let output = data::python()
        .arg(&script)
        .current_dir(folder.path())
        .env("DATABASE_URL", url)
        .output()
        .context("python3 cannot be started")?;
    let (wall, used) = (start.elapsed().as_secs_f64(), cpu::children_seconds()? - before);
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the pipeline has failed: {}",
        error.lines().last().unwrap_or("no word of why")
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |model: &str, word: &str| number_after(&text, model, word);
    let forest = number("rf", "cpu")?;
    Ok(Took {
        wall: wall - forest / THREADS,
        cpu: used - forest,
        roc_auc: number("xgb", "'auc':")?,
        average_precision: number("xgb", "'ap':")?,
    })
}

/// Threads of its models.
const THREADS: f64 = 2.0;

/// The number behind a word in the line of a model.
fn number_after(text: &str, model: &str, word: &str) -> anyhow::Result<f64> {
    let line = text.lines().find(|line| line.starts_with(model));
    let rest = line
        .and_then(|line| line.split_once(word))
        .map(|(_, rest)| rest.trim_start());
    let rest = rest.with_context(|| format!("the pipeline says no {word} of {model}"))?;
    // numpy's numbers may be shown with their type.
    let rest = rest.trim_start_matches("np.float64(");
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(rest.len());
    rest[..end].parse().with_context(|| format!("{word} of {model}"))
}

#[cfg(test)]
mod tests {
    use super::number_after;

    #[test]
    fn numbers_are_found_in_the_line_of_their_model() {
        let text = "rows 5\nxgb cpu 3.1 {'auc': np.float64(0.7342), 'ap': 0.45}\nrf cpu 12 {'auc': 0.7}";
        let found = |model, word| number_after(text, model, word).ok();
        assert_eq!(found("xgb", "'auc':"), Some(0.7342));
        assert_eq!(found("xgb", "'ap':"), Some(0.45));
        assert_eq!(found("rf", "cpu"), Some(12.0));
        assert_eq!(found("rf", "'ap':"), None);
    }
}
