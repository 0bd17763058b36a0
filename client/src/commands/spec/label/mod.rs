//! `--foresee` and what belongs to each kind of label: what to foresee.

mod describe;

pub(crate) use describe::{describe, whether};

use super::ratio;
use crate::errors::CliError;
use crate::when;
use clap::{Args, ValueEnum};
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_proto::v1::label_spec::Kind;

/// What to foresee.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to foresee")]
pub(crate) struct LabelArgs {
    /// change_at_horizon, extreme_within_horizon, triple_barrier, threshold, column, or change_target, which is a number
    /// [default: the one that the options belong to, else change_at_horizon]
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    foresee: Option<KindName>,
    /// Smallest change that counts: 0.05, or 5%
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    change: Option<f64>,
    /// How far ahead: 30m, 4h, 2d
    #[arg(long, value_name = "TIME")]
    horizon: Option<Span>,
    /// Up or down [default: up]
    #[arg(long, value_enum, value_name = "DIRECTION", hide_possible_values = true)]
    direction: Option<DirectionArg>,
    /// Column that is foreseen [default: the one with role CLOSE; none for --foresee column]
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,
    /// How late the bar at the horizon may be [default: 1.5 bar intervals, of the longer bars]
    #[arg(long, value_name = "TIME")]
    tolerance: Option<Span>,
    /// Extreme: column in which it is looked for, such as the high [default: --column]
    #[arg(long, value_name = "COLUMN")]
    extreme_column: Option<String>,
    /// Barriers: distance of the upper one: 0.05, or 5%
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    upper: Option<f64>,
    /// Barriers: distance of the lower one: 0.05, or 5%
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    lower: Option<f64>,
    /// Barriers: column that touches the upper one, such as the high [default: --column]
    #[arg(long, value_name = "COLUMN")]
    upper_column: Option<String>,
    /// Barriers: column that touches the lower one, such as the low [default: --column]
    #[arg(long, value_name = "COLUMN")]
    lower_column: Option<String>,
    /// Threshold: at_least, above, at_most or below [default: at_least]
    #[arg(long, value_enum, value_name = "HOW", hide_possible_values = true)]
    comparison: Option<ComparisonArg>,
    /// Threshold: what the column is compared with
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    value: Option<f64>,
    /// Column: how long after the row its label is known: 0s, 2d
    #[arg(long, value_name = "TIME")]
    delay: Option<Span>,
}

/// The kinds of labels, as the service calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    /// A change until a fixed time ahead.
    #[value(name = "change_at_horizon", alias = "change-at-horizon")]
    ChangeAtHorizon,
    /// A change at any time until then.
    #[value(name = "extreme_within_horizon", alias = "extreme-within-horizon")]
    ExtremeWithinHorizon,
    /// The first of two barriers.
    #[value(name = "triple_barrier", alias = "triple-barrier")]
    TripleBarrier,
    /// A column against a value.
    #[value(name = "threshold")]
    Threshold,
    /// A column with the label.
    #[value(name = "column")]
    Column,
    /// The change itself.
    #[value(name = "change_target", alias = "change-target")]
    ChangeTarget,
}

/// Direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    /// A rise.
    Up,
    /// A fall.
    Down,
}

/// How a column is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ComparisonArg {
    /// The value or more.
    #[value(name = "at_least", alias = "at-least")]
    AtLeast,
    /// More.
    #[value(name = "above")]
    Above,
    /// The value or less.
    #[value(name = "at_most", alias = "at-most")]
    AtMost,
    /// Less.
    #[value(name = "below")]
    Below,
}

const EVERY: &[KindName] = &[
    KindName::ChangeAtHorizon,
    KindName::ExtremeWithinHorizon,
    KindName::TripleBarrier,
    KindName::Threshold,
    KindName::ChangeTarget,
    KindName::Column,
];
const AHEAD: &[KindName] = EVERY.split_at(5).0;
const CHANGES: &[KindName] = EVERY.split_at(2).0;

impl LabelArgs {
    /// The same options; this change and horizon stand where none was said.
    pub(crate) fn or(&self, change: Option<f64>, horizon: Option<Span>) -> Self {
        Self {
            change: self.change.or(change),
            horizon: self.horizon.or(horizon),
            ..self.clone()
        }
    }

    /// Whether nothing was said.
    pub(crate) fn is_silent(&self) -> bool {
        self.foresee.is_none() && self.given().next().is_none()
    }

    /// Writes what was said into the label.
    ///
    /// # Errors
    /// [`CliError::Usage`] when something that the kind needs is still missing, and for an option of another kind.
    pub(crate) fn apply(&self, label: &mut Option<v1::LabelSpec>) -> Result<(), CliError> {
        let chosen = &mut label.get_or_insert_default().kind;
        let name = self.foresee.or_else(|| name_of(chosen.as_ref()));
        let name = name.unwrap_or_else(|| self.implied());
        if name_of(chosen.as_ref()) != Some(name) {
            *chosen = Some(empty(name)); // another kind than the spec's begins with its defaults
        }
        self.refuse_others(name)?;
        match chosen.get_or_insert_with(|| empty(name)) {
            Kind::ChangeAtHorizon(kind) => self.change_at_horizon(kind),
            Kind::ExtremeWithinHorizon(kind) => self.extreme_within_horizon(kind),
            Kind::TripleBarrier(kind) => self.triple_barrier(kind),
            Kind::Threshold(kind) => self.threshold(kind),
            Kind::Column(kind) => self.column(kind),
            Kind::ChangeTarget(kind) => self.change_target(kind),
        }
    }

    /// Every option that was given, with the kinds that it belongs to.
    fn given(&self) -> impl Iterator<Item = (&'static str, &'static [KindName])> {
        use KindName::{Column, ExtremeWithinHorizon, Threshold, TripleBarrier};
        let options: [(bool, &str, &[KindName]); 13] = [
            (self.change.is_some(), "--change", CHANGES),
            (self.direction.is_some(), "--direction", CHANGES),
            (self.horizon.is_some(), "--horizon", AHEAD),
            (self.tolerance.is_some(), "--tolerance", AHEAD),
            (self.column.is_some(), "--column", EVERY),
            (
                self.extreme_column.is_some(),
                "--extreme-column",
                &[ExtremeWithinHorizon],
            ),
            (self.upper.is_some(), "--upper", &[TripleBarrier]),
            (self.lower.is_some(), "--lower", &[TripleBarrier]),
            (self.upper_column.is_some(), "--upper-column", &[TripleBarrier]),
            (self.lower_column.is_some(), "--lower-column", &[TripleBarrier]),
            (self.comparison.is_some(), "--comparison", &[Threshold]),
            (self.value.is_some(), "--value", &[Threshold]),
            (self.delay.is_some(), "--delay", &[Column]),
        ];
        let given = options.into_iter().filter(|(given, ..)| *given);
        given.map(|(_, option, kinds)| (option, kinds))
    }

    /// The kind whose own options were given.
    fn implied(&self) -> KindName {
        let own = self.given().find_map(|(_, kinds)| match kinds {
            [kind] => Some(*kind),
            _ => None,
        });
        own.unwrap_or(KindName::ChangeAtHorizon)
    }

    fn refuse_others(&self, name: KindName) -> Result<(), CliError> {
        match self.given().find(|(_, kinds)| !kinds.contains(&name)) {
            Some((option, _)) => Err(CliError::Usage(format!(
                "{option} does not go with the label {}",
                word(name)
            ))),
            None => Ok(()),
        }
    }

    fn change_at_horizon(&self, kind: &mut v1::ChangeAtHorizon) -> Result<(), CliError> {
        set(&mut kind.change, self.change);
        set(&mut kind.column, self.column.clone());
        set_span(&mut kind.horizon, self.horizon);
        set_span(&mut kind.tolerance, self.tolerance);
        set(&mut kind.direction, self.direction());
        // A change of 0 that was said goes to the service, which explains what is wrong with it.
        let change = kind.change != 0.0 || self.change.is_some();
        needs(change && kind.horizon.is_some(), "--change 5% --horizon 30m")
    }

    fn extreme_within_horizon(&self, kind: &mut v1::ExtremeWithinHorizon) -> Result<(), CliError> {
        set(&mut kind.change, self.change);
        set(&mut kind.column, self.column.clone());
        set(&mut kind.extreme_column, self.extreme_column.clone());
        set_span(&mut kind.horizon, self.horizon);
        set_span(&mut kind.tolerance, self.tolerance);
        set(&mut kind.direction, self.direction());
        let change = kind.change != 0.0 || self.change.is_some();
        needs(
            change && kind.horizon.is_some(),
            "--foresee extreme_within_horizon --change 5% --horizon 30m",
        )
    }

    fn triple_barrier(&self, kind: &mut v1::TripleBarrier) -> Result<(), CliError> {
        set(&mut kind.upper, self.upper);
        set(&mut kind.lower, self.lower);
        set(&mut kind.column, self.column.clone());
        set(&mut kind.upper_column, self.upper_column.clone());
        set(&mut kind.lower_column, self.lower_column.clone());
        set_span(&mut kind.horizon, self.horizon);
        set_span(&mut kind.tolerance, self.tolerance);
        let upper = kind.upper != 0.0 || self.upper.is_some();
        let lower = kind.lower != 0.0 || self.lower.is_some();
        needs(
            upper && lower && kind.horizon.is_some(),
            "--upper 10% --lower 5% --horizon 30m",
        )
    }

    fn threshold(&self, kind: &mut v1::ThresholdAtHorizon) -> Result<(), CliError> {
        set(&mut kind.value, self.value);
        set(&mut kind.column, self.column.clone());
        set_span(&mut kind.horizon, self.horizon);
        set_span(&mut kind.tolerance, self.tolerance);
        let comparison = self.comparison.map(|comparison| match comparison {
            ComparisonArg::AtLeast => v1::Comparison::AtLeast,
            ComparisonArg::Above => v1::Comparison::Above,
            ComparisonArg::AtMost => v1::Comparison::AtMost,
            ComparisonArg::Below => v1::Comparison::Below,
        });
        set(&mut kind.comparison, comparison.map(i32::from));
        needs(
            kind.horizon.is_some(),
            "--column volume --comparison above --value 1000 --horizon 30m",
        )
    }

    fn column(&self, kind: &mut v1::ColumnLabel) -> Result<(), CliError> {
        set(&mut kind.column, self.column.clone());
        set_span(&mut kind.delay, self.delay);
        needs(
            !kind.column.is_empty() && kind.delay.is_some(),
            "--column churned --delay 2d",
        )
    }

    fn change_target(&self, kind: &mut v1::ChangeTarget) -> Result<(), CliError> {
        set(&mut kind.column, self.column.clone());
        set_span(&mut kind.horizon, self.horizon);
        set_span(&mut kind.tolerance, self.tolerance);
        needs(kind.horizon.is_some(), "--foresee change_target --horizon 30m")
    }

    fn direction(&self) -> Option<i32> {
        let direction = self.direction.map(|direction| match direction {
            DirectionArg::Up => v1::Direction::Up,
            DirectionArg::Down => v1::Direction::Down,
        });
        direction.map(i32::from)
    }
}

fn set<T>(field: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *field = said;
    }
}

fn set_span(field: &mut Option<prost_types::Duration>, said: Option<Span>) {
    *field = said.map(when::duration).or(*field);
}

fn needs(all: bool, example: &str) -> Result<(), CliError> {
    match all {
        true => Ok(()),
        false => Err(CliError::Usage(format!(
            "say what to foresee, for example {example}"
        ))),
    }
}

/// The name of a kind that options can change.
fn name_of(kind: Option<&Kind>) -> Option<KindName> {
    match kind? {
        Kind::ChangeAtHorizon(_) => Some(KindName::ChangeAtHorizon),
        Kind::ExtremeWithinHorizon(_) => Some(KindName::ExtremeWithinHorizon),
        Kind::TripleBarrier(_) => Some(KindName::TripleBarrier),
        Kind::Threshold(_) => Some(KindName::Threshold),
        Kind::Column(_) => Some(KindName::Column),
        Kind::ChangeTarget(_) => Some(KindName::ChangeTarget),
    }
}

fn empty(name: KindName) -> Kind {
    match name {
        KindName::ChangeAtHorizon => Kind::ChangeAtHorizon(v1::ChangeAtHorizon::default()),
        KindName::ExtremeWithinHorizon => Kind::ExtremeWithinHorizon(v1::ExtremeWithinHorizon::default()),
        KindName::TripleBarrier => Kind::TripleBarrier(v1::TripleBarrier::default()),
        KindName::Threshold => Kind::Threshold(v1::ThresholdAtHorizon::default()),
        KindName::Column => Kind::Column(v1::ColumnLabel::default()),
        KindName::ChangeTarget => Kind::ChangeTarget(v1::ChangeTarget::default()),
    }
}

fn word(name: KindName) -> String {
    let value = name.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests;
