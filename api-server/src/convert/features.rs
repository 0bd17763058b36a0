//! What a model may look at.

use super::field::small_wire_count;
use super::time::{read_span, show_span};
use crate::error::ApiError;
use mltraining_domain::{FeatureSpec, Reason, Violations, Window};
use mltraining_proto::v1;
use v1::window::Length;

/// The features of a request, to be checked with the whole spec; absent means the default set.
pub(crate) fn read(spec: Option<v1::FeatureSpec>, path: &str, found: &mut Violations) -> FeatureSpec {
    let spec = spec.unwrap_or_default();
    let defaults = FeatureSpec::default();
    let mut read = FeatureSpec {
        features: FeatureSpec::parse_list(&spec.features, &format!("{path}.features"), found),
        exclude: FeatureSpec::parse_list(&spec.exclude, &format!("{path}.exclude"), found),
        windows: windows(&spec.windows, path, found),
        sets: spec.sets,
    };
    // Also the stand-in when no feature could be read.
    if read.sets.is_empty() && read.features.is_empty() {
        read.sets = defaults.sets;
    }
    if spec.windows.is_empty() {
        read.windows = defaults.windows;
    }
    read
}

fn windows(windows: &[v1::Window], path: &str, found: &mut Violations) -> Vec<Window> {
    let numbered = windows.iter().enumerate();
    let read = numbered.filter_map(|(i, window)| one_window(window, &format!("{path}.windows[{i}]"), found));
    read.collect()
}

fn one_window(window: &v1::Window, field: &str, found: &mut Violations) -> Option<Window> {
    match window.length {
        Some(Length::Bars(bars)) if bars > 0 => Some(Window::Bars(bars.unsigned_abs())),
        Some(Length::Bars(bars)) => {
            found.invalid(format!("{field}.bars"), format!("{bars} bars; give 1 or more"));
            None
        }
        Some(Length::Duration(length)) => {
            read_span(Some(length), &format!("{field}.duration"), found).map(Window::Time)
        }
        None => {
            found.invalid(
                field,
                r#"required: give a length, e.g. {"bars": 10} or {"duration": "1800s"}"#,
            );
            None
        }
    }
}

/// The refusal of a request, with the first unknown feature and the nearest known one called by their names, else with the
/// first feature that tells the label. `asked` is what the client wrote.
pub(crate) fn refuse(found: Violations, asked: &v1::FeatureSpec) -> ApiError {
    let unknown = found
        .iter()
        .find(|violation| violation.reason == Reason::UnknownFeature);
    let metadata = unknown.map(|violation| {
        let feature = written(asked, &violation.field).unwrap_or_default();
        (
            feature.to_owned(),
            suggestion(&violation.description).map(str::to_owned),
        )
    });
    let leaking = found
        .iter()
        .find(|violation| violation.reason == Reason::FeatureLeaksLabel)
        .and_then(|violation| first_name(&violation.description).map(str::to_owned));
    let error = ApiError::from(found);
    match metadata {
        None => match leaking {
            Some(feature) => error.with("feature", feature),
            None => error,
        },
        Some((feature, None)) => error.with("feature", feature),
        Some((feature, Some(near))) => error.with("feature", feature).with("did_you_mean", near),
    }
}

/// What the client wrote at `spec.features.LIST[I]`.
fn written<'a>(asked: &'a v1::FeatureSpec, field: &str) -> Option<&'a str> {
    let (list, rest) = field.strip_prefix("spec.features.")?.split_once('[')?;
    let index: usize = rest.strip_suffix(']')?.parse().ok()?;
    let texts = match list {
        "sets" => &asked.sets,
        "features" => &asked.features,
        "exclude" => &asked.exclude,
        _ => return None,
    };
    texts.get(index).map(String::as_str)
}

/// The first name between backticks.
fn first_name(description: &str) -> Option<&str> {
    description.split('`').nth(1)
}

/// The name between the backticks of the catalogue's "did you mean `...`?".
pub(super) fn suggestion(description: &str) -> Option<&str> {
    let (_, rest) = description.split_once("did you mean `")?;
    rest.split_once('`').map(|(name, _)| name)
}

/// The features as the wire holds them.
pub(crate) fn show(spec: &FeatureSpec) -> v1::FeatureSpec {
    v1::FeatureSpec {
        sets: spec.sets.clone(),
        features: spec.features.iter().map(ToString::to_string).collect(),
        windows: spec.windows.iter().copied().map(show_window).collect(),
        exclude: spec.exclude.iter().map(ToString::to_string).collect(),
    }
}

fn show_window(window: Window) -> v1::Window {
    let length = match window {
        Window::Bars(bars) => Length::Bars(small_wire_count(bars)),
        Window::Time(span) => Length::Duration(show_span(span)),
    };
    v1::Window { length: Some(length) }
}
