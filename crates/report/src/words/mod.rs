//! What stands in specs, in words.

pub(crate) mod algorithm;
pub(crate) mod features;
pub(crate) mod label;
pub(crate) mod measures;
pub(crate) mod number;
pub(crate) mod split;
pub(crate) mod threshold;
pub(crate) mod verdict;
