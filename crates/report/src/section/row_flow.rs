//! Where the rows went.

use crate::table::{Cell, Table};
use crate::words::number::{count, part, share};
use mltraining_domain::{RowCounts, Task};

/// Every row read is in one line.
pub(crate) fn table(rows: &RowCounts, task: Task) -> Table {
    let mut table = Table::new(
        "Every row that was read is in exactly one line.",
        &["rows", ">count", ">of those read", "because"],
    );
    let part = |of: u64| part(of, rows.read);
    let mut lines = vec![
        (
            "only history",
            rows.warm_up,
            "before the range: read so that features of later rows see it",
        ),
        (
            "left out",
            rows.filtered,
            "of entities or phases that were not asked for",
        ),
        (
            "label unknown",
            rows.unknown,
            "what came after was not there or not yet known; dropped, never counted as negative",
        ),
    ];
    let learned = "learned from and tested on";
    match task {
        Task::Binary => lines.extend([
            ("negative", rows.negatives, learned),
            ("positive", rows.positives, learned),
        ]),
        Task::Regression => lines.push(("labelled", rows.labelled(), learned)),
    }
    for (name, of, why) in lines {
        let length = part(of).unwrap_or_default();
        table.row([
            Cell::word(name),
            Cell::number(count(of)),
            Cell::bar(share(part(of)), length),
            Cell::word(why),
        ]);
    }
    table.strong_row([
        Cell::word("read"),
        Cell::number(count(rows.read)),
        Cell::number(share(part(rows.read))),
        Cell::word(""),
    ]);
    table
}
