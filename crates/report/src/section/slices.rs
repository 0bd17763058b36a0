//! Where the model is good, and where it is not.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::measures::Measures;
use crate::words::number::{count, part, share};
use mltraining_domain::{SliceKind, Slices, Task};

/// One way of parting the rows.
pub(crate) struct Parted {
    pub name: &'static str,
    pub parts: usize,
    pub table: Table,
}

pub(crate) fn parted(report: &Report<'_>) -> Vec<Parted> {
    let (measures, task) = (report.measures(), report.spec.label.task());
    let all = report.evaluation.slices.iter();
    all.map(|of| one(of, measures, task)).collect()
}

fn one(of: &Slices, measures: &Measures, task: Task) -> Parted {
    let (name, head) = match of.kind {
        SliceKind::Entity => ("By entity", "entity"),
        SliceKind::Phase => ("By phase", "phase"),
        SliceKind::Day => ("By day", "day"),
        SliceKind::HourOfDay => ("By hour of the day (UTC)", "hour"),
    };
    let listed = match of.other_values {
        0 => "Every part".to_owned(),
        more => format!(
            "Those with the most rows; {} more with {} rows are not listed",
            count(more),
            count(of.other_rows)
        ),
    };
    let caption = format!("{listed}. The bar begins at {}.", measures.chance_words);
    let mut heads = vec![head, ">rows"];
    heads.extend((task == Task::Binary).then_some(">positive"));
    heads.push(measures.main.head);
    heads.extend(measures.in_slices.iter().map(|measure| measure.head));
    let mut table = Table::new(caption, &heads);
    for slice in &of.slices {
        let metrics = &slice.metrics;
        let value = if slice.value.is_empty() {
            "none"
        } else {
            &slice.value
        };
        let mut cells = vec![Cell::name(value), Cell::number(count(metrics.rows))];
        cells.extend(
            (task == Task::Binary).then(|| Cell::number(share(part(metrics.positives, metrics.rows)))),
        );
        let main = (measures.main.of)(metrics);
        cells.push(Cell::bar((measures.main.write)(main), measures.bar(main)));
        let rest = measures.in_slices.iter();
        cells.extend(rest.map(|measure| Cell::number(measure.told(metrics))));
        table.row(cells);
    }
    let parts = of.slices.len();
    Parted { name, parts, table }
}
