use super::*;
use mltraining_domain::TripleBarrier;

/// 10 % up, 5 % down, 10 minutes, all of the close.
fn closes() -> TripleBarrier {
    TripleBarrier {
        column: None,
        upper_column: None,
        lower_column: None,
        upper: 0.1,
        lower: 0.05,
        horizon: Span::from_mins(10),
        tolerance: Some(Span::from_mins(1)),
    }
}

/// What is known of the first of these bars.
fn first(bars: &[(i64, f64)]) -> (LabelValue, Option<i64>) {
    labels_of_closes(bars, &LabelSpec::TripleBarrier(closes()), None)[0]
}

/// The same by high and low.
fn first_of_high_low(bars: &[(i64, [f64; 3])]) -> (LabelValue, Option<i64>) {
    let label = LabelSpec::TripleBarrier(TripleBarrier {
        upper_column: Some("high".to_owned()),
        lower_column: Some("low".to_owned()),
        ..closes()
    });
    let bars: Vec<(i64, &[f64])> = bars
        .iter()
        .map(|(minute, values)| (*minute, &values[..]))
        .collect();
    labels_within(&["close", "high", "low"], &bars, &label, None)[0]
}

#[test]
fn the_barrier_that_is_touched_first_decides() {
    let rise = [(0, 100.0), (2, 109.0), (5, 111.0), (7, 90.0), (10, 100.0)];
    assert_eq!(first(&rise), (Positive, Some(5)));
    let fall = [(0, 100.0), (3, 95.0), (5, 120.0), (10, 100.0)];
    assert_eq!(
        first(&fall),
        (Negative, Some(3)),
        "exactly 5 % down, before the rise"
    );
}

#[test]
fn the_barrier_of_time_is_negative_and_needs_a_bar_that_shows_it() {
    assert_eq!(
        first(&[(0, 100.0), (5, 104.0), (10, 109.0)]),
        (Negative, Some(10))
    );
    assert_eq!(
        first(&[(0, 100.0), (5, 104.0), (11, 150.0)]),
        (Negative, Some(11)),
        "the rise came too late"
    );
    assert_eq!(first(&[(0, 100.0), (5, 104.0), (12, 109.0)]), (Unknown, None));
    assert_eq!(
        first(&[(0, 100.0), (5, 111.0)]),
        (Positive, Some(5)),
        "a touch needs no later bar"
    );
    assert_eq!(
        first(&[(0, 100.0), (10, 111.0)]),
        (Positive, Some(10)),
        "the horizon itself belongs to it"
    );
}

#[test]
fn a_bar_that_touches_both_barriers_counts_as_a_fall() {
    let wide = [
        (0, [100.0, 100.0, 100.0]),
        (4, [100.0, 112.0, 94.0]),
        (10, [100.0, 100.0, 100.0]),
    ];
    assert_eq!(first_of_high_low(&wide), (Negative, Some(4)));
    let rise_first = [
        (0, [100.0; 3]),
        (3, [100.0, 112.0, 96.0]),
        (4, [100.0, 100.0, 94.0]),
        (10, [100.0; 3]),
    ];
    assert_eq!(first_of_high_low(&rise_first), (Positive, Some(3)));
}

#[test]
fn what_the_row_itself_touched_is_the_past() {
    let bars = [
        (0, [100.0, 150.0, 50.0]),
        (5, [100.0, 101.0, 99.0]),
        (10, [100.0, 101.0, 99.0]),
    ];
    assert_eq!(first_of_high_low(&bars), (Negative, Some(10)));
}

#[test]
fn a_bar_of_which_one_side_is_unknown_shows_only_the_other() {
    let nan = f64::NAN;
    let rise = [(0, [100.0; 3]), (4, [100.0, 112.0, nan]), (10, [100.0; 3])];
    assert_eq!(first_of_high_low(&rise), (Positive, Some(4)));
    let no_end = [(0, [100.0; 3]), (5, [100.0; 3]), (10, [100.0, 100.0, nan])];
    assert_eq!(
        first_of_high_low(&no_end),
        (Unknown, None),
        "whether it fell at 10 is not known"
    );
    let later = [(0, [100.0; 3]), (10, [100.0, 100.0, nan]), (11, [100.0; 3])];
    assert_eq!(first_of_high_low(&later), (Negative, Some(11)));
}

#[test]
fn no_barrier_stands_around_a_price_that_is_not_above_0() {
    for price in [f64::NAN, 0.0, -1.0] {
        assert_eq!(
            first(&[(0, price), (5, 200.0), (10, 1.0)]),
            (Unknown, None),
            "{price}"
        );
    }
}
