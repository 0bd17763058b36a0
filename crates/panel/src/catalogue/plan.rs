//! A spec written out for one source: the features, the columns they need and how far they look back.

use super::{Arguments, Family};
use mltraining_domain::{FeatureExpr, Span};

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
}

/// Features in the order in which a model sees them, each once.
#[derive(Debug, Clone)]
pub struct FeaturePlan {
    /// The features; at least one.
    pub features: Vec<PlannedFeature>,
    pub(super) columns: Vec<String>,
}

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
            Input::Column(_) => LookBack::NONE,
            Input::Feature(feature) => feature.look_back(),
        });
        let inner = inner.fold(LookBack::NONE, LookBack::and);
        self.family.reach.look_back(self.arguments.window).over(inner)
    }

    /// The families of it and of the features in the place of columns; one may come twice.
    pub fn families(&self) -> Vec<&'static Family> {
        let mut families = vec![self.family];
        for input in &self.inputs {
            if let Input::Feature(feature) = input {
                families.extend(feature.families());
            }
        }
        families
    }

    /// The columns of the source that it is computed from; one may come twice.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Column(name) => columns.push(name.as_str()),
                Input::Feature(feature) => columns.extend(feature.columns()),
            }
        }
        columns
    }
}

impl FeaturePlan {
    /// The features' names, in order.
    pub fn names(&self) -> Vec<String> {
        self.features.iter().map(PlannedFeature::name).collect()
    }

    /// The source's columns that must be read for the features and the label, each once, in the source's order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// How far back the features look, all together.
    pub fn look_back(&self) -> LookBack {
        let each = self.features.iter().map(PlannedFeature::look_back);
        each.fold(LookBack::NONE, LookBack::and)
    }
}
