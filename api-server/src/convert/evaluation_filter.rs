//! Which evaluations a list shows.

use super::term::{self, wrong_value};
use crate::error::ApiError;
use mltraining_domain::ModelId;
use mltraining_domain::filter::{EQUAL, Field, FilterError};
use mltraining_store::evaluations::EvaluationFilter;

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    Field { path: "model",   comparators: EQUAL },
    Field { path: "version", comparators: EQUAL },
];

/// The filter of a request; `None` when its terms contradict each other, so that no evaluation can pass.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read(text: &str) -> Result<Option<EvaluationFilter>, ApiError> {
    let (mut model, mut version): (Option<ModelId>, Option<i32>) = (None, None);
    let mut possible = true;
    for term in term::parse(text, FIELDS)? {
        if term.field == "model" {
            let named: ModelId = term
                .value
                .parse()
                .map_err(|_| wrong_value(&term, "the id of a model"))?;
            possible &= model.replace(named.clone()).is_none_or(|before| before == named);
        } else {
            let named = term.value.parse().ok().filter(|number: &i32| *number >= 1);
            let named = named.ok_or_else(|| wrong_value(&term, "a number from 1"))?;
            possible &= version.replace(named).is_none_or(|before| before == named);
        }
    }
    let filter = match (model, version) {
        (None, None) => EvaluationFilter::All,
        (Some(model), None) => EvaluationFilter::Model(model),
        (Some(model), Some(version)) => EvaluationFilter::Version(model, version),
        (None, Some(_)) => {
            return Err(term::refuse(FilterError {
                column: 1,
                expected: "model beside version".to_owned(),
            }));
        }
    };
    Ok(possible.then_some(filter))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_list_is_of_all_of_a_model_or_of_a_version() {
        let rise = || "rise".parse::<ModelId>().unwrap();
        assert_eq!(read("").unwrap(), Some(EvaluationFilter::All));
        assert_eq!(
            read("model = rise").unwrap(),
            Some(EvaluationFilter::Model(rise()))
        );
        assert_eq!(
            read("version = 3 AND model = rise").unwrap(),
            Some(EvaluationFilter::Version(rise(), 3))
        );
        assert_eq!(read("model = rise AND model = fall").unwrap(), None);
        for text in [
            "version = 3",
            "model = rise AND version = 0",
            "model = \"A b\"",
            "model != a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
