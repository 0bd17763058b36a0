//! Reports of CheckLeakage.

use super::field::wire_count;
use super::time::show_micros;
use mltraining_leakage::{CHECKS, Change, Check, Checked, Finding, Report, Severity, Subject};
use mltraining_proto::v1;
use std::cmp::Reverse;

/// Findings of a check that are shown.
const SHOWN: usize = 100;

/// A report as the wire holds it.
pub(crate) fn show(report: &Report) -> v1::CheckLeakageResponse {
    let findings = report.checked.iter().flat_map(|checked| {
        let mut findings: Vec<&Finding> = checked.outcome.findings.iter().collect();
        findings.sort_by_key(|finding| Reverse(finding.severity)); // stable
        let shown = findings.into_iter().take(SHOWN);
        shown.map(|finding| show_finding(checked.check, finding))
    });
    v1::CheckLeakageResponse {
        findings: findings.collect(),
        checks: report.checked.iter().map(show_scope).collect(),
    }
}

fn show_finding(check: Check, finding: &Finding) -> v1::LeakageFinding {
    let (feature, column) = match &finding.subject {
        Subject::Feature(name) => (name.clone(), String::new()),
        Subject::Column(name) => (String::new(), name.clone()),
        Subject::Label | Subject::Rows => (String::new(), String::new()),
    };
    let severity = match finding.severity {
        Severity::Warning => v1::LeakageSeverity::Warning,
        Severity::Error => v1::LeakageSeverity::Error,
    };
    v1::LeakageFinding {
        check: show_check(check).into(),
        severity: severity.into(),
        feature,
        column,
        other: finding.other.clone().unwrap_or_default(),
        value: finding.value,
        text: finding.text.clone(),
        changed: finding.change.as_ref().map(show_change),
    }
}

fn show_change(change: &Change) -> v1::ChangedValue {
    let known = |value: f64| (!value.is_nan()).then_some(value);
    v1::ChangedValue {
        entity: change.entity.clone(),
        time: show_micros(change.time),
        cut_time: show_micros(change.cut),
        before: known(change.before),
        after: known(change.after),
    }
}

fn show_scope(checked: &Checked) -> v1::LeakageCheckScope {
    let (scope, findings) = (&checked.outcome.scope, &checked.outcome.findings);
    let kind = CHECKS.iter().find(|kind| kind.check == checked.check);
    v1::LeakageCheckScope {
        check: show_check(checked.check).into(),
        description: kind.map(|kind| kind.description.to_owned()).unwrap_or_default(),
        rows: wire_count(scope.rows),
        entity_count: wire_count(scope.entities),
        feature_count: wire_count(scope.features),
        column_count: wire_count(scope.columns),
        cut_count: wire_count(scope.cuts),
        finding_count: wire_count(findings.len() as u64),
    }
}

fn show_check(check: Check) -> v1::LeakageCheck {
    match check {
        Check::LookAhead => v1::LeakageCheck::LookAhead,
        Check::SingleFeature => v1::LeakageCheck::SingleFeature,
        Check::TargetCopy => v1::LeakageCheck::TargetCopy,
        Check::DuplicateRows => v1::LeakageCheck::DuplicateRows,
        Check::DuplicateFeatures => v1::LeakageCheck::DuplicateFeatures,
        Check::KnownAtEnd => v1::LeakageCheck::KnownAtEnd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_leakage::{Outcome, Scope};

    fn finding(number: usize, severity: Severity) -> Finding {
        Finding {
            severity,
            subject: Subject::Feature(format!("f{number}")),
            other: None,
            value: Some(0.99),
            change: Some(Change {
                entity: "e".to_owned(),
                time: 1_000_000,
                cut: 2_000_000,
                before: f64::NAN,
                after: 0.5,
            }),
            text: "why".to_owned(),
        }
    }

    #[test]
    fn errors_are_shown_first_and_those_that_are_not_shown_are_counted() {
        let mut findings: Vec<Finding> = (0..150).map(|i| finding(i, Severity::Warning)).collect();
        findings.push(finding(150, Severity::Error));
        let outcome = Outcome {
            scope: Scope {
                rows: 7,
                ..Scope::default()
            },
            findings,
        };
        let report = Report {
            checked: vec![Checked {
                check: Check::LookAhead,
                outcome,
            }],
        };
        let shown = show(&report);
        assert_eq!((shown.findings.len(), shown.checks[0].finding_count), (100, 151));
        assert_eq!(
            (
                shown.findings[0].feature.as_str(),
                shown.findings[1].feature.as_str()
            ),
            ("f150", "f0")
        );
        let changed = shown.findings[0].changed.as_ref().unwrap();
        assert_eq!((changed.before, changed.after), (None, Some(0.5)));
        assert_eq!(changed.time.as_ref().unwrap().seconds, 1);
        assert_eq!(shown.checks[0].rows, 7);
        assert!(shown.checks[0].description.contains("20,000"));
    }
}
