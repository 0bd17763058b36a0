//! A job that walks forward through time: rows are read once, and a model is trained anew for each period. It makes no model version.

use crate::evaluate::unwritable;
use crate::made::{Made, Output};
use crate::process::child::Task;
use crate::train::walk::{self, Walk};
use crate::train_job;
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Backtest, BacktestSpec, Verdict};
use mltraining_store::jobs::LogSeverity;

/// Reads and walks.
pub(crate) async fn make(task: &Task) -> Result<Made, WorkError> {
    let spec: BacktestSpec = train_job::spec_of(&task.order)?;
    let spec = spec
        .check()
        .map_err(|found| train_job::no_longer_valid(&found))?
        .into_inner();
    let from = spec.range.start_micros();
    let ready = train_job::ready_to_trade(task, spec.train.clone(), from).await?;
    let walk = ready
        .compute(task, move |input, work| walk::walk(input, &spec, work))
        .await?;
    train_job::tell(LogSeverity::Info, told(&walk.backtest));
    made(walk)
}

/// The outcome in a line.
fn told(found: &Backtest) -> String {
    let number = |value: Option<f64>, digits: usize| match value {
        Some(value) => format!("{value:.digits$}"),
        None => "undefined".to_owned(),
    };
    let verdict = match found.intervals.verdict {
        Some(Verdict::Skill) => "skill",
        Some(Verdict::NoSkill) => "no skill",
        None => "no verdict: the periods fill too few blocks of time, or a class is rare",
    };
    format!(
        "{} periods, {} rows, {} of them positive: ROC AUC {}, {verdict}; {} trades, mean net return {} basis points ({} when every \
         row is acted on)",
        found.period_count,
        found.overall.rows,
        found.overall.positives,
        number(found.overall.roc_auc, 3),
        found.trading.trades,
        number(found.trading.mean_net_bps, 1),
        number(found.always.mean_net_bps, 1),
    )
}

fn made(walk: Walk) -> Result<Made, WorkError> {
    let Walk { backtest, trades } = walk;
    let file = OutputFile {
        file: "backtest.json",
        media_type: "application/json",
        bytes: serde_json::to_vec_pretty(&backtest).map_err(|e| unwritable(&e))?,
    };
    Ok(Made {
        output: Output::Found(serde_json::to_value(&backtest).map_err(|e| unwritable(&e))?),
        files: vec![file, trades],
    })
}
