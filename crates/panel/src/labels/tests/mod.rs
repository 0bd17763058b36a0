#![allow(clippy::unwrap_used)]

mod column;
mod extreme_within_horizon;
mod first_reach;
mod quantities;
mod threshold;
mod triple_barrier;

use super::*;
use crate::PanelBuilder;
use mltraining_domain::{
    ChangeAtHorizon, ColumnRole, DataType, Direction, DuplicateRule, SourceColumn, SourcePhase, Span,
};

const MINUTE: i64 = 60_000_000;

fn source() -> SourceSpec {
    SourceSpec {
        schema: "public".to_owned(),
        table: "bars".to_owned(),
        entity_column: Some("entity".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "time".to_owned(),
        phase_column: Some("phase".to_owned()),
        columns: vec![SourceColumn {
            name: "close".to_owned(),
            data_type: DataType::Float,
            role: ColumnRole::Close,
            unit: String::new(),
        }],
        bar_interval: Span::from_mins(4),
        duplicate_rule: DuplicateRule::Refuse,
        phases: vec![SourcePhase {
            id: 2,
            display_name: String::new(),
            bar_interval: Span::from_mins(1),
        }],
    }
}

fn spec(change: f64, direction: Direction, horizon_mins: u32, tolerance_mins: Option<u32>) -> LabelSpec {
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: None,
        change,
        direction,
        horizon: Span::from_mins(horizon_mins),
        tolerance: tolerance_mins.map(Span::from_mins),
    })
}

/// Labels of bars at (minute, phase, close) of one entity, with the resolve minutes.
fn labels_of(bars: &[(i64, Option<i32>, f64)], label: &LabelSpec) -> Vec<(LabelValue, Option<i64>)> {
    let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
    for (minute, phase, close) in bars {
        builder.push("e", minute * MINUTE, *phase, &[*close]).unwrap();
    }
    let labels = compute(&builder.finish().unwrap().0, label, &source(), NO_END);
    let resolved = |time: i64| (time != UNRESOLVED).then_some(time / MINUTE);
    labels
        .values
        .into_iter()
        .zip(labels.resolve_times.into_iter().map(resolved))
        .collect()
}

use LabelValue::{Negative, Positive, Unknown};

/// Labels of bars at (minute, values) of one entity with 4-minute bars and these columns, the first of which has the role
/// CLOSE; with the resolve minutes. Nothing was read from the minute `end` on.
fn labels_within(
    columns: &[&str],
    bars: &[(i64, &[f64])],
    label: &LabelSpec,
    end: Option<i64>,
) -> Vec<(LabelValue, Option<i64>)> {
    let mut of_columns = source();
    of_columns.columns = columns
        .iter()
        .enumerate()
        .map(|(i, name)| SourceColumn {
            name: (*name).to_owned(),
            data_type: DataType::Float,
            role: if i == 0 {
                ColumnRole::Close
            } else {
                ColumnRole::Value
            },
            unit: String::new(),
        })
        .collect();
    let names = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut builder = PanelBuilder::new(names, DuplicateRule::Refuse);
    for (minute, values) in bars {
        builder.push("e", minute * MINUTE, None, values).unwrap();
    }
    let end = end.map_or(NO_END, |minute| minute * MINUTE);
    let labels = compute(&builder.finish().unwrap().0, label, &of_columns, end);
    let resolved = |time: i64| (time != UNRESOLVED).then_some(time / MINUTE);
    let times = labels.resolve_times.into_iter().map(resolved);
    labels.values.into_iter().zip(times).collect()
}

/// The same for bars of one column.
fn labels_of_closes(
    bars: &[(i64, f64)],
    label: &LabelSpec,
    end: Option<i64>,
) -> Vec<(LabelValue, Option<i64>)> {
    let values: Vec<[f64; 1]> = bars.iter().map(|(_, close)| [*close]).collect();
    let bars: Vec<(i64, &[f64])> = bars
        .iter()
        .zip(&values)
        .map(|((minute, _), v)| (*minute, &v[..]))
        .collect();
    labels_within(&["close"], &bars, label, end)
}

#[test]
fn the_first_known_bar_at_or_after_the_horizon_resolves() {
    let bars = [
        (0, None, 100.0),
        (1, None, 100.0),
        (9, None, 200.0),
        (11, None, f64::NAN),
        (12, None, 105.0),
        (14, None, 300.0),
    ];
    let found = labels_of(&bars, &spec(0.05, Direction::Up, 10, Some(2)));
    // 0: due at 10, the bar at 11 is unknown, 12 is the last minute of the tolerance and exactly 5 % up.
    assert_eq!(found[0], (Positive, Some(12)));
    assert_eq!(found[1], (Positive, Some(12)));
    // 9: nothing in [19, 21].
    assert_eq!(found[2..], [(Unknown, None); 4]);
    // With less tolerance the bar at 12 is too late for 0, and the one at 11 does not say anything.
    assert_eq!(
        labels_of(&bars, &spec(0.05, Direction::Up, 10, Some(1)))[0],
        (Unknown, None)
    );
}

#[test]
fn a_fall_is_measured_downwards() {
    let bars = [
        (0, None, 100.0),
        (1, None, 100.0),
        (10, None, 95.0),
        (11, None, 95.1),
    ];
    let found = labels_of(&bars, &spec(0.05, Direction::Down, 10, Some(0)));
    assert_eq!(found[..2], [(Positive, Some(10)), (Negative, Some(11))]);
}

#[test]
fn without_a_tolerance_one_and_a_half_of_the_longer_bars_count() {
    let at = |now: Option<i32>, then: Option<i32>, minute: i64| {
        let bars = [(0, now, 1.0), (minute, then, 2.0)];
        labels_of(&bars, &spec(0.5, Direction::Up, 10, None))[0].0
    };
    let (short, long) = (Some(2), None);
    assert_eq!(
        (at(long, long, 16), at(long, long, 17)),
        (Positive, Unknown),
        "4-minute bars: 6 minutes"
    );
    assert_eq!(
        (at(short, short, 11), at(short, short, 12)),
        (Positive, Unknown),
        "1-minute bars: 1.5 minutes"
    );
    assert_eq!(
        (at(short, long, 16), at(short, long, 17)),
        (Positive, Unknown),
        "the entity moves on to longer bars"
    );
    assert_eq!(
        at(Some(7), short, 16),
        Positive,
        "a phase that the source does not know has the source's bars"
    );
}

#[test]
fn a_price_that_is_unknown_or_not_positive_has_no_label() {
    for price in [f64::NAN, 0.0, -1.0] {
        let found = labels_of(
            &[(0, None, price), (10, None, 2.0)],
            &spec(0.5, Direction::Up, 10, None),
        );
        assert_eq!(found[0], (Unknown, None), "{price}");
    }
}

#[test]
fn two_entities_of_constant_price_have_no_positive() {
    let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
    // Interleaved, or shifted across the border of the entities, 1 -> 1000 would be a rise.
    for (entity, price) in [("a", 1.0), ("b", 1000.0)] {
        for minute in 0..100 {
            builder.push(entity, minute * MINUTE, None, &[price]).unwrap();
        }
    }
    let labels = compute(
        &builder.finish().unwrap().0,
        &spec(0.01, Direction::Up, 10, None),
        &source(),
        NO_END,
    );
    let count = |value| labels.values.iter().filter(|v| **v == value).count();
    assert_eq!((count(Positive), count(Negative), count(Unknown)), (0, 180, 20));
}

#[test]
fn the_unresolved_tail_is_unknown_and_not_negative() {
    let bars: Vec<_> = (0..30).map(|minute| (minute, None, 1.0)).collect();
    let found = labels_of(&bars, &spec(0.01, Direction::Up, 10, Some(0)));
    assert!(found[..20].iter().all(|label| label.0 == Negative));
    assert!(found[20..].iter().all(|label| *label == (Unknown, None)));
}

#[test]
fn a_label_column_that_the_source_lacks_is_a_violation() {
    let mut named = spec(0.1, Direction::Up, 10, None);
    let LabelSpec::ChangeAtHorizon(change) = &mut named else {
        unreachable!("it was just made")
    };
    change.column = Some("closs".to_owned());
    let found = check_columns(&named, &source(), "spec.label");
    let violation = found.iter().next().unwrap();
    assert_eq!(violation.field, "spec.label.change_at_horizon.column");
    assert!(
        violation.description.contains("did you mean `close`"),
        "{}",
        violation.description
    );

    let mut without = source();
    without.columns[0].role = ColumnRole::Value;
    assert!(!check_columns(&spec(0.1, Direction::Up, 10, None), &without, "spec.label").is_empty());
    assert!(check_columns(&spec(0.1, Direction::Up, 10, None), &source(), "spec.label").is_empty());
}

#[test]
fn every_kind_is_registered_under_the_name_of_its_specs() {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let examples = KINDS.iter().flat_map(|kind| (kind.examples)());
    for label in examples {
        assert!(names.contains(&label.name()));
        assert_eq!(kind_of(&label).name, label.name());
    }
    assert_eq!(
        names,
        [
            "change_at_horizon",
            "extreme_within_horizon",
            "triple_barrier",
            "threshold",
            "column",
            "change_target"
        ]
    );
}

#[test]
fn each_column_that_a_label_names_is_looked_for_by_its_field() {
    let spec = mltraining_domain::TripleBarrier {
        column: Some("closs".to_owned()),
        upper_column: Some("hihg".to_owned()),
        lower_column: None,
        upper: 0.1,
        lower: 0.1,
        horizon: Span::from_mins(10),
        tolerance: None,
    };
    let found = check_columns(&LabelSpec::TripleBarrier(spec), &source(), "spec.label");
    let fields: Vec<&str> = found.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.label.triple_barrier.column",
            "spec.label.triple_barrier.upper_column"
        ]
    );
}
