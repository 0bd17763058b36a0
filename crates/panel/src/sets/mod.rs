//! Named sets of features, one file each. A new one is its file, its `mod` and its line in [`SETS`].

mod core;
mod ohlcv_technical;
mod pump_detection;
mod returns_and_volatility;
mod written;

use crate::catalogue::FeatureSet;

/// Every set, ordered by name.
pub static SETS: &[&FeatureSet] = &[
    &core::SET,
    &ohlcv_technical::SET,
    &pump_detection::SET,
    &returns_and_volatility::SET,
];
