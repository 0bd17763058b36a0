use super::market::{HONEST, MINUTE, Market, Planted, alarmed, found, scope};
use mltraining_domain::DuplicateRule;
use mltraining_leakage::{Check, Severity, Subject};
use mltraining_panel::Duplicates;

#[test]
fn rows_that_repeat_a_key_are_counted_and_the_first_is_named() {
    let mut market = Market::clean();
    market.duplicates = Some(Duplicates {
        count: 7,
        entity: "e03".to_owned(),
        time_micros: 5 * MINUTE,
    });
    for (rule, severity) in [
        (DuplicateRule::Refuse, Severity::Error),
        (DuplicateRule::KeepLast, Severity::Warning),
    ] {
        market.source.duplicate_rule = rule;
        let report = market.report();
        assert_eq!(alarmed(&report), [Check::DuplicateRows]);
        let finding = &found(&report, Check::DuplicateRows)[0];
        assert_eq!(
            (finding.severity, &finding.subject, finding.value),
            (severity, &Subject::Rows, Some(7.0))
        );
        assert!(
            finding.text.contains("\"e03\" at 1970-01-01T00:05:00"),
            "{finding:?}"
        );
        assert_eq!(scope(&report, Check::DuplicateRows).rows, 12 * 400 + 7);
    }
}

fn returns(closes: &[f64]) -> Vec<f64> {
    let known = closes.windows(2).map(|pair| (pair[1] / pair[0]).ln());
    std::iter::once(f64::NAN).chain(known).collect()
}

fn nearly(closes: &[f64]) -> Vec<f64> {
    let blurred = |(row, value): (usize, f64)| -2.0 * value + 1e-5 * (row % 3) as f64;
    returns(closes).into_iter().enumerate().map(blurred).collect()
}

#[test]
fn a_feature_that_equals_another_is_told_once_and_one_that_nearly_does_is_a_warning() {
    let more = [
        "returns",
        "plus(returns, zero)",
        "nearly",
        "four",
        "plus(four, zero)",
    ];
    let features: Vec<&str> = HONEST.iter().copied().chain(more).collect();
    let constant = |value: f64| move |closes: &[f64]| vec![value; closes.len()];
    let (four, zero) = (constant(4.0), constant(0.0));
    let planted: [Planted<'_>; 4] = [
        ("returns", &returns),
        ("nearly", &nearly),
        ("four", &four),
        ("zero", &zero),
    ];
    let report = Market::with(&planted, &features).report();
    let told = found(&report, Check::DuplicateFeatures).iter().map(|finding| {
        let Subject::Feature(name) = &finding.subject else {
            panic!("{finding:?}")
        };
        (name.as_str(), finding.other.as_deref(), finding.severity)
    });
    let of = Some("log_return(close, 1)");
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("returns", of, Severity::Error),
            ("plus(returns, zero)", of, Severity::Error),
            ("nearly", of, Severity::Warning),
        ],
        "what is constant is no copy of another constant"
    );
    let judged = scope(&report, Check::DuplicateFeatures).features;
    assert_eq!(judged as usize, HONEST.len() + 3, "two are constant");
}
