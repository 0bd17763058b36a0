use super::market::{HONEST, Market, alarmed, found};
use mltraining_leakage::{Check, Finding, Severity, Subject};

fn largest(closes: &[f64]) -> f64 {
    closes.iter().copied().fold(f64::MIN, f64::max)
}

/// What is found of a column that is constant within each entity.
fn of(value: &dyn Fn(&[f64]) -> f64) -> Vec<Finding> {
    let column = |closes: &[f64]| vec![value(closes); closes.len()];
    let report = Market::with(&[("filled", &column)], HONEST).report();
    let others: Vec<Check> = alarmed(&report)
        .into_iter()
        .filter(|check| *check != Check::KnownAtEnd)
        .collect();
    assert_eq!(others, [], "{report:#?}");
    found(&report, Check::KnownAtEnd).to_vec()
}

/// The predecessor's `ath_price_sol`, with six digits of twenty.
#[test]
fn the_highest_price_of_all_time_as_of_now_is_found_in_rows_of_before() {
    let findings = of(&|closes| largest(closes) * (1.0 + 3e-7));
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!(
        (finding.severity, &finding.subject, finding.other.as_deref()),
        (
            Severity::Error,
            &Subject::Column("filled".to_owned()),
            Some("close")
        )
    );
    assert_eq!(finding.value, Some(1.0));
    assert!(
        finding.text.contains("the largest value of `close`"),
        "{finding:?}"
    );
}

#[test]
fn so_are_the_lowest_and_the_last_price() {
    let lowest = of(&|closes| closes.iter().copied().fold(f64::MAX, f64::min));
    assert!(
        lowest[0].text.contains("the smallest value of `close`"),
        "{lowest:?}"
    );
    let last = of(&|closes| closes[closes.len() - 1]);
    assert!(last[0].text.contains("the last value of `close`"), "{last:?}");
}

#[test]
fn a_column_that_is_often_enough_what_comes_later_is_a_warning() {
    // The highest price is as of now, and the entities of the lowest of five levels have gone on rising since.
    let most = of(&|closes| {
        if closes[0] < 5.0 {
            largest(closes) * 2.0
        } else {
            largest(closes)
        }
    });
    assert_eq!(most[0].severity, Severity::Warning, "{most:?}");
    assert!((0.5..0.9).contains(&most[0].value.unwrap()), "{most:?}");
}

#[test]
fn what_was_known_at_the_start_is_no_finding_nor_is_a_flag_that_all_have() {
    assert_eq!(of(&|closes| closes[0]), []);
    assert_eq!(of(&|_| 1.0), []);
    assert_eq!(of(&|closes| closes[0].round()), []);
}

/// A flag that is set everywhere equals the largest value of every flag that is set some day.
#[test]
fn a_flag_that_all_have_is_no_finding_beside_one_that_is_set_later() {
    let on = |closes: &[f64]| vec![1.0; closes.len()];
    let later = |closes: &[f64]| {
        let rows = 0..closes.len();
        rows.map(|row| f64::from(u8::from(row > 200))).collect()
    };
    let report = Market::with(&[("on", &on), ("later", &later)], HONEST).report();
    assert_eq!(found(&report, Check::KnownAtEnd), []);
}

/// The running maximum is the largest value in the end, and not before.
#[test]
fn a_column_that_grows_as_the_price_does_is_no_finding() {
    let running = |closes: &[f64]| -> Vec<f64> {
        closes
            .iter()
            .scan(f64::MIN, |top, close| {
                *top = top.max(*close);
                Some(*top)
            })
            .collect()
    };
    let report = Market::with(&[("top", &running)], HONEST).report();
    assert_eq!(found(&report, Check::KnownAtEnd), []);
}
