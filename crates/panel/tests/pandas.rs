//! Features equal pandas' to 1e-9.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, close_to, column_names, panel, plan, source};
use mltraining_panel::{Panel, catalogue, compute};
use std::collections::{BTreeMap, BTreeSet};

/// Irregular times, gaps, NULLs, a constant stretch, prices of 1e-8 and volumes from 0 to 1e6; the script that made the
/// numbers is in the file.
const VALUES: &str = include_str!("pandas/values.csv");

fn numbers(text: &str) -> Vec<f64> {
    text.split(',').map(|number| number.parse().unwrap()).collect()
}

type Inputs = BTreeMap<&'static str, &'static str>;

/// Lines of the file: inputs by column, and expected values by feature.
fn lines() -> (Inputs, Vec<(&'static str, Vec<f64>)>) {
    let mut inputs = BTreeMap::new();
    let mut expected = Vec::new();
    for line in VALUES.lines().filter(|line| !line.starts_with('#')) {
        let (name, values) = line.split_once(';').unwrap();
        match name.strip_prefix("input ") {
            Some(column) => {
                inputs.insert(column, values);
            }
            None => expected.push((name, numbers(values))),
        }
    }
    (inputs, expected)
}

/// The entity of the file between two others that share its times.
fn panel_of(inputs: &Inputs) -> Panel {
    let times: Vec<i64> = inputs["time"].split(',').map(|t| t.parse().unwrap()).collect();
    let columns = column_names(&source());
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
    panel(columns, rows)
}

/// What a difference is measured against when the expected value is near 0: ratios against 1, differences of columns
/// against the column, everything else only against itself.
fn scale(feature: &str) -> f64 {
    match feature.split('(').next().unwrap() {
        "z_score" | "pct_change" | "log_return" | "running_max_distance" => 1.0,
        "difference" if feature.contains("close") => 2.8e-8,
        _ => 0.0,
    }
}

#[test]
fn every_family_gives_the_values_of_pandas() {
    let (inputs, expected) = lines();
    let panel = panel_of(&inputs);
    let mut families = BTreeSet::new();
    for (name, expected) in expected {
        let plan = plan(&source(), &[name]);
        families.insert(plan.features[0].family.name);
        let found = compute::feature_values(&panel, &plan.features[0]);
        let found = &found[panel.range_of(1)];
        assert_eq!(found.len(), expected.len());
        for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                close_to(*found, *expected, scale(name)),
                "{name} at {row}: {found:e}, pandas {expected:e}"
            );
        }
    }
    let registered: BTreeSet<&str> = catalogue::FAMILIES.iter().map(|family| family.name).collect();
    assert_eq!(
        families, registered,
        "every registered family has values of pandas"
    );
}

/// `shared/reference/rolling_reference_values.txt`: closing prices of `rolling_reference.py`, one bar a minute.
#[test]
fn the_reference_values_come_out() {
    let close = [
        44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
        46.28, 46.00, 46.03, 46.41, 46.22, 45.64, 46.21, 46.25, 45.71, 46.45, 45.78, 45.35, 44.03, 44.18,
        44.22, 44.57,
    ];
    let row = |(i, x): (usize, &f64)| ("e".to_owned(), i as i64 * 60_000_000, None, vec![*x; 6]);
    let panel = panel(
        column_names(&source()),
        close.iter().enumerate().map(row).collect(),
    );
    let tail = |name: &str, expected: &[f64]| {
        let values = compute::feature_values(&panel, &plan(&source(), &[name]).features[0]);
        let last = &values[values.len() - expected.len()..];
        let equal = last.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5.1e-9);
        assert!(equal, "{name}: {last:?}, expected {expected:?}");
    };
    tail(
        "pct_change(close, 5)",
        &[-0.033471888, -0.0480086114, -0.0264307558],
    );
    tail("rolling_mean(close, 5)", &[45.158, 44.712, 44.47]);
    tail("rolling_std(close, 5)", &[1.03945659, 0.79653625, 0.5302358]);
    tail("z_score(close, 10)", &[-1.26984972, -0.74709101]);
    let below = |x: f64| (46.45 - x) / 46.45;
    tail("running_max_distance(close)", &[below(44.22), below(44.57)]);
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
