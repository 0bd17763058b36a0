use super::*;
use mltraining_domain::{ColumnLabel, Comparison, ExtremeWithinHorizon, ThresholdAtHorizon, TripleBarrier};

/// Two entities with the same closes, a bar a minute.
const CLOSES: [f64; 6] = [100.0, 110.0, 90.0, f64::NAN, 99.0, 120.0];

fn found(label: &LabelSpec) -> Vec<(&'static str, Vec<f64>)> {
    let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
    for entity in ["e", "f"] {
        for (minute, close) in (0..).zip(CLOSES) {
            builder.push(entity, minute * MINUTE, Some(2), &[close]).unwrap();
        }
    }
    let panel = builder.finish().unwrap().0;
    let found = quantities(&panel, label, &source());
    let halves = found.into_iter().map(|quantity| {
        let (first, second) = quantity.values.split_at(CLOSES.len());
        assert_eq!(bits(first), bits(second), "no entity sees the other");
        (quantity.name, first.to_vec())
    });
    halves.collect()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (a, b) in found.iter().zip(expected) {
        let same = (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-12;
        assert!(same, "{found:?}, not {expected:?}");
    }
}

const NAN: f64 = f64::NAN;

#[test]
fn the_change_to_the_horizon_is_told_with_the_value_there() {
    let barrier = LabelSpec::TripleBarrier(TripleBarrier {
        column: None,
        upper_column: None,
        lower_column: None,
        upper: 0.1,
        lower: 0.1,
        horizon: Span::from_mins(2),
        tolerance: None,
    });
    for label in [spec(0.05, Direction::Up, 2, None), barrier] {
        let found = found(&label);
        assert_close(&found[0].1, &[-0.1, 99.0 / 110.0 - 1.0, 0.1, NAN, NAN, NAN]);
        assert_close(&found[1].1, &[90.0, 99.0, 99.0, 120.0, NAN, NAN]);
    }
}

#[test]
fn the_extreme_within_the_horizon_is_the_largest_or_the_smallest_of_the_bars_after_the_row() {
    let spec = |direction| {
        LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
            column: None,
            extreme_column: None,
            change: 0.05,
            direction,
            horizon: Span::from_mins(2),
            tolerance: None,
        })
    };
    let up = found(&spec(Direction::Up));
    assert_close(&up[1].1, &[110.0, 90.0, 99.0, 120.0, 120.0, NAN]);
    assert_close(
        &up[0].1,
        &[0.1, 90.0 / 110.0 - 1.0, 0.1, NAN, 120.0 / 99.0 - 1.0, NAN],
    );
    let down = found(&spec(Direction::Down));
    assert_close(&down[1].1, &[90.0, 90.0, 99.0, 99.0, 120.0, NAN]);
}

#[test]
fn a_label_that_the_row_tells_has_its_column_as_quantity() {
    let itself = LabelSpec::Column(ColumnLabel {
        column: "close".to_owned(),
        delay: Span::ZERO,
    });
    let threshold = |minutes| {
        LabelSpec::Threshold(ThresholdAtHorizon {
            column: None,
            comparison: Comparison::Above,
            value: 1.0,
            horizon: Span::from_mins(minutes),
            tolerance: None,
        })
    };
    for label in [itself, threshold(0)] {
        assert_close(&found(&label)[0].1, &CLOSES);
    }
    let ahead = found(&threshold(2));
    assert_eq!(ahead.len(), 1, "a threshold says nothing of changes");
    assert_close(&ahead[0].1, &[90.0, 99.0, 99.0, 120.0, NAN, NAN]);
}
