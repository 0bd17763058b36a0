//! Signs of a pump in the life of a coin, from the columns of `coin_metrics` and the roles HIGH, CLOSE and VOLUME. Windows need not be
//! full, as coins are young.

use super::written::{left_out, write_out};
use crate::catalogue::FeatureSet;

pub(super) static SET: FeatureSet = FeatureSet {
    name: "pump_detection",
    description: "signs of a pump, from the columns of coin_metrics: sales of the developer, buy pressure, whales, volatility, few signers, net volume, price and market cap over each window, volume against its mean, everything about the highest HIGH so far, and the price of SOL in dollars, which needs a context `exchange_rates` with a column `sol_price_usd`. Changes are ratios, not percents, and times are in seconds",
    families: &[
        "above",
        "as_of",
        "below",
        "breakout",
        "cumulative_sum",
        "difference",
        "flip",
        "minus",
        "partial_above_mean",
        "partial_mean",
        "partial_ratio_to_mean",
        "partial_std",
        "partial_sum",
        "partial_z_score",
        "pct_change",
        "plus",
        "ratio",
        "raw",
        "running_max",
        "time_since_running_max",
        "times",
    ],
    expand: |source, windows| write_out(FEATURES, source, windows),
    left_out: |source| left_out(FEATURES, source),
};

const FEATURES: &[&str] = &[
    "above(dev_sold_amount, 0)",
    "cumulative_sum(dev_sold_amount)",
    "above(partial_sum(dev_sold_amount, {w}), 0)",
    "partial_mean(buy_pressure_ratio, {w})",
    "minus(buy_pressure_ratio, partial_mean(buy_pressure_ratio, {w}))",
    "minus(whale_buy_volume_sol, whale_sell_volume_sol)",
    "plus(partial_sum(whale_buy_volume_sol, {w}), partial_sum(whale_sell_volume_sol, {w}))",
    "partial_mean(volatility_pct, {w})",
    "partial_above_mean(volatility_pct, {w}, 1.5)",
    // Few signers for many trades: one party trades with itself.
    "below(partial_mean(unique_signer_ratio, {w}), 0.15)",
    "partial_mean(net_volume_sol, {w})",
    "flip(net_volume_sol)",
    "pct_change({close}, {w})",
    "partial_ratio_to_mean({volume}, {w})",
    "partial_z_score({volume}, {w})",
    "pct_change(market_cap_close, {w})",
    // The all-time high, as it stood at the bar.
    "running_max({high})",
    "ratio(minus(running_max({high}), {close}), running_max({high}))",
    "breakout({high})",
    "time_since_running_max({high})",
    "below(time_since_running_max({high}), 3600)",
    "above(time_since_running_max({high}), 86400)",
    "partial_mean(ratio(minus(running_max({high}), {close}), running_max({high})), {w})",
    // It comes nearer.
    "below(difference(ratio(minus(running_max({high}), {close}), running_max({high})), {w}), 0)",
    "partial_sum(breakout({high}), {w})",
    "partial_mean(times({volume}, breakout({high})), {w})",
    "partial_mean(time_since_running_max({high}), {w})",
    // The market: over five rows of the rates, not of the coin.
    "as_of(exchange_rates, sol_price_usd)",
    "as_of(exchange_rates, pct_change(sol_price_usd, 1))",
    "as_of(exchange_rates, partial_mean(sol_price_usd, 5))",
    "as_of(exchange_rates, partial_std(sol_price_usd, 5))",
];
