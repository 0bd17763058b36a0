use super::*;
use mltraining_domain::ExtremeWithinHorizon;

fn spec(change: f64, direction: Direction, tolerance_mins: Option<u32>) -> LabelSpec {
    LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
        column: None,
        extreme_column: None,
        change,
        direction,
        horizon: Span::from_mins(10),
        tolerance: tolerance_mins.map(Span::from_mins),
    })
}

#[test]
fn the_first_touch_decides_and_is_when_it_is_known() {
    let bars = [
        (0, 100.0),
        (3, 104.9),
        (7, 105.0),
        (9, 200.0),
        (10, 100.0),
        (20, 100.0),
    ];
    let found = labels_of_closes(&bars, &spec(0.05, Direction::Up, Some(0)), None);
    assert_eq!(
        found[0],
        (Positive, Some(7)),
        "exactly 5 % at 7, before the peak at 9"
    );
    assert_eq!(found[1], (Positive, Some(9)), "110.145 is reached by 200 only");
    assert_eq!(found[2], (Positive, Some(9)));
    assert_eq!(found[3], (Unknown, None), "no bar at 19");
    assert_eq!(
        found[4],
        (Negative, Some(20)),
        "nothing but the bar at the horizon itself"
    );
    assert_eq!(found[5], (Unknown, None));
}

#[test]
fn a_touch_at_the_horizon_counts_and_one_after_it_does_not() {
    let up = spec(0.05, Direction::Up, Some(2));
    let at_horizon = labels_of_closes(&[(0, 100.0), (10, 106.0)], &up, None);
    assert_eq!(at_horizon[0], (Positive, Some(10)));
    let behind = labels_of_closes(&[(0, 100.0), (5, 101.0), (12, 106.0)], &up, None);
    assert_eq!(
        behind[0],
        (Negative, Some(12)),
        "the bar at 12 only shows that nothing came"
    );
    let too_late = labels_of_closes(&[(0, 100.0), (5, 101.0), (13, 106.0)], &up, None);
    assert_eq!(too_late[0], (Unknown, None), "a gap may hide anything");
}

#[test]
fn a_touch_is_known_even_when_no_bar_follows() {
    // The entity ends after its fall: that it fell is certain.
    let found = labels_of_closes(&[(0, 100.0), (4, 50.0)], &spec(0.05, Direction::Down, None), None);
    assert_eq!(found, [(Positive, Some(4)), (Unknown, None)]);
}

#[test]
fn a_row_whose_horizon_reaches_the_end_is_unknown_although_it_was_touched() {
    let bars = [(0, 100.0), (1, 100.0), (4, 150.0), (10, 100.0)];
    let up = spec(0.05, Direction::Up, Some(0));
    assert_eq!(
        labels_of_closes(&bars, &up, Some(11))[..2],
        [(Positive, Some(4)), (Unknown, None)]
    );
    assert_eq!(
        labels_of_closes(&bars, &up, Some(12))[..2],
        [(Positive, Some(4)); 2]
    );
}

#[test]
fn bars_without_a_value_are_passed_over() {
    let up = spec(0.05, Direction::Up, Some(1));
    let bars = [(0, 100.0), (2, f64::NAN), (10, f64::NAN), (11, 101.0)];
    assert_eq!(labels_of_closes(&bars, &up, None)[0], (Negative, Some(11)));
    let bars = [(0, f64::NAN), (2, 100.0), (4, -3.0), (10, 200.0), (12, 1.0)];
    let found = labels_of_closes(&bars, &up, None);
    assert_eq!(
        found[..3],
        [(Unknown, None), (Positive, Some(10)), (Unknown, None)],
        "no change can be measured from nothing or from what is not above 0"
    );
}

#[test]
fn the_extreme_may_be_looked_for_in_a_column_of_its_own() {
    let mut up = spec(0.05, Direction::Up, Some(0));
    let LabelSpec::ExtremeWithinHorizon(label) = &mut up else {
        unreachable!("it was just made")
    };
    label.extreme_column = Some("high".to_owned());
    // The high of the row itself, 200, lies in the past of the decision.
    let bars: [(i64, &[f64]); 3] = [(0, &[100.0, 200.0]), (5, &[100.0, 106.0]), (10, &[100.0, 101.0])];
    let found = labels_within(&["close", "high"], &bars, &up, None);
    assert_eq!(found[0], (Positive, Some(5)));
    assert_eq!(found[1], (Unknown, None));
}
