//! What comes of saying yes from the threshold on.

use crate::table::{Cell, Table};
use crate::words::number::{count, fine, score, share, signed, times};
use mltraining_domain::{Confusion, Metrics};

/// Calls against what came true; `None` where not every fold could choose a threshold.
pub(crate) fn confusion(overall: &Metrics) -> Option<Table> {
    let Confusion {
        true_negatives,
        false_positives,
        false_negatives,
        true_positives,
    } = overall.confusion?;
    let caption = "Out-of-fold calls, each at the threshold of its own fold, which earlier rows chose.";
    let mut table = Table::new(caption, &["", ">came true", ">did not"]);
    table.row([
        Cell::word("said yes"),
        Cell::number(count(true_positives)),
        Cell::number(count(false_positives)),
    ]);
    table.row([
        Cell::word("said no"),
        Cell::number(count(false_negatives)),
        Cell::number(count(true_negatives)),
    ]);
    Some(table)
}

/// What follows from the calls; `None` as for [`confusion`].
pub(crate) fn rates(overall: &Metrics) -> Option<Table> {
    overall.confusion?;
    let mut table = Table::new("What follows from these calls.", &["", ">"]);
    let lines = [
        ("precision: right among the calls", share(overall.precision)),
        ("recall: found of the positives", share(overall.recall)),
        (
            "false alarms among the negatives",
            share(overall.false_positive_rate),
        ),
        ("F1", score(overall.f1)),
        ("Matthews correlation", score(overall.mcc)),
        ("balanced accuracy", score(overall.balanced_accuracy)),
    ];
    for (name, value) in lines {
        table.row([Cell::word(name), Cell::number(value)]);
    }
    Some(table)
}

/// What the highest scores hold.
pub(crate) fn top(overall: &Metrics) -> Option<Table> {
    overall.top.first()?;
    let caption = "If only the rows with the highest scores could be acted on.";
    let heads = [
        "share",
        ">rows",
        ">come true",
        ">of all positives",
        ">times the usual",
    ];
    let mut table = Table::new(caption, &heads);
    for top in &overall.top {
        table.row([
            Cell::word(share(Some(top.share))),
            Cell::number(count(top.rows)),
            Cell::bar(share(Some(top.precision)), top.precision),
            Cell::number(share(top.recall)),
            Cell::number(times(top.lift)),
        ]);
    }
    Some(table)
}

/// Probabilities before and after calibration.
pub(crate) fn probabilities(overall: &Metrics, uncalibrated: Option<&Metrics>) -> Table {
    let heads = [
        "scores",
        ">Brier",
        ">Brier skill",
        ">log loss",
        ">calibration error",
    ];
    let mut table = Table::new("Lower is better, but for the skill.", &heads);
    let cells = |name: &str, metrics: &Metrics| {
        [
            Cell::word(name),
            Cell::number(fine(metrics.brier)),
            Cell::number(signed(metrics.brier_skill)),
            Cell::number(fine(metrics.log_loss)),
            Cell::number(fine(metrics.expected_calibration_error)),
        ]
    };
    match uncalibrated {
        None => table.row(cells("as the learner gives them", overall)),
        Some(before) => {
            table.row(cells("as the learner gives them", before));
            table.strong_row(cells("calibrated", overall));
        }
    }
    table
}
