#![allow(clippy::unwrap_used)]

use super::*;
use crate::PanelBuilder;
use crate::labels::{self, LabelValue, NO_END};
use mltraining_domain::{
    ChangeAtHorizon, ColumnRole, DataType, Direction, DuplicateRule, LabelSpec, SourceColumn, Span,
};
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;

fn source() -> SourceSpec {
    SourceSpec {
        schema: "public".to_owned(),
        table: "bars".to_owned(),
        entity_column: Some("entity".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "time".to_owned(),
        phase_column: None,
        columns: vec![SourceColumn {
            name: "close".to_owned(),
            data_type: DataType::Float,
            role: ColumnRole::Close,
            unit: String::new(),
        }],
        bar_interval: Span::from_mins(1),
        duplicate_rule: DuplicateRule::Refuse,
        phases: Vec::new(),
    }
}

fn panel(entities: &[Vec<(i64, f64)>]) -> Panel {
    let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
    for (i, bars) in entities.iter().enumerate() {
        for (minute, close) in bars {
            builder
                .push(&format!("e{i:02}"), minute * MINUTE, None, &[*close])
                .unwrap();
        }
    }
    builder.finish().unwrap().0
}

fn ten_minutes() -> ChangeTarget {
    ChangeTarget {
        column: None,
        horizon: Span::from_mins(10),
        tolerance: Some(Span::from_mins(1)),
    }
}

#[test]
fn the_change_to_the_horizon_is_a_ratio_and_nothing_is_made_up() {
    let bars = vec![(0, 100.0), (1, 0.0), (4, 80.0), (11, 110.0), (15, 60.0)];
    let panel = panel(&[bars]);
    let found = changes(&panel, &ten_minutes(), &source(), NO_END);
    assert_eq!(found.values[0], 0.1);
    assert_eq!(found.values[2], -0.25);
    assert_eq!(found.resolve_times[0], 11 * MINUTE);
    assert_eq!(found.resolve_times[2], 15 * MINUTE);
    for row in [1, 3, 4] {
        assert!(found.values[row].is_nan(), "from nothing, or to nothing: {row}");
        assert_eq!(found.resolve_times[row], UNRESOLVED);
    }
    let ended = changes(&panel, &ten_minutes(), &source(), 14 * MINUTE);
    assert_eq!(ended.values[0], 0.1);
    assert!(ended.values[2].is_nan(), "its horizon reaches the end");
}

fn bars() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let bar = (1..5_i64, prop_oneof![1 => Just(f64::NAN), 8 => 90.0..110.0_f64]);
    prop::collection::vec(bar, 1..40).prop_map(|bars| {
        let mut minute = 0;
        let bar = |(gap, close)| {
            minute += gap;
            (minute, close)
        };
        bars.into_iter().map(bar).collect()
    })
}

proptest! {
    /// The label of the same column and horizon says no more than whether the target reaches the change.
    #[test]
    fn a_target_is_known_when_its_label_is_and_says_the_same(one in bars(), other in bars(), end in 1..120_i64) {
        let panel = panel(&[one, other]);
        let target = ten_minutes();
        let label = LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
            column: None,
            change: 0.03,
            direction: Direction::Up,
            horizon: target.horizon,
            tolerance: target.tolerance,
        });
        let found = changes(&panel, &target, &source(), end * MINUTE);
        let labels = labels::compute(&panel, &label, &source(), end * MINUTE);
        prop_assert_eq!(&found.resolve_times, &labels.resolve_times);
        for (value, label) in found.values.iter().zip(&labels.values) {
            let expected = match value {
                value if value.is_nan() => LabelValue::Unknown,
                value if *value >= 0.03 => LabelValue::Positive,
                _ => LabelValue::Negative,
            };
            prop_assert_eq!(expected, *label);
        }
    }
}
