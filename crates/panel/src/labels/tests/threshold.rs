use super::*;
use mltraining_domain::{Comparison, ThresholdAtHorizon};

fn spec(comparison: Comparison, value: f64, horizon: u32, tolerance: Option<u32>) -> LabelSpec {
    LabelSpec::Threshold(ThresholdAtHorizon {
        column: None,
        comparison,
        value,
        horizon: Span::from_mins(horizon),
        tolerance: tolerance.map(Span::from_mins),
    })
}

#[test]
fn the_value_at_the_horizon_is_compared() {
    let bars = [(0, f64::NAN), (1, -5.0), (10, 2.0), (12, 3.0)];
    let expected = [
        (Comparison::AtLeast, [Positive, Positive]),
        (Comparison::Above, [Negative, Positive]),
        (Comparison::AtMost, [Positive, Negative]),
        (Comparison::Below, [Negative, Negative]),
    ];
    for (comparison, [first, second]) in expected {
        let found = labels_of_closes(&bars, &spec(comparison, 2.0, 10, Some(1)), None);
        let values = [
            (first, Some(10)),
            (second, Some(12)),
            (Unknown, None),
            (Unknown, None),
        ];
        assert_eq!(
            found, values,
            "{comparison:?}: the row's own value does not matter"
        );
    }
}

#[test]
fn a_horizon_of_0_is_the_row_itself() {
    let bars = [(0, 1.0), (1, 3.0), (2, f64::NAN), (3, 2.0)];
    let found = labels_of_closes(&bars, &spec(Comparison::AtLeast, 2.0, 0, Some(0)), None);
    assert_eq!(
        found,
        [
            (Negative, Some(0)),
            (Positive, Some(1)),
            (Unknown, None),
            (Positive, Some(3))
        ]
    );
    let late = labels_of_closes(&bars, &spec(Comparison::AtLeast, 2.0, 0, Some(1)), None);
    assert_eq!(
        late[2],
        (Positive, Some(3)),
        "within the tolerance the next known value tells"
    );
}

#[test]
fn a_threshold_tells_of_its_column_only_without_a_horizon() {
    let close = |minutes| spec(Comparison::AtLeast, 2.0, minutes, None);
    assert_eq!(telling_column(&close(0), &source()), Some("close"));
    assert_eq!(telling_column(&close(1), &source()), None);
}
