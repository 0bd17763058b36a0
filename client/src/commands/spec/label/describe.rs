//! A label as one line of prose.

use crate::output::{UNKNOWN, share};
use crate::when;
use mltraining_proto::v1;
use mltraining_proto::v1::label_spec::Kind;

/// The label as one line: `the close rises by 2.0 % or more in 30m`.
pub(crate) fn describe(label: Option<&v1::LabelSpec>) -> String {
    match label.and_then(|label| label.kind.as_ref()) {
        Some(Kind::ChangeAtHorizon(kind)) => format!(
            "{} {} by {} or more in {}",
            column(&kind.column),
            verb(kind.direction()),
            share(Some(kind.change)),
            time(kind.horizon.as_ref())
        ),
        Some(Kind::ExtremeWithinHorizon(kind)) => format!(
            "{} {} by {} or more at any time within {}",
            column(&kind.column),
            verb(kind.direction()),
            share(Some(kind.change)),
            time(kind.horizon.as_ref())
        ),
        Some(Kind::TripleBarrier(kind)) => format!(
            "{} rises by {} before it falls by {}, within {}",
            column(&kind.column),
            share(Some(kind.upper)),
            share(Some(kind.lower)),
            time(kind.horizon.as_ref())
        ),
        Some(Kind::Threshold(kind)) => format!(
            "{} is {} {} in {}",
            column(&kind.column),
            comparison(kind.comparison()),
            kind.value,
            time(kind.horizon.as_ref())
        ),
        Some(Kind::Column(kind)) => format!("{} is 1", kind.column),
        Some(Kind::ChangeTarget(kind)) => format!(
            "by how much {} changes in {}",
            column(&kind.column),
            time(kind.horizon.as_ref())
        ),
        None => UNKNOWN.to_owned(),
    }
}

/// The word before [`describe`] where it says what was learned.
pub(crate) fn whether(label: Option<&v1::LabelSpec>) -> &'static str {
    match label.and_then(|label| label.kind.as_ref()) {
        Some(Kind::ChangeTarget(_)) => "",
        _ => "whether ",
    }
}

fn column(name: &str) -> &str {
    match name {
        "" => "the close",
        name => name,
    }
}

fn verb(direction: v1::Direction) -> &'static str {
    match direction {
        v1::Direction::Down => "falls",
        v1::Direction::Up | v1::Direction::Unspecified => "rises",
    }
}

fn comparison(comparison: v1::Comparison) -> &'static str {
    match comparison {
        v1::Comparison::Above => "above",
        v1::Comparison::AtMost => "at most",
        v1::Comparison::Below => "below",
        v1::Comparison::AtLeast | v1::Comparison::Unspecified => "at least",
    }
}

fn time(length: Option<&prost_types::Duration>) -> String {
    length.and_then(when::span).unwrap_or_default().to_string()
}
