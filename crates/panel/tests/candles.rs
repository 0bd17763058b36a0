//! Real candles: features and label counts equal pandas'. The candles are not part of this repository; without them
//! (`MLTS_SHARED_DIR`, or `../shared` beside the checkout) the tests say so and do nothing.
// Only the crate itself is without I/O.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::disallowed_methods)]

mod fixtures;

use fixtures::{Row, candles_source, close_to, column_names, label, panel, plan};
use mltraining_domain::{FeatureSpec, SourceSpec};
use mltraining_panel::labels::NO_END;
use mltraining_panel::{Panel, catalogue, compute, preview};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

const EXPECTED: &str = include_str!("pandas/candles.csv");

fn candles_dir() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("MLTS_SHARED_DIR").unwrap_or_else(|_| default.to_owned());
    let dir = PathBuf::from(shared).join("data/candles");
    if dir.is_dir() {
        return Some(dir);
    }
    eprintln!("skipped: no candles in {}", dir.display());
    None
}

/// `2018-01-10T04:55:00Z` as microseconds, by counting days from 1970 (Howard Hinnant, "chrono-compatible low-level date
/// algorithms", days_from_civil).
fn micros(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let y = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    seconds * 1_000_000
}

/// All instruments in one panel: they share most of their timestamps.
fn candles(source: &SourceSpec) -> Option<Panel> {
    let columns = column_names(source);
    let mut rows: Vec<Row> = Vec::new();
    for file in std::fs::read_dir(candles_dir()?).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let places: Vec<usize> = columns
            .iter()
            .map(|column| header.iter().position(|name| name == column).unwrap())
            .collect();
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            let values = places
                .iter()
                .map(|place| fields[*place].parse().unwrap())
                .collect();
            rows.push((fields[0].to_owned(), micros(fields[1]), None, values));
        }
    }
    Some(panel(columns, rows))
}

fn expected(kind: &str) -> impl Iterator<Item = &'static str> {
    EXPECTED.lines().filter_map(move |line| line.strip_prefix(kind))
}

#[test]
fn label_counts_of_every_instrument_are_those_of_pandas() {
    let source = candles_source();
    let Some(panel) = candles(&source) else { return };
    let rows: Vec<u32> = (0..panel.rows() as u32).collect();
    let counted = preview::Counted {
        panel: &panel,
        source: &source,
        rows: &rows,
        end: NO_END,
        cancel: &AtomicBool::new(false),
    };
    let found: BTreeMap<String, _> = preview::labels(&counted, &label())
        .unwrap()
        .by_entity
        .into_iter()
        .collect();
    let mut instruments = 0;
    for line in expected("label,") {
        let fields: Vec<&str> = line.split(',').collect();
        let counts = found[fields[0]];
        let numbers = [counts.rows(), counts.positives, counts.negatives, counts.unknown];
        let expected: Vec<u64> = fields[1..].iter().map(|field| field.parse().unwrap()).collect();
        assert_eq!(numbers, expected[..], "{}", fields[0]);
        instruments += 1;
    }
    assert_eq!(instruments, 6);
    assert_eq!(found.len(), 6);
}

#[test]
fn features_of_an_instrument_are_those_of_pandas() {
    let source = candles_source();
    let Some(panel) = candles(&source) else { return };
    let ada = panel.range_of(
        panel
            .entities()
            .iter()
            .position(|name| name == "ADA_BTC")
            .unwrap(),
    );
    for line in expected("feature;") {
        let fields: Vec<&str> = line.split(';').collect();
        let plan = plan(&source, &[fields[0]]);
        let values = &compute::feature_values(&panel, &plan.features[0])[ada.clone()];
        let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        let number = |i: usize| fields[i].parse::<f64>().unwrap();
        assert_eq!((values.len() - known.len()) as f64, number(1), "{line}");
        // Sums of values of both signs are as exact as what was summed, not as what is left.
        assert!(close_to(known.iter().sum(), number(2), number(3)), "{line}");
        assert!(
            close_to(known.iter().map(|value| value.abs()).sum(), number(3), 0.0),
            "{line}"
        );
        let typical = number(3) / known.len() as f64;
        assert!(close_to(known[0], number(4), typical), "{line}");
        assert!(close_to(known[known.len() - 1], number(5), typical), "{line}");
    }
}

#[test]
fn the_core_set_of_candles_is_checked_against_pandas_as_a_whole() {
    let source = candles_source();
    let names: Vec<&str> = expected("feature;")
        .filter_map(|line| line.split(';').next())
        .collect();
    let spec = FeatureSpec::default();
    let plan = catalogue::resolve(&spec, &source, &label(), "spec.features").unwrap();
    for name in plan.names() {
        assert!(names.contains(&name.as_str()), "{name} has no values of pandas");
    }
}
