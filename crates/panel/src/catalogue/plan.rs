//! A spec written out for one source: the features, the columns they need and how far they look back.

use super::{Arguments, AsOf, Family, PlannedContext, Reach};
use mltraining_domain::{FeatureExpr, Span};
use std::collections::HashSet;

/// One feature of a plan.
#[derive(Debug, Clone)]
pub struct PlannedFeature {
    /// As a client writes it, in its one canonical form.
    pub expr: FeatureExpr,
    /// Its family.
    pub family: &'static Family,
    /// What its formula is given, in that order.
    pub inputs: Vec<Input>,
    /// Its window and its number, iff the family takes them.
    pub arguments: Arguments,
}

/// What a formula computes from.
#[derive(Debug, Clone)]
pub enum Input {
    /// A column of the source.
    Column(String),
    /// Another feature.
    Feature(Box<PlannedFeature>),
    /// A feature of a context.
    AsOf(Box<AsOf>),
}

/// Features in the order in which a model sees them, each once.
#[derive(Debug, Clone)]
pub struct FeaturePlan {
    /// The features; at least one.
    pub features: Vec<PlannedFeature>,
    pub(super) columns: Vec<String>,
    pub(super) contexts: Vec<PlannedContext>,
    pub(super) left_out: Vec<LeftOut>,
}

/// What a set of the spec holds that the source cannot give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The set.
    pub set: &'static str,
    /// Its features, as people read them; at least one.
    pub features: Vec<String>,
}

/// Bytes of a row while rows are in the order of time: its number, a value and the outcome.
const ORDER_OF_INSTANTS: usize = 24;

/// How many rows of an entity before a row must be read so that the row's features are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookBack {
    /// Both so many bars before the row and every bar in `[t - time, t]`.
    Bounded {
        /// Bars before the row.
        bars: u32,
        /// Time before the row.
        time: Span,
    },
    /// All of them.
    Unbounded,
}

impl LookBack {
    /// No row but the present one.
    pub const NONE: LookBack = LookBack::Bounded {
        bars: 0,
        time: Span::ZERO,
    };

    /// So many bars before the row.
    pub fn bars(bars: u32) -> Self {
        Self::Bounded {
            bars,
            time: Span::ZERO,
        }
    }

    /// Every bar in `[t - time, t]`.
    pub fn time(time: Span) -> Self {
        Self::Bounded { bars: 0, time }
    }

    /// What serves both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bounded { bars: b, time: t }, Self::Bounded { bars, time }) => Self::Bounded {
                bars: b.max(bars),
                time: t.max(time),
            },
            _ => Self::Unbounded,
        }
    }

    /// What serves a formula that looks so far back at values which themselves look back as far as `inner`. Bars and time
    /// do not add up, so a formula over bars of values over time (or the other way round) needs all rows.
    #[must_use]
    pub fn over(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::NONE, one) | (one, Self::NONE) => one,
            (Self::Bounded { bars: b, time: t }, Self::Bounded { bars, time })
                if (t.is_zero() && time.is_zero()) || (b == 0 && bars == 0) =>
            {
                let sum = t.micros().saturating_add(time.micros());
                Span::from_micros(sum).map_or(Self::Unbounded, |time| Self::Bounded {
                    bars: b.saturating_add(bars),
                    time,
                })
            }
            _ => Self::Unbounded,
        }
    }
}

impl PlannedFeature {
    /// Its name, e.g. `rolling_mean(close, 10)`.
    pub fn name(&self) -> String {
        self.expr.to_string()
    }

    /// How far it looks back, its inputs included.
    pub fn look_back(&self) -> LookBack {
        let inner = self.inputs.iter().map(|input| match input {
            Input::Column(_) | Input::AsOf(_) => LookBack::NONE,
            Input::Feature(feature) => feature.look_back(),
        });
        let inner = inner.fold(LookBack::NONE, LookBack::and);
        self.family.reach.look_back(self.arguments.window).over(inner)
    }

    /// The families of it and of the features in the place of columns; one may come twice.
    pub fn families(&self) -> Vec<&'static Family> {
        let mut families = vec![self.family];
        for input in &self.inputs {
            match input {
                Input::Column(_) => {}
                Input::Feature(feature) => families.extend(feature.families()),
                Input::AsOf(as_of) => families.extend(as_of.feature.families()),
            }
        }
        families
    }

    /// True when it, or what stands in the place of a column, is computed from other entities' rows too: those at the same
    /// instant, and what these say of their own past.
    pub fn sees_other_entities(&self) -> bool {
        self.families()
            .iter()
            .any(|family| family.reach == Reach::Instant)
    }

    /// True when it is computed for the whole panel at once, not entity by entity.
    pub(crate) fn needs_whole_panel(&self) -> bool {
        self.family.reach == Reach::Instant
    }

    /// Adds it and what stands in the place of its columns, inner ones first, if they need the whole panel and are not there yet.
    fn gather_ahead<'a>(&'a self, seen: &mut HashSet<&'a FeatureExpr>, ahead: &mut Vec<&'a Self>) {
        for input in &self.inputs {
            if let Input::Feature(inner) = input {
                inner.gather_ahead(seen, ahead);
            }
        }
        if self.needs_whole_panel() && seen.insert(&self.expr) {
            ahead.push(self);
        }
    }

    /// The columns of the source that it is computed from, those of contexts left out; one may come twice.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Column(name) => columns.push(name.as_str()),
                Input::Feature(feature) => columns.extend(feature.columns()),
                Input::AsOf(_) => {}
            }
        }
        columns
    }
}

/// Those of some features, and of what stands in the place of their columns, that are computed for the whole panel before the
/// rest: each once, in an order in which each needs only those before it.
pub(crate) fn ahead<'a>(features: impl IntoIterator<Item = &'a PlannedFeature>) -> Vec<&'a PlannedFeature> {
    let (mut seen, mut ahead) = (HashSet::new(), Vec::new());
    for feature in features {
        feature.gather_ahead(&mut seen, &mut ahead);
    }
    ahead
}

impl FeaturePlan {
    /// The most columns that a row has which is read, be it the source's or a context's.
    pub fn widest(&self) -> usize {
        let of_contexts = self.contexts.iter().map(|context| context.columns.len());
        of_contexts.fold(self.columns.len(), usize::max)
    }

    /// Memory of what is computed for the whole panel before the other features, for each of its rows, in bytes: in f64, with the
    /// order of the rows in time.
    pub fn ahead_bytes_of_row(&self) -> u64 {
        let ahead = ahead(&self.features);
        let ordered = if ahead.is_empty() { 0 } else { ORDER_OF_INSTANTS };
        (8 * ahead.len() + ordered) as u64
    }

    /// True when a feature, or what stands in the place of its columns, is computed for all entities at once.
    pub fn needs_whole_panel(&self) -> bool {
        !ahead(&self.features).is_empty()
    }

    /// The features' names, in order.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().map(PlannedFeature::name).collect()
    }

    /// The source's columns that must be read for the features and the label, each once, in the source's order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the sets of the spec hold that the source cannot give.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// How far back the features look, all together.
    pub fn look_back(&self) -> LookBack {
        let each = self.features.iter().map(PlannedFeature::look_back);
        each.fold(LookBack::NONE, LookBack::and)
    }
}
