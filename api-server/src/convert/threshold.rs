//! From which score on a row is called positive.

use super::field::small_wire_count;
use mltraining_domain::{Task, ThresholdSpec, Utility};
use mltraining_proto::v1;
use v1::threshold_spec::Rule;

/// The rule of a request, to be checked with the whole spec; absent means the best F1, and none of a number.
pub(crate) fn read(spec: Option<v1::ThresholdSpec>, task: Task) -> ThresholdSpec {
    match spec.and_then(|spec| spec.rule) {
        None if task == Task::Regression => ThresholdSpec::None,
        None | Some(Rule::MaxF1(_)) => ThresholdSpec::MaxF1,
        Some(Rule::MaxMcc(_)) => ThresholdSpec::MaxMcc,
        Some(Rule::Fixed(score)) => ThresholdSpec::Fixed(score),
        Some(Rule::MinPrecision(precision)) => ThresholdSpec::MinPrecision(precision),
        Some(Rule::MinRecall(recall)) => ThresholdSpec::MinRecall(recall),
        Some(Rule::Utility(v1::Utility { gain, loss })) => ThresholdSpec::Utility(Utility { gain, loss }),
        // A negative number is no count: 0 is refused by the check, under the field's name.
        Some(Rule::TopPerDay(rows)) => ThresholdSpec::TopPerDay(u32::try_from(rows).unwrap_or_default()),
    }
}

/// The rule as the wire holds it; unset of a number.
pub(crate) fn show(threshold: ThresholdSpec) -> Option<v1::ThresholdSpec> {
    let rule = match threshold {
        ThresholdSpec::MaxF1 => Rule::MaxF1(v1::MaxF1 {}),
        ThresholdSpec::MaxMcc => Rule::MaxMcc(v1::MaxMcc {}),
        ThresholdSpec::Fixed(score) => Rule::Fixed(score),
        ThresholdSpec::MinPrecision(precision) => Rule::MinPrecision(precision),
        ThresholdSpec::MinRecall(recall) => Rule::MinRecall(recall),
        ThresholdSpec::Utility(Utility { gain, loss }) => Rule::Utility(v1::Utility { gain, loss }),
        ThresholdSpec::None => return None,
        ThresholdSpec::TopPerDay(rows) => Rule::TopPerDay(small_wire_count(rows)),
    };
    Some(v1::ThresholdSpec { rule: Some(rule) })
}
