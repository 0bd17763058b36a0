//! Features equal pandas' and TA-Lib's to 1e-9.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, beside, close_to, coin_metrics, column_names, panel, plan, source};
use mltraining_domain::{FeatureSpec, SourceSpec};
use mltraining_panel::{Panel, catalogue, compute};
use std::collections::{BTreeMap, BTreeSet};

/// Irregular times, gaps, NULLs, a constant stretch, prices of 1e-8 and volumes from 0 to 1e6; the script that made the
/// numbers is in the file.
const VALUES: &str = include_str!("pandas/values.csv");
/// The same kind of rows; made by `pandas/indicators.py`.
const INDICATORS: &str = include_str!("pandas/indicators.csv");
/// A coin between two others; made by `pandas/pump_detection.py`.
const PUMP_DETECTION: &str = include_str!("pandas/pump_detection.csv");
/// Candles one minute apart without holes; made by `pandas/indicators.py`.
const TALIB: &str = include_str!("pandas/talib.csv");

/// Families that see more than one entity or source; tests of their own hold them against pandas.
const ELSEWHERE: &[&str] = &["as_of", "cross_section_rank"];

fn numbers(text: &str) -> Vec<f64> {
    text.split(',').map(|number| number.parse().unwrap()).collect()
}

type Inputs = BTreeMap<&'static str, &'static str>;

/// Lines of a file: inputs by column (those of exchange rates as `rates COLUMN`), and expected values by feature.
fn lines(file: &'static str) -> (Inputs, Vec<(&'static str, Vec<f64>)>) {
    let mut inputs = BTreeMap::new();
    let mut expected = Vec::new();
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let (name, values) = line.split_once(';').unwrap();
        match name
            .strip_prefix("input ")
            .or_else(|| name.starts_with("rates ").then_some(name))
        {
            Some(column) => {
                inputs.insert(column, values);
            }
            None => expected.push((name, numbers(values))),
        }
    }
    (inputs, expected)
}

/// The entity of the file between two others that share its times.
fn panel_of(inputs: &Inputs, source: &SourceSpec) -> Panel {
    let times: Vec<i64> = inputs["time"].split(',').map(|t| t.parse().unwrap()).collect();
    let columns = column_names(source);
    let given: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| {
            inputs
                .get(column.as_str())
                .map_or_else(|| vec![1.0; times.len()], |text| numbers(text))
        })
        .collect();
    let phases = numbers(inputs["phase"]);
    let mut rows: Vec<Row> = Vec::new();
    for (i, time) in times.iter().enumerate() {
        let phase = (!phases[i].is_nan()).then_some(phases[i] as i32);
        let values: Vec<f64> = given.iter().map(|column| column[i]).collect();
        let other = |factor: f64| values.iter().map(|value| value * factor).collect();
        rows.push(("a".to_owned(), *time, Some(99), other(1e9)));
        rows.push(("m".to_owned(), *time, phase, values.clone()));
        rows.push(("z".to_owned(), *time, None, other(0.0)));
    }
    let panel = panel(columns, rows);
    let Some(times) = inputs.get("rates time") else {
        return panel;
    };
    let rates = times.split(',').zip(numbers(inputs["rates sol_price_usd"]));
    let rates = rates.map(|(time, rate)| (time.parse().unwrap(), [rate, 0.0, 0.0]));
    beside(panel, &rates.collect::<Vec<_>>())
}

/// What a difference is measured against when the expected value is near 0: ratios against 1, differences of columns
/// against the column, everything else only against itself.
fn scale(feature: &str, inputs: &Inputs) -> f64 {
    let column = inputs
        .iter()
        .find(|(name, _)| feature.contains(&format!("({name}")));
    let typical = |text: &str| {
        let known = numbers(text).into_iter().filter(|x| !x.is_nan() && *x != 0.0);
        known.map(f64::abs).fold(f64::INFINITY, f64::min)
    };
    match feature.split('(').next().unwrap() {
        "difference" | "macd" | "macd_signal" | "macd_histogram" | "rolling_slope" | "minus" => {
            column.map_or(0.0, |(_, text)| typical(text))
        }
        "bollinger_position"
        | "mfi"
        | "z_score"
        | "partial_z_score"
        | "pct_change"
        | "log_return"
        | "rsi"
        | "running_max_distance" => 1.0,
        _ if feature.contains("log_return") => 1.0,
        _ => 0.0,
    }
}

/// Holds every feature of a file against this crate's; their names.
fn compare(file: &'static str, source: &SourceSpec) -> BTreeSet<&'static str> {
    let (inputs, expected) = lines(file);
    let panel = panel_of(&inputs, source);
    let mut names = BTreeSet::new();
    for (name, expected) in expected {
        let plan = plan(source, &[name]);
        assert_eq!(plan.names(), [name]);
        names.insert(name);
        let found = compute::feature_values(&panel, &plan.features[0]);
        let found = &found[panel.range_of(1)];
        assert_eq!(found.len(), expected.len());
        let scale = scale(name, &inputs);
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                close_to(*found, *expected, scale),
                "{name} at {row}: {found:e}, expected {expected:e}"
            );
        }
    }
    names
}

/// The families of written features, without those in the place of columns.
fn families(names: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    let family = |name: &&str| plan(&source(), &[*name]).features[0].family.name;
    names.iter().map(family).collect()
}

#[test]
fn every_family_gives_the_values_of_pandas() {
    let mut names = compare(VALUES, &source());
    names.append(&mut compare(INDICATORS, &source()));
    let families = families(&names);
    let registered = catalogue::FAMILIES.iter().map(|family| family.name);
    let registered: BTreeSet<&str> = registered.filter(|name| !ELSEWHERE.contains(name)).collect();
    assert_eq!(
        families, registered,
        "every registered family has values of pandas"
    );
}

#[test]
fn the_sets_of_candles_are_those_of_pandas_as_a_whole() {
    let names = compare(INDICATORS, &source());
    for set in ["ohlcv_technical", "returns_and_volatility"] {
        for feature in catalogue::expand_set(set, &source(), &FeatureSpec::default().windows) {
            let name = feature.to_string();
            assert!(names.contains(name.as_str()), "{name} has no values of pandas");
        }
    }
}

#[test]
fn the_set_of_pumps_is_that_of_pandas_as_a_whole() {
    let names = compare(PUMP_DETECTION, &coin_metrics());
    let written = catalogue::expand_set("pump_detection", &coin_metrics(), &FeatureSpec::default().windows);
    let written: BTreeSet<String> = written.iter().map(ToString::to_string).collect();
    let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    assert_eq!(written, names);
}

#[test]
fn the_indicators_of_talib_come_out() {
    let families = families(&compare(TALIB, &source()));
    let expected = [
        "adx",
        "atr",
        "bollinger_position",
        "mfi",
        "obv_change",
        "rolling_slope",
        "rsi",
    ];
    assert_eq!(families, expected.into());
}

/// `shared/reference/rolling_reference_values.txt`: the prices and volumes of `rolling_reference.py`, one bar a minute.
#[test]
fn the_reference_values_come_out() {
    let close = [
        44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
        46.28, 46.00, 46.03, 46.41, 46.22, 45.64, 46.21, 46.25, 45.71, 46.45, 45.78, 45.35, 44.03, 44.18,
        44.22, 44.57,
    ];
    let row = |(i, x): (usize, &f64)| {
        let (high, low) = (x + 0.3 + 0.05 * (i % 3) as f64, x - 0.25 - 0.04 * (i % 4) as f64);
        let volume = (100 + 10 * ((i * 7) % 11)) as f64;
        let values = vec![*x, high, low, *x, volume, 0.0];
        ("e".to_owned(), i as i64 * 60_000_000, None, values)
    };
    let panel = panel(
        column_names(&source()),
        close.iter().enumerate().map(row).collect(),
    );
    let part = |name: &str, first: usize, expected: &[f64]| {
        let values = compute::feature_values(&panel, &plan(&source(), &[name]).features[0]);
        let found = &values[first..first + expected.len()];
        let equal = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5.1e-9);
        assert!(equal, "{name}: {found:?}, expected {expected:?}");
    };
    let tail = |name: &str, expected: &[f64]| part(name, close.len() - expected.len(), expected);
    tail(
        "pct_change(close, 5)",
        &[-0.033471888, -0.0480086114, -0.0264307558],
    );
    tail("rolling_mean(close, 5)", &[45.158, 44.712, 44.47]);
    tail("rolling_std(close, 5)", &[1.03945659, 0.79653625, 0.5302358]);
    part("partial_std(close, 5)", 1, &[0.1767767, 0.13051181]);
    tail("z_score(close, 10)", &[-1.26984972, -0.74709101]);
    tail("ema(close, 12)", &[45.19299118, 45.09714638]);
    tail("running_max(close)", &[46.45, 46.45]);
    let below = |x: f64| (46.45 - x) / 46.45;
    tail("running_max_distance(close)", &[below(44.22), below(44.57)]);
    let rsi = [70.46413502, 66.24961855, 66.48094183, 69.34685316];
    part("rsi(close, 14)", 14, &rsi);
    tail("rsi(close, 14)", &[45.49949724]);
    part("atr(14)", 14, &[0.77714286]);
    tail("atr(14)", &[0.82480625]);
    tail("adx(7)", &[27.28056987]);
    tail("mfi(14)", &[53.07184398]);
    let (upper, lower) = (47.17927593, 44.13472407);
    tail(
        "bollinger_position(close, 20)",
        &[(44.57 - lower) / (upper - lower)],
    );
    // On-balance volume from the second bar on; TA-Lib begins with the volume of the first, 100.
    tail("obv_change(29)", &[940.0 - 100.0]);
}

/// `rolling("5min").sum()` of the same file: closed right, so the bar exactly five minutes ago is outside.
#[test]
fn a_window_of_time_is_open_on_the_left_and_closed_on_the_right() {
    let minutes = [0, 1, 4, 5, 11];
    let row = |(i, m): (usize, &i64)| ("e".to_owned(), m * 60_000_000, None, vec![i as f64 + 1.0; 6]);
    let panel = panel(
        column_names(&source()),
        minutes.iter().enumerate().map(row).collect(),
    );
    let plan = plan(&source(), &["rolling_sum(close, 5m)"]);
    assert_eq!(
        compute::feature_values(&panel, &plan.features[0]),
        [1.0, 3.0, 6.0, 9.0, 5.0]
    );
}
