//! What the model looks at.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::number::{UNSET, share, signed};
use mltraining_domain::Task;
use std::cmp::Reverse;

/// No more features are listed; metrics.json has all.
const MOST: usize = 30;

pub(crate) fn table(report: &Report<'_>) -> Table {
    let (evaluation, names) = (report.evaluation, &report.facts.feature_names);
    let gain = |at: usize| evaluation.importances.get(at).copied();
    let drop = |at: usize| evaluation.permutation.get(at).copied();
    let mut order: Vec<usize> = (0..names.len()).collect();
    let key = |value: Option<f64>| value.map_or(i64::MIN, |value| (value * 1e12) as i64);
    // What is lost without a feature is measured on test rows and comes first; gains only order what was not measured.
    order.sort_by_key(|&at| Reverse((key(drop(at).map(|drop| drop.mean)), key(gain(at)))));
    let listed = order.len().min(MOST);
    let caption = match names.len() - listed {
        0 => "Every feature.".to_owned(),
        more => format!("The first {listed}; metrics.json has {more} more."),
    };
    let heads = [
        "feature",
        match report.spec.label.task() {
            Task::Binary => ">ROC AUC lost without it",
            Task::Regression => ">R\u{b2} lost without it",
        },
        ">± over the folds",
        ">share of the model's gain",
    ];
    let mut table = Table::new(caption, &heads);
    let most_lost = evaluation
        .permutation
        .iter()
        .map(|drop| drop.mean)
        .fold(1e-9, f64::max);
    let most_gained = evaluation.importances.iter().copied().fold(1e-9, f64::max);
    for &at in &order[..listed] {
        let lost = drop(at);
        let deviation = lost.and_then(|lost| lost.deviation);
        table.row([
            Cell::name(&names[at]),
            Cell::bar(
                signed(lost.map(|lost| lost.mean)),
                lost.map_or(0.0, |lost| lost.mean / most_lost),
            ),
            Cell::number(deviation.map_or_else(|| UNSET.to_owned(), |deviation| format!("{deviation:.3}"))),
            Cell::bar(share(gain(at)), gain(at).map_or(0.0, |gain| gain / most_gained)),
        ]);
    }
    table
}
