//! Features that part the classes alone.

use super::CheckKind;
use crate::looked::Looked;
use crate::{Check, Finding, Outcome, Scope, Severity, Subject};
use mltraining_domain::SingleFeature;
use mltraining_learn::single_features::{ALARM, NEAR_COPY, measure};
use mltraining_panel::compute::Cancelled;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::SingleFeature,
    description: "the ROC AUC of each feature alone, either way round, above 0.95 (above 0.999 it is a copy of what tells the \
                  label), as a training measures it: on at most 100,000 rows with a known label, from 50 known values of a class on",
    run,
};

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let measured = measure(&looked.matrix, &looked.rows.labels);
    Ok(Outcome {
        scope: Scope {
            features: measured.len() as u64,
            ..looked.scope()
        },
        findings: measured
            .into_iter()
            .filter(|single| single.roc_auc > ALARM)
            .map(finding)
            .collect(),
    })
}

fn finding(single: SingleFeature) -> Finding {
    let (severity, advice) = match single.roc_auc >= NEAR_COPY {
        true => (
            Severity::Error,
            "it is a copy of what tells the label: exclude it",
        ),
        false => (
            Severity::Warning,
            "a leak more often than a discovery: make sure that it is known at the row's time, else exclude it",
        ),
    };
    Finding {
        severity,
        text: format!(
            "parts the classes alone with a ROC AUC of {:.4}; {advice}",
            single.roc_auc
        ),
        value: Some(single.roc_auc),
        subject: Subject::Feature(single.name),
        other: None,
        change: None,
    }
}
