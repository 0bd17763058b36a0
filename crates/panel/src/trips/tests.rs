#![allow(clippy::unwrap_used)]

use super::*;
use crate::PanelBuilder;
use crate::labels::NO_END;
use RoundTrip::{NoEntry, NoExit};
use mltraining_domain::{
    ChangeAtHorizon, ColumnRole, DataType, DuplicateRule, ExtremeWithinHorizon, SourceColumn, TripleBarrier,
};

const MINUTE: i64 = 60_000_000;
const GAP: f64 = f64::NAN;

fn source() -> SourceSpec {
    let column = |name: &str, role| SourceColumn {
        name: name.to_owned(),
        data_type: DataType::Float,
        role,
        unit: String::new(),
    };
    SourceSpec {
        schema: "public".to_owned(),
        table: "bars".to_owned(),
        entity_column: Some("entity".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "time".to_owned(),
        phase_column: None,
        columns: vec![
            column("close", ColumnRole::Close),
            column("high", ColumnRole::High),
            column("low", ColumnRole::Low),
        ],
        bar_interval: Span::from_mins(1),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
    }
}

/// The round trips of bars at (minute, [close, high, low]) of one entity; nothing was read from the minute `end` on.
fn trips(bars: &[(i64, [f64; 3])], label: &LabelSpec, end: Option<i64>) -> Vec<RoundTrip> {
    let names = ["close", "high", "low"].map(str::to_owned).to_vec();
    let mut builder = PanelBuilder::new(names, DuplicateRule::Refuse);
    for (minute, values) in bars {
        builder.push("e", minute * MINUTE, None, values).unwrap();
    }
    let panel = builder.finish().unwrap().0;
    round_trips(&panel, label, &source(), end.map_or(NO_END, |end| end * MINUTE))
}

/// The same of closes alone, one a minute.
fn of_closes(closes: &[f64], label: &LabelSpec, end: Option<i64>) -> Vec<RoundTrip> {
    let bars: Vec<_> = closes
        .iter()
        .enumerate()
        .map(|(at, close)| (at as i64, [*close; 3]))
        .collect();
    trips(&bars, label, end)
}

fn done(entry: i64, exit: i64, ratio: f64) -> RoundTrip {
    RoundTrip::Done {
        entry: entry * MINUTE,
        exit: exit * MINUTE,
        ratio,
    }
}

fn change(horizon_mins: u32, tolerance_mins: u32) -> LabelSpec {
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: None,
        change: 0.01,
        direction: Direction::Up,
        horizon: Span::from_mins(horizon_mins),
        tolerance: Some(Span::from_mins(tolerance_mins)),
    })
}

#[test]
fn a_position_is_opened_at_the_next_bar_and_closed_at_the_horizon() {
    let found = of_closes(&[100.0, 200.0, 210.0, 400.0, 300.0], &change(3, 0), None);
    // Decided at 0: in at 200, out at 400; never in at the 100 of its own bar.
    assert_eq!(found[..2], [done(1, 3, 2.0), done(2, 4, 300.0 / 210.0)]);
    assert_eq!(found[2..], [NoExit, NoExit, NoEntry]);
}

#[test]
fn a_hole_at_the_horizon_is_waited_out_as_far_as_the_tolerance_goes() {
    let bars = |late: i64| {
        let close = |minute, price| (minute, [price; 3]);
        [close(0, 1.0), close(1, 2.0), close(late, 5.0)]
    };
    assert_eq!(trips(&bars(4), &change(3, 1), None)[0], done(1, 4, 2.5));
    assert_eq!(
        trips(&bars(5), &change(3, 1), None)[0],
        NoExit,
        "one minute too late"
    );
    // A bar without a price is no exit; the next one is.
    let found = of_closes(&[1.0, 2.0, 3.0, GAP, 5.0], &change(3, 1), None);
    assert_eq!(found[0], done(1, 4, 2.5));
}

#[test]
fn without_a_price_at_the_next_bar_before_the_horizon_there_is_no_entry() {
    assert_eq!(of_closes(&[1.0, GAP, 3.0, 4.0], &change(2, 1), None)[0], NoEntry);
    assert_eq!(of_closes(&[1.0, 0.0, 3.0, 4.0], &change(2, 1), None)[0], NoEntry);
    assert_eq!(
        of_closes(&[1.0, 2.0, 3.0], &change(1, 1), None)[0],
        NoEntry,
        "it is over by then"
    );
}

#[test]
fn of_a_row_whose_horizon_was_not_read_nothing_is_known() {
    let closes = [1.0, 2.0, 3.0, 4.0];
    assert_eq!(of_closes(&closes, &change(3, 0), Some(4))[0], done(1, 3, 2.0));
    assert_eq!(of_closes(&closes, &change(3, 0), Some(3))[0], NoExit);
    let rise = extreme(Direction::Up, None);
    let found = of_closes(&[100.0, 100.0, 120.0, 100.0], &rise, Some(3));
    assert_eq!(found[0], NoExit, "though it was touched");
}

fn extreme(direction: Direction, column: Option<&str>) -> LabelSpec {
    LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
        column: None,
        extreme_column: column.map(str::to_owned),
        change: 0.1,
        direction,
        horizon: Span::from_mins(3),
        tolerance: Some(Span::ZERO),
    })
}

#[test]
fn a_touched_extreme_is_left_at_its_level_measured_from_the_entry() {
    // The rise of the entry's own bar, from 50 to 100, is not ours.
    let found = of_closes(&[50.0, 100.0, 130.0, 90.0], &extreme(Direction::Up, None), None);
    assert_eq!(found[0], done(1, 2, 110.0 / 100.0));
    let low = |close: f64, low: f64| [close, close, low];
    let bars = [
        (0, low(100.0, 99.0)),
        (1, low(100.0, 40.0)),
        (2, low(95.0, 80.0)),
        (3, low(99.0, 99.0)),
    ];
    let found = trips(&bars, &extreme(Direction::Down, Some("low")), None);
    assert_eq!(
        found[0],
        done(1, 2, 0.9),
        "the low of the bar of the entry is over"
    );
    let found = of_closes(&[100.0, 100.0, 101.0, 105.0], &extreme(Direction::Up, None), None);
    assert_eq!(found[0], done(1, 3, 1.05), "untouched: at the horizon");
}

fn barrier() -> LabelSpec {
    LabelSpec::TripleBarrier(TripleBarrier {
        column: None,
        upper_column: Some("high".to_owned()),
        lower_column: Some("low".to_owned()),
        upper: 0.1,
        lower: 0.05,
        horizon: Span::from_mins(4),
        tolerance: Some(Span::ZERO),
    })
}

#[test]
fn of_two_barriers_the_first_ends_the_position_and_the_lower_one_is_filled_no_better_than_the_bar() {
    let ratio = |third: [f64; 3]| {
        let quiet = [100.0, 101.0, 99.0];
        let found = trips(
            &[
                (0, quiet),
                (1, quiet),
                (2, third),
                (3, [80.0, 200.0, 10.0]),
                (4, quiet),
            ],
            &barrier(),
            None,
        );
        match found[0] {
            RoundTrip::Done { exit, ratio, .. } => (exit / MINUTE, ratio),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        ratio([112.0, 115.0, 99.0]),
        (2, 110.0 / 100.0),
        "no better than its level"
    );
    assert_eq!(
        ratio([97.0, 99.0, 94.0]),
        (2, 0.95),
        "it came back after the touch"
    );
    assert_eq!(ratio([60.0, 99.0, 50.0]), (2, 0.6), "it fell through");
    assert_eq!(
        ratio([100.0, 120.0, 90.0]),
        (2, 0.95),
        "both in one bar: the worse one"
    );
    assert_eq!(ratio([100.0, 101.0, 99.0]), (3, 0.8));
}

#[test]
fn entities_do_not_see_each_other() {
    let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
    for (entity, prices) in [("a", [1.0, 2.0, 4.0]), ("b", [1.0, 3.0, 3.0])] {
        for (minute, price) in (0_i64..).zip(prices) {
            builder.push(entity, minute * MINUTE, None, &[price]).unwrap();
        }
    }
    let panel = builder.finish().unwrap().0;
    let found = round_trips(&panel, &change(2, 0), &source(), NO_END);
    assert_eq!(
        found,
        [done(1, 2, 2.0), NoExit, NoEntry, done(1, 2, 1.0), NoExit, NoEntry]
    );
}
