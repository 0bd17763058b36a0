#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, ColumnLabel, Direction, FeatureSpec, LabelSpec,
    LogisticRegressionSpec, SampleWeight, SplitSpec, ThresholdSpec,
};

fn day(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + day * 86_400, 0).unwrap()
}

fn range(start: i64, end: i64) -> TimeRange {
    TimeRange {
        start: day(start),
        end: day(end),
    }
}

const DAY: u32 = 24 * 60;

/// Ten days are tested, two at a time, after five.
fn walk() -> BacktestSpec {
    let label = ChangeAtHorizon {
        column: None,
        change: 0.01,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: None,
    };
    BacktestSpec {
        train: TrainSpec {
            model: "walk".parse().unwrap(),
            source: "bars".parse().unwrap(),
            range: range(0, 15),
            known_before: None,
            label: LabelSpec::ChangeAtHorizon(label),
            features: FeatureSpec::default(),
            algorithm: AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
            split: SplitSpec::default(),
            unseen_entity_share: None,
            sample_weight: SampleWeight::None,
            calibration: Calibration::None,
            threshold: ThresholdSpec::MaxF1,
            seed: 1,
            entities: Vec::new(),
            phases: Vec::new(),
            max_rows: 1000,
        },
        version: None,
        range: range(5, 15),
        step: Span::from_mins(2 * DAY),
        window: None,
        costs: TradingCosts::default(),
    }
}

#[test]
fn periods_follow_each_other_and_the_last_ends_with_the_range() {
    let periods = walk().periods();
    assert_eq!(periods.len(), 5);
    assert_eq!((periods[0], periods[4]), (range(5, 7), range(13, 15)));
    let odd = BacktestSpec {
        step: Span::from_mins(4 * DAY),
        ..walk()
    };
    assert_eq!(odd.periods(), [range(5, 9), range(9, 13), range(13, 15)]);
    let endless = BacktestSpec {
        step: Span::from_micros(i64::MAX).unwrap(),
        ..walk()
    };
    assert_eq!(endless.periods(), [range(5, 15)]);
}

#[test]
fn a_training_part_slides_with_its_period_or_grows() {
    let later = range(9, 11);
    assert_eq!(walk().train_start(&later), day(0));
    let window = |days: u32| BacktestSpec {
        window: Some(Span::from_mins(days * DAY)),
        ..walk()
    };
    assert_eq!(window(3).train_start(&later), day(6));
    assert_eq!(window(30).train_start(&later), day(0), "nothing before is read");
}

#[test]
fn every_field_that_is_wrong_is_named() {
    assert!(walk().check().is_ok());
    let wrong = BacktestSpec {
        range: range(15, 5),
        step: Span::ZERO,
        window: Some(Span::ZERO),
        costs: TradingCosts {
            fee_bps: -1.0,
            slippage_bps: f64::NAN,
        },
        train: TrainSpec {
            range: range(15, 15),
            label: LabelSpec::Column(ColumnLabel {
                column: "up".to_owned(),
                delay: Span::ZERO,
            }),
            ..walk().train
        },
        ..walk()
    };
    let found = wrong.violations();
    let fields: Vec<&str> = found.iter().map(|violation| violation.field.as_str()).collect();
    let expected = [
        "range",
        "spec.label",
        "step",
        "window",
        "train_start",
        "costs.fee_bps",
        "costs.slippage_bps",
    ];
    assert_eq!(fields, expected);
    let many = BacktestSpec {
        step: Span::from_mins(60),
        ..walk()
    };
    let found = many.violations().to_string();
    assert!(
        found.contains("240 periods") && found.contains("at most 200"),
        "{found}"
    );
}
