//! A planned feature with the columns of one panel.

use crate::Panel;
use crate::catalogue::{Bars, Input, PlannedFeature, Scratch};
use std::borrow::Cow;
use std::ops::Range;

/// A feature whose columns have been found, once for all entities.
pub(super) struct Bound<'a> {
    panel: &'a Panel,
    feature: &'a PlannedFeature,
    inputs: Vec<BoundInput<'a>>,
}

enum BoundInput<'a> {
    /// All rows of a column.
    Column(&'a [f64]),
    Feature(Bound<'a>),
}

impl<'a> Bound<'a> {
    /// # Panics
    /// When the panel lacks a column of the feature.
    pub(super) fn to(panel: &'a Panel, feature: &'a PlannedFeature) -> Self {
        let input = |input: &'a Input| match input {
            Input::Column(name) => BoundInput::Column(
                panel
                    .column(name)
                    .expect("a panel is read with the columns of its plan"),
            ),
            Input::Feature(inner) => BoundInput::Feature(Self::to(panel, inner)),
        };
        Self {
            panel,
            feature,
            inputs: feature.inputs.iter().map(input).collect(),
        }
    }

    /// Fills `out`, all NaN before, with the feature's values for the rows of one entity.
    pub(super) fn fill(&self, rows: Range<usize>, scratch: &mut Scratch, out: &mut [f64]) {
        let mut values_of = |input: &BoundInput<'a>| match input {
            BoundInput::Column(values) => Cow::Borrowed(&values[rows.clone()]),
            BoundInput::Feature(inner) => {
                let mut values = vec![f64::NAN; rows.len()];
                inner.fill(rows.clone(), scratch, &mut values);
                Cow::Owned(values)
            }
        };
        let inputs: Vec<Cow<'_, [f64]>> = self.inputs.iter().map(&mut values_of).collect();
        let bars = Bars::of(self.panel, &inputs, rows);
        (self.feature.family.formula)(&bars, self.feature.arguments, scratch, out);
    }
}
