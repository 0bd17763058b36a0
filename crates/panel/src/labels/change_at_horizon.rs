//! The relative change of a column between t and t + H.

use super::{LabelKind, LabelValue};
use crate::catalogue::Bars;
use mltraining_domain::{
    ChangeAtHorizon, ColumnRole, Direction, LabelSpec, Reason, SourceSpec, Span, Violations,
};

pub(super) static KIND: LabelKind = LabelKind {
    name: "change_at_horizon",
    description: "positive when (p(t + H) - p(t)) / p(t) >= change (up) or <= -change (down); p(t + H) is the first known \
                  value of the same entity in [t + H, t + H + tolerance]",
    examples,
    column,
    check_column,
    label,
};

fn examples() -> Vec<LabelSpec> {
    let spec = |direction, tolerance| {
        LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column: None,
            change: 0.02,
            direction,
            horizon: Span::from_mins(30),
            tolerance,
        })
    };
    vec![
        spec(Direction::Up, None),
        spec(Direction::Down, Some(Span::from_mins(2))),
    ]
}

fn spec_of(label: &LabelSpec) -> &ChangeAtHorizon {
    match label {
        LabelSpec::ChangeAtHorizon(spec) => spec,
    }
}

fn column<'a>(label: &'a LabelSpec, source: &'a SourceSpec) -> Option<&'a str> {
    let found = match &spec_of(label).column {
        Some(name) => source.column(name),
        None => source.column_by_role(ColumnRole::Close),
    };
    found.map(|column| column.name.as_str())
}

fn check_column(label: &LabelSpec, source: &SourceSpec, prefix: &str) -> Violations {
    if column(label, source).is_some() {
        return Violations::new();
    }
    let known: Vec<&str> = source.columns.iter().map(|c| c.name.as_str()).collect();
    let text = match &spec_of(label).column {
        Some(name) => format!(
            "the source has no column `{name}`{}",
            crate::catalogue::did_you_mean(name, known.into_iter())
        ),
        None => "the source has no column with the role CLOSE; name the column to foresee".to_owned(),
    };
    Violations::one(
        format!("{prefix}.change_at_horizon.column"),
        Reason::InvalidField,
        text,
    )
}

/// Two pointers: the bar that resolves never moves back as t moves on, so this is linear.
fn label(
    bars: &Bars<'_>,
    label: &LabelSpec,
    source: &SourceSpec,
    values: &mut [LabelValue],
    resolve_times: &mut [i64],
) {
    let spec = spec_of(label);
    let (times, prices) = (bars.times, bars.input(0));
    let mut resolving = 0;
    for row in 0..times.len() {
        let due = times[row].saturating_add(spec.horizon.micros());
        while resolving < times.len() && (times[resolving] < due || prices[resolving].is_nan()) {
            resolving += 1;
        }
        let now = prices[row];
        if resolving == times.len() || now.is_nan() || now <= 0.0 {
            continue;
        }
        let phase_of = |row: usize| bars.phases.and_then(|phases| phases[row]);
        let tolerance = tolerance(spec, source, [phase_of(row), phase_of(resolving)]);
        let latest = due.saturating_add(tolerance.micros());
        if times[resolving] > latest {
            continue;
        }
        let change = (prices[resolving] - now) / now;
        values[row] = if reaches(change, spec) {
            LabelValue::Positive
        } else {
            LabelValue::Negative
        };
        resolve_times[row] = times[resolving];
    }
}

fn reaches(change: f64, spec: &ChangeAtHorizon) -> bool {
    match spec.direction {
        Direction::Up => change >= spec.change,
        Direction::Down => change <= -spec.change,
    }
}

/// As given, or 1.5 bars of the phase of the row or of the bar that resolves, whichever has the longer bars: an entity that
/// moves on to longer bars within the horizon would else lose nearly all of its labels.
fn tolerance(spec: &ChangeAtHorizon, source: &SourceSpec, phases: [Option<i32>; 2]) -> Span {
    spec.tolerance.unwrap_or_else(|| {
        let [now, then] = phases.map(|phase| source.bar_interval_of(phase).micros());
        Span::from_micros(now.max(then).saturating_mul(3) / 2).expect("a bar's interval is never negative")
    })
}
