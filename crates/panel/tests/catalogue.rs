//! What a client's spec becomes, and how wrong ones are refused.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{candles_source, coin_metrics, column_names, label, source};
use mltraining_domain::spec::features::MAX_FEATURES;
use mltraining_domain::{ColumnRole, FeatureSpec, Reason, SourceSpec, Span, Window};
use mltraining_panel::catalogue::{self, FeaturePlan, LookBack, PlannedFeature};
use std::collections::HashSet;

fn spec(sets: &[&str], features: &[&str], exclude: &[&str]) -> FeatureSpec {
    let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    FeatureSpec {
        sets: sets.iter().map(|set| (*set).to_owned()).collect(),
        features: parse(features),
        windows: vec![Window::Bars(5), Window::Time(Span::from_mins(30))],
        exclude: parse(exclude),
    }
}

fn resolve(spec: &FeatureSpec, source: &SourceSpec) -> FeaturePlan {
    catalogue::resolve(spec, source, &label(), "spec.features").unwrap()
}

/// The only violation: its field, reason and text.
fn refused(spec: &FeatureSpec, source: &SourceSpec) -> (String, Reason, String) {
    let found = catalogue::resolve(spec, source, &label(), "spec.features").unwrap_err();
    let all: Vec<_> = found.iter().cloned().collect();
    assert_eq!(all.len(), 1, "{found}");
    (all[0].field.clone(), all[0].reason, all[0].description.clone())
}

#[test]
fn a_plan_names_each_feature_once_and_the_columns_to_read() {
    let wanted = spec(
        &[],
        &[
            "rolling_mean(volume, 10)",
            "high",
            "raw(high)",
            "hour_of_day",
            "rolling_mean(volume, 10)",
        ],
        &[],
    );
    let plan = resolve(&wanted, &source());
    assert_eq!(plan.names(), ["rolling_mean(volume, 10)", "high", "hour_of_day"]);
    assert_eq!(
        plan.columns(),
        ["high", "close", "volume"],
        "in the source's order, with the label's"
    );
}

#[test]
fn a_feature_in_the_place_of_a_column_has_one_form_and_reads_the_columns_below_it() {
    let wanted = spec(
        &[],
        &[
            "rolling_mean( log_return(trades,01), 1800s)",
            "rolling_mean(log_return(trades, 1), 30m)",
            "raw(raw(low))",
            "rolling_max(raw(low), 5)",
            "raw(rolling_max(low, 5))",
            "above(low, 0.00000001)",
            "above(low, 1.0e-8)",
            "above(low, -0.0)",
        ],
        &[],
    );
    let plan = resolve(&wanted, &source());
    let expected = [
        "rolling_mean(log_return(trades, 1), 30m)",
        "low",
        "rolling_max(low, 5)",
        "above(low, 1e-8)",
        "above(low, 0)",
    ];
    assert_eq!(plan.names(), expected);
    assert_eq!(plan.columns(), ["low", "close", "trades"]);
    assert!(resolve(&spec(&[], &["difference(age, 1)"], &[]), &source()).columns() == ["close"]);
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let cases = [
        ("rolling_men(close, 10)", "did you mean `rolling_mean`?"),
        ("clse", "did you mean `close`?"),
        ("rolling_mean(clsoe, 10)", "did you mean `close`?"),
        ("hour_of_dy", "did you mean `hour_of_day`?"),
        ("x\"; drop table job; --", "unknown feature"),
    ];
    for (feature, text) in cases {
        let (field, reason, description) = refused(&spec(&[], &["close", feature], &[]), &source());
        assert_eq!(
            (field.as_str(), reason),
            ("spec.features.features[1]", Reason::UnknownFeature)
        );
        assert!(description.contains(text), "{feature}: {description}");
    }
    let (_, _, description) = refused(&spec(&[], &["qqq"], &[]), &source());
    assert!(!description.contains("did you mean"), "{description}");
    let (field, _, description) = refused(&spec(&["coer"], &[], &[]), &source());
    assert_eq!(field, "spec.features.sets[0]");
    assert!(description.contains("did you mean `core`?"), "{description}");
}

#[test]
fn arguments_that_do_not_fit_are_explained() {
    let cases = [
        (
            "rolling_mean",
            "needs a column and a window (in bars or in time); write it as `rolling_mean(close, 10)`",
        ),
        (
            "rolling_mean(close, x)",
            "needs a window (in bars or in time) in place of `x`",
        ),
        (
            "rsi(close, 30m)",
            "needs a number of bars in place of `30m`; write it as `rsi(close, 14)`",
        ),
        ("atr(close)", "needs a number of bars in place of `close`"),
        ("above(close, volume)", "needs a number in place of `volume`"),
        ("above(close, inf)", "needs a number in place of `inf`"),
        ("minus(close)", "needs a column"),
        ("rolling_mean(close, 0)", "must be 1 to 100000 bars"),
        ("rolling_mean(close, 400d)", "up to 366 days"),
        ("rolling_mean(close, 5, 5)", "takes only a column and a window"),
        (
            "rolling_mean(log_retrun(close, 1), 5)",
            "did you mean `log_return`?",
        ),
        (
            "rolling_mean(log_return(close), 5)",
            "`log_return` needs a window",
        ),
        ("rolling_mean(close)", "needs a window"),
        ("running_max_distance", "needs a column"),
        ("running_max_distance(close, 5)", "takes only a column"),
        ("hour_of_day(close)", "takes no arguments"),
        (
            "close(high)",
            "`close` is a column and takes no arguments; write `close`",
        ),
        ("rolling_std(close, 1)", "needs at least 2 bars"),
    ];
    for (feature, text) in cases {
        let (field, reason, description) = refused(&spec(&[], &[feature], &[]), &source());
        assert_eq!(
            (field.as_str(), reason),
            ("spec.features.features[0]", Reason::UnknownFeature)
        );
        assert!(description.contains(text), "{feature}: {description}");
    }
    let (_, _, description) = refused(&spec(&[], &["phase"], &[]), &candles_source());
    assert!(description.contains("phase column"), "{description}");
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let wrong = spec(&["cores"], &["clsoe", "close", "rolling_mean(close)"], &["age"]);
    let mut label = label();
    let mltraining_domain::LabelSpec::ChangeAtHorizon(change) = &mut label else {
        unreachable!("it is the first kind")
    };
    change.column = Some("price".to_owned());
    let found = catalogue::resolve(&wrong, &source(), &label, "spec.features").unwrap_err();
    let fields: Vec<&str> = found.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "spec.label.change_at_horizon.column",
            "spec.features.sets[0]",
            "spec.features.features[0]",
            "spec.features.features[2]",
            "spec.features.exclude[0]",
        ]
    );
}

#[test]
fn a_feature_or_a_whole_family_is_left_out() {
    let all = resolve(&spec(&["core"], &[], &[]), &source());
    let fewer = resolve(
        &spec(&["core"], &[], &["z_score", "close", "log_return(close, 1)"]),
        &source(),
    );
    let gone: HashSet<String> = all
        .names()
        .into_iter()
        .filter(|name| !fewer.names().contains(name))
        .collect();
    let expected = [
        "z_score(close, 5)",
        "z_score(close, 30m)",
        "z_score(volume, 5)",
        "z_score(volume, 30m)",
        "close",
        "log_return(close, 1)",
    ];
    assert_eq!(gone, expected.map(str::to_owned).into());
    let (field, _, text) = refused(&spec(&[], &["close"], &["high"]), &source());
    assert_eq!(field, "spec.features.exclude[0]");
    assert!(text.contains("not among the features"), "{text}");
    let (field, reason, _) = refused(&spec(&[], &["close"], &["close"]), &source());
    assert_eq!((field.as_str(), reason), ("spec.features", Reason::InvalidField));
}

#[test]
fn too_many_features_are_refused_with_their_count() {
    let mut wanted = spec(&[], &[], &[]);
    let feature = |bars: usize| format!("rolling_mean(close, {bars})").parse().unwrap();
    wanted.features = (1..=MAX_FEATURES).map(feature).collect();
    assert_eq!(resolve(&wanted, &source()).features.len(), MAX_FEATURES);
    wanted.sets = vec!["core".to_owned()];
    let (field, reason, text) = refused(&wanted, &source());
    assert_eq!((field.as_str(), reason), ("spec.features", Reason::InvalidField));
    assert!(text.contains("4128 features"), "{text}");
}

#[test]
fn a_source_without_a_close_needs_the_label_column_named() {
    let mut source = source();
    source.columns.retain(|column| column.role != ColumnRole::Close);
    let (field, _, text) = refused(&spec(&["core"], &[], &[]), &source);
    assert_eq!(field, "spec.label.change_at_horizon.column");
    assert!(text.contains("CLOSE"), "{text}");
}

#[test]
fn a_column_wins_over_a_family_of_its_name() {
    let mut source = source();
    source.columns[5].name = "age".to_owned();
    assert_eq!(
        resolve(&spec(&[], &["age"], &[]), &source).features[0]
            .family
            .name,
        "raw"
    );
    source.columns[5].name = "rolling_sum".to_owned();
    let plan = resolve(
        &spec(&[], &["rolling_sum", "rolling_sum(close, 5)"], &[]),
        &source,
    );
    assert_eq!(plan.features[0].family.name, "raw");
    assert_eq!(plan.features[1].family.name, "rolling_sum");
}

#[test]
fn look_backs_add_up_to_what_serves_all() {
    let of = |features: &[&str]| resolve(&spec(&[], features, &[]), &source()).look_back();
    assert_eq!(of(&["close", "hour_of_day", "phase"]), LookBack::NONE);
    assert_eq!(of(&["rolling_mean(close, 10)"]), LookBack::bars(9));
    assert_eq!(
        of(&["log_return(close, 10)", "z_score(close, 5)"]),
        LookBack::bars(10)
    );
    let minutes = Span::from_mins;
    assert_eq!(of(&["rolling_mean(close, 30m)"]), LookBack::time(minutes(30)));
    assert_eq!(
        of(&[
            "log_return(close, 30m)",
            "rolling_max(close, 45m)",
            "difference(volume, 3)"
        ]),
        LookBack::Bounded {
            bars: 3,
            time: minutes(60)
        }
    );
    assert_eq!(of(&["close", "running_max_distance(high)"]), LookBack::Unbounded);
    assert_eq!(
        of(&["rolling_mean(log_return(close, 3), 10)"]),
        LookBack::bars(12)
    );
    assert_eq!(
        of(&["rolling_mean(log_return(close, 30m), 45m)"]),
        LookBack::time(minutes(105))
    );
    assert_eq!(of(&["difference(hour_of_day, 5)"]), LookBack::bars(5));
    assert_eq!(
        of(&["rolling_mean(log_return(close, 1), 30m)"]),
        LookBack::Unbounded,
        "30 minutes hold any number of bars, and one more"
    );
}

#[test]
fn the_core_set_writes_out_about_sixty_features_that_all_resolve() {
    let default = FeatureSpec::default();
    let plan = resolve(&default, &coin_metrics());
    assert_eq!(plan.features.len(), 65);
    assert_eq!(plan.columns(), column_names(&coin_metrics()));
    let written = catalogue::expand_set("core", &coin_metrics(), &default.windows);
    let names: Vec<String> = written.iter().map(ToString::to_string).collect();
    assert_eq!(names, plan.names());
    for name in [
        "price_close",
        "log_return(price_close, 1)",
        "z_score(volume_sol, 15)",
        "hour_of_day",
        "phase",
    ] {
        assert!(names.contains(&name.to_owned()), "{name}");
    }
    assert!(catalogue::expand_set("none", &coin_metrics(), &default.windows).is_empty());
}

#[test]
fn every_set_of_candles_is_whole_with_candles_and_makes_do_with_less() {
    let windows = FeatureSpec::default().windows;
    let count = |set: &str, source: &SourceSpec| catalogue::expand_set(set, source, &windows).len();
    assert_eq!(count("ohlcv_technical", &candles_source()), 35);
    assert_eq!(count("returns_and_volatility", &candles_source()), 23);
    assert_eq!(count("pump_detection", &coin_metrics()), 65);
    let mut closes = candles_source();
    closes.columns.retain(|column| column.role == ColumnRole::Close);
    let written = catalogue::expand_set("returns_and_volatility", &closes, &windows);
    assert_eq!(written.len(), 20, "all but the range of the candle: {written:?}");
    let by_time = [Window::Time(Span::from_mins(30))];
    let written = catalogue::expand_set("ohlcv_technical", &candles_source(), &by_time);
    let names: Vec<String> = written.iter().map(ToString::to_string).collect();
    assert!(names.contains(&"ratio_to_mean(volume, 30m)".to_owned()));
    assert!(!names.iter().any(|name| name.contains("ema(")), "{names:?}");
    assert!(!catalogue::expand_set("ohlcv_technical", &candles_source(), &[]).is_empty());
}

#[test]
fn a_set_is_whole_however_long_the_names_of_the_columns_are() {
    let windows = FeatureSpec::default().windows;
    for set in catalogue::SETS {
        let short = catalogue::expand_set(set.name, &coin_metrics(), &windows);
        let mut source = coin_metrics();
        for column in &mut source.columns {
            if column.role != ColumnRole::Value {
                column.name = format!("{:_<63}", column.name);
            }
        }
        let long = catalogue::expand_set(set.name, &source, &windows);
        assert_eq!(short.len(), long.len(), "{}", set.name);
    }
}

#[test]
fn the_core_set_makes_do_with_what_a_source_has() {
    let mut source = candles_source();
    for column in &mut source.columns {
        column.role = ColumnRole::Value;
    }
    source.columns[0].name = "net (SOL), raw".to_owned();
    let names: Vec<String> = catalogue::expand_set("core", &source, &[Window::Bars(5)])
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["high", "low", "close", "volume", "hour_of_day"]);
}

#[test]
fn windows_that_are_too_short_for_a_family_are_left_out_of_a_set() {
    let mut wanted = spec(&["core"], &[], &[]);
    wanted.windows = vec![Window::Bars(1)];
    let names = resolve(&wanted, &source()).names();
    assert!(names.contains(&"rolling_max(close, 1)".to_owned()));
    assert!(!names.iter().any(|name| name.starts_with("z_score")), "{names:?}");
}

#[test]
fn the_catalogue_speaks_for_itself() {
    let names: Vec<&str> = catalogue::FAMILIES.iter().map(|family| family.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "ordered by name, each once");
    for family in catalogue::FAMILIES {
        assert!(
            !family.description.is_empty() && !family.unit.is_empty(),
            "{}",
            family.name
        );
        let example = resolve(&spec(&[], &[family.example], &[]), &source());
        assert_eq!(example.features[0].family.name, family.name);
        assert_eq!(example.names()[0], family.example);
    }
    for set in catalogue::SETS {
        let plan = resolve(&spec(&[set.name], &[], &[]), &coin_metrics());
        let families = plan.features.iter().flat_map(PlannedFeature::families);
        let used: HashSet<&str> = families.map(|family| family.name).collect();
        assert_eq!(
            used,
            set.families.iter().copied().collect(),
            "families of {}",
            set.name
        );
        assert!(
            set.families.is_sorted(),
            "families of {} are ordered by name",
            set.name
        );
    }
}

#[test]
fn features_of_the_column_that_tells_the_label_are_refused() {
    let holds = |minutes| {
        mltraining_domain::LabelSpec::Threshold(mltraining_domain::ThresholdAtHorizon {
            column: Some("volume".to_owned()),
            comparison: mltraining_domain::Comparison::AtLeast,
            value: 10.0,
            horizon: mltraining_domain::Span::from_mins(minutes),
            tolerance: None,
        })
    };
    let of_column = mltraining_domain::LabelSpec::Column(mltraining_domain::ColumnLabel {
        column: "volume".to_owned(),
        delay: mltraining_domain::Span::from_mins(60),
    });
    let wanted = spec(&["core"], &["volume", "close", "rolling_mean(volume, 1000)"], &[]);
    for label in [holds(0), of_column] {
        let found = catalogue::resolve(&wanted, &source(), &label, "spec.features").unwrap_err();
        let told: Vec<(&str, Reason)> = found.iter().map(|v| (v.field.as_str(), v.reason)).collect();
        let leak = |field| (field, Reason::FeatureLeaksLabel);
        assert_eq!(
            told,
            [leak("spec.features.sets[0]"), leak("spec.features.features[2]")]
        );
    }
    catalogue::resolve(&wanted, &source(), &holds(5), "spec.features").unwrap();
    let without = spec(&[], &["close", "volume"], &["volume"]);
    catalogue::resolve(&without, &source(), &holds(0), "spec.features").unwrap();
}
