//! Every family of features, one file each. A new one is its file, its `mod` and its line in [`FAMILIES`].

mod age;
mod difference;
mod hour_of_day;
mod log_return;
mod pct_change;
mod phase;
mod ratio_to_mean;
mod raw;
mod rolling_max;
mod rolling_mean;
mod rolling_min;
mod rolling_std;
mod rolling_sum;
mod running_max_distance;
mod time_since_running_max;
mod z_score;

use crate::catalogue::{Family, Parameter};

/// Every family, ordered by name.
pub static FAMILIES: &[&Family] = &[
    &age::FAMILY,
    &difference::FAMILY,
    &hour_of_day::FAMILY,
    &log_return::FAMILY,
    &pct_change::FAMILY,
    &phase::FAMILY,
    &ratio_to_mean::FAMILY,
    &raw::FAMILY,
    &rolling_max::FAMILY,
    &rolling_mean::FAMILY,
    &rolling_min::FAMILY,
    &rolling_std::FAMILY,
    &rolling_sum::FAMILY,
    &running_max_distance::FAMILY,
    &time_since_running_max::FAMILY,
    &z_score::FAMILY,
];

/// Name of the family of raw columns, which are written without it.
pub(crate) const RAW: &str = "raw";

const COLUMN: &[Parameter] = &[Parameter::Column];
const COLUMN_AND_WINDOW: &[Parameter] = &[Parameter::Column, Parameter::Window];
const NOTHING: &[Parameter] = &[];

/// `numerator / denominator`; NaN, not infinity, when the denominator is 0.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    finite(numerator / denominator)
}

/// An infinite value says nothing: it comes of a zero denominator or an overflow.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
