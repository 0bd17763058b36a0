//! The sections of the page, one file for each.

pub(crate) mod again;
pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod baselines;
pub(crate) mod features;
pub(crate) mod folds;
pub(crate) mod operating;
pub(crate) mod proof;
pub(crate) mod row_flow;
pub(crate) mod slices;
pub(crate) mod tiles;

/// A name with what stands behind it.
pub(crate) struct Pair {
    pub name: &'static str,
    pub value: String,
}

impl Pair {
    pub(crate) fn new(name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name, value }
    }
}
