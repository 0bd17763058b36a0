//! The folds, one by one.

use crate::table::{Cell, Table};
use crate::words::number::{UNSET, count, fine, instant, interval, score, share};
use mltraining_domain::Fold;

pub(crate) fn table(folds: &[Fold]) -> Table {
    let heads = [
        "fold",
        "tested from",
        "to",
        ">trained rows",
        ">tested rows",
        ">positive",
        ">ROC AUC",
        "95 %",
        ">average precision",
        ">log loss",
    ];
    let mut table = Table::new(
        "Each fold is trained on the past and tested on what came later.",
        &heads,
    );
    for fold in folds {
        let positive = (fold.test_rows > 0).then(|| fold.test_positives as f64 / fold.test_rows as f64);
        let found = fold.intervals.map(|found| found.roc_auc);
        // Why there is none stands in the verdict.
        let within = found.filter(|found| found.bounds().is_some());
        let within = within.map_or_else(|| UNSET.to_owned(), interval);
        table.row([
            Cell::number(fold.index.to_string()),
            Cell::time(instant(fold.test_start)),
            Cell::time(instant(fold.test_end)),
            Cell::number(count(fold.train_rows)),
            Cell::number(count(fold.test_rows)),
            Cell::number(share(positive)),
            Cell::number(score(fold.metrics.roc_auc)),
            Cell::time(within),
            Cell::number(score(fold.metrics.average_precision)),
            Cell::number(fine(fold.metrics.log_loss)),
        ]);
    }
    table
}
