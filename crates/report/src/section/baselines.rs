//! The model beside simple rules.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::number::{fine, score};
use crate::words::verdict::{mean, mean_of_baseline};
use mltraining_domain::Metrics;

pub(crate) fn table(report: &Report<'_>) -> Table {
    let evaluation = report.evaluation;
    let heads = [
        "",
        ">mean ROC AUC of the folds",
        ">average precision",
        ">log loss",
        ">Brier",
    ];
    let caption = "The same rows, told by rules that anyone could follow. The bar begins at chance, 0.5.";
    let mut table = Table::new(caption, &heads);
    let cells = |name: Cell, auc: Option<f64>, metrics: &Metrics| {
        let length = auc.map_or(0.0, |auc| (auc - 0.5) / 0.5);
        [
            name,
            Cell::bar(score(auc), length),
            Cell::number(score(metrics.average_precision)),
            Cell::number(fine(metrics.log_loss)),
            Cell::number(fine(metrics.brier)),
        ]
    };
    let auc = mean(&evaluation.folds, |fold| fold.metrics.roc_auc);
    let name = format!("this model ({})", report.spec.algorithm.name());
    table.strong_row(cells(Cell::word(name), auc, &evaluation.overall));
    for baseline in &evaluation.baselines {
        let auc = mean_of_baseline(evaluation, &baseline.name);
        table.row(cells(
            Cell::word(in_words(&baseline.name)),
            auc,
            &baseline.metrics,
        ));
    }
    table
}

fn in_words(name: &str) -> &str {
    match name {
        "prevalence" => "the share of positives so far",
        "last_label" => "what came true last for this entity",
        "best_single_feature" => "the best single feature",
        "logistic_regression" => "logistic regression",
        other => other,
    }
}
