//! Features of a context equal pandas' `merge_asof`, never look ahead, and are planned as they are written.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, beside, close_to, coin_metrics, column_names, context, label, panel, plan, source};
use mltraining_domain::{ColumnLabel, DuplicateRule, FeatureSpec, LabelSpec, Reason, SourceSpec, Span};
use mltraining_panel::catalogue::{self, LookBack};
use mltraining_panel::{Panel, PanelBuilder, compute};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Made by `pandas/as_of.py`.
const VALUES: &str = include_str!("pandas/as_of.csv");
const SECOND: i64 = 1_000_000;

fn row(time: i64, close: f64) -> Row {
    let value = |name: &String| if name == "close" { close } else { 1.0 };
    let values = column_names(&source()).iter().map(value).collect();
    ("m".to_owned(), time, None, values)
}

/// The panel of these rows with a market of (time, close).
fn with_market(rows: Vec<Row>, market: &[(i64, f64)]) -> Panel {
    let market = market.iter().map(|(time, close)| (*time, [*close, 0.0, 0.0]));
    let market: Vec<_> = market.collect();
    beside(panel(column_names(&source()), rows), &market)
}

fn values(panel: &Panel, feature: &str) -> Vec<f64> {
    compute::feature_values(panel, &plan(&source(), &[feature]).features[0])
}

#[test]
fn the_values_are_those_of_pandas() {
    let lines = VALUES.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<(&str, &str)> = lines.map(|line| line.split_once(';').unwrap()).collect();
    let given: BTreeMap<&str, &str> = lines[..5].iter().copied().collect();
    let numbers = |text: &str| -> Vec<f64> { text.split(',').map(|x| x.parse().unwrap()).collect() };
    let times = |text: &str| -> Vec<i64> { text.split(',').map(|x| x.parse().unwrap()).collect() };
    let own = times(given["time"]).into_iter().zip(numbers(given["close"]));
    let market = numbers(given["market close"])
        .into_iter()
        .zip(numbers(given["market volume"]));
    let market = times(given["market time"]).into_iter().zip(market);
    let panel = beside(
        panel(
            column_names(&source()),
            own.map(|(time, close)| row(time, close)).collect(),
        ),
        &market
            .map(|(time, (close, volume))| (time, [close, volume, 0.0]))
            .collect::<Vec<_>>(),
    );
    assert_eq!(lines[5..].len(), 7);
    for (name, expected) in &lines[5..] {
        let found = values(&panel, name);
        let expected = numbers(expected);
        assert_eq!(found.len(), expected.len());
        for (place, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                close_to(*found, *expected, 1.0),
                "{name} at {place}: {found:e}, expected {expected:e}"
            );
        }
    }
}

#[test]
fn a_row_is_seen_from_the_moment_it_is_known_until_it_is_too_old() {
    // Known 30 s after its time, good for ten minutes.
    let market = [(0, 1.0), (1000 * SECOND, 2.0)];
    let at = [
        30 * SECOND - 1,
        30 * SECOND,
        600 * SECOND,
        600 * SECOND + 1,
        1030 * SECOND - 1,
        1030 * SECOND,
    ];
    let panel = with_market(at.map(|time| row(time, 5.0)).to_vec(), &market);
    let found = values(&panel, "as_of(market, close)");
    let expected = [f64::NAN, 1.0, 1.0, f64::NAN, f64::NAN, 2.0];
    for (found, expected) in found.iter().zip(expected) {
        assert!(close_to(*found, expected, 0.0), "{found} for {expected}");
    }
    let without = with_market(vec![row(0, 5.0)], &[]);
    assert!(values(&without, "as_of(market, close)")[0].is_nan());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What a context says that is known only after t changes nothing at or before t, whatever is computed on its rows.
    #[test]
    fn nothing_that_is_known_later_changes_a_value(
        own in prop::collection::vec(1..900_i64, 1..30),
        market in prop::collection::vec((1..900_i64, 0.5..2.0_f64), 1..40),
        other in prop::collection::vec((1..900_i64, 0.5..2.0_f64), 0..40),
        at in any::<prop::sample::Index>(),
    ) {
        let mut time = 0;
        let rows: Vec<Row> = own.iter().map(|gap| { time += gap * SECOND; row(time, 5.0) }).collect();
        let cut = rows[at.index(rows.len())].1;
        let mut time = 0;
        let market: Vec<(i64, f64)> = market.iter().map(|(gap, x)| { time += gap * SECOND; (time, *x) }).collect();
        // Known at the cut: 30 s before it, or earlier.
        let known = market.iter().copied().filter(|(time, _)| time + 30 * SECOND <= cut);
        let mut time = cut - 30 * SECOND;
        let later = other.iter().map(|(gap, x)| { time += gap * SECOND; (time, *x) });
        let changed: Vec<(i64, f64)> = known.chain(later).collect();
        let (before, after) = (with_market(rows.clone(), &market), with_market(rows.clone(), &changed));
        for feature in [
            "as_of(market, close)",
            "as_of(market, rolling_mean(close, 3))",
            "as_of(market, log_return(close, 20m))",
            "rolling_mean(as_of(market, running_max(close)), 20m)",
        ] {
            let bits = |panel: &Panel| {
                let known = rows.iter().filter(|row| row.1 <= cut).count();
                values(panel, feature)[..known].iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            };
            prop_assert_eq!(bits(&before), bits(&after), "{}", feature);
        }
    }
}

#[test]
fn a_plan_says_what_to_read_of_each_context() {
    let mut source = source();
    source.contexts.insert(0, context("btc", &["close", "unused"]));
    source.contexts[0].entity = Some("BTC".to_owned());
    let plan = plan(
        &source,
        &[
            "as_of( market, rolling_mean(volume,10))",
            "rolling_mean(as_of(market, log_return(close, 30m)), 4)",
            "as_of(btc, close)",
            "close",
        ],
    );
    assert_eq!(plan.names()[0], "as_of(market, rolling_mean(volume, 10))");
    assert_eq!(plan.columns(), ["close"], "those of the source alone");
    assert_eq!(
        plan.look_back(),
        LookBack::bars(3),
        "what a context looks back is of the context"
    );
    let found = plan.contexts();
    let names: Vec<&str> = found.iter().map(|context| context.name.as_str()).collect();
    assert_eq!(names, ["btc", "market"]);
    assert_eq!(
        (&found[0].entities[..], &found[0].columns[..]),
        (&["BTC".to_owned()][..], &["close".to_owned()][..])
    );
    assert_eq!(found[0].look_back, LookBack::NONE);
    assert_eq!(found[1].columns, ["close", "volume"]);
    let both = LookBack::Bounded {
        bars: 9,
        time: Span::from_mins(60),
    };
    assert_eq!(found[1].look_back, both);
    assert_eq!(found[1].max_age, Span::from_mins(10));
}

/// The only violation.
fn refused(source: &SourceSpec, label: &LabelSpec, feature: &str) -> (Reason, String) {
    let spec = FeatureSpec {
        sets: Vec::new(),
        features: vec!["hour_of_day".parse().unwrap(), feature.parse().unwrap()],
        windows: Vec::new(),
        exclude: Vec::new(),
    };
    let found = catalogue::resolve(&spec, source, label, "spec.features").unwrap_err();
    let all: Vec<_> = found.iter().cloned().collect();
    assert_eq!(all.len(), 1, "{found}");
    assert_eq!(all[0].field, "spec.features.features[1]");
    (all[0].reason, all[0].description.clone())
}

#[test]
fn what_does_not_fit_a_context_is_explained() {
    let cases = [
        ("as_of(markt, close)", "did you mean `market`? (contexts: market)"),
        (
            "as_of(market, clsoe)",
            "context `market`: the source has no column `clsoe`; did you mean `close`?",
        ),
        (
            "as_of(market, high)",
            "context `market`: the source has no column `high`",
        ),
        (
            "as_of(market, atr(14))",
            "context `market`: `atr` needs a column with the role High",
        ),
        ("as_of(market)", "needs a column"),
        (
            "as_of(market, cross_section_rank(close))",
            "is one series, which has no rank",
        ),
        (
            "as_of(market, as_of(market, close))",
            "the source has no context `market`, nor any other",
        ),
    ];
    for (feature, text) in cases {
        let (reason, found) = refused(&source(), &label(), feature);
        assert_eq!(reason, Reason::UnknownFeature);
        assert!(found.contains(text), "{feature}: {found}");
    }
}

#[test]
fn a_context_of_the_same_table_may_not_tell_the_label_of_the_row() {
    let label = LabelSpec::Column(ColumnLabel {
        column: "volume".to_owned(),
        delay: Span::from_mins(60),
    });
    let mut source = source();
    source.contexts[0].spec.table.clone_from(&source.table);
    let feature = "above(as_of(market, rolling_mean(volume, 3)), 1)";
    // Nor that of an earlier row, which is not known yet.
    for delay in [Span::ZERO, Span::from_secs(1)] {
        source.contexts[0].availability_delay = delay;
        assert_eq!(refused(&source, &label, feature).0, Reason::FeatureLeaksLabel);
    }
    let spec = FeatureSpec {
        sets: Vec::new(),
        features: vec![feature.parse().unwrap()],
        windows: Vec::new(),
        exclude: Vec::new(),
    };
    source.contexts[0].spec.table = "elsewhere".to_owned();
    catalogue::resolve(&spec, &source, &label, "spec.features").unwrap();
}

#[test]
fn a_set_says_what_the_source_cannot_give() {
    let spec = FeatureSpec {
        sets: vec!["pump_detection".to_owned(), "core".to_owned()],
        ..FeatureSpec::default()
    };
    let resolve = |source: &SourceSpec| catalogue::resolve(&spec, source, &label(), "spec.features").unwrap();
    assert!(resolve(&coin_metrics()).left_out().is_empty());
    let mut poorer = coin_metrics();
    poorer.contexts.clear();
    poorer.columns.retain(|column| column.name != "volatility_pct");
    let plan = resolve(&poorer);
    let [left_out] = plan.left_out() else {
        panic!("{:?}", plan.left_out())
    };
    assert_eq!(left_out.set, "pump_detection");
    assert_eq!(
        left_out.features,
        [
            "partial_mean(volatility_pct, w)",
            "partial_above_mean(volatility_pct, w, 1.5)",
            "as_of(exchange_rates, sol_price_usd)",
            "as_of(exchange_rates, pct_change(sol_price_usd, 1))",
            "as_of(exchange_rates, partial_mean(sol_price_usd, 5))",
            "as_of(exchange_rates, partial_std(sol_price_usd, 5))",
        ]
    );
    assert!(plan.contexts().is_empty());
    let mut closes = source();
    closes.columns.retain(|column| column.name == "close");
    let returns = catalogue::set("returns_and_volatility").unwrap();
    assert_eq!(
        (returns.left_out)(&closes),
        ["rolling_mean(ratio(minus(HIGH, LOW), CLOSE), w)"]
    );
}

#[test]
fn reading_as_of_a_time_asks_every_source_that_is_read() {
    let at = chrono::DateTime::from_timestamp(0, 0);
    let mut source = source();
    let both = plan(&source, &["as_of(market, close)"]);
    let texts = |plan: &catalogue::FeaturePlan, source: &SourceSpec| {
        let found = plan.check_known_before(source, at, "spec.known_before");
        assert!(
            found
                .iter()
                .all(|v| v.reason == Reason::InvalidField && v.field == "spec.known_before")
        );
        found.iter().map(|v| v.description.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&both, &source).len(), 2);
    assert!(both.check_known_before(&source, None, "f").is_empty());
    source.recorded_time_column = Some("recorded_at".to_owned());
    let found = texts(&both, &source);
    assert!(
        found.len() == 1 && found[0].contains("context `market`"),
        "{found:?}"
    );
    assert!(texts(&plan(&source, &["close"]), &source).is_empty());
}

#[test]
fn a_fingerprint_is_also_of_the_contexts() {
    let made = |close: f64| {
        let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
        builder.push("all", 0, None, &[close]).unwrap();
        builder.finish().unwrap().1
    };
    let with = |name: &str, close: f64| made(1.0).with_contexts(vec![(name.to_owned(), made(close))]);
    assert_eq!(made(1.0).with_contexts(Vec::new()), made(1.0));
    assert_eq!(with("a", 2.0), with("a", 2.0));
    let all = [made(1.0), with("a", 2.0), with("a", 3.0), with("b", 2.0)];
    for (i, one) in all.iter().enumerate() {
        assert_eq!(one.as_str().len(), 64);
        assert!(all[..i].iter().all(|earlier| earlier != one));
    }
}
