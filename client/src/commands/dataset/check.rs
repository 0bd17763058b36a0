//! `mlts dataset check`: looks for what a model would be told and could not know, before anything is trained.

use crate::commands::spec::whole::SpecArgs;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, UNKNOWN, count, counted};
use crate::when;
use clap::Args;
use mltraining_proto::v1;

/// Takes the options of `mlts train` that say what is learned from.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    spec: SpecArgs,
}

pub(super) async fn run(args: &CheckArgs, context: &Context<'_>) -> Result<(), CliError> {
    let shown = check(args, context).await;
    shown.map_err(|error| names::of_source(args.spec.source(), error))
}

async fn check(args: &CheckArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (spec, source, connection) = super::completed(&args.spec, context).await?;
    let request = v1::CheckLeakageRequest {
        parent: format!("projects/{}", source.project),
        spec: Some(spec),
    };
    let found = connection.dataset().check_leakage(request).await?.into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&found),
        Format::Human => context.output.line(text(&found, context.output.paint)),
    }
}

fn text(found: &v1::CheckLeakageResponse, paint: Paint) -> String {
    let mut parts = Vec::new();
    if !found.findings.is_empty() {
        parts.push(findings(found, paint));
    }
    let hidden = hidden(found);
    if hidden > 0 {
        let more = counted(hidden, "finding more is", "findings more are");
        parts.push(paint.text(Tone::Faint, format!("{more} not shown")));
    }
    parts.push(checks(found, paint));
    let total: i64 = found.checks.iter().map(|check| check.finding_count).sum();
    if total == 0 {
        parts.push("nothing was found in what was looked at".to_owned());
    }
    parts.join("\n\n")
}

fn hidden(found: &v1::CheckLeakageResponse) -> i64 {
    let total: i64 = found.checks.iter().map(|check| check.finding_count).sum();
    total - found.findings.len() as i64
}

fn findings(found: &v1::CheckLeakageResponse, paint: Paint) -> String {
    let mut table = Table::wrapped(&["severity", "check", "what", "finding"], paint);
    for finding in &found.findings {
        let (severity, tone) = match finding.severity() {
            v1::LeakageSeverity::Error => ("error", Tone::Bad),
            _ => ("warning", Tone::Warn),
        };
        table.toned([
            (severity.to_owned(), Some(tone)),
            (name(finding.check()).to_owned(), None),
            (subject(finding), None),
            (sentence(finding), None),
        ]);
    }
    table.render()
}

fn checks(found: &v1::CheckLeakageResponse, paint: Paint) -> String {
    let headings = [
        "looked for",
        ">findings",
        ">rows",
        ">entities",
        ">features",
        ">columns",
        ">cuts",
    ];
    let number = |value: i64| {
        if value == 0 {
            UNKNOWN.to_owned()
        } else {
            count(value)
        }
    };
    let mut table = Table::new(&headings, paint);
    for check in &found.checks {
        table.row([
            name(check.check()).to_owned(),
            count(check.finding_count),
            number(check.rows),
            number(check.entity_count),
            number(check.feature_count),
            number(check.column_count),
            number(check.cut_count),
        ]);
    }
    table.render()
}

fn subject(finding: &v1::LeakageFinding) -> String {
    match (finding.feature.as_str(), finding.column.as_str()) {
        ("", "") if finding.check() == v1::LeakageCheck::LookAhead => "the label".to_owned(),
        ("", "") => "rows".to_owned(),
        ("", column) => format!("column {column}"),
        (feature, _) => feature.to_owned(),
    }
}

/// The text, and of a value that changed where it stands.
fn sentence(finding: &v1::LeakageFinding) -> String {
    match &finding.changed {
        None => finding.text.clone(),
        Some(changed) => format!(
            "{} ({} at {}, rows after {} were changed)",
            finding.text,
            changed.entity,
            when::show(changed.time.as_ref()),
            when::show(changed.cut_time.as_ref())
        ),
    }
}

fn name(check: v1::LeakageCheck) -> &'static str {
    match check {
        v1::LeakageCheck::Unspecified => "a newer check",
        v1::LeakageCheck::LookAhead => "look-ahead",
        v1::LeakageCheck::SingleFeature => "single features",
        v1::LeakageCheck::TargetCopy => "copies of the target",
        v1::LeakageCheck::DuplicateRows => "duplicate rows",
        v1::LeakageCheck::DuplicateFeatures => "duplicate features",
        v1::LeakageCheck::KnownAtEnd => "known at the end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(check: v1::LeakageCheck, rows: i64, finding_count: i64) -> v1::LeakageCheckScope {
        v1::LeakageCheckScope {
            check: check.into(),
            rows,
            entity_count: 3,
            finding_count,
            ..v1::LeakageCheckScope::default()
        }
    }

    #[test]
    fn findings_stand_above_what_was_looked_at() {
        let finding = v1::LeakageFinding {
            check: v1::LeakageCheck::LookAhead.into(),
            severity: v1::LeakageSeverity::Error.into(),
            feature: "next(close)".to_owned(),
            text: "2 values change".to_owned(),
            changed: Some(v1::ChangedValue {
                entity: "ADA".to_owned(),
                time: Some(when::timestamp(0)),
                cut_time: Some(when::timestamp(60_000_000)),
                ..v1::ChangedValue::default()
            }),
            ..v1::LeakageFinding::default()
        };
        let found = v1::CheckLeakageResponse {
            findings: vec![finding],
            checks: vec![
                scope(v1::LeakageCheck::LookAhead, 12_000, 2),
                scope(v1::LeakageCheck::DuplicateRows, 500_000, 0),
            ],
        };
        let shown = text(&found, Paint::Plain);
        for part in [
            "error     look-ahead  next(close)  2 values change (ADA at 1970-01-01 00:00, rows after 1970-01-01 00:01 were changed)",
            "1 finding more is not shown",
            "look-ahead             2   12,000         3",
            "duplicate rows         0  500,000         3",
        ] {
            assert!(shown.contains(part), "{part:?} in\n{shown}");
        }
        let clean = v1::CheckLeakageResponse {
            findings: Vec::new(),
            checks: vec![scope(v1::LeakageCheck::DuplicateRows, 7, 0)],
        };
        assert!(text(&clean, Paint::Plain).ends_with("nothing was found in what was looked at"));
    }
}
