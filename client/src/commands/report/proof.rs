//! The proof that no training row saw the test time, checked here again from its numbers.

use crate::output::{Paint, Tone, count};
use crate::when;
use mltraining_proto::v1;

/// One line: in every fold the last label learned from was known before the first test row.
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
            "BROKEN in fold {}: a label was learned from that was known only in the test time",
            broken.join(", ")
        );
        return format!("leak proof  {}", paint.text(Tone::Bad, text));
    }
    let (fold, closest) = margins
        .iter()
        .filter_map(|(index, margin)| margin.map(|margin| (*index, margin)))
        .min_by_key(|(_, margin)| *margin)
        .expect("no fold is broken, so each has a margin, and there is one");
    format!(
        "leak proof  {} in {} folds: the last label learned from was known at least {} before the first test row (fold {fold}); {dropped}",
        paint.text(Tone::Good, "holds"),
        margins.len(),
        when::show_length(closest),
    )
}

/// Microseconds from the last known training label to the first test decision; `None` when one of them is missing.
fn margin(fold: &v1::FoldLeakProof) -> Option<i64> {
    let resolved = when::micros(fold.latest_train_resolve_time.as_ref()?);
    Some(when::micros(fold.first_test_decision_time.as_ref()?) - resolved)
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
        }
    }

    #[test]
    fn the_proof_holds_when_every_label_was_known_before_the_test() {
        let proof = v1::LeakProof {
            folds: vec![fold(1, 0, 600_000_000), fold(2, 0, 300_000_000)],
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
        };
        assert!(line(&proof, Paint::Plain).contains("BROKEN in fold 2, 3"));
        assert!(line(&v1::LeakProof::default(), Paint::Plain).contains("none was given"));
    }
}
