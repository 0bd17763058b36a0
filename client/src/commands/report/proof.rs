//! The proof that no training row saw the test time, checked here again from its numbers.

use crate::output::{Paint, Tone, count, metric};
use crate::when;
use mltraining_proto::v1;

/// One line: in every fold the last label learned from was known before the first test row, and where rows after a test are
/// learned from, they were decided after its last label was known.
pub(super) fn line(proof: &v1::LeakProof, paint: Paint) -> String {
    let margins: Vec<(i32, Option<i64>)> = proof
        .folds
        .iter()
        .map(|fold| (fold.index, margin(fold)))
        .collect();
    let purged: i64 = proof.folds.iter().map(|fold| fold.purged_rows).sum();
    let embargoed: i64 = proof.folds.iter().map(|fold| fold.embargoed_rows).sum();
    let dropped = format!("{} rows purged, {} embargoed", count(purged), count(embargoed));
    let broken: Vec<String> = margins
        .iter()
        .filter(|(_, margin)| margin.is_none_or(|margin| margin <= 0))
        .map(|(index, _)| index.to_string())
        .collect();
    if margins.is_empty() {
        return format!("leak proof  {}", paint.text(Tone::Warn, "none was given"));
    }
    if !broken.is_empty() {
        let text = format!(
            "BROKEN in fold {}: a label was learned from that was known only in the test time, or its row decided in it",
            broken.join(", ")
        );
        return format!("leak proof  {}", paint.text(Tone::Bad, text));
    }
    let (fold, closest) = margins
        .iter()
        .filter_map(|(index, margin)| margin.map(|margin| (*index, margin)))
        .min_by_key(|(_, margin)| *margin)
        .expect("no fold is broken, so each has a margin, and there is one");
    let both_sides = proof.folds.iter().flat_map(|fold| &fold.gaps);
    let distance = match both_sides
        .into_iter()
        .any(|gap| gap.next_train_decision_time.is_some())
    {
        true => format!(
            "what was learned from lies at least {} from what was tested",
            when::show_length(closest)
        ),
        false => format!(
            "the last label learned from was known at least {} before the first test row",
            when::show_length(closest)
        ),
    };
    let shuffled = match (proof.shuffled_roc_auc, proof.shuffled_spearman) {
        (Some(auc), _) => format!("; ROC AUC on shuffled labels {}", metric(Some(auc))),
        (None, Some(spearman)) => format!("; Spearman on shuffled labels {}", metric(Some(spearman))),
        (None, None) => String::new(),
    };
    format!(
        "leak proof  {} in {} folds: {distance} (fold {fold}); {dropped}{shuffled}{}",
        paint.text(Tone::Good, "holds"),
        margins.len(),
        alarms(proof, paint),
    )
}

/// The features that tell nearly all of the label alone, on lines of their own.
fn alarms(proof: &v1::LeakProof, paint: Paint) -> String {
    let line = |feature: &str, what: &str, score: f64| {
        let score = metric(Some(score));
        let text = format!("{feature} alone has a {what} of {score}: does it know the label?");
        format!("\n            {}", paint.text(Tone::Warn, text))
    };
    let parting = proof
        .alarms
        .iter()
        .map(|alarm| line(&alarm.feature, "ROC AUC", alarm.roc_auc));
    let ordering = proof.correlated.iter();
    let ordering = ordering.map(|alarm| line(&alarm.feature, "rank correlation", alarm.spearman));
    parting.chain(ordering).collect()
}

/// The smallest distance in microseconds between what was learned from and what was tested; `None` when a time is missing.
fn margin(fold: &v1::FoldLeakProof) -> Option<i64> {
    if fold.gaps.is_empty() {
        let resolved = when::micros(fold.latest_train_resolve_time.as_ref()?);
        return Some(when::micros(fold.first_test_decision_time.as_ref()?) - resolved);
    }
    let gaps: Option<Vec<i64>> = fold.gaps.iter().map(gap_margin).collect();
    gaps?.into_iter().min()
}

/// The same for one run of test blocks, on the sides that were learned from.
fn gap_margin(gap: &v1::TestGap) -> Option<i64> {
    let first = when::micros(gap.first_test_decision_time.as_ref()?);
    let last = when::micros(gap.latest_test_resolve_time.as_ref()?);
    let before = gap
        .latest_train_resolve_time
        .as_ref()
        .map(|time| first - when::micros(time));
    let after = gap
        .next_train_decision_time
        .as_ref()
        .map(|time| when::micros(time) - last);
    before.into_iter().chain(after).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(index: i32, resolve: i64, decision: i64) -> v1::FoldLeakProof {
        v1::FoldLeakProof {
            index,
            latest_train_resolve_time: Some(when::timestamp(resolve)),
            first_test_decision_time: Some(when::timestamp(decision)),
            purged_rows: 6,
            embargoed_rows: 1,
            gaps: Vec::new(),
        }
    }

    #[test]
    fn the_proof_holds_when_every_label_was_known_before_the_test() {
        let proof = v1::LeakProof {
            folds: vec![fold(1, 0, 600_000_000), fold(2, 0, 300_000_000)],
            ..v1::LeakProof::default()
        };
        assert_eq!(
            line(&proof, Paint::Plain),
            "leak proof  holds in 2 folds: the last label learned from was known at least 5m before the first test row \
             (fold 2); 12 rows purged, 2 embargoed"
        );
    }

    #[test]
    fn a_label_that_was_known_only_in_the_test_time_is_told() {
        let missing = v1::FoldLeakProof {
            index: 3,
            ..v1::FoldLeakProof::default()
        };
        let proof = v1::LeakProof {
            folds: vec![fold(1, 0, 1), fold(2, 5, 5), missing],
            ..v1::LeakProof::default()
        };
        assert!(line(&proof, Paint::Plain).contains("BROKEN in fold 2, 3"));
        assert!(line(&v1::LeakProof::default(), Paint::Plain).contains("none was given"));
    }

    /// A fold that learned from rows on both sides of minutes 10 to 20.
    fn between(before: Option<i64>, after: Option<i64>) -> v1::FoldLeakProof {
        let minute = |minute: i64| Some(when::timestamp(minute * 60_000_000));
        let gap = v1::TestGap {
            first_test_decision_time: minute(10),
            latest_test_resolve_time: minute(20),
            latest_train_resolve_time: before.and_then(minute),
            next_train_decision_time: after.and_then(minute),
        };
        v1::FoldLeakProof {
            gaps: vec![gap],
            ..fold(1, 3_000_000_000, 600_000_000)
        }
    }

    #[test]
    fn what_was_learned_from_after_a_test_is_held_to_the_end_of_its_labels() {
        let told = |fold| {
            let alarm = v1::SingleFeature {
                feature: "copy".to_owned(),
                roc_auc: 0.97,
            };
            let proof = v1::LeakProof {
                folds: vec![fold],
                shuffled_roc_auc: Some(0.501),
                alarms: vec![alarm],
                ..v1::LeakProof::default()
            };
            line(&proof, Paint::Plain)
        };
        assert_eq!(
            told(between(Some(7), Some(21))),
            "leak proof  holds in 1 folds: what was learned from lies at least 1m from what was tested (fold 1); 6 rows purged, 1 embargoed; ROC AUC on shuffled labels 0.501\n            copy alone has a ROC AUC of 0.970: does it know the label?"
        );
        assert!(told(between(None, Some(20))).contains("BROKEN in fold 1"));
        assert!(told(between(Some(10), Some(30))).contains("BROKEN in fold 1"));
        assert!(
            told(between(None, None)).contains("BROKEN in fold 1"),
            "nothing to hold it against"
        );
    }
}
