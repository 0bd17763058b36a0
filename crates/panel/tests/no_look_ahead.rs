//! No feature and no label at t knows anything of later rows, of other entities, or of rows added after the end. The one
//! exception sees other entities at the same instant, and at no other.
//! The registries are walked, so a new family or kind is covered by being there.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{
    Row, close_to, coin_metrics, column_names, every_feature, every_set, panel, panel_of, plan, source,
};
use mltraining_domain::{ChangeTarget, DuplicateRule, LabelSpec, Span};
use mltraining_panel::catalogue::{Arguments, Family, Input, LookBack, Parameter, PlannedFeature, Reach};
use mltraining_panel::labels::{self, LabelValue, Labels};
use mltraining_panel::targets::{self, Targets};
use mltraining_panel::{Panel, compute};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;

const SECOND: i64 = 1_000_000;

/// Values like a market's, with holes, zeros and repeats.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(f64::NAN),
        1 => Just(0.0),
        1 => Just(1.0),
        3 => Just(2.5e-8),
        6 => 1e-9..1e-7_f64,
        1 => 0.0..1e6_f64,
        1 => -10.0..10.0_f64,
    ]
}

/// Rows of one entity at irregular times.
fn rows(entity: &'static str, width: usize) -> impl Strategy<Value = Vec<Row>> {
    let bar = move || {
        let gap = prop_oneof![1 => Just(60), 1 => Just(90), 8 => Just(300), 4 => Just(1800), 1 => 1..400_i64];
        let phase = prop_oneof![Just(None), Just(Some(1)), Just(Some(2)), Just(Some(99))];
        (gap, phase, prop::collection::vec(value(), width))
    };
    // Some are long enough for indicators that begin late.
    let bars = prop_oneof![
        4 => prop::collection::vec(bar(), 1..24),
        1 => prop::collection::vec(bar(), 60..90),
    ];
    bars.prop_map(move |bars| {
        let mut time = 0;
        let row = |(gap, phase, values)| {
            time += gap * SECOND;
            (entity.to_owned(), time, phase, values)
        };
        bars.into_iter().map(row).collect()
    })
}

/// What happened, and another world that is equal up to a moment of entity `m` (rows before `known`).
#[derive(Debug, Clone)]
struct Worlds {
    before: Vec<Row>,
    after: Vec<Row>,
    known: usize,
    cut: i64,
}

fn worlds() -> impl Strategy<Value = Worlds> {
    worlds_of(source().columns.len())
}

/// With rows of so many columns.
fn worlds_of(width: usize) -> impl Strategy<Value = Worlds> {
    let all = move || (rows("a", width), rows("m", width), rows("z", width));
    (all(), all(), any::<prop::sample::Index>()).prop_map(|(one, other, at)| {
        let known = at.index(one.1.len()) + 1;
        let cut = one.1[known - 1].1;
        let shift = |(entity, time, phase, values): Row| (entity, time + cut, phase, values);
        let mut before = one.0;
        before.extend(one.1.iter().cloned());
        before.extend(one.2);
        let mut after = other.0;
        after.extend(one.1.into_iter().take(known));
        after.extend(other.1.into_iter().map(shift));
        after.extend(other.2);
        Worlds {
            before,
            after,
            known,
            cut,
        }
    })
}

/// Where the rows of the other entities are put.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Together {
    /// At the times of `m`, one after the other.
    AtItsTimes,
    /// At their own times, and a little after the whole second, where `m` never has a row.
    BesideThem,
}

/// Every second row of the other entities at the times of `m`, or the others beside them.
fn together(rows: &[Row], wanted: Together) -> Vec<Row> {
    let times: Vec<i64> = rows.iter().filter(|row| row.0 == "m").map(|row| row.1).collect();
    let mut moved = Vec::new();
    for entity in ["a", "z"] {
        let others = rows.iter().filter(|row| row.0 == entity);
        for (place, (entity, time, phase, values)) in others.cloned().enumerate() {
            match (wanted, place % 2, times.get(place / 2)) {
                (Together::AtItsTimes, 0, Some(at)) => moved.push((entity, *at, phase, values)),
                (Together::BesideThem, 1, _) => moved.push((entity, time + 7, phase, values)),
                _ => {}
            }
        }
    }
    moved
}

fn first_rows(panel: &Panel, count: usize) -> std::ops::Range<usize> {
    let entity = panel.entities().iter().position(|entity| entity == "m").unwrap();
    let start = panel.range_of(entity).start;
    start..start + count
}

fn known_by(labels: &Labels, rows: std::ops::Range<usize>, cut: i64) -> Vec<(LabelValue, i64)> {
    let pairs = rows.map(|row| (labels.values[row], labels.resolve_times[row]));
    pairs
        .map(|(value, resolve)| {
            if resolve <= cut {
                (value, resolve)
            } else {
                (LabelValue::Unknown, 0)
            }
        })
        .collect()
}

/// The kind of label whose value is a number, of which nothing is known as a class.
const NUMBERS: &str = "change_target";

fn numbers() -> Vec<ChangeTarget> {
    let specs = labels::KINDS.iter().flat_map(|kind| (kind.examples)());
    let numbers = specs.filter_map(|label| match label {
        LabelSpec::ChangeTarget(target) => Some(target),
        _ => None,
    });
    numbers.collect()
}

/// Bit by bit, what is known at the cut and since when.
fn numbers_by(targets: &Targets, rows: std::ops::Range<usize>, cut: i64) -> Vec<Option<(u64, i64)>> {
    let pairs = rows.map(|row| (targets.values[row].to_bits(), targets.resolve_times[row]));
    pairs
        .map(|(value, resolve)| (resolve <= cut).then_some((value, resolve)))
        .collect()
}

/// One feature over the rows that the worlds share, bit by bit.
fn shared_bits(panel: &Panel, known: usize, feature: &PlannedFeature) -> Vec<u64> {
    let values = compute::feature_values(panel, feature);
    values[first_rows(panel, known)]
        .iter()
        .map(|value| value.to_bits())
        .collect()
}

/// What rounding is measured against: 1 for ratios and for what is computed from features, else the largest value that was
/// read. (That a window keeps no trace of a larger value that has left it is shown where windows are.)
fn scale(feature: &PlannedFeature, panel: &Panel) -> f64 {
    let of_columns = feature
        .inputs
        .iter()
        .all(|input| matches!(input, Input::Column(_)));
    if !of_columns || !feature.family.unit.starts_with("column") {
        return 1.0;
    }
    let columns = panel.column_names().iter().filter_map(|name| panel.column(name));
    let sizes = columns.flatten().map(|value| value.abs());
    sizes.filter(|size| size.is_finite()).fold(0.0, f64::max)
}

/// Each case tries every feature on every row; a leak shows in nearly every one of them.
fn few() -> ProptestConfig {
    ProptestConfig::with_cases(48)
}

proptest! {
    // Sets are made of the families that are tried below, over many columns: a few cases do.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_feature_of_a_set_never_knows_the_future_or_another_entity(worlds in worlds_of(coin_metrics().columns.len())) {
        let source = coin_metrics();
        let before = panel(column_names(&source), worlds.before);
        let after = panel(column_names(&source), worlds.after);
        for feature in &every_set(&source).features {
            let one = shared_bits(&before, worlds.known, feature);
            let other = shared_bits(&after, worlds.known, feature);
            prop_assert_eq!(one, other, "{}", feature.name());
        }
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn a_feature_never_knows_the_future_or_another_entity(worlds in worlds()) {
        let source = source();
        let before = panel(column_names(&source), worlds.before);
        let after = panel(column_names(&source), worlds.after);
        let plan = every_feature(&source);
        for feature in plan.features.iter().filter(|feature| !feature.sees_other_entities()) {
            let one = shared_bits(&before, worlds.known, feature);
            let other = shared_bits(&after, worlds.known, feature);
            prop_assert_eq!(one, other, "{}", feature.name());
        }
    }

    /// Also of those that see other entities: what any entity does after t changes nothing at or before t.
    #[test]
    fn a_feature_never_knows_the_future_of_any_entity(worlds in worlds()) {
        let source = source();
        let before = panel(column_names(&source), worlds.before.clone());
        let later = worlds.after.iter().cloned().map(|(entity, time, phase, values)| {
            (entity, time + worlds.cut, phase, values)
        });
        let past = worlds.before.iter().filter(|row| row.1 <= worlds.cut).cloned();
        let after = panel(column_names(&source), past.chain(later).collect());
        for feature in &every_feature(&source).features {
            let known = |panel: &Panel| {
                let values = compute::feature_values(panel, feature);
                let rows = (0..panel.rows()).filter(|row| panel.times()[*row] <= worlds.cut);
                rows.map(|row| values[row].to_bits()).collect::<Vec<_>>()
            };
            prop_assert_eq!(known(&before), known(&after), "{}", feature.name());
        }
    }

    /// The exception, precisely: a rank of a column at t sees the rows of other entities at t. Those at any other time, before or
    /// after, may be there or not and say what they like.
    #[test]
    fn a_rank_never_knows_other_entities_at_other_times(worlds in worlds()) {
        let source = source();
        let with = |others: &[Row]| {
            let own = worlds.before.iter().filter(|row| row.0 == "m").cloned();
            let shared = together(&worlds.before, Together::AtItsTimes);
            let apart = together(others, Together::BesideThem);
            panel(column_names(&source), own.chain(shared).chain(apart).collect())
        };
        let (before, after, alone) = (with(&worlds.before), with(&worlds.after), with(&[]));
        for feature in &plan(&source, &["cross_section_rank(close)", "cross_section_rank(volume)"]).features {
            let one = shared_bits(&before, worlds.known, feature);
            prop_assert_eq!(&one, &shared_bits(&after, worlds.known, feature), "{}", feature.name());
            prop_assert_eq!(&one, &shared_bits(&alone, worlds.known, feature), "{}", feature.name());
        }
    }

    /// The reader orders rows by entity and time, so it does not matter how they lie in the table.
    #[test]
    fn the_order_in_which_rows_arrive_changes_nothing(
        (rows, shuffled) in worlds().prop_flat_map(|worlds| {
            (Just(worlds.before.clone()), Just(worlds.before).prop_shuffle())
        })
    ) {
        let source = source();
        let one = panel(column_names(&source), rows);
        let other = panel(column_names(&source), shuffled);
        for feature in &every_feature(&source).features {
            let bits = |panel| compute::feature_values(panel, feature).into_iter().map(f64::to_bits).collect::<Vec<_>>();
            prop_assert_eq!(bits(&one), bits(&other), "{}", feature.name());
        }
    }

    /// What a family declares is what the reader reads: with older rows left out the value stays, to rounding.
    #[test]
    fn a_feature_never_looks_back_further_than_it_declares(rows in rows("m", source().columns.len())) {
        let source = source();
        let whole = panel(column_names(&source), rows.clone());
        let last = whole.rows() - 1;
        for feature in &every_feature(&source).features {
            let LookBack::Bounded { bars, time } = feature.look_back() else { continue };
            let oldest = whole.times()[last] - time.micros();
            let kept = rows.iter().enumerate().filter(|(i, row)| i + bars as usize >= last || row.1 >= oldest);
            let cut = panel(column_names(&source), kept.map(|(_, row)| row.clone()).collect());
            let expected = compute::feature_values(&whole, feature)[last];
            let found = compute::feature_values(&cut, feature)[cut.rows() - 1];
            let scale = scale(feature, &cut);
            prop_assert!(close_to(found, expected, scale), "{}: {found:e}, {expected:e}", feature.name());
        }
    }

    /// Rows after the resolve time may do what they like; the label that was known by then stays.
    #[test]
    fn a_label_never_knows_what_comes_after_its_resolve_time(worlds in worlds()) {
        let source = source();
        let before = panel(column_names(&source), worlds.before);
        let after = panel(column_names(&source), worlds.after);
        for label in labels::KINDS.iter().flat_map(|kind| (kind.examples)()) {
            let one = labels::compute(&before, &label, &source, labels::NO_END);
            let other = labels::compute(&after, &label, &source, labels::NO_END);
            prop_assert_eq!(
                known_by(&one, first_rows(&before, worlds.known), worlds.cut),
                known_by(&other, first_rows(&after, worlds.known), worlds.cut),
                "{:?}", label
            );
        }
        for target in numbers() {
            let one = targets::changes(&before, &target, &source, labels::NO_END);
            let other = targets::changes(&after, &target, &source, labels::NO_END);
            prop_assert_eq!(
                numbers_by(&one, first_rows(&before, worlds.known), worlds.cut),
                numbers_by(&other, first_rows(&after, worlds.known), worlds.cut),
                "{:?}", target
            );
        }
    }

    /// Rows at or after the end are not read. What is known of the others is what the rows before the end say, and of a row
    /// whose horizon reaches the end nothing is known.
    #[test]
    fn a_label_never_knows_of_the_end_of_the_range(worlds in worlds(), end in 1..40_000_i64) {
        let (source, end) = (source(), end * SECOND);
        let read = |rows: &[Row]| rows.iter().filter(|row| row.1 < end).cloned().collect();
        let panel = panel(column_names(&source), read(&worlds.before));
        for label in labels::KINDS.iter().flat_map(|kind| (kind.examples)()) {
            let ended = labels::compute(&panel, &label, &source, end);
            let open = labels::compute(&panel, &label, &source, labels::NO_END);
            for row in 0..panel.rows() {
                let reaches_end = panel.times()[row] + label.horizon().micros() >= end;
                let expected = match reaches_end {
                    true => (LabelValue::Unknown, labels::UNRESOLVED),
                    false => (open.values[row], open.resolve_times[row]),
                };
                prop_assert_eq!((ended.values[row], ended.resolve_times[row]), expected, "{:?}", label);
            }
        }
        for target in numbers() {
            let ended = targets::changes(&panel, &target, &source, end);
            let open = targets::changes(&panel, &target, &source, labels::NO_END);
            for row in 0..panel.rows() {
                let reaches_end = panel.times()[row] + target.horizon.micros() >= end;
                let expected = match reaches_end {
                    true => (f64::NAN.to_bits(), labels::UNRESOLVED),
                    false => (open.values[row].to_bits(), open.resolve_times[row]),
                };
                let found = (ended.values[row].to_bits(), ended.resolve_times[row]);
                prop_assert_eq!(found, expected, "{:?}", target);
            }
        }
    }

    /// Also when some rows share their key, of which one is kept.
    #[test]
    fn a_label_does_not_depend_on_the_order_in_which_rows_arrive(
        (rows, shuffled) in worlds().prop_flat_map(|worlds| {
            let mut rows = worlds.before;
            let twice = rows.iter().step_by(3).cloned().map(|(entity, time, phase, values)| {
                (entity, time, phase, values.into_iter().rev().collect())
            });
            rows.extend(twice.collect::<Vec<Row>>());
            (Just(rows.clone()), Just(rows).prop_shuffle())
        })
    ) {
        let source = source();
        let one = panel_of(column_names(&source), rows, DuplicateRule::KeepLast);
        let other = panel_of(column_names(&source), shuffled, DuplicateRule::KeepLast);
        for label in labels::KINDS.iter().flat_map(|kind| (kind.examples)()) {
            prop_assert_eq!(
                labels::compute(&one, &label, &source, labels::NO_END),
                labels::compute(&other, &label, &source, labels::NO_END),
                "{:?}", label
            );
        }
    }

    /// A resolved label is known after its decision, or with it when nothing lies ahead; an unknown one has no resolve time.
    #[test]
    fn a_label_resolves_after_its_decision(worlds in worlds()) {
        let panel = panel(column_names(&source()), worlds.before);
        for label in labels::KINDS.iter().flat_map(|kind| (kind.examples)()) {
            let labels = labels::compute(&panel, &label, &source(), labels::NO_END);
            for row in 0..panel.rows() {
                let unknown = labels.values[row] == LabelValue::Unknown;
                prop_assert_eq!(unknown, labels.resolve_times[row] == labels::UNRESOLVED);
                let ahead = labels.resolve_times[row] - panel.times()[row];
                prop_assert!(ahead > 0 || ahead == 0 && label.horizon().is_zero(), "{:?}", label);
            }
        }
    }
}

/// The close of the next bar.
static PEEKING: Family = Family {
    name: "peeking",
    description: "",
    unit: "",
    example: "",
    parameters: &[Parameter::Column],
    needs: &[],
    min_bars: 1,
    reach: Reach::Row,
    availability_delay: Span::ZERO,
    formula: |bars, _, _, out| {
        let ahead = bars.input(0).iter().skip(1);
        out.iter_mut().zip(ahead).for_each(|(value, next)| *value = *next);
    },
};

#[test]
fn a_feature_that_peeks_at_the_next_bar_is_caught() {
    let peeking = PlannedFeature {
        expr: "peeking(close)".parse().unwrap(),
        family: &PEEKING,
        inputs: vec![Input::Column("close".to_owned())],
        arguments: Arguments::default(),
    };
    let caught = TestRunner::new_with_rng(few(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(
        &worlds(),
        |worlds| {
            let before = panel(column_names(&source()), worlds.before);
            let after = panel(column_names(&source()), worlds.after);
            prop_assert_eq!(
                shared_bits(&before, worlds.known, &peeking),
                shared_bits(&after, worlds.known, &peeking)
            );
            Ok(())
        },
    );
    assert!(caught.is_err());
}

#[test]
fn the_worlds_hold_values_of_every_feature_at_or_before_the_cut() {
    let features = every_feature(&source()).features;
    let known = std::cell::RefCell::new(vec![0; features.len()]);
    let run = TestRunner::new_with_rng(few(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(
        &worlds(),
        |worlds| {
            let panel = panel(column_names(&source()), worlds.before);
            for (known, feature) in known.borrow_mut().iter_mut().zip(&features) {
                let values = compute::feature_values(&panel, feature);
                let shared = values[first_rows(&panel, worlds.known)].iter();
                *known += shared.filter(|value| !value.is_nan()).count();
            }
            Ok(())
        },
    );
    assert!(run.is_ok());
    for (known, feature) in known.into_inner().into_iter().zip(&features) {
        assert!(known >= 20, "{}: {known} known values", feature.name());
    }
}

#[test]
fn the_worlds_hold_labels_of_both_classes_of_every_kind_that_are_known_at_the_cut() {
    let counts = std::cell::RefCell::new(BTreeMap::<(&str, LabelValue), u32>::new());
    let run = TestRunner::new_with_rng(few(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(
        &worlds(),
        |worlds| {
            let panel = panel(column_names(&source()), worlds.before);
            for label in labels::KINDS.iter().flat_map(|kind| (kind.examples)()) {
                let labels = labels::compute(&panel, &label, &source(), labels::NO_END);
                for (value, _) in known_by(&labels, first_rows(&panel, worlds.known), worlds.cut) {
                    *counts.borrow_mut().entry((label.name(), value)).or_default() += 1;
                }
            }
            Ok(())
        },
    );
    assert!(run.is_ok());
    let counts = counts.into_inner();
    let classes = labels::KINDS.iter().filter(|kind| kind.name != NUMBERS);
    for kind in classes {
        for value in [LabelValue::Positive, LabelValue::Negative] {
            let count = counts.get(&(kind.name, value)).copied().unwrap_or_default();
            assert!(count > 20, "{} {value:?}: {count} known labels", kind.name);
        }
    }
}

#[test]
fn the_worlds_hold_numbers_that_are_known_at_the_cut() {
    let known = std::cell::Cell::new(0);
    let run = TestRunner::new_with_rng(few(), TestRng::deterministic_rng(RngAlgorithm::ChaCha)).run(
        &worlds(),
        |worlds| {
            let panel = panel(column_names(&source()), worlds.before);
            for target in numbers() {
                let targets = targets::changes(&panel, &target, &source(), labels::NO_END);
                let found = numbers_by(&targets, first_rows(&panel, worlds.known), worlds.cut);
                known.set(known.get() + found.into_iter().flatten().count());
            }
            Ok(())
        },
    );
    assert!(run.is_ok());
    assert!(known.get() > 20, "{} known numbers", known.get());
}

#[test]
fn every_kind_of_label_is_its_own_kind() {
    for kind in labels::KINDS {
        for label in (kind.examples)() {
            assert_eq!(labels::kind_of(&label).name, kind.name);
        }
    }
}
