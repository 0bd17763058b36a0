//! The numbers at the head of the page.

use crate::Report;
use crate::words::number::{
    UNSET, count, counted, fine, interval, interval_of_numbers, part, score, share, signed, size, times,
};
use crate::words::verdict::mean;
use mltraining_domain::{Interval, RegressionIntervals, Task};

/// A number with its name.
pub(crate) struct Tile {
    pub name: &'static str,
    pub value: String,
    pub note: String,
}

pub(crate) fn tiles(report: &Report<'_>) -> Vec<Tile> {
    match report.spec.label.task() {
        Task::Binary => of_classes(report),
        Task::Regression => of_numbers(report),
    }
}

fn of_classes(report: &Report<'_>) -> Vec<Tile> {
    let (evaluation, facts) = (report.evaluation, report.facts);
    let all = &evaluation.overall;
    let found = evaluation.intervals.as_ref().map(|found| found.overall);
    let auc = mean(&evaluation.folds, |fold| fold.metrics.roc_auc);
    let prevalence = part(all.positives, all.rows);
    let mut tiles = vec![
        Tile {
            name: "ROC AUC",
            value: score(auc),
            note: "mean of the folds; chance is 0.5".to_owned(),
        },
        Tile {
            name: "Average precision",
            value: score(all.average_precision),
            note: found.map_or_else(String::new, |found| interval(found.average_precision))
                + &format!("; by chance {}", share(prevalence)),
        },
    ];
    if let Some(top) = all.top.iter().find(|top| top.share >= 0.01) {
        tiles.push(Tile {
            name: "The highest 1 % of scores",
            value: share(Some(top.precision)),
            note: format!(
                "of {} rows come true, {} the usual",
                count(top.rows),
                times(top.lift)
            ),
        });
    }
    tiles.push(Tile {
        name: "Brier skill",
        value: signed(all.brier_skill),
        note: format!("Brier {}, log loss {}", fine(all.brier), fine(all.log_loss)),
    });
    tiles.push(match (facts.threshold, all.precision, all.recall) {
        (None, ..) => Tile {
            name: "At the threshold",
            value: UNSET.to_owned(),
            note: "no score does what was asked for".to_owned(),
        },
        (Some(_), precision, recall) => Tile {
            name: "Precision at the threshold",
            value: share(precision),
            note: format!("finds {} of the positives", share(recall)),
        },
    });
    tiles.push(Tile {
        name: "Tested rows",
        value: count(all.rows),
        note: format!(
            "{} positive, {}",
            share(prevalence),
            counted(facts.entities, "entity", "entities")
        ),
    });
    tiles
}

fn of_numbers(report: &Report<'_>) -> Vec<Tile> {
    let evaluation = report.evaluation;
    let all = evaluation.overall.regression.unwrap_or_default();
    let found = evaluation.intervals.as_ref();
    let found = found.and_then(|found| found.overall.regression);
    let within = |of: fn(RegressionIntervals) -> Interval, write: fn(f64) -> String| {
        found.map_or_else(String::new, |found| interval_of_numbers(of(found), write))
    };
    let r2 = mean(&evaluation.folds, |fold| fold.metrics.regression?.r2);
    let tile = |name, value, note| Tile { name, value, note };
    vec![
        tile(
            "R\u{b2}",
            score(r2),
            "mean of the folds; 0 is as near as the mean of the same rows".to_owned(),
        ),
        tile(
            "Rank correlation",
            score(all.spearman),
            within(|found| found.spearman, |value| score(Some(value))),
        ),
        tile(
            "Mean absolute error",
            size(all.mae),
            format!("median {}", size(all.median_absolute_error)),
        ),
        tile(
            "RMSE",
            size(all.rmse),
            within(|found| found.rmse, |value| size(Some(value))),
        ),
        tile(
            "Tested rows",
            count(evaluation.overall.rows),
            format!("of {}", counted(report.facts.entities, "entity", "entities")),
        ),
    ]
}
