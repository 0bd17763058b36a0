//! Which models a list shows.

use super::term::{self, Instants, Labels};
use crate::error::ApiError;
use mltraining_domain::filter::{Comparator, Field, ORDERED};
use mltraining_store::models::{Deleted, ModelFilter};

/// `=` and `!=`.
const EITHER: &[Comparator] = &[Comparator::Equal, Comparator::NotEqual];

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    Field { path: "display_name", comparators: EITHER },
    Field { path: "create_time",  comparators: ORDERED },
    Field { path: "labels.*",     comparators: EITHER },
];

/// The filter of a request; `None` when its terms contradict each other, so that no model can pass.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read(text: &str, deleted: Deleted) -> Result<Option<ModelFilter>, ApiError> {
    let mut filter = ModelFilter {
        deleted,
        ..ModelFilter::default()
    };
    let (mut created, mut labels) = (Instants::default(), Labels::default());
    let mut possible = true;
    for term in term::parse(text, FIELDS)? {
        match (term.field.as_str(), term.comparator) {
            ("display_name", Comparator::NotEqual) => filter.display_name_not.push(term.value),
            ("display_name", _) => {
                let before = filter.display_name.replace(term.value.clone());
                possible &= before.is_none_or(|before| before == term.value);
            }
            ("create_time", _) => created.narrow(&term)?,
            _ => possible &= labels.narrow(&term).is_some(),
        }
    }
    filter.created_from = created.from;
    filter.created_before = created.before;
    filter.labels = labels.equal;
    filter.labels_not = labels.unequal;
    Ok(possible.then_some(filter))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn terms_narrow_a_list_of_models() {
        let text = r#"display_name = "Pump 10m" AND labels.team != alpha"#;
        let filter = read(text, Deleted::Hidden).unwrap().unwrap();
        assert_eq!(filter.display_name.as_deref(), Some("Pump 10m"));
        assert_eq!(filter.labels_not, [("team".to_owned(), "alpha".to_owned())]);
        assert!(
            read("display_name = a AND display_name = b", Deleted::Hidden)
                .unwrap()
                .is_none()
        );
        assert!(read("state = QUEUED", Deleted::Hidden).is_err());
    }
}
