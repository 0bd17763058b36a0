//! What a client asks for. A spec is plain data that can always be read back; [`Checked`] says that it may be stored or run.

pub mod algorithm;
pub mod backtest;
pub mod batch_predict;
pub mod calibration;
pub mod compare;
pub mod decision_tree;
pub mod evaluate;
pub mod features;
pub mod gaussian_nb;
pub mod gradient_boosting;
pub mod knn;
pub mod label;
pub mod least_squares;
pub mod probe;
pub mod reproduce;
pub mod sample_weight;
pub mod split;
pub mod task;
pub mod threshold;
pub mod train;
pub mod trial;
pub mod tune;

use std::ops::Deref;

/// A spec that passed its checks. Made only by the spec's own `check`.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<T>(T);

impl<T> Checked<T> {
    /// Only the spec modules below can vouch for a spec.
    pub(in crate::spec) fn new(spec: T) -> Self {
        Self(spec)
    }

    /// The spec itself; it is unchecked from here on.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Checked<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
