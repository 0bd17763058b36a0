//! What is computed for the whole panel before the features that go entity by entity.

use super::bound::Bound;
use super::instants::Instants;
use super::{Cancelled, Control};
use crate::Panel;
use crate::catalogue::{self, PlannedFeature};
use mltraining_domain::FeatureExpr;
use std::collections::HashMap;
use std::sync::atomic::Ordering;

/// Whole columns by the feature that they hold; one value for each row of the panel.
#[derive(Default)]
pub(super) struct Ahead {
    columns: HashMap<FeatureExpr, Vec<f64>>,
}

impl Ahead {
    /// All that these features need.
    ///
    /// # Errors
    /// [`Cancelled`] when the control says so.
    ///
    /// # Panics
    /// When the panel lacks a column of a feature.
    pub(super) fn of<'a>(
        panel: &Panel,
        features: impl IntoIterator<Item = &'a PlannedFeature>,
        control: &Control<'_>,
    ) -> Result<Self, Cancelled> {
        let mut ahead = Self::default();
        let mut instants = None;
        for feature in catalogue::ahead(features) {
            if control.cancel.load(Ordering::Relaxed) {
                return Err(Cancelled);
            }
            let instants = instants.get_or_insert_with(|| Instants::of(panel));
            let column = ahead.at_instants(panel, feature, instants);
            ahead.columns.insert(feature.expr.clone(), column);
        }
        Ok(ahead)
    }

    /// The column of a feature that was computed ahead.
    pub(super) fn column(&self, feature: &FeatureExpr) -> Option<&[f64]> {
        self.columns.get(feature).map(Vec::as_slice)
    }

    fn at_instants(&self, panel: &Panel, feature: &PlannedFeature, instants: &Instants) -> Vec<f64> {
        let inputs = feature.inputs.iter();
        let inputs = inputs.map(|input| Bound::to_input(panel, input, self).whole(panel));
        instants.compute(feature, &inputs.collect::<Vec<_>>())
    }
}
