//! That nothing of the tests was known in training.

use crate::Report;
use crate::table::{Cell, Table};
use crate::words::number::{UNSET, count, instant, signed};
use mltraining_domain::{Evaluation, Fold, Task};

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
    if let Some(correlation) = evaluation.shuffled_spearman {
        found.push(format!(
            "With all labels shuffled the learner's forecasts have a rank correlation of {} in the last fold; what is far from 0 \
             would come from elsewhere than the rows.",
            signed(Some(correlation))
        ));
    }
    found.push(alarms(evaluation));
    found.extend(unseen(report));
    found
}

fn unseen(report: &Report<'_>) -> Option<String> {
    let found = report.evaluation.unseen.as_ref()?;
    let measures = report.measures();
    // Ranks are means of the folds: scores of different models do not compare.
    let (what, value) = match report.spec.label.task() {
        Task::Binary => ("mean ROC AUC", found.mean_roc_auc),
        Task::Regression => (measures.name, (measures.main.of)(&found.metrics)),
    };
    Some(format!(
        "On {} entities that no fold had seen, in the same time, the {what} is {} over {} rows.",
        count(found.entities),
        (measures.main.write)(value),
        count(found.metrics.rows)
    ))
}

fn alarms(evaluation: &Evaluation) -> String {
    let ranked = evaluation.alarms.iter();
    let ranked = ranked.map(|alarm| format!("{} (ROC AUC {:.3})", alarm.name, alarm.roc_auc));
    let correlated = evaluation.correlated.iter();
    let correlated = correlated.map(|feature| {
        format!(
            "{} (rank correlation {})",
            feature.name,
            signed(Some(feature.spearman))
        )
    });
    let named: Vec<String> = ranked.chain(correlated).collect();
    if named.is_empty() {
        return "No single feature tells nearly all of the label alone.".to_owned();
    }
    format!(
        "Look at these features, each of which tells nearly all of the label alone, a leak more often than a discovery: {}.",
        named.join(", ")
    )
}
