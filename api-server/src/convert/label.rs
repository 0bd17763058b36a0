//! What is to be foreseen.

use super::field::choice;
use super::time::{read_span, require_span, show_span};
use mltraining_domain::{ChangeAtHorizon, Direction, LabelSpec, Violations};
use mltraining_proto::v1;
use v1::label_spec::Kind;

const EXAMPLE: &str = r#"{"change_at_horizon": {"change": 0.05, "horizon": "600s"}}"#;

/// A label that must be there, checked.
pub(crate) fn require(spec: Option<v1::LabelSpec>, path: &str, found: &mut Violations) -> LabelSpec {
    let kind = spec.and_then(|spec| spec.kind);
    let label = match kind {
        Some(Kind::ChangeAtHorizon(label)) => change_at_horizon(label, path, found),
        None => {
            found.invalid(path, format!("required: say what to foresee, e.g. {EXAMPLE}"));
            return stand_in();
        }
    };
    found.extend(label.check(path));
    label
}

fn change_at_horizon(label: v1::ChangeAtHorizon, path: &str, found: &mut Violations) -> LabelSpec {
    let path = format!("{path}.change_at_horizon");
    let direction = choice(
        label.direction,
        "DIRECTION_UP or DIRECTION_DOWN",
        &format!("{path}.direction"),
        found,
    );
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: Some(label.column).filter(|column| !column.is_empty()),
        change: label.change,
        direction: match direction {
            v1::Direction::Unspecified | v1::Direction::Up => Direction::Up,
            v1::Direction::Down => Direction::Down,
        },
        horizon: require_span(label.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(label.tolerance, &format!("{path}.tolerance"), found),
    })
}

fn stand_in() -> LabelSpec {
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: None,
        change: 1.0,
        direction: Direction::Up,
        horizon: mltraining_domain::Span::from_secs(1),
        tolerance: None,
    })
}

/// The label as the wire holds it. The column and the tolerance stay unset where the source decides them.
pub(crate) fn show(label: &LabelSpec) -> v1::LabelSpec {
    let LabelSpec::ChangeAtHorizon(label) = label;
    let direction = match label.direction {
        Direction::Up => v1::Direction::Up,
        Direction::Down => v1::Direction::Down,
    };
    v1::LabelSpec {
        kind: Some(Kind::ChangeAtHorizon(v1::ChangeAtHorizon {
            column: label.column.clone().unwrap_or_default(),
            change: label.change,
            direction: direction.into(),
            horizon: Some(show_span(label.horizon)),
            tolerance: label.tolerance.map(show_span),
        })),
    }
}
