//! What the close alone says, and how far a candle reaches.

use super::written::{left_out, write_out};
use crate::catalogue::FeatureSet;

pub(super) static SET: FeatureSet = FeatureSet {
    name: "returns_and_volatility",
    description: "returns of the CLOSE over one bar and over each window; over each window the spread, extremes and last standing of its one-bar returns, the spread in relation to its own mean, and the mean range of the candle; the distance to its highest value",
    families: &[
        "log_return",
        "minus",
        "ratio",
        "ratio_to_mean",
        "rolling_max",
        "rolling_mean",
        "rolling_min",
        "rolling_std",
        "running_max_distance",
        "z_score",
    ],
    expand: |source, windows| write_out(FEATURES, source, windows),
    left_out: |source| left_out(FEATURES, source),
};

const FEATURES: &[&str] = &[
    "log_return({close}, 1)",
    "log_return({close}, {w})",
    "rolling_std(log_return({close}, 1), {w})",
    "z_score(log_return({close}, 1), {w})",
    "rolling_min(log_return({close}, 1), {w})",
    "rolling_max(log_return({close}, 1), {w})",
    "ratio_to_mean(rolling_std(log_return({close}, 1), {w}), {w})",
    "rolling_mean(ratio(minus({high}, {low}), {close}), {w})",
    "running_max_distance({close})",
];
