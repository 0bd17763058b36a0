//! Where the model is good, and where it is not.

use crate::table::{Cell, Table};
use crate::words::number::{count, score, share};
use mltraining_domain::{SliceKind, Slices};

/// One way of parting the rows.
pub(crate) struct Parted {
    pub name: &'static str,
    pub parts: usize,
    pub table: Table,
}

pub(crate) fn parted(all: &[Slices]) -> Vec<Parted> {
    all.iter().map(one).collect()
}

fn one(of: &Slices) -> Parted {
    let (name, head) = match of.kind {
        SliceKind::Entity => ("By entity", "entity"),
        SliceKind::Phase => ("By phase", "phase"),
        SliceKind::Day => ("By day", "day"),
        SliceKind::HourOfDay => ("By hour of the day (UTC)", "hour"),
    };
    let caption = match of.other_values {
        0 => "Every part. The bar begins at chance, 0.5.".to_owned(),
        more => format!(
            "Those with the most rows; {} more with {} rows are not listed. The bar begins at chance, 0.5.",
            count(more),
            count(of.other_rows)
        ),
    };
    let heads = [
        head,
        ">rows",
        ">positive",
        ">ROC AUC",
        ">average precision",
        ">precision",
        ">recall",
    ];
    let mut table = Table::new(caption, &heads);
    for slice in &of.slices {
        let metrics = &slice.metrics;
        let positive = (metrics.rows > 0).then(|| metrics.positives as f64 / metrics.rows as f64);
        let length = metrics.roc_auc.map_or(0.0, |auc| (auc - 0.5) / 0.5);
        let value = if slice.value.is_empty() {
            "none"
        } else {
            &slice.value
        };
        table.row([
            Cell::name(value),
            Cell::number(count(metrics.rows)),
            Cell::number(share(positive)),
            Cell::bar(score(metrics.roc_auc), length),
            Cell::number(score(metrics.average_precision)),
            Cell::number(share(metrics.precision)),
            Cell::number(share(metrics.recall)),
        ]);
    }
    let parts = of.slices.len();
    Parted { name, parts, table }
}
