//! What tells the label: alone, or the number behind it.

use super::market::{HONEST, Market, found};
use mltraining_domain::{Comparison, LabelSpec, Span, ThresholdAtHorizon};
use mltraining_leakage::{Check, Severity, Subject};

/// The change of the close ten bars ahead; 0 where there is none.
fn ahead(closes: &[f64]) -> Vec<f64> {
    let change = |row: usize| closes.get(row + 10).map_or(0.0, |then| then / closes[row] - 1.0);
    (0..closes.len()).map(change).collect()
}

fn with_feature(name: &'static str) -> Vec<&'static str> {
    HONEST.iter().copied().chain([name]).collect()
}

#[test]
fn a_feature_that_knows_the_label_alone_is_found() {
    let report = Market::with(&[("oracle", &ahead)], &with_feature("oracle")).report();
    let findings = found(&report, Check::SingleFeature);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (findings[0].severity, &findings[0].subject, findings[0].value),
        (Severity::Error, &Subject::Feature("oracle".to_owned()), Some(1.0))
    );
}

/// A hint is not certain, and small where the label is positive: the other way round.
#[test]
fn a_feature_that_knows_nearly_all_is_a_warning_either_way_round() {
    let hint = |closes: &[f64]| -> Vec<f64> {
        let blur = |(row, change): (usize, f64)| -change + 0.02 * ((row * 7919 % 13) as f64 / 13.0 - 0.5);
        ahead(closes).into_iter().enumerate().map(blur).collect()
    };
    let report = Market::with(&[("hint", &hint)], &with_feature("hint")).report();
    let findings = found(&report, Check::SingleFeature);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].severity, Severity::Warning);
    assert!(
        (0.95..0.999).contains(&findings[0].value.unwrap()),
        "{findings:?}"
    );
}

#[test]
fn a_feature_and_a_column_that_go_with_the_change_are_copies_of_the_target() {
    // In another unit, and turned round; the ranks of the second are the same, its values are not.
    let percent = |closes: &[f64]| ahead(closes).iter().map(|change| 5.0 - 100.0 * change).collect();
    let curved = |closes: &[f64]| ahead(closes).iter().map(|change| (60.0 * change).exp()).collect();
    let market = Market::with(
        &[("percent", &percent), ("curved", &curved)],
        &with_feature("percent"),
    );
    let report = market.report();
    let findings = found(&report, Check::TargetCopy);
    let subjects: Vec<&Subject> = findings.iter().map(|finding| &finding.subject).collect();
    assert_eq!(
        subjects,
        [
            &Subject::Feature("percent".to_owned()),
            &Subject::Column("curved".to_owned())
        ],
        "no feature is made of the second"
    );
    for finding in findings {
        assert!(finding.text.contains("the change to the horizon"), "{finding:?}");
        assert!(finding.value.unwrap() > 0.999, "{finding:?}");
    }
}

/// The price ten bars ahead goes with no change, and alone tells nothing.
#[test]
fn a_column_that_holds_the_later_price_is_a_copy_though_the_price_itself_is_close() {
    let later = |closes: &[f64]| -> Vec<f64> {
        (0..closes.len())
            .map(|row| closes.get(row + 10).copied().unwrap_or(f64::NAN))
            .collect()
    };
    let market = Market::with(&[("close_later", &later)], HONEST);
    let threshold = LabelSpec::Threshold(ThresholdAtHorizon {
        column: None,
        comparison: Comparison::Above,
        value: 100.0,
        horizon: Span::from_mins(10),
        tolerance: None,
    });
    let of_change = market.report();
    let of_value = market.foresee(threshold, &HONEST[1..]).report();
    for report in [of_change, of_value] {
        let findings = found(&report, Check::TargetCopy);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].subject, Subject::Column("close_later".to_owned()));
        assert!(
            findings[0].text.contains("the value at the horizon"),
            "{findings:?}"
        );
    }
}

/// Of a label that the row tells, the column itself is no finding, and its copy is.
#[test]
fn a_copy_of_the_column_that_tells_the_label_is_found() {
    let doubled = |closes: &[f64]| closes.iter().map(|close| 3.0 * close - 1.0).collect();
    let now = LabelSpec::Threshold(ThresholdAtHorizon {
        column: None,
        comparison: Comparison::Above,
        value: 100.0,
        horizon: Span::ZERO,
        tolerance: None,
    });
    let report = Market::with(&[("doubled", &doubled)], HONEST)
        .foresee(now, &["volume"])
        .report();
    let findings = found(&report, Check::TargetCopy);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].subject, Subject::Column("doubled".to_owned()));
}
