//! The same bytes on any number of threads, whole rows in whole order, and a stop when asked.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{Row, column_names, every_feature, label, panel, plan, source};
use mltraining_panel::compute::{self, Cancelled, Control, FeatureColumns};
use mltraining_panel::labels::NO_END;
use mltraining_panel::{Panel, preview};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

const MINUTE: i64 = 60_000_000;

/// Entities of very different length, enough rows for several pieces of work.
fn large_panel() -> Panel {
    let columns = column_names(&source());
    let mut rows: Vec<Row> = Vec::new();
    let lengths = [50_000, 1, 700, 30_000, 3, 40_000, 12];
    for (entity, length) in lengths.into_iter().enumerate() {
        let mut state = entity as u64 + 1;
        for i in 0..length {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let x = (state >> 40) as f64 / 1e7 + 1e-3;
            let values = (0..columns.len()).map(|c| x * (c + 1) as f64).collect();
            rows.push((format!("entity {entity}"), i * MINUTE, Some(1), values));
        }
    }
    panel(columns, rows)
}

fn on_threads(threads: usize, panel: &Panel, rows: &[u32]) -> FeatureColumns {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    pool.install(|| compute::features(panel, &every_feature(&source()), rows, &control).unwrap())
}

fn bits(columns: &FeatureColumns) -> Vec<Vec<u32>> {
    columns
        .columns
        .iter()
        .map(|column| column.iter().map(|value| value.to_bits()).collect())
        .collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let panel = large_panel();
    let rows: Vec<u32> = (0..panel.rows() as u32).filter(|row| row % 3 != 1).collect();
    let one = on_threads(1, &panel, &rows);
    assert_eq!(one.names, every_feature(&source()).names());
    for threads in [2, 4] {
        let other = on_threads(threads, &panel, &rows);
        assert!(bits(&one) == bits(&other), "{threads} threads");
    }
}

#[test]
fn the_columns_hold_the_values_of_the_rows_asked_for() {
    let panel = large_panel();
    let plan = plan(&source(), &["rolling_mean(close, 10)", "age", "close"]);
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    // The last row of an entity, a whole small entity, the first of the next, the very last.
    let last = panel.rows() as u32 - 1;
    let asked: [&[u32]; 4] = [
        &[],
        &[49_999, 50_000, 50_001],
        &[0, 50_701, 80_700, last],
        &[7, 60_000, 100_000],
    ];
    for rows in asked {
        let found = compute::features(&panel, &plan, rows, &control).unwrap();
        for (feature, column) in plan.features.iter().zip(&found.columns) {
            let all = compute::feature_values(&panel, feature);
            let expected: Vec<u32> = rows
                .iter()
                .map(|row| (all[*row as usize] as f32).to_bits())
                .collect();
            let bits: Vec<u32> = column.iter().map(|value| value.to_bits()).collect();
            assert_eq!(bits, expected, "{} at {rows:?}", feature.name());
        }
    }
}

#[test]
fn a_value_beyond_the_range_of_f32_is_still_a_number() {
    let rows = [1e300, -1e300, f64::NAN].iter().zip(0..);
    let rows = rows
        .map(|(x, i)| ("e".to_owned(), i, None, vec![*x; 6]))
        .collect();
    let control = Control {
        cancel: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    let panel = panel(column_names(&source()), rows);
    let found = compute::features(&panel, &plan(&source(), &["close"]), &[0, 1, 2], &control).unwrap();
    assert_eq!(found.columns[0][..2], [f32::MAX, f32::MIN]);
    assert!(found.columns[0][2].is_nan());
}

#[test]
fn a_sum_of_all_so_far_keeps_what_is_small_beside_what_is_large() {
    let mut values = vec![1e-8; 1000];
    values.insert(0, 1e8);
    values.push(-1e8);
    let row = |(x, i): (&f64, i64)| ("e".to_owned(), i, None, vec![*x; 6]);
    let panel = panel(column_names(&source()), values.iter().zip(0..).map(row).collect());
    let plan = plan(&source(), &["cumulative_sum(close)"]);
    let sum = *compute::feature_values(&panel, &plan.features[0]).last().unwrap();
    assert!((sum - 1e-5).abs() < 1e-14, "{sum:e}");
}

#[test]
fn progress_ends_at_its_total_and_a_cancel_stops() {
    let panel = large_panel();
    let rows: Vec<u32> = (0..panel.rows() as u32).collect();
    let plan = plan(&source(), &["rolling_mean(close, 10)", "age", "close"]);
    let (calls, furthest) = (AtomicU64::new(0), AtomicU64::new(0));
    let cancel = AtomicBool::new(false);
    let count = |done: u64, total: u64| {
        calls.fetch_add(1, Ordering::Relaxed);
        assert!(done <= total);
        furthest.fetch_max(done * 1000 / total, Ordering::Relaxed);
    };
    compute::features(
        &panel,
        &plan,
        &rows,
        &Control {
            cancel: &cancel,
            progress: &count,
        },
    )
    .unwrap();
    assert!(calls.load(Ordering::Relaxed) > 3);
    assert_eq!(furthest.load(Ordering::Relaxed), 1000);

    let stop = |_: u64, _: u64| cancel.store(true, Ordering::Relaxed);
    let stopped = compute::features(
        &panel,
        &plan,
        &rows,
        &Control {
            cancel: &cancel,
            progress: &stop,
        },
    );
    assert_eq!(stopped, Err(Cancelled));
}

#[test]
fn a_preview_counts_every_row_once_in_each_grouping() {
    let day = 24 * 60;
    let mut rows: Vec<Row> = Vec::new();
    for (entity, phase, rise) in [("a", Some(1), 1.0), ("b", None, 1.03), ("c", Some(2), 1.0)] {
        for i in 0..100 {
            let price = 100.0 * f64::powi(rise, i as i32);
            rows.push((entity.to_owned(), (day - 50 + i) * MINUTE, phase, vec![price; 6]));
        }
    }
    let panel = panel(column_names(&source()), rows);
    // All rows of a and b: the last 30 bars of each cannot resolve.
    let wanted: Vec<u32> = (0..200).collect();
    let counted = preview::Counted {
        panel: &panel,
        source: &source(),
        rows: &wanted,
        end: NO_END,
        cancel: &AtomicBool::new(false),
    };
    let found = preview::labels(&counted, &label()).unwrap();
    let uniqueness = found.mean_uniqueness.unwrap();
    assert!(uniqueness > 0.0 && uniqueness <= 1.0, "{uniqueness}");
    let counts = |c: preview::LabelCounts| (c.positives, c.negatives, c.unknown);
    assert_eq!(counts(found.total), (70, 70, 60));
    assert_eq!(found.total.positive_share(), Some(0.5));
    let entities: Vec<_> = found
        .by_entity
        .iter()
        .map(|(name, c)| (name.as_str(), counts(*c)))
        .collect();
    assert_eq!(entities, [("a", (0, 70, 30)), ("b", (70, 0, 30))]);
    let phases: Vec<_> = found
        .by_phase
        .iter()
        .map(|(phase, c)| (*phase, counts(*c)))
        .collect();
    assert_eq!(phases, [(None, (70, 0, 30)), (Some(1), (0, 70, 30))]);
    let days: Vec<_> = found.by_day.iter().map(|(day, c)| (*day, counts(*c))).collect();
    assert_eq!(
        days,
        [(0, (50, 50, 0)), (i64::from(86_400) * 1_000_000, (20, 20, 60))]
    );
    assert_eq!(preview::LabelCounts::default().positive_share(), None);
}
