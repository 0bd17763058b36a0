use super::market::{BARS, ENTITIES, HONEST, Market, alarmed, scope};
use mltraining_domain::{
    Comparison, Direction, ExtremeWithinHorizon, LabelSpec, Span, ThresholdAtHorizon, TripleBarrier,
};
use mltraining_leakage::Check;

#[test]
fn a_random_walk_has_no_leak_and_all_of_it_was_looked_at() {
    let report = Market::clean().report();
    assert_eq!(alarmed(&report), [], "{report:#?}");
    let rows = (ENTITIES * BARS) as u64;
    let known = (ENTITIES * (BARS - 10)) as u64; // the last ten minutes of each entity have no label
    let features = HONEST.len() as u64;
    let look_ahead = scope(&report, Check::LookAhead);
    assert_eq!(
        (
            look_ahead.rows,
            look_ahead.entities,
            look_ahead.features,
            look_ahead.cuts
        ),
        (rows, ENTITIES as u64, features, 3)
    );
    for check in [Check::SingleFeature, Check::DuplicateFeatures] {
        let scope = scope(&report, check);
        assert_eq!(
            (scope.rows, scope.entities, scope.features),
            (known, ENTITIES as u64, features)
        );
    }
    let copies = scope(&report, Check::TargetCopy);
    assert_eq!(
        (copies.rows, copies.features, copies.columns),
        (known, features, 0),
        "both columns are features"
    );
    assert_eq!(scope(&report, Check::DuplicateRows).rows, rows);
    assert_eq!(scope(&report, Check::KnownAtEnd).columns, 2);
}

/// Every kind of label whose outcome lies ahead, also that of a price, which is close to the next one.
#[test]
fn a_random_walk_has_no_leak_whatever_is_to_be_foreseen() {
    let (horizon, tolerance) = (Span::from_mins(10), None);
    let labels = [
        LabelSpec::Threshold(ThresholdAtHorizon {
            column: None,
            comparison: Comparison::Above,
            value: 100.0,
            horizon: Span::from_mins(1),
            tolerance,
        }),
        LabelSpec::ExtremeWithinHorizon(ExtremeWithinHorizon {
            column: None,
            extreme_column: None,
            change: 0.02,
            direction: Direction::Down,
            horizon,
            tolerance,
        }),
        LabelSpec::TripleBarrier(TripleBarrier {
            column: None,
            upper_column: None,
            lower_column: None,
            upper: 0.02,
            lower: 0.02,
            horizon,
            tolerance,
        }),
    ];
    for label in labels {
        // Whether a walk is above 100 in a minute its level tells, and rightly so: without it nothing does.
        let features = match label {
            LabelSpec::Threshold(_) => &HONEST[1..],
            _ => HONEST,
        };
        let name = label.name();
        let report = Market::clean().foresee(label, features).report();
        assert_eq!(alarmed(&report), [], "{name}: {report:#?}");
    }
}

#[test]
fn a_phase_that_no_row_has_leaves_nothing_to_judge_and_says_so() {
    let mut market = Market::clean();
    market.spec.phases = vec![2];
    let report = market.report();
    assert_eq!(alarmed(&report), []);
    for check in [Check::SingleFeature, Check::TargetCopy, Check::DuplicateFeatures] {
        let scope = scope(&report, check);
        assert_eq!(
            (scope.rows, scope.entities, scope.features),
            (0, 0, 0),
            "{check:?}"
        );
    }
    assert!(scope(&report, Check::LookAhead).rows > 0, "it needs no label");
}

#[test]
fn a_check_that_nobody_waits_for_stops() {
    assert!(Market::clean().stopped());
}
