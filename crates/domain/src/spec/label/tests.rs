#![allow(clippy::unwrap_used)]

use super::*;

fn fields(label: &LabelSpec) -> Vec<String> {
    let found = label.check("spec.label");
    found.iter().map(|violation| violation.field.clone()).collect()
}

fn mins(mins: u32) -> Span {
    Span::from_mins(mins)
}

fn extreme() -> ExtremeWithinHorizon {
    ExtremeWithinHorizon {
        column: None,
        extreme_column: None,
        change: 0.05,
        direction: Direction::Up,
        horizon: mins(10),
        tolerance: None,
    }
}

fn barrier() -> TripleBarrier {
    TripleBarrier {
        column: None,
        upper_column: None,
        lower_column: None,
        upper: 0.05,
        lower: 0.02,
        horizon: mins(10),
        tolerance: None,
    }
}

fn threshold() -> ThresholdAtHorizon {
    ThresholdAtHorizon {
        column: Some("volume".to_owned()),
        comparison: Comparison::Above,
        value: -3.0,
        horizon: Span::ZERO,
        tolerance: None,
    }
}

#[test]
fn every_field_of_every_kind_is_named_when_it_is_wrong() {
    let year = mins(367 * 24 * 60);
    let wrong = LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
        change: 1.5,
        direction: Direction::Down,
        horizon: Span::ZERO,
        tolerance: Some(year),
        ..extreme()
    });
    let below = |kind: &str, names: &[&str]| -> Vec<String> {
        names
            .iter()
            .map(|name| format!("spec.label.{kind}.{name}"))
            .collect()
    };
    let expected = below("extreme_within_horizon", &["change", "horizon", "tolerance"]);
    assert_eq!(fields(&wrong), expected);
    let wrong = LabelSpec::TripleBarrier(TripleBarrier {
        upper: f64::NAN,
        lower: 1.1,
        horizon: year,
        tolerance: Some(year),
        ..barrier()
    });
    let expected = below("triple_barrier", &["upper", "lower", "horizon", "tolerance"]);
    assert_eq!(fields(&wrong), expected);
    let wrong = LabelSpec::Threshold(ThresholdAtHorizon {
        value: f64::INFINITY,
        horizon: year,
        tolerance: Some(year),
        ..threshold()
    });
    assert_eq!(
        fields(&wrong),
        below("threshold", &["value", "horizon", "tolerance"])
    );
    let wrong = LabelSpec::Column(ColumnLabel {
        column: String::new(),
        delay: year,
    });
    assert_eq!(fields(&wrong), below("column", &["column", "delay"]));
}

#[test]
fn a_good_label_of_each_kind_passes_and_reads_back_from_its_json() {
    let column = ColumnLabel {
        column: "churned".to_owned(),
        delay: Span::ZERO,
    };
    let kinds = [
        LabelSpec::ExtremeWithinHorizon(extreme()),
        LabelSpec::TripleBarrier(barrier()),
        LabelSpec::Threshold(threshold()),
        LabelSpec::Column(column),
    ];
    for label in kinds {
        assert_eq!(fields(&label), Vec::<String>::new());
        let json = serde_json::to_string(&label).unwrap();
        assert!(json.starts_with(&format!("{{\"{}\":", label.name())), "{json}");
        assert_eq!(serde_json::from_str::<LabelSpec>(&json).unwrap(), label);
    }
}
