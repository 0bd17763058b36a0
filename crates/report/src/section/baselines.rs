//! The model beside simple rules.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::verdict::{mean, mean_of_baseline};
use mltraining_domain::Metrics;

pub(crate) fn table(report: &Report<'_>) -> Table {
    let (evaluation, measures) = (report.evaluation, report.measures());
    let [first, second, third] = &measures.beside;
    let heads = ["", measures.main.head, first.head, second.head, third.head];
    let caption = format!(
        "The same rows, told by rules that anyone could follow. {} is the mean of the folds; its bar begins at {}.",
        measures.name, measures.chance_words
    );
    let mut table = Table::new(caption, &heads);
    let cells = |name: Cell, main: Option<f64>, metrics: &Metrics| {
        let rest = measures
            .beside
            .iter()
            .map(|measure| Cell::number(measure.told(metrics)));
        let main = Cell::bar((measures.main.write)(main), measures.bar(main));
        [name, main].into_iter().chain(rest).collect::<Vec<_>>()
    };
    let main = mean(&evaluation.folds, |fold| (measures.main.of)(&fold.metrics));
    let name = format!("this model ({})", report.spec.algorithm.name());
    table.strong_row(cells(Cell::word(name), main, &evaluation.overall));
    for baseline in &evaluation.baselines {
        let main = mean_of_baseline(evaluation, &baseline.name, &measures.main);
        table.row(cells(
            Cell::word(in_words(&baseline.name)),
            main,
            &baseline.metrics,
        ));
    }
    table
}

fn in_words(name: &str) -> &str {
    match name {
        "mean" => "the mean so far",
        "last_value" => "what came true last for this entity",
        "ridge" => "ridge regression",
        "prevalence" => "the share of positives so far",
        "last_label" => "what came true last for this entity",
        "best_single_feature" => "the best single feature",
        "logistic_regression" => "logistic regression",
        other => other,
    }
}
