//! Which jobs a list shows.

use super::term::{self, Instants, Labels, wrong_value};
use crate::error::ApiError;
use mltraining_domain::filter::{Comparator, EQUAL, Field, ORDERED, Term};
use mltraining_domain::{JobKind, JobState, Priority};
use mltraining_store::jobs::JobFilter;

/// `=` and `!=`.
const EITHER: &[Comparator] = &[Comparator::Equal, Comparator::NotEqual];
/// Every comparison.
const ANY: &[Comparator] = &[
    Comparator::Equal,
    Comparator::NotEqual,
    Comparator::Less,
    Comparator::LessOrEqual,
    Comparator::Greater,
    Comparator::GreaterOrEqual,
];

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    Field { path: "state",       comparators: EITHER },
    Field { path: "kind",        comparators: EITHER },
    Field { path: "model",       comparators: EQUAL },
    Field { path: "created_by",  comparators: EITHER },
    Field { path: "priority",    comparators: ANY },
    Field { path: "create_time", comparators: ORDERED },
    Field { path: "labels.*",    comparators: EITHER },
];

/// The filter of a request; `None` when its terms contradict each other, so that no job can pass.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read(text: &str) -> Result<Option<JobFilter>, ApiError> {
    read_fields(text, FIELDS)
}

/// The same without `state`: for those who follow jobs through all their states.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read_stateless(text: &str) -> Result<Option<JobFilter>, ApiError> {
    read_fields(text, &FIELDS[1..])
}

/// The same without `kind`, which is this one.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read_of_kind(text: &str, kind: JobKind) -> Result<Option<JobFilter>, ApiError> {
    let fields: Vec<Field> = FIELDS
        .iter()
        .copied()
        .filter(|field| field.path != "kind")
        .collect();
    let filter = read_fields(text, &fields)?;
    Ok(filter.map(|filter| JobFilter {
        kinds: Some(vec![kind]),
        ..filter
    }))
}

fn read_fields(text: &str, fields: &[Field]) -> Result<Option<JobFilter>, ApiError> {
    let mut read = Reading {
        states: JobState::ALL.to_vec(),
        kinds: JobKind::ALL.to_vec(),
        priorities: (0..=4).filter_map(Priority::new).collect(),
        ..Reading::default()
    };
    let mut possible = true;
    for term in term::parse(text, fields)? {
        possible &= read.narrow(&term)?.is_some();
    }
    let some_left = !read.states.is_empty() && !read.kinds.is_empty() && !read.priorities.is_empty();
    Ok((possible && some_left).then(|| read.finish()))
}

#[derive(Default)]
struct Reading {
    states: Vec<JobState>,
    kinds: Vec<JobKind>,
    priorities: Vec<Priority>,
    created: Instants,
    labels: Labels,
    filter: JobFilter,
}

impl Reading {
    /// Takes a term into account; `None` when it contradicts an earlier one.
    fn narrow(&mut self, term: &Term) -> Result<Option<()>, ApiError> {
        match term.field.as_str() {
            "state" => {
                let state = JobState::from_word(&term.value).ok_or_else(|| {
                    wrong_value(term, "QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED or DEAD")
                })?;
                keep(&mut self.states, term, &state);
            }
            "kind" => {
                let kind = JobKind::from_word(&term.value).ok_or_else(|| wrong_value(term, "TRAIN"))?;
                keep(&mut self.kinds, term, &kind);
            }
            "priority" => {
                let number = term.value.parse().ok().and_then(Priority::new);
                let priority = number.ok_or_else(|| wrong_value(term, "a priority of 0 to 4"))?;
                self.priorities.retain(|p| holds(term.comparator, p, &priority));
            }
            "model" => {
                let model = term
                    .value
                    .parse()
                    .map_err(|error| wrong_value(term, format!("a model id ({error})")))?;
                return Ok(set_once(&mut self.filter.model, model));
            }
            "created_by" if term.comparator == Comparator::NotEqual => {
                self.filter.created_by_not.push(term.value.clone());
            }
            "created_by" => return Ok(set_once(&mut self.filter.created_by, term.value.clone())),
            "create_time" => self.created.narrow(term)?,
            _ => return Ok(self.labels.narrow(term)),
        }
        Ok(Some(()))
    }

    fn finish(self) -> JobFilter {
        let limited = |left: usize, all: usize| left < all;
        JobFilter {
            states: limited(self.states.len(), JobState::ALL.len()).then_some(self.states),
            kinds: limited(self.kinds.len(), JobKind::ALL.len()).then_some(self.kinds),
            priorities: limited(self.priorities.len(), 5).then_some(self.priorities),
            created_from: self.created.from,
            created_before: self.created.before,
            labels: self.labels.equal,
            labels_not: self.labels.unequal,
            ..self.filter
        }
    }
}

fn keep<T: PartialEq>(values: &mut Vec<T>, term: &Term, value: &T) {
    values.retain(|v| (v == value) == (term.comparator == Comparator::Equal));
}

fn holds<T: PartialOrd>(comparator: Comparator, left: &T, right: &T) -> bool {
    match comparator {
        Comparator::Equal => left == right,
        Comparator::NotEqual => left != right,
        Comparator::Less => left < right,
        Comparator::LessOrEqual => left <= right,
        Comparator::Greater => left > right,
        Comparator::GreaterOrEqual => left >= right,
    }
}

/// `None` when it has another value already.
fn set_once<T: PartialEq>(field: &mut Option<T>, value: T) -> Option<()> {
    let same = field.as_ref().is_none_or(|before| *before == value);
    *field = Some(value);
    same.then_some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use mltraining_domain::Reason;

    #[test]
    fn terms_narrow_a_list() {
        let filter = read("state != QUEUED AND state != DEAD AND priority < 2 AND created_by != bot")
            .unwrap()
            .unwrap();
        let states = filter.states.unwrap();
        assert_eq!(states.len(), 4);
        assert!(!states.contains(&JobState::Queued) && !states.contains(&JobState::Dead));
        assert_eq!(
            filter.priorities.unwrap(),
            [0, 1].map(|p| Priority::new(p).unwrap())
        );
        assert_eq!(filter.created_by_not, ["bot"]);
        let all = read("").unwrap().unwrap();
        assert!(all.states.is_none() && all.kinds.is_none() && all.priorities.is_none());
    }

    #[test]
    fn who_follows_jobs_through_all_states_cannot_filter_by_state() {
        assert!(
            read_stateless("kind = TRAIN AND labels.team = a")
                .unwrap()
                .is_some()
        );
        let refused = read_stateless("kind = TRAIN AND state = RUNNING").unwrap_err();
        assert_eq!(refused.reason(), Reason::FilterSyntax);
        assert!(refused.to_string().contains("column 18"), "{refused}");
    }

    #[test]
    fn a_filter_that_contradicts_itself_has_no_jobs_rather_than_all() {
        for text in [
            "state = QUEUED AND state = DEAD",
            "kind = TRAIN AND kind != TRAIN",
            "priority < 0",
            "model = a AND model = b",
            "labels.team = x AND labels.team = y",
            "created_by = x AND created_by = y",
        ] {
            assert!(read(text).unwrap().is_none(), "{text}");
        }
    }

    #[test]
    fn a_wrong_value_is_refused() {
        for text in [
            "state = runing",
            "kind = GUESS",
            "priority = 5",
            "model = \"x\\\"; drop table job; --\"",
            "stat = RUNNING",
            "state < RUNNING",
        ] {
            assert_eq!(read(text).unwrap_err().reason(), Reason::FilterSyntax, "{text}");
        }
    }
}
