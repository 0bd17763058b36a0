//! What a family of features says about itself, and what its formula is given.

use super::LookBack;
use crate::Panel;
use crate::window::{LineState, State};
use mltraining_domain::{ColumnRole, Span, Window};
use std::borrow::Cow;
use std::ops::Range;

/// A family of features: a formula that becomes a feature with a column and a window.
#[derive(Debug)]
pub struct Family {
    /// Name, as written before the parentheses.
    pub name: &'static str,
    /// What it computes, with the formula, for people.
    pub description: &'static str,
    /// Unit of the value; `column` stands for the unit of the column it is computed from, `1` for a bare ratio.
    pub unit: &'static str,
    /// How one is written.
    pub example: &'static str,
    /// What stands between the parentheses, in order. At most one window and one number.
    pub parameters: &'static [Parameter],
    /// What the source must have besides the columns in the parentheses.
    pub needs: &'static [Need],
    /// The shortest window in bars that gives a value.
    pub min_bars: u32,
    /// How far it looks back.
    pub reach: Reach,
    /// How long after the row's time the value becomes known.
    pub availability_delay: Span,
    /// Computes it.
    pub formula: Formula,
}

/// Fills `out` (one value per bar of one entity, all NaN before) from the bars at or before each. Too little history, a missing input and
/// a division by zero give NaN. With [`Reach::Instant`] the bars are those of all entities at one time instead.
pub type Formula = fn(bars: &Bars<'_>, arguments: Arguments, scratch: &mut Scratch, out: &mut [f64]);

/// What stands between the parentheses of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// A column of the source, or a feature in its place.
    Column,
    /// A number of bars or a span of time.
    Window,
    /// A number of bars, for formulas that go from bar to bar.
    Bars,
    /// A number.
    Number,
    /// The name of a context of the source. Columns after it are those of the context.
    Context,
}

/// What stands between the parentheses besides columns; each is there iff the family takes it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Arguments {
    /// The window of [`Parameter::Window`] or [`Parameter::Bars`].
    pub window: Option<Window>,
    /// The number of [`Parameter::Number`]; finite.
    pub number: Option<f64>,
}

/// Something that a source must have for a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A column of this role; it is an input of the formula, after the columns in the parentheses.
    Role(ColumnRole),
    /// A phase column.
    Phase,
}

/// How far a family looks back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only at the present row.
    Row,
    /// At the present row and the one before it.
    Previous,
    /// At the bars of the window, the present one included.
    Window,
    /// At the bar one window ago (see [`crate::catalogue::Family::description`] of `log_return` for windows of time).
    Lag,
    /// At all bars of the entity.
    History,
    /// At the present row of every entity of the panel.
    Instant,
    /// At the newest known row of a context.
    Context,
}

/// The bars of one entity in order of time, as a formula sees them (with [`Reach::Instant`]: of all entities at one time).
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// Microseconds since 1970-01-01 UTC, strictly rising.
    pub times: &'a [i64],
    /// Lifecycle phase of each bar; `None` when the panel has none.
    pub phases: Option<&'a [Option<i32>]>,
    /// The bars' values of each input.
    inputs: &'a [Cow<'a, [f64]>],
}

/// Buffers that formulas use again from entity to entity.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) suffixes: Vec<State>,
    pub(crate) lines: Vec<LineState>,
    /// One value per bar on the way to the outcome.
    pub(crate) values: Vec<f64>,
    /// Bars in the order of something.
    pub(crate) order: Vec<usize>,
}

impl<'a> Bars<'a> {
    /// The bars in these rows of a panel, which must be those of one entity, with their values of each input.
    pub(crate) fn of(panel: &'a Panel, inputs: &'a [Cow<'a, [f64]>], rows: Range<usize>) -> Self {
        Self {
            times: &panel.times()[rows.clone()],
            phases: panel.phases().map(|phases| &phases[rows]),
            inputs,
        }
    }

    /// The bars of all entities at one time, with their values of each input.
    pub(crate) fn at_one_time(times: &'a [i64], inputs: &'a [Cow<'a, [f64]>]) -> Self {
        Self {
            times,
            phases: None,
            inputs,
        }
    }

    /// The values of an input: first those in the parentheses in order (if the family takes any), then those of
    /// [`Family::needs`].
    ///
    /// # Panics
    /// When the family declares no such input.
    pub fn input(&self, index: usize) -> &'a [f64] {
        &self.inputs[index]
    }
}

impl Arguments {
    /// The length of a window in bars.
    pub fn bars(self) -> Option<u32> {
        match self.window {
            Some(Window::Bars(bars)) => Some(bars),
            _ => None,
        }
    }
}

impl Family {
    /// True when a window of this length can give a value.
    pub fn allows(&self, window: Window) -> bool {
        !matches!(window, Window::Bars(bars) if bars < self.min_bars)
    }

    /// The roles that the source's columns must have.
    pub fn required_roles(&self) -> Vec<ColumnRole> {
        let role = |need: &Need| match need {
            Need::Role(role) => Some(*role),
            Need::Phase => None,
        };
        self.needs.iter().filter_map(role).collect()
    }
}

impl Reach {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Row => "the present row",
            Self::Previous => "the row before",
            Self::Window => "the window",
            Self::Lag => "one window; for a window of time up to two, until a bar is found",
            Self::History => "the whole history of the entity",
            Self::Instant => "the present row of every entity",
            Self::Context => "the newest known row of the context",
        }
    }

    /// True when it sees rows before the present one.
    pub(crate) fn looks_back(self) -> bool {
        !matches!(self, Self::Row | Self::Instant | Self::Context)
    }

    /// How far back that is with this window.
    pub fn look_back(self, window: Option<Window>) -> LookBack {
        match (self, window) {
            (Self::History, _) => LookBack::Unbounded,
            (Self::Previous, _) => LookBack::bars(1),
            (Self::Row | Self::Instant | Self::Context, _) | (_, None) => LookBack::NONE,
            (Self::Window, Some(Window::Bars(bars))) => LookBack::bars(bars.saturating_sub(1)),
            (Self::Window, Some(Window::Time(span))) => LookBack::time(span),
            (Self::Lag, Some(Window::Bars(bars))) => LookBack::bars(bars),
            (Self::Lag, Some(Window::Time(span))) => LookBack::time(twice(span)),
        }
    }
}

fn twice(span: Span) -> Span {
    Span::from_micros(span.micros().saturating_mul(2)).expect("twice a span is no less than the span")
}
