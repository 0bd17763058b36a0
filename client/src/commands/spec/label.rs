//! `--change --horizon --direction --column --tolerance`: what to foresee.

use super::ratio;
use crate::errors::CliError;
use crate::when;
use clap::{Args, ValueEnum};
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_proto::v1::label_spec::Kind;

/// What to foresee.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What to foresee")]
pub(crate) struct LabelArgs {
    /// Smallest change that counts: 0.05, or 5%
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    change: Option<f64>,
    /// How far ahead: 30m, 4h, 2d
    #[arg(long, value_name = "TIME")]
    horizon: Option<Span>,
    /// Up or down [default: up]
    #[arg(long, value_enum, value_name = "DIRECTION", hide_possible_values = true)]
    direction: Option<DirectionArg>,
    /// Column whose change is foreseen [default: the one with role CLOSE]
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// How late the bar at the horizon may be [default: 1.5 bar intervals, of the longer bars]
    #[arg(long, value_name = "TIME")]
    tolerance: Option<Span>,
}

/// Direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    /// A rise.
    Up,
    /// A fall.
    Down,
}

impl LabelArgs {
    /// Writes what was said into the label.
    ///
    /// # Errors
    /// [`CliError::Usage`] when change or horizon is still missing.
    pub(crate) fn apply(&self, label: &mut Option<v1::LabelSpec>) -> Result<(), CliError> {
        let Kind::ChangeAtHorizon(kind) = label
            .get_or_insert_default()
            .kind
            .get_or_insert_with(|| Kind::ChangeAtHorizon(v1::ChangeAtHorizon::default()));
        if let Some(change) = self.change {
            kind.change = change;
        }
        if let Some(horizon) = self.horizon {
            kind.horizon = Some(when::duration(horizon));
        }
        if let Some(direction) = self.direction {
            kind.set_direction(match direction {
                DirectionArg::Up => v1::Direction::Up,
                DirectionArg::Down => v1::Direction::Down,
            });
        }
        if let Some(column) = &self.column {
            kind.column.clone_from(column);
        }
        if let Some(tolerance) = self.tolerance {
            kind.tolerance = Some(when::duration(tolerance));
        }
        // A change of 0 that was said goes to the service, which explains what is wrong with it.
        let said = (kind.change != 0.0 || self.change.is_some()) && kind.horizon.is_some();
        match said {
            true => Ok(()),
            false => Err(CliError::Usage(
                "say what to foresee, for example --change 5% --horizon 30m".to_owned(),
            )),
        }
    }
}

/// The label as one line: `close rises by 2.0 % or more within 30m`.
pub(crate) fn describe(label: Option<&v1::LabelSpec>) -> String {
    let Some(Kind::ChangeAtHorizon(kind)) = label.and_then(|label| label.kind.as_ref()) else {
        return crate::output::UNKNOWN.to_owned();
    };
    let column = if kind.column.is_empty() {
        "the close"
    } else {
        &kind.column
    };
    let verb = match kind.direction() {
        v1::Direction::Down => "falls",
        _ => "rises",
    };
    let horizon = kind.horizon.as_ref().and_then(when::span).unwrap_or_default();
    format!(
        "{column} {verb} by {} or more in {horizon}",
        crate::output::share(Some(kind.change))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_changed() {
        let args = LabelArgs {
            change: Some(0.05),
            horizon: Some(Span::from_mins(30)),
            ..LabelArgs::default()
        };
        let mut label = None;
        args.apply(&mut label).unwrap();
        assert_eq!(
            describe(label.as_ref()),
            "the close rises by 5.0 % or more in 30m"
        );
        let down = LabelArgs {
            direction: Some(DirectionArg::Down),
            column: Some("low".to_owned()),
            ..LabelArgs::default()
        };
        down.apply(&mut label).unwrap();
        assert_eq!(describe(label.as_ref()), "low falls by 5.0 % or more in 30m");
    }

    #[test]
    fn a_label_without_change_or_horizon_is_a_usage_error() {
        let only_change = LabelArgs {
            change: Some(0.05),
            ..LabelArgs::default()
        };
        for args in [LabelArgs::default(), only_change] {
            assert!(matches!(args.apply(&mut None), Err(CliError::Usage(_))));
        }
    }
}
