//! A spec written out for one source: the features, the columns they need and how far they look back.

use super::Family;
use mltraining_domain::{FeatureExpr, Span, Window};

/// One feature of a plan.
#[derive(Debug, Clone)]
pub struct PlannedFeature {
    /// As a client writes it, in its one canonical form.
    pub expr: FeatureExpr,
    /// Its family.
    pub family: &'static Family,
    /// The columns that its formula is given, in that order.
    pub inputs: Vec<String>,
    /// Its window, iff the family takes one.
    pub window: Option<Window>,
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
}

impl PlannedFeature {
    /// Its name, e.g. `rolling_mean(close, 10)`.
    pub fn name(&self) -> String {
        self.expr.to_string()
    }

    /// How far it looks back.
    pub fn look_back(&self) -> LookBack {
        self.family.reach.look_back(self.window)
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
