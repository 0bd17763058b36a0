//! Named sets of features, one file each. A new one is its file, its `mod` and its line in [`SETS`].

mod core;

use crate::catalogue::FeatureSet;

/// Every set, ordered by name.
pub static SETS: &[&FeatureSet] = &[&core::SET];
