//! What is to be foreseen.

use super::field::choice;
use super::time::{read_span, require_span, show_span};
use mltraining_domain::{
    ChangeAtHorizon, ChangeTarget, ColumnLabel, Comparison, Direction, ExtremeWithinHorizon, LabelSpec, Task,
    ThresholdAtHorizon, TripleBarrier, Violations,
};
use mltraining_proto::v1;
use v1::label_spec::Kind;

const EXAMPLE: &str = r#"{"change_at_horizon": {"change": 0.05, "horizon": "600s"}}"#;

/// A label that must be there, checked.
pub(crate) fn require(spec: Option<v1::LabelSpec>, path: &str, found: &mut Violations) -> LabelSpec {
    let kind = spec.and_then(|spec| spec.kind);
    let label = match kind {
        Some(Kind::ChangeAtHorizon(label)) => change_at_horizon(label, path, found),
        Some(Kind::ExtremeWithinHorizon(label)) => extreme_within_horizon(label, path, found),
        Some(Kind::TripleBarrier(label)) => triple_barrier(label, path, found),
        Some(Kind::Threshold(label)) => threshold(label, path, found),
        Some(Kind::Column(label)) => column(label, path, found),
        Some(Kind::ChangeTarget(target)) => change_target(target, path, found),
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
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: named(label.column),
        change: label.change,
        direction: direction(label.direction, &path, found),
        horizon: require_span(label.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(label.tolerance, &format!("{path}.tolerance"), found),
    })
}

fn extreme_within_horizon(label: v1::ExtremeWithinHorizon, path: &str, found: &mut Violations) -> LabelSpec {
    let path = format!("{path}.extreme_within_horizon");
    LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
        column: named(label.column),
        extreme_column: named(label.extreme_column),
        change: label.change,
        direction: direction(label.direction, &path, found),
        horizon: require_span(label.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(label.tolerance, &format!("{path}.tolerance"), found),
    })
}

fn triple_barrier(label: v1::TripleBarrier, path: &str, found: &mut Violations) -> LabelSpec {
    let path = format!("{path}.triple_barrier");
    LabelSpec::TripleBarrier(TripleBarrier {
        column: named(label.column),
        upper_column: named(label.upper_column),
        lower_column: named(label.lower_column),
        upper: label.upper,
        lower: label.lower,
        horizon: require_span(label.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(label.tolerance, &format!("{path}.tolerance"), found),
    })
}

fn threshold(label: v1::ThresholdAtHorizon, path: &str, found: &mut Violations) -> LabelSpec {
    let path = format!("{path}.threshold");
    let known = "COMPARISON_AT_LEAST, COMPARISON_ABOVE, COMPARISON_AT_MOST or COMPARISON_BELOW";
    let comparison = match choice(label.comparison, known, &format!("{path}.comparison"), found) {
        v1::Comparison::Unspecified | v1::Comparison::AtLeast => Comparison::AtLeast,
        v1::Comparison::Above => Comparison::Above,
        v1::Comparison::AtMost => Comparison::AtMost,
        v1::Comparison::Below => Comparison::Below,
    };
    LabelSpec::Threshold(ThresholdAtHorizon {
        column: named(label.column),
        comparison,
        value: label.value,
        horizon: require_span(label.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(label.tolerance, &format!("{path}.tolerance"), found),
    })
}

fn column(label: v1::ColumnLabel, path: &str, found: &mut Violations) -> LabelSpec {
    LabelSpec::Column(ColumnLabel {
        column: label.column,
        delay: require_span(label.delay, &format!("{path}.column.delay"), found),
    })
}

fn change_target(target: v1::ChangeTarget, path: &str, found: &mut Violations) -> LabelSpec {
    let path = format!("{path}.change_target");
    LabelSpec::ChangeTarget(ChangeTarget {
        column: named(target.column),
        horizon: require_span(target.horizon, &format!("{path}.horizon"), found),
        tolerance: read_span(target.tolerance, &format!("{path}.tolerance"), found),
    })
}

/// Refuses a number where classes are counted.
pub(crate) fn require_class(label: &LabelSpec, path: &str, found: &mut Violations) {
    found.require(label.task() == Task::Binary, &format!("{path}.{}", label.name()), || {
        format!("a preview counts classes, and a number has none; ask for the change that matters, e.g. {EXAMPLE}")
    });
}

fn named(column: String) -> Option<String> {
    Some(column).filter(|column| !column.is_empty())
}

fn direction(value: i32, path: &str, found: &mut Violations) -> Direction {
    let known = "DIRECTION_UP or DIRECTION_DOWN";
    match choice(value, known, &format!("{path}.direction"), found) {
        v1::Direction::Unspecified | v1::Direction::Up => Direction::Up,
        v1::Direction::Down => Direction::Down,
    }
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

/// The label as the wire holds it. Columns and the tolerance stay unset where the source or another field decides them.
pub(crate) fn show(label: &LabelSpec) -> v1::LabelSpec {
    let kind = match label {
        LabelSpec::ChangeAtHorizon(label) => Kind::ChangeAtHorizon(v1::ChangeAtHorizon {
            column: label.column.clone().unwrap_or_default(),
            change: label.change,
            direction: show_direction(label.direction).into(),
            horizon: Some(show_span(label.horizon)),
            tolerance: label.tolerance.map(show_span),
        }),
        LabelSpec::ExtremeWithinHorizon(label) => Kind::ExtremeWithinHorizon(v1::ExtremeWithinHorizon {
            column: label.column.clone().unwrap_or_default(),
            extreme_column: label.extreme_column.clone().unwrap_or_default(),
            change: label.change,
            direction: show_direction(label.direction).into(),
            horizon: Some(show_span(label.horizon)),
            tolerance: label.tolerance.map(show_span),
        }),
        LabelSpec::TripleBarrier(label) => Kind::TripleBarrier(v1::TripleBarrier {
            column: label.column.clone().unwrap_or_default(),
            upper_column: label.upper_column.clone().unwrap_or_default(),
            lower_column: label.lower_column.clone().unwrap_or_default(),
            upper: label.upper,
            lower: label.lower,
            horizon: Some(show_span(label.horizon)),
            tolerance: label.tolerance.map(show_span),
        }),
        LabelSpec::Threshold(label) => Kind::Threshold(v1::ThresholdAtHorizon {
            column: label.column.clone().unwrap_or_default(),
            comparison: show_comparison(label.comparison).into(),
            value: label.value,
            horizon: Some(show_span(label.horizon)),
            tolerance: label.tolerance.map(show_span),
        }),
        LabelSpec::Column(label) => Kind::Column(v1::ColumnLabel {
            column: label.column.clone(),
            delay: Some(show_span(label.delay)),
        }),
        LabelSpec::ChangeTarget(target) => Kind::ChangeTarget(v1::ChangeTarget {
            column: target.column.clone().unwrap_or_default(),
            horizon: Some(show_span(target.horizon)),
            tolerance: target.tolerance.map(show_span),
        }),
    };
    v1::LabelSpec { kind: Some(kind) }
}

/// The direction as the wire holds it.
pub(crate) fn show_direction(direction: Direction) -> v1::Direction {
    match direction {
        Direction::Up => v1::Direction::Up,
        Direction::Down => v1::Direction::Down,
    }
}

fn show_comparison(comparison: Comparison) -> v1::Comparison {
    match comparison {
        Comparison::AtLeast => v1::Comparison::AtLeast,
        Comparison::Above => v1::Comparison::Above,
        Comparison::AtMost => v1::Comparison::AtMost,
        Comparison::Below => v1::Comparison::Below,
    }
}
