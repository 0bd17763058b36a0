#![allow(clippy::unwrap_used)]

use super::*;
use mltraining_domain::{Span, Window};
use proptest::prelude::*;

fn span(micros: i64) -> Window {
    Window::Time(Span::from_micros(micros).unwrap())
}

fn rolled<A: rolling::Aggregate<State = State>>(values: &[f64], window: Window) -> Vec<Option<State>> {
    let times: Vec<i64> = (0..values.len() as i64).collect();
    let mut states = vec![None; values.len()];
    rolling::<A>(&times, values, window, &mut Vec::new(), |row, state| {
        states[row] = state;
    });
    states
}

#[test]
fn a_sum_does_not_drift_after_large_values_left_the_window() {
    let mut values = vec![1e-8; 100_000];
    for at in (0..90_000).step_by(7) {
        values[at] = 1e6 + at as f64 / 3.0;
    }
    let sums = rolled::<Sum>(&values, Window::Bars(10));
    let last = sums.last().unwrap().unwrap().a;
    assert!((last - 1e-7).abs() < 1e-21, "{last:e}");
}

#[test]
fn a_spread_does_not_drift_after_large_values_left_the_window() {
    let mut values = vec![1e6, 3e6, 0.5];
    values.extend([1e-8, 2e-8, 3e-8]);
    let state = rolled::<Moments>(&values, Window::Bars(3))
        .pop()
        .unwrap()
        .unwrap();
    assert!((state.std() - 1e-8).abs() < 1e-22, "{:e}", state.std());
    assert!((state.mean() - 2e-8).abs() < 1e-22, "{:e}", state.mean());
}

#[test]
fn equal_values_have_exactly_their_mean_and_no_spread() {
    for value in [0.1, 2.8e-8, 1e6 / 3.0, -7.3] {
        for state in rolled::<Moments>(&[value; 50], Window::Bars(7))
            .into_iter()
            .flatten()
        {
            assert_eq!((state.mean(), state.std()), (value, 0.0));
        }
    }
}

#[test]
fn a_buffer_that_was_used_before_changes_nothing() {
    let times: Vec<i64> = (0..20).collect();
    let values: Vec<f64> = (0..20).map(f64::from).collect();
    let mut buffer = Vec::new();
    for _ in 0..2 {
        let mut sums = Vec::new();
        rolling::<Sum>(&times, &values, Window::Bars(2), &mut buffer, |_, state| {
            sums.push(state.map(|s| s.a));
        });
        assert_eq!(sums[..3], [None, Some(1.0), Some(3.0)]);
    }
}

/// Values with holes, at strictly rising times.
fn series() -> impl Strategy<Value = (Vec<i64>, Vec<f64>)> {
    let value = prop_oneof![1 => Just(f64::NAN), 5 => -1e3..1e3_f64];
    prop::collection::vec((1..20_i64, value), 1..80).prop_map(|bars| {
        let mut time = -50;
        let (gaps, values): (Vec<i64>, Vec<f64>) = bars.into_iter().unzip();
        let times = gaps.into_iter().map(|gap| {
            time += gap;
            time
        });
        (times.collect(), values)
    })
}

fn any_window() -> impl Strategy<Value = Window> {
    prop_oneof![(1..12_u32).prop_map(Window::Bars), (1..60_i64).prop_map(span)]
}

/// The known values of a row's window, by looking at every row; `None` when a window in bars is not full of them.
fn plain_window(times: &[i64], values: &[f64], window: Window, row: usize) -> Option<Vec<f64>> {
    match window {
        Window::Bars(bars) => {
            let bars = bars as usize;
            let whole = (row + 1 >= bars).then(|| values[row + 1 - bars..=row].to_vec());
            whole.filter(|values| values.iter().all(|v| !v.is_nan()))
        }
        Window::Time(span) => {
            let inside = (0..=row).filter(|i| times[*i] > times[row] - span.micros());
            let known: Vec<f64> = inside.map(|i| values[i]).filter(|v| !v.is_nan()).collect();
            Some(known).filter(|known| !known.is_empty())
        }
    }
}

proptest! {
    #[test]
    fn every_aggregate_is_that_of_its_window((times, values) in series(), window in any_window()) {
        let mut buffer = Vec::new();
        let mut found: Vec<[Option<State>; 4]> = vec![[None; 4]; values.len()];
        rolling::<Sum>(&times, &values, window, &mut buffer, |row, state| found[row][0] = state);
        rolling::<Lowest>(&times, &values, window, &mut buffer, |row, state| found[row][1] = state);
        rolling::<Highest>(&times, &values, window, &mut buffer, |row, state| found[row][2] = state);
        rolling::<Moments>(&times, &values, window, &mut buffer, |row, state| found[row][3] = state);
        for (row, found) in found.iter().enumerate() {
            let Some(known) = plain_window(&times, &values, window, row) else {
                prop_assert!(found.iter().all(Option::is_none));
                continue;
            };
            let [sum, lowest, highest, moments] = found.map(|state| state.unwrap());
            let n = known.len() as f64;
            let mean = known.iter().sum::<f64>() / n;
            let squares: f64 = known.iter().map(|v| (v - mean).powi(2)).sum();
            prop_assert!((sum.a - mean * n).abs() < 1e-9);
            prop_assert_eq!(lowest.a, known.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(highest.a, known.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert!((moments.mean() - mean).abs() < 1e-9);
            prop_assert_eq!(moments.std().is_nan(), known.len() < 2);
            if known.len() > 1 {
                prop_assert!((moments.std() - (squares / (n - 1.0)).sqrt()).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_value_one_window_ago_is_found((times, values) in series(), window in any_window()) {
        let mut found = vec![0.0; values.len()];
        lagged(&times, &values, window, |row, before| found[row] = before);
        for (row, found) in found.into_iter().enumerate() {
            let expected = match window {
                Window::Bars(bars) => row.checked_sub(bars as usize).map(|i| values[i]),
                Window::Time(span) => {
                    let age = |i: &usize| times[row] - times[*i];
                    let fits = |i: &usize| (span.micros()..=2 * span.micros()).contains(&age(i));
                    (0..row).rev().find(|i| fits(i) && !values[*i].is_nan()).map(|i| values[i])
                }
            };
            let expected = expected.unwrap_or(f64::NAN);
            prop_assert!(found == expected || (found.is_nan() && expected.is_nan()), "{row}: {found} {expected}");
        }
    }
}
