//! The terms of filters (AIP-160) that jobs and models have in common.

use crate::error::ApiError;
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::filter::{self, Comparator, Field, FilterError, Term};
use mltraining_domain::{Reason, Violations};
use std::collections::BTreeMap;

/// The terms of a filter, each of a field that the list knows.
///
/// # Errors
/// FILTER_SYNTAX with the column and what was expected there.
pub(crate) fn parse(text: &str, fields: &[Field]) -> Result<Vec<Term>, ApiError> {
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(refuse(FilterError {
            column: at + 1,
            expected: "no control character".to_owned(),
        }));
    }
    filter::parse(text, fields).map_err(refuse)
}

/// The refusal of a filter.
pub(crate) fn refuse(error: FilterError) -> ApiError {
    let refusal = ApiError::from(Violations::one("filter", Reason::FilterSyntax, error.to_string()));
    refusal
        .saying(format!("filter, {error}"))
        .with("column", error.column)
        .with("expected", error.expected)
}

/// The refusal of a term's value.
pub(crate) fn wrong_value(term: &Term, expected: impl Into<String>) -> ApiError {
    refuse(FilterError {
        column: term.value_column,
        expected: format!("{} after {} {}", expected.into(), term.field, term.comparator),
    })
}

/// A range of time that the terms leave; `None` is open.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Instants {
    /// The first instant.
    pub(crate) from: Option<DateTime<Utc>>,
    /// The first instant after.
    pub(crate) before: Option<DateTime<Utc>>,
}

impl Instants {
    /// Takes a comparison with a time into account. Times are whole microseconds, so `> t` is `>= t + 1 us`.
    ///
    /// # Errors
    /// FILTER_SYNTAX for what is no time.
    pub(crate) fn narrow(&mut self, term: &Term) -> Result<(), ApiError> {
        let at = instant(term)?;
        let after = at + TimeDelta::microseconds(1);
        match term.comparator {
            Comparator::Greater => self.from = self.from.max(Some(after)),
            Comparator::GreaterOrEqual => self.from = self.from.max(Some(at)),
            Comparator::Less => self.before = Some(self.before.map_or(at, |b| b.min(at))),
            Comparator::LessOrEqual => self.before = Some(self.before.map_or(after, |b| b.min(after))),
            Comparator::Equal | Comparator::NotEqual => {}
        }
        Ok(())
    }
}

fn instant(term: &Term) -> Result<DateTime<Utc>, ApiError> {
    let parsed = DateTime::parse_from_rfc3339(&term.value).ok();
    let micros = parsed.map(|at| at.timestamp_micros());
    let plausible = micros.filter(|m| (0..=super::time::LAST_MICRO).contains(m));
    plausible
        .and_then(DateTime::from_timestamp_micros)
        .ok_or_else(|| wrong_value(term, "a time such as 2026-01-01T00:00:00Z"))
}

/// What the terms say of labels.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels {
    /// These must be there.
    pub(crate) equal: BTreeMap<String, String>,
    /// These must not.
    pub(crate) unequal: Vec<(String, String)>,
}

impl Labels {
    /// Takes a comparison of `labels.KEY` into account; `None` when no resource can have both this and what came before.
    pub(crate) fn narrow(&mut self, term: &Term) -> Option<()> {
        let key = term.field.trim_start_matches("labels.").to_owned();
        let value = term.value.clone();
        if term.comparator == Comparator::NotEqual {
            self.unequal.push((key, value));
            return Some(());
        }
        let before = self.equal.insert(key, value.clone());
        before.is_none_or(|before| before == value).then_some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use mltraining_domain::filter::ORDERED;

    const FIELDS: &[Field] = &[Field {
        path: "create_time",
        comparators: ORDERED,
    }];

    fn instants(text: &str) -> Instants {
        let mut instants = Instants::default();
        for term in parse(text, FIELDS).unwrap() {
            instants.narrow(&term).unwrap();
        }
        instants
    }

    #[test]
    fn bounds_of_time_become_one_half_open_range() {
        let at = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
        let found = instants(
            "create_time >= 2026-01-01T00:00:00Z AND create_time > 2026-01-02T00:00:00Z AND \
             create_time < 2026-02-01T00:00:00Z AND create_time <= 2026-03-01T00:00:00Z",
        );
        assert_eq!(found.from, at("2026-01-02T00:00:00.000001Z"));
        assert_eq!(found.before, at("2026-02-01T00:00:00Z"));
    }

    #[test]
    fn a_wrong_time_and_a_control_character_are_refused() {
        for text in ["create_time < yesterday", "create_time < 0001-01-01T00:00:00Z"] {
            let term = parse(text, FIELDS).unwrap().remove(0);
            let refused = Instants::default().narrow(&term).unwrap_err();
            let said = refused.to_string();
            assert!(said.contains(": filter, column 15: expected a time"), "{said}");
        }
        assert!(parse("create_time < \"\0\"", FIELDS).is_err());
    }
}
