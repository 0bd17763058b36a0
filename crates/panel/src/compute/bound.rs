//! A planned feature with the columns of one panel.

use super::ahead::Ahead;
use super::as_of::Joined;
use crate::Panel;
use crate::catalogue::{Bars, Input, PlannedFeature, Scratch};
use std::borrow::Cow;
use std::ops::Range;

/// Where the values of a feature or of an input come from, found once for all entities.
pub(super) enum Bound<'a> {
    /// All rows of a column, of the source or computed ahead.
    Column(&'a [f64]),
    /// A feature of a context, joined to the rows.
    AsOf(Joined<'a>),
    /// A formula, entity by entity.
    Formula {
        panel: &'a Panel,
        feature: &'a PlannedFeature,
        inputs: Vec<Self>,
    },
}

impl<'a> Bound<'a> {
    /// # Panics
    /// When the panel lacks a column of the feature.
    pub(super) fn to(panel: &'a Panel, feature: &'a PlannedFeature, ahead: &'a Ahead) -> Self {
        if let Some(values) = ahead.column(&feature.expr) {
            return Self::Column(values);
        }
        let inputs = feature.inputs.iter();
        Self::Formula {
            panel,
            feature,
            inputs: inputs.map(|input| Self::to_input(panel, input, ahead)).collect(),
        }
    }

    /// # Panics
    /// When the panel lacks a column of the input.
    pub(super) fn to_input(panel: &'a Panel, input: &'a Input, ahead: &'a Ahead) -> Self {
        match input {
            Input::Column(name) => Self::Column(
                panel
                    .column(name)
                    .expect("a panel is read with the columns of its plan"),
            ),
            Input::Feature(inner) => Self::to(panel, inner, ahead),
            Input::AsOf(as_of) => Self::AsOf(Joined::to(panel, as_of)),
        }
    }

    /// Fills `out`, all NaN before, with the values for the rows of one entity.
    pub(super) fn fill(&self, rows: Range<usize>, scratch: &mut Scratch, out: &mut [f64]) {
        match self {
            Self::Column(values) => out.copy_from_slice(&values[rows]),
            Self::AsOf(joined) => joined.fill(rows, out),
            Self::Formula {
                panel,
                feature,
                inputs,
            } => {
                let inputs = inputs.iter().map(|input| input.values(rows.clone(), scratch));
                let inputs: Vec<Cow<'_, [f64]>> = inputs.collect();
                let bars = Bars::of(panel, &inputs, rows);
                (feature.family.formula)(&bars, feature.arguments, scratch, out);
            }
        }
    }

    /// The values for the rows of one entity.
    fn values(&self, rows: Range<usize>, scratch: &mut Scratch) -> Cow<'a, [f64]> {
        match self {
            Self::Column(values) => Cow::Borrowed(&values[rows]),
            Self::AsOf(_) | Self::Formula { .. } => {
                let mut values = vec![f64::NAN; rows.len()];
                self.fill(rows, scratch, &mut values);
                Cow::Owned(values)
            }
        }
    }

    /// The values for all rows of the panel.
    pub(super) fn whole(&self, panel: &Panel) -> Cow<'a, [f64]> {
        if let Self::Column(values) = self {
            return Cow::Borrowed(values);
        }
        let mut scratch = Scratch::default();
        let mut values = vec![f64::NAN; panel.rows()];
        for entity in 0..panel.entities().len() {
            let rows = panel.range_of(entity);
            self.fill(rows.clone(), &mut scratch, &mut values[rows]);
        }
        Cow::Owned(values)
    }
}

/// One feature that needs nothing ahead, for every row of a panel.
///
/// # Panics
/// When the panel lacks a column of the feature.
pub(super) fn values(panel: &Panel, feature: &PlannedFeature) -> Vec<f64> {
    Bound::to(panel, feature, &Ahead::default())
        .whole(panel)
        .into_owned()
}
