//! What is to be foreseen.

use super::number::{share, span};
use mltraining_domain::{Comparison, Direction, LabelSpec, Span, Task};

/// `whether the close rises by 10.0 % or more in 10 minutes`, `the change of the close in 10 minutes`
pub(crate) fn question(of: &LabelSpec) -> String {
    match of.task() {
        Task::Binary => format!("whether {}", label(of)),
        Task::Regression => label(of),
    }
}

/// `the close rises by 10.0 % or more in 10 minutes`
fn label(label: &LabelSpec) -> String {
    match label {
        LabelSpec::ChangeAtHorizon(of) => format!(
            "{} {} by {} or more in {}",
            column(of.column.as_ref()),
            verb(of.direction),
            share(Some(of.change)),
            span(of.horizon)
        ),
        LabelSpec::ExtremeWithinHorizon(of) => format!(
            "{} {} by {} or more at any time within {}",
            column(of.extreme_column.as_ref().or(of.column.as_ref())),
            verb(of.direction),
            share(Some(of.change)),
            span(of.horizon)
        ),
        LabelSpec::TripleBarrier(of) => format!(
            "{} rises by {} before it falls by {}, within {}",
            column(of.column.as_ref()),
            share(Some(of.upper)),
            share(Some(of.lower)),
            span(of.horizon)
        ),
        LabelSpec::Threshold(of) => format!(
            "{} is {} {}{}",
            column(of.column.as_ref()),
            comparison(of.comparison),
            of.value,
            later(of.horizon)
        ),
        LabelSpec::Column(of) => format!("{} is 1, as it is known after {}", of.column, span(of.delay)),
        LabelSpec::ChangeTarget(of) => {
            let column = column(of.column.as_ref());
            format!("the change of {column} in {}", span(of.horizon))
        }
    }
}

fn column(name: Option<&String>) -> String {
    name.map_or_else(|| "the close".to_owned(), Clone::clone)
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "rises",
        Direction::Down => "falls",
    }
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::AtLeast => "at least",
        Comparison::Above => "above",
        Comparison::AtMost => "at most",
        Comparison::Below => "below",
    }
}

fn later(horizon: Span) -> String {
    if horizon.is_zero() {
        " now".to_owned()
    } else {
        format!(" in {}", span(horizon))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_domain::{ColumnLabel, ThresholdAtHorizon};

    #[test]
    fn every_label_is_a_sentence_that_begins_with_what_it_looks_at() {
        let read = |text: &str| label(&serde_json::from_str(text).unwrap());
        let change = r#"{"change_at_horizon": {"column": null, "change": 0.1, "direction": "UP", "horizon": 600000000, "tolerance": null}}"#;
        assert_eq!(read(change), "the close rises by 10.0 % or more in 10 minutes");
        let threshold = LabelSpec::Threshold(ThresholdAtHorizon {
            column: Some("volume".to_owned()),
            comparison: Comparison::Above,
            value: 3.5,
            horizon: Span::ZERO,
            tolerance: None,
        });
        assert_eq!(label(&threshold), "volume is above 3.5 now");
        let column = LabelSpec::Column(ColumnLabel {
            column: "fraud".to_owned(),
            delay: Span::from_mins(60),
        });
        assert_eq!(label(&column), "fraud is 1, as it is known after 1 hour");
    }
}
