//! Outcomes of reproductions for people.

use crate::output::{Paint, Table, Tone, count, counted};
use mltraining_proto::v1;
use v1::ReproductionVerdict as Verdict;

/// Digits of a hash that are shown.
const DIGITS: usize = 16;

/// The outcome in a sentence.
pub(crate) fn verdict(found: &v1::Reproduction) -> &'static str {
    match found.verdict() {
        Verdict::Equal => "equal: the same model came of it, byte for byte",
        Verdict::SourceChanged => "differs: the source has other rows than the training read",
        Verdict::ServiceChanged => "differs: the rows are the same, the service is not",
        Verdict::Unexplained => "differs: another model came of the same rows and the same service",
        Verdict::Unspecified => "differs in a way that this version of mlts does not know",
    }
}

/// The outcome with its numbers, and the days whose rows differ.
pub(super) fn outcome(found: &v1::Reproduction, paint: Paint) -> String {
    let tone = match found.verdict() {
        Verdict::Equal => Tone::Good,
        _ => Tone::Bad,
    };
    let mut text = format!(
        "{}\n\n{}",
        paint.text(tone, verdict(found)),
        numbers(found, paint)
    );
    if !found.failure.is_empty() {
        text.push_str(&format!("\n\nno model came of these rows: {}", found.failure));
    }
    if let Some(days) = &found.differing_days {
        text.push_str(&format!("\n\n{}", differing(days, paint)));
    }
    text
}

fn numbers(found: &v1::Reproduction, paint: Paint) -> String {
    let mut table = Table::new(&["", "then", "now"], paint);
    let facts = [
        ("model file", &found.model_sha256),
        ("rows", &found.source_fingerprint),
        ("spec", &found.spec_hash),
        ("service", &found.service_version),
    ];
    for (name, both) in facts {
        let both = both.clone().unwrap_or_default();
        let tone = (both.then != both.now).then_some(Tone::Bad);
        table.toned([
            (name.to_owned(), None),
            (short(&both.then), None),
            (short(&both.now), tone),
        ]);
    }
    table.render()
}

fn short(text: &str) -> String {
    match text {
        "" => "none".to_owned(),
        text => text.chars().take(DIGITS).collect(),
    }
}

fn differing(days: &v1::DifferingDays, paint: Paint) -> String {
    let all = days.added_count + days.removed_count + days.changed_count;
    let mut table = Table::new(
        &["entity", "day", "what", ">rows then", ">rows now", "context"],
        paint,
    );
    for day in &days.first {
        let what = match day.change() {
            v1::DayChange::Added => "added",
            v1::DayChange::Removed => "removed",
            v1::DayChange::Changed => "changed",
            v1::DayChange::Unspecified => "",
        };
        let date = if day.day.is_empty() { "all" } else { &day.day };
        table.row([
            day.entity.clone(),
            date.to_owned(),
            what.to_owned(),
            count(day.rows_then),
            count(day.rows_now),
            day.context.clone(),
        ]);
    }
    let head = format!(
        "{} with other rows: {} changed, {} added, {} removed",
        counted(all, "day of an entity", "days of entities"),
        count(days.changed_count),
        count(days.added_count),
        count(days.removed_count)
    );
    let rest = all - days.first.len() as i64;
    match rest {
        ..=0 => format!("{head}\n{}", table.render()),
        rest => format!("{head}\n{}\nand {} more", table.render(), count(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(then: &str, now: &str) -> Option<v1::ThenAndNow> {
        Some(v1::ThenAndNow {
            then: then.to_owned(),
            now: now.to_owned(),
        })
    }

    #[test]
    fn a_changed_source_is_shown_with_the_days_that_differ() {
        let day = v1::DifferingDay {
            entity: "e1".to_owned(),
            day: "2026-01-02".to_owned(),
            change: v1::DayChange::Changed.into(),
            rows_then: 1440,
            rows_now: 1440,
            ..v1::DifferingDay::default()
        };
        let found = v1::Reproduction {
            verdict: Verdict::SourceChanged.into(),
            model_sha256: both(&"a".repeat(64), ""),
            source_fingerprint: both(&"b".repeat(64), &"c".repeat(64)),
            spec_hash: both("d", "d"),
            service_version: both("0.1.0", "0.1.0"),
            differing_days: Some(v1::DifferingDays {
                changed_count: 2,
                first: vec![day],
                ..v1::DifferingDays::default()
            }),
            failure: "0 of 9 labels are positive".to_owned(),
        };
        let text = outcome(&found, Paint::Plain);
        for part in [
            "differs: the source has other rows than the training read",
            "model file  aaaaaaaaaaaaaaaa  none",
            "no model came of these rows: 0 of 9 labels are positive",
            "2 days of entities with other rows: 2 changed, 0 added, 0 removed",
            "e1      2026-01-02  changed",
            "and 1 more",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
