//! Resource names of requests.

use crate::error::ApiError;
use mltraining_domain::ProjectId;
use mltraining_domain::name::{NameError, ProjectName};
use std::collections::BTreeSet;

/// The longest list of names in one request.
const MAX_NAMES: usize = 1000;

/// The name in a field.
///
/// # Errors
/// INVALID_FIELD.
pub(crate) fn read<N>(
    field: &str,
    text: &str,
    parse: fn(&str) -> Result<N, NameError>,
) -> Result<N, ApiError> {
    parse(text).map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// The project that a request names as its parent; `default` when it names none.
///
/// # Errors
/// INVALID_FIELD.
pub(crate) fn parent(text: &str) -> Result<ProjectId, ApiError> {
    read("parent", text, ProjectName::parse).map(|name| name.0)
}

/// The names of a batch, each of `project` and there once.
///
/// # Errors
/// INVALID_FIELD with every wrong name.
pub(crate) fn batch<N: Ord + Clone>(
    texts: &[String],
    project: &ProjectId,
    parse: fn(&str) -> Result<(ProjectId, N), NameError>,
) -> Result<Vec<N>, ApiError> {
    batch_of(MAX_NAMES, texts, project, parse)
}

/// The same of at most so many.
///
/// # Errors
/// INVALID_FIELD with every wrong name.
pub(crate) fn batch_of<N: Ord + Clone>(
    most: usize,
    texts: &[String],
    project: &ProjectId,
    parse: fn(&str) -> Result<(ProjectId, N), NameError>,
) -> Result<Vec<N>, ApiError> {
    if texts.is_empty() || texts.len() > most {
        let text = format!("{} names; give 1 to {most}", texts.len());
        return Err(ApiError::invalid("names", text));
    }
    let mut found = mltraining_domain::Violations::new();
    let mut seen = BTreeSet::new();
    let mut ids = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        let field = format!("names[{i}]");
        match parse(text) {
            Err(error) => found.invalid(field, error.to_string()),
            Ok((other, _)) if other != *project => {
                found.invalid(field, format!("must be of projects/{project}, like the request"));
            }
            Ok((_, id)) if !seen.insert(id.clone()) => found.invalid(field, "is named twice"),
            Ok((_, id)) => ids.push(id),
        }
    }
    Ok(found.into_result(ids)?)
}
