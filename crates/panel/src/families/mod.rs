//! Every family of features, one file each. A new one is its file, its `mod` and its line in [`FAMILIES`].
//! (`flags`, `moves` and `pairs` are no families but what some have in common.)

mod above;
mod above_mean;
mod adx;
mod age;
mod as_of;
mod atr;
mod bars_since_running_max;
mod below;
mod below_mean;
mod bollinger_position;
mod breakout;
mod cross_section_rank;
mod cumulative_sum;
mod day_of_week;
mod difference;
mod ema;
mod flags;
mod flip;
mod hour_of_day;
mod log_return;
mod macd;
mod macd_histogram;
mod macd_signal;
mod mfi;
mod minus;
mod moves;
mod obv_change;
mod pairs;
mod partial_above_mean;
mod partial_mean;
mod partial_ratio_to_mean;
mod partial_std;
mod partial_sum;
mod partial_z_score;
mod pct_change;
mod phase;
mod plus;
mod ratio;
mod ratio_to_mean;
mod raw;
mod rolling_max;
mod rolling_mean;
mod rolling_min;
mod rolling_slope;
mod rolling_std;
mod rolling_sum;
mod rsi;
mod running_max;
mod running_max_distance;
mod time_since_running_max;
mod times;
mod z_score;

use crate::catalogue::{Family, Parameter};
use moves::moves;

/// Every family, ordered by name.
pub static FAMILIES: &[&Family] = &[
    &above::FAMILY,
    &above_mean::FAMILY,
    &adx::FAMILY,
    &age::FAMILY,
    &as_of::FAMILY,
    &atr::FAMILY,
    &bars_since_running_max::FAMILY,
    &below::FAMILY,
    &below_mean::FAMILY,
    &bollinger_position::FAMILY,
    &breakout::FAMILY,
    &cross_section_rank::FAMILY,
    &cumulative_sum::FAMILY,
    &day_of_week::FAMILY,
    &difference::FAMILY,
    &ema::FAMILY,
    &flip::FAMILY,
    &hour_of_day::FAMILY,
    &log_return::FAMILY,
    &macd::FAMILY,
    &macd_histogram::FAMILY,
    &macd_signal::FAMILY,
    &mfi::FAMILY,
    &minus::FAMILY,
    &obv_change::FAMILY,
    &partial_above_mean::FAMILY,
    &partial_mean::FAMILY,
    &partial_ratio_to_mean::FAMILY,
    &partial_std::FAMILY,
    &partial_sum::FAMILY,
    &partial_z_score::FAMILY,
    &pct_change::FAMILY,
    &phase::FAMILY,
    &plus::FAMILY,
    &ratio::FAMILY,
    &ratio_to_mean::FAMILY,
    &raw::FAMILY,
    &rolling_max::FAMILY,
    &rolling_mean::FAMILY,
    &rolling_min::FAMILY,
    &rolling_slope::FAMILY,
    &rolling_std::FAMILY,
    &rolling_sum::FAMILY,
    &rsi::FAMILY,
    &running_max::FAMILY,
    &running_max_distance::FAMILY,
    &time_since_running_max::FAMILY,
    &times::FAMILY,
    &z_score::FAMILY,
];

/// Name of the family of raw columns, which are written without it.
pub(crate) const RAW: &str = "raw";

const COLUMN: &[Parameter] = &[Parameter::Column];
const COLUMN_AND_BARS: &[Parameter] = &[Parameter::Column, Parameter::Bars];
const COLUMN_AND_NUMBER: &[Parameter] = &[Parameter::Column, Parameter::Number];
const COLUMN_WINDOW_AND_NUMBER: &[Parameter] = &[Parameter::Column, Parameter::Window, Parameter::Number];
const BARS: &[Parameter] = &[Parameter::Bars];
const COLUMN_AND_WINDOW: &[Parameter] = &[Parameter::Column, Parameter::Window];
const TWO_COLUMNS: &[Parameter] = &[Parameter::Column, Parameter::Column];
const NOTHING: &[Parameter] = &[];

/// `numerator / denominator`; NaN, not infinity, when the denominator is 0.
fn ratio(numerator: f64, denominator: f64) -> f64 {
    finite(numerator / denominator)
}

/// An infinite value says nothing: it comes of a zero denominator or an overflow.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}
