//! That nothing of the tests was known in training.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::number::{UNSET, count, instant, score};
use mltraining_domain::{Evaluation, Fold};

/// The distance between training and test in each fold.
pub(crate) fn table(folds: &[Fold]) -> Table {
    let caption = "Before each run of test rows every training label was known; after it no training row begins too early.";
    let heads = [
        "fold",
        "last label known in training",
        "first test decision",
        "last label of the test",
        "next training decision",
        ">purged",
        ">embargoed",
    ];
    let mut table = Table::new(caption, &heads);
    let or_none =
        |time: Option<chrono::DateTime<chrono::Utc>>| time.map_or_else(|| UNSET.to_owned(), instant);
    for fold in folds {
        let proof = &fold.leak_proof;
        let dropped = [
            Cell::number(count(proof.purged_rows)),
            Cell::number(count(proof.embargoed_rows)),
        ];
        if proof.gaps.is_empty() {
            let times = [
                instant(proof.latest_train_resolve),
                instant(proof.first_test_decision),
            ];
            let known = times
                .map(Cell::time)
                .into_iter()
                .chain([UNSET, UNSET].map(Cell::time));
            table.row(
                std::iter::once(Cell::number(fold.index.to_string()))
                    .chain(known)
                    .chain(dropped),
            );
            continue;
        }
        let mut dropped = Some(dropped);
        for gap in &proof.gaps {
            let times = [
                or_none(gap.latest_train_resolve),
                instant(gap.first_test_decision),
                instant(gap.latest_test_resolve),
                or_none(gap.next_train_decision),
            ];
            let dropped = dropped
                .take()
                .unwrap_or_else(|| [Cell::number(""), Cell::number("")]);
            let first = Cell::number(fold.index.to_string());
            table.row(std::iter::once(first).chain(times.map(Cell::time)).chain(dropped));
        }
    }
    table
}

/// What else would have shown a leak, in sentences.
pub(crate) fn sentences(report: &Report<'_>) -> Vec<String> {
    let evaluation = report.evaluation;
    let mut found = Vec::new();
    if let Some(auc) = evaluation.shuffled_roc_auc {
        found.push(format!(
            "With all labels shuffled the learner finds a ROC AUC of {auc:.3} in the last fold; what is far from 0.5 would come \
             from elsewhere than the rows."
        ));
    }
    found.push(alarms(evaluation));
    if let Some(unseen) = &evaluation.unseen {
        found.push(format!(
            "On {} entities that no fold had seen, in the same time, the mean ROC AUC is {} over {} rows.",
            count(unseen.entities),
            score(unseen.mean_roc_auc),
            count(unseen.metrics.rows)
        ));
    }
    found
}

fn alarms(evaluation: &Evaluation) -> String {
    if evaluation.alarms.is_empty() {
        return "No single feature tells nearly all of the label alone.".to_owned();
    }
    let named = evaluation
        .alarms
        .iter()
        .map(|alarm| format!("{} (ROC AUC {:.3})", alarm.name, alarm.roc_auc));
    format!(
        "Look at these features, each of which tells nearly all of the label alone, a leak more often than a discovery: {}.",
        named.collect::<Vec<_>>().join(", ")
    )
}
