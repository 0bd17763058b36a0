#![allow(clippy::unwrap_used)]

use super::*;

/// The label that options make of nothing, in prose.
fn told(args: &LabelArgs) -> String {
    let mut label = None;
    args.apply(&mut label).unwrap();
    describe(label.as_ref())
}

fn in_minutes(minutes: u32) -> LabelArgs {
    LabelArgs {
        horizon: Some(Span::from_mins(minutes)),
        ..LabelArgs::default()
    }
}

#[test]
fn only_what_was_said_is_changed() {
    let args = LabelArgs {
        change: Some(0.05),
        ..in_minutes(30)
    };
    let mut label = None;
    args.apply(&mut label).unwrap();
    assert_eq!(
        describe(label.as_ref()),
        "the close rises by 5.0 % or more in 30m"
    );
    let down = LabelArgs {
        direction: Some(DirectionArg::Down),
        column: Some("low".to_owned()),
        ..LabelArgs::default()
    };
    down.apply(&mut label).unwrap();
    assert_eq!(describe(label.as_ref()), "low falls by 5.0 % or more in 30m");
}

#[test]
fn an_option_of_one_kind_alone_chooses_it() {
    let barriers = LabelArgs {
        upper: Some(0.1),
        lower: Some(0.05),
        ..in_minutes(10)
    };
    assert_eq!(
        told(&barriers),
        "the close rises by 10.0 % before it falls by 5.0 %, within 10m"
    );
    let threshold = LabelArgs {
        column: Some("volume".to_owned()),
        comparison: Some(ComparisonArg::Below),
        value: Some(-2.5),
        ..in_minutes(0)
    };
    assert_eq!(told(&threshold), "volume is below -2.5 in 0s");
    let column = LabelArgs {
        column: Some("churned".to_owned()),
        delay: Some(Span::ZERO),
        ..LabelArgs::default()
    };
    assert_eq!(told(&column), "churned is 1");
    let extreme = LabelArgs {
        change: Some(0.1),
        extreme_column: Some("high".to_owned()),
        ..in_minutes(10)
    };
    assert_eq!(
        told(&extreme),
        "the close rises by 10.0 % or more at any time within 10m"
    );
    let named = LabelArgs {
        foresee: Some(KindName::ExtremeWithinHorizon),
        change: Some(0.1),
        direction: Some(DirectionArg::Down),
        ..in_minutes(10)
    };
    assert_eq!(
        told(&named),
        "the close falls by 10.0 % or more at any time within 10m"
    );
}

#[test]
fn an_option_of_another_kind_is_a_usage_error() {
    let mixed = LabelArgs {
        foresee: Some(KindName::Column),
        column: Some("churned".to_owned()),
        delay: Some(Span::ZERO),
        ..in_minutes(10)
    };
    let error = mixed.apply(&mut None).unwrap_err();
    assert_eq!(error.to_string(), "--horizon does not go with the label column");
}

#[test]
fn another_kind_than_the_file_says_begins_anew_and_the_same_keeps_its_fields() {
    let barrier = v1::TripleBarrier {
        upper: 0.2,
        lower: 0.1,
        horizon: Some(when::duration(Span::from_mins(5))),
        ..v1::TripleBarrier::default()
    };
    let of_file = Some(v1::LabelSpec {
        kind: Some(Kind::TripleBarrier(barrier)),
    });
    let mut label = of_file.clone();
    in_minutes(7).apply(&mut label).unwrap();
    assert_eq!(
        describe(label.as_ref()),
        "the close rises by 20.0 % before it falls by 10.0 %, within 7m"
    );
    let mut label = of_file;
    let change = LabelArgs {
        foresee: Some(KindName::ChangeAtHorizon),
        change: Some(0.05),
        ..in_minutes(7)
    };
    change.apply(&mut label).unwrap();
    assert_eq!(describe(label.as_ref()), "the close rises by 5.0 % or more in 7m");
}

#[test]
fn a_label_that_lacks_what_its_kind_needs_is_a_usage_error() {
    let only_change = LabelArgs {
        change: Some(0.05),
        ..LabelArgs::default()
    };
    let one_barrier = LabelArgs {
        upper: Some(0.05),
        ..in_minutes(10)
    };
    let no_delay = LabelArgs {
        foresee: Some(KindName::Column),
        column: Some("churned".to_owned()),
        ..LabelArgs::default()
    };
    let no_horizon = LabelArgs {
        value: Some(1.0),
        ..LabelArgs::default()
    };
    for args in [
        LabelArgs::default(),
        only_change,
        one_barrier,
        no_delay,
        no_horizon,
    ] {
        assert!(
            matches!(args.apply(&mut None), Err(CliError::Usage(_))),
            "{args:?}"
        );
    }
}

#[test]
fn a_number_is_named_and_takes_no_change() {
    let number = LabelArgs {
        foresee: Some(KindName::ChangeTarget),
        ..in_minutes(10)
    };
    assert_eq!(told(&number), "by how much the close changes in 10m");
    let change = LabelArgs {
        change: Some(0.1),
        ..number
    };
    let error = change.apply(&mut None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "--change does not go with the label change_target"
    );
}
