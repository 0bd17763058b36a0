//! Ranks among entities at the same instant equal pandas', and see the entities of the request alone.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, close_to, column_names, panel, plan, source};
use mltraining_domain::{FeatureSpec, Reason};
use mltraining_panel::{Panel, catalogue, compute};
use std::sync::atomic::AtomicBool;

/// Five entities, partly at the same times, with NULLs and equal values; made by `pandas/cross_section.py`.
const VALUES: &str = include_str!("pandas/cross_section.csv");

/// One row with all columns of the source: those given, the others 1.
fn row(entity: &str, time: i64, close: f64, volume: f64) -> Row {
    let value = |name: &String| match name.as_str() {
        "close" => close,
        "volume" => volume,
        _ => 1.0,
    };
    let values = column_names(&source()).iter().map(value).collect();
    (entity.to_owned(), time, None, values)
}

fn values(panel: &Panel, feature: &str) -> Vec<f64> {
    compute::feature_values(panel, &plan(&source(), &[feature]).features[0])
}

#[test]
fn ranks_are_those_of_pandas() {
    let mut lines = VALUES.lines().filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.next().unwrap().split(';').skip(4).collect();
    let cells: Vec<Vec<&str>> = lines.map(|line| line.split(';').collect()).collect();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let rows = cells.iter().map(|cell| {
        row(
            cell[0],
            cell[1].parse().unwrap(),
            number(cell[2]),
            number(cell[3]),
        )
    });
    // The file is ordered by entity and time, as a panel is.
    let panel = panel(column_names(&source()), rows.collect());
    assert_eq!(names.len(), 6);
    for (place, name) in names.iter().enumerate() {
        let found = values(&panel, name);
        assert_eq!(found.len(), cells.len());
        for (found, cell) in found.iter().zip(&cells) {
            let expected = number(cell[4 + place]);
            assert!(
                close_to(*found, expected, 1.0),
                "{name} of {} at {}: {found}, expected {expected}",
                cell[0],
                cell[1]
            );
        }
    }
}

#[test]
fn a_rank_is_among_the_entities_of_the_panel_at_the_very_same_time() {
    let rows = vec![
        row("a", 0, 3.0, 0.0),
        row("a", 10, 3.0, 0.0),
        row("b", 0, 1.0, 0.0),
        row("b", 11, 1.0, 0.0),
        row("c", 0, 2.0, 0.0),
    ];
    let all = panel(column_names(&source()), rows.clone());
    let third = 1.0 / 3.0;
    assert_eq!(
        values(&all, "cross_section_rank(close)"),
        [1.0, 1.0, third, 1.0, 2.0 * third]
    );
    let chosen = rows.into_iter().filter(|row| row.0 != "a").collect();
    let fewer = panel(column_names(&source()), chosen);
    assert_eq!(values(&fewer, "cross_section_rank(close)"), [0.5, 1.0, 1.0]);
}

#[test]
fn a_rank_stands_for_a_column_where_only_the_present_row_is_looked_at() {
    let refused = |feature: &str| {
        let spec = FeatureSpec {
            sets: Vec::new(),
            features: vec![feature.parse().unwrap()],
            windows: Vec::new(),
            exclude: Vec::new(),
        };
        let found = catalogue::resolve(&spec, &source(), &fixtures::label(), "spec.features").unwrap_err();
        let found: Vec<_> = found.iter().cloned().collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].field, "spec.features.features[0]");
        assert_eq!(found[0].reason, Reason::UnknownFeature);
        found[0].description.clone()
    };
    for feature in [
        "rolling_mean(cross_section_rank(close), 10)",
        "difference(minus(cross_section_rank(close), close), 1)",
        "running_max(above(cross_section_rank(close), 0.5))",
    ] {
        let text = refused(feature);
        assert!(text.contains("looks back"), "{text}");
        assert!(
            text.contains("cross_section_rank(rolling_mean(close, 10))"),
            "{text}"
        );
    }
    let plan = plan(
        &source(),
        &["above(cross_section_rank(rolling_mean(close, 10)), 0.9)"],
    );
    assert_eq!(plan.look_back(), catalogue::LookBack::bars(9));
    assert_eq!(
        plan.ahead_bytes_of_row(),
        8 + 24,
        "a column and its order beside the panel"
    );
}

#[test]
fn computing_ahead_heeds_a_stop() {
    let panel = panel(column_names(&source()), vec![row("a", 0, 1.0, 1.0)]);
    let control = compute::Control {
        cancel: &AtomicBool::new(true),
        progress: &|_, _| {},
    };
    let plan = plan(&source(), &["cross_section_rank(close)"]);
    assert!(compute::features(&panel, &plan, &[], &control).is_err());
}
