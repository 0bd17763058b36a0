//! `--threshold`: how the score from which on a row is called positive is chosen.

use mltraining_proto::v1;
use mltraining_proto::v1::threshold_spec::Rule;

/// Reads `max_f1`, `max_mcc`, `min_precision=0.6`, `min_recall=0.8`, `utility=GAIN:LOSS`, `top_per_day=20`, or a fixed score.
///
/// # Errors
/// A text that says what was expected.
pub(crate) fn parse(text: &str) -> Result<v1::ThresholdSpec, String> {
    let text = text.trim().replace('-', "_");
    let (name, value) = text.split_once('=').unwrap_or((&text, ""));
    let rule = match (name, value) {
        ("max_f1", "") => Rule::MaxF1(v1::MaxF1 {}),
        ("max_mcc", "") => Rule::MaxMcc(v1::MaxMcc {}),
        ("min_precision", value) => Rule::MinPrecision(super::ratio(value)?),
        ("min_recall", value) => Rule::MinRecall(super::ratio(value)?),
        ("utility", value) => Rule::Utility(utility(value)?),
        ("top_per_day", value) => Rule::TopPerDay(value.parse().map_err(|_| expected())?),
        (score, "") => Rule::Fixed(super::ratio(score).map_err(|_| expected())?),
        _ => return Err(expected()),
    };
    Ok(v1::ThresholdSpec { rule: Some(rule) })
}

fn expected() -> String {
    "expected max_f1, max_mcc, min_precision=0.6, min_recall=0.8, utility=5:1 (what a hit brings, what a false alarm costs), \
     top_per_day=20, or a score from 0 to 1"
        .to_owned()
}

fn utility(text: &str) -> Result<v1::Utility, String> {
    let (gain, loss) = text.split_once(':').ok_or_else(expected)?;
    let number = |text: &str| text.parse::<f64>().map_err(|_| expected());
    Ok(v1::Utility {
        gain: number(gain)?,
        loss: number(loss)?,
    })
}

/// The rule in a few words.
pub(crate) fn describe(spec: Option<&v1::ThresholdSpec>) -> String {
    match spec.and_then(|spec| spec.rule.as_ref()) {
        Some(Rule::Fixed(_)) => "fixed".to_owned(),
        Some(Rule::MaxMcc(_)) => "largest MCC".to_owned(),
        Some(Rule::MinPrecision(least)) => format!("precision at least {least}"),
        Some(Rule::MinRecall(least)) => format!("recall at least {least}"),
        Some(Rule::Utility(v1::Utility { gain, loss })) => {
            format!("a hit brings {gain}, a false alarm costs {loss}")
        }
        Some(Rule::TopPerDay(rows)) => format!("at most {rows} rows a day"),
        Some(Rule::MaxF1(_)) | None => "largest F1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_can_be_written() {
        for (text, rule) in [
            ("max_f1", Rule::MaxF1(v1::MaxF1 {})),
            ("max-mcc", Rule::MaxMcc(v1::MaxMcc {})),
            ("min-precision=0.6", Rule::MinPrecision(0.6)),
            ("min_recall=80%", Rule::MinRecall(0.8)),
            ("0.5", Rule::Fixed(0.5)),
            (
                "utility=5:0.5",
                Rule::Utility(v1::Utility { gain: 5.0, loss: 0.5 }),
            ),
            ("top-per-day=20", Rule::TopPerDay(20)),
        ] {
            assert_eq!(parse(text).unwrap().rule, Some(rule), "{text}");
        }
        for text in [
            "",
            "best",
            "max_f1=3",
            "min_recall",
            "min_recall=much",
            "utility=5",
            "utility=a:1",
            "top_per_day=x",
        ] {
            assert!(parse(text).is_err(), "{text:?} was taken");
        }
    }
}
