//! The features of a request, held against those of a model.

use super::features::suggestion;
use crate::error::ApiError;
use mltraining_domain::names::first_of;
use mltraining_domain::{FeatureExpr, Reason, Violations};
use mltraining_panel::catalogue::did_you_mean;
use std::collections::HashMap;

/// Features that a refusal names.
const NAMED: usize = 5;

/// For each feature of the model its place in the request. `list` is the field of all of them, `field` that of one.
///
/// # Errors
/// UNKNOWN_FEATURE for each that the model does not have, with the nearest that it has; INVALID_FIELD for those that come
/// twice or are left out.
pub(super) fn find(
    given: &[String],
    model: &[String],
    list: &str,
    field: &dyn Fn(usize) -> String,
) -> Result<Vec<usize>, ApiError> {
    let columns: HashMap<&str, usize> = model.iter().map(String::as_str).zip(0..).collect();
    let mut places: Vec<Option<usize>> = vec![None; model.len()];
    let mut found = Violations::new();
    let mut unknown = None;
    for (i, name) in given.iter().enumerate() {
        let canonical = || {
            name.parse::<FeatureExpr>()
                .ok()
                .map(|feature| feature.to_string())
        };
        let column = columns.get(name.as_str()).copied();
        let column = column.or_else(|| columns.get(canonical()?.as_str()).copied());
        match column {
            Some(column) if places[column].is_some() => found.invalid(field(i), "is named twice"),
            Some(column) => places[column] = Some(i),
            None => {
                let near = did_you_mean(name, model.iter().map(String::as_str));
                let text = format!("`{}` is no feature of the model{near}", name.escape_default());
                unknown.get_or_insert((name.clone(), suggestion(&text).map(str::to_owned)));
                found.add(field(i), Reason::UnknownFeature, text);
            }
        }
    }
    let absent = model.iter().zip(&places).filter(|(_, place)| place.is_none());
    let absent: Vec<String> = absent.map(|(name, _)| format!("`{name}`")).collect();
    found.require(absent.is_empty(), list, || {
        format!(
            "{} of {} features are left out: {}",
            absent.len(),
            model.len(),
            first_of(&absent, NAMED)
        )
    });
    if found.is_empty() {
        return Ok(places.into_iter().flatten().collect());
    }
    let error = ApiError::from(found);
    Err(match unknown {
        None => error,
        Some((feature, None)) => error.with("feature", feature),
        Some((feature, Some(near))) => error.with("feature", feature).with("did_you_mean", near),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&name| name.to_owned()).collect()
    }

    fn order(given: &[&str]) -> Result<Vec<usize>, ApiError> {
        let model = names(&["close", "rolling_mean(close, 10)", "rsi(close, 14)"]);
        find(&names(given), &model, "rows.features", &|i| {
            format!("rows.features[{i}]")
        })
    }

    #[test]
    fn features_stand_in_any_order_and_may_be_written_as_people_write() {
        let given = ["rsi(close,14)", "close", "rolling_mean( close , 10 )"];
        assert_eq!(order(&given).unwrap(), [1, 2, 0]);
    }

    #[test]
    fn what_is_wrong_is_told_at_once_and_unknown_names_get_the_nearest() {
        let error = order(&["close", "close", "rolling_meen(close, 10)"]).unwrap_err();
        let text = error.to_string();
        for part in [
            "is named twice",
            "did you mean `rolling_mean(close, 10)`",
            "2 of 3 features are left out",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let error = order(&["close", "rsi(close, 14)"]).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidField);
        assert!(error.to_string().contains("`rolling_mean(close, 10)`"));
    }
}
