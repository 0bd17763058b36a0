//! Rows that share entity and time.

use super::CheckKind;
use crate::looked::Looked;
use crate::{Check, Finding, Outcome, Scope, Severity, Subject};
use chrono::DateTime;
use mltraining_domain::DuplicateRule;
use mltraining_panel::Duplicates;
use mltraining_panel::compute::Cancelled;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::DuplicateRows,
    description: "rows of one entity and one time, counted over all rows of the spec",
    run,
};

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let question = looked.question;
    let rule = question.source.duplicate_rule;
    Ok(Outcome {
        scope: Scope {
            rows: question.rows,
            entities: question.entities,
            ..Scope::default()
        },
        findings: question
            .duplicates
            .iter()
            .map(|found| finding(found, rule))
            .collect(),
    })
}

fn finding(found: &Duplicates, rule: DuplicateRule) -> Finding {
    let (severity, advice) = match rule {
        DuplicateRule::Refuse => (
            Severity::Error,
            "a training refuses them: remove them or set the source's duplicate_rule",
        ),
        DuplicateRule::KeepFirst => (Severity::Warning, "of each the row that sorts first is kept"),
        DuplicateRule::KeepLast => (Severity::Warning, "of each the row that sorts last is kept"),
    };
    let time = DateTime::from_timestamp_micros(found.time_micros).map(|time| time.to_rfc3339());
    Finding {
        severity,
        subject: Subject::Rows,
        other: None,
        value: Some(found.count as f64),
        change: None,
        text: format!(
            "{} rows repeat the entity and time of another, the first {:?} at {}; {advice}",
            found.count,
            found.entity,
            time.unwrap_or_default()
        ),
    }
}
