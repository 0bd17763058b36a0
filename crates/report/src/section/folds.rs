//! The folds, one by one.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::number::{UNSET, count, instant, part, share};
use mltraining_domain::Task;

pub(crate) fn table(report: &Report<'_>) -> Table {
    let classes = report.spec.label.task() == Task::Binary;
    let measures = report.measures();
    let [first, second, _] = &measures.beside;
    let mut heads = vec!["fold", "tested from", "to", ">trained rows", ">tested rows"];
    heads.extend(classes.then_some(">positive"));
    heads.extend([measures.main.head, "95 %", first.head, second.head]);
    let caption = "Each fold is trained on the past and tested on what came later.";
    let mut table = Table::new(caption, &heads);
    for fold in &report.evaluation.folds {
        // Why there is none stands in the verdict.
        let found = fold.intervals.as_ref().and_then(measures.interval);
        let found = found.filter(|found| found.bounds().is_some());
        let within = found.map_or_else(|| UNSET.to_owned(), measures.write_interval);
        let mut cells = vec![
            Cell::number(fold.index.to_string()),
            Cell::time(instant(fold.test_start)),
            Cell::time(instant(fold.test_end)),
            Cell::number(count(fold.train_rows)),
            Cell::number(count(fold.test_rows)),
        ];
        cells.extend(classes.then(|| Cell::number(share(part(fold.test_positives, fold.test_rows)))));
        cells.extend([
            Cell::number(measures.main.told(&fold.metrics)),
            Cell::time(within),
            Cell::number(first.told(&fold.metrics)),
            Cell::number(second.told(&fold.metrics)),
        ]);
        table.row(cells);
    }
    table
}
