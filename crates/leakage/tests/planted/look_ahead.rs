use super::market::{BARS, ENTITIES, HONEST, MINUTE, Market, alarmed, found, scope};
use mltraining_domain::Span;
use mltraining_leakage::{Check, Severity, Subject};
use mltraining_panel::catalogue::{Arguments, Bars, Family, Parameter, Reach, Scratch};

/// A family that no catalogue has: the value of three bars later.
static LATER: Family = Family {
    name: "later",
    description: "the value of three bars later",
    unit: "column",
    example: "later(volume)",
    parameters: &[Parameter::Column],
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula: later,
};

fn later(bars: &Bars<'_>, _: Arguments, _: &mut Scratch, out: &mut [f64]) {
    let values = bars.input(0);
    for (row, value) in out.iter_mut().enumerate() {
        *value = values.get(row + 3).copied().unwrap_or(f64::NAN);
    }
}

#[test]
fn a_feature_that_knows_three_bars_ahead_is_named_with_what_changed() {
    let mut market = Market::clean();
    market.plan.features[1].family = &LATER; // of `volume`, which nothing else depends on
    let report = market.report();
    assert_eq!(alarmed(&report), [Check::LookAhead], "{report:#?}");
    let findings = found(&report, Check::LookAhead);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(
        (finding.severity, &finding.subject),
        (Severity::Error, &Subject::Feature("volume".to_owned()))
    );
    // Three rows before each of three cuts know of later ones, in both worlds and every entity.
    assert_eq!(finding.value, Some((3 * 3 * 2 * ENTITIES) as f64));
    let change = finding.change.as_ref().unwrap();
    let first_cut = BARS as i64 / 4 * MINUTE;
    assert_eq!(
        (change.entity.as_str(), change.cut, change.time),
        ("e00", first_cut, first_cut - 2 * MINUTE)
    );
    assert!(
        (9.0..11.0).contains(&change.before),
        "the volume of three bars later: {change:?}"
    );
    assert!(
        change.after.is_nan(),
        "in the world that ends at the cut: {change:?}"
    );
}

/// Also when the last value there is is taken instead, so that nothing is ever unknown.
#[test]
fn a_feature_that_fills_up_from_the_end_is_found() {
    static LAST: Family = Family {
        name: "last",
        formula: |bars, _, _, out| out.fill(*bars.input(0).last().unwrap_or(&f64::NAN)),
        ..LATER
    };
    let mut market = Market::clean();
    market.plan.features[1].family = &LAST;
    let report = market.report();
    assert_eq!(found(&report, Check::LookAhead).len(), 1);
}

#[test]
fn of_many_features_a_sample_is_looked_at_and_its_size_is_told() {
    let many: Vec<String> = (2..902)
        .map(|window| format!("rolling_mean(volume, {window})"))
        .collect();
    let features: Vec<&str> = many
        .iter()
        .map(String::as_str)
        .chain(HONEST.iter().copied())
        .collect();
    let report = Market::with(&[], &features).report();
    let scope = scope(&report, Check::LookAhead);
    assert_eq!(scope.rows, 4_000_000 / 906, "of {} rows", ENTITIES * BARS);
    assert_eq!(scope.entities, 12, "eleven whole ones, and a part of another");
    assert!(found(&report, Check::LookAhead).is_empty());
}
