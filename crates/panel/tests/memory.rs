//! What a training is estimated to take.
#![allow(clippy::unwrap_used)]

mod fixtures;

use fixtures::{plan, source};
use mltraining_domain::{AlgorithmSpec, LogisticRegressionSpec, RandomForestSpec, Task};
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::memory::{BASELINE_ROWS, BATCH_ROWS, Purpose, Training};

/// Sixty features which begin so and end with a window.
fn sixty(head: &str) -> FeaturePlan {
    let names: Vec<String> = (2..=61).map(|window| format!("{head}{window})")).collect();
    plan(&source(), &names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_forest_of_many_rows_needs_about_a_byte_a_cell_and_a_fixed_part() {
    let plan = sixty("rolling_mean(close, ");
    let forest = AlgorithmSpec::RandomForest(RandomForestSpec::default());
    let memory = Training {
        plan: &plan,
        algorithm: &forest,
        task: Task::Binary,
        threads: 2,
        purpose: Purpose::Learn,
    };
    let (some, more) = (memory.bytes(10_000_000, 0), memory.bytes(20_000_000, 0));
    let of_row = (more - some) / 10_000_000;
    assert!((60..=60 + 150).contains(&of_row), "{of_row} bytes a row");
    let fixed = some - of_row * 10_000_000;
    assert_eq!(fixed, BASELINE_ROWS as u64 * (4 * 60 + 32));
    let linear = Training {
        algorithm: &AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        ..memory
    };
    assert!(linear.bytes(20_000_000, 0) > more + 3 * 60 * 20_000_000 - 20_000_000 * 32);
    assert_eq!(memory.bytes(0, 0), 0);
    let scoring = Training {
        purpose: Purpose::Score,
        ..memory
    };
    let of_row = (scoring.bytes(20_000_000, 0) - scoring.bytes(10_000_000, 0)) / 10_000_000;
    assert!(
        of_row < 80,
        "{of_row} bytes a row: no matrix and no fold is held to score"
    );
}

#[test]
fn a_large_entity_and_features_over_all_entities_need_all_of_their_rows() {
    let alone = sixty("rolling_mean(close, ");
    let ranked = sixty("above(cross_section_rank(close), 0.");
    let algorithm = AlgorithmSpec::default();
    let training = |plan| Training {
        plan,
        algorithm: &algorithm,
        task: Task::Binary,
        threads: 1,
        purpose: Purpose::Learn,
    };
    let (alone, ranked) = (training(&alone), training(&ranked));
    assert_eq!(
        (alone.batch_rows(), ranked.batch_rows()),
        (BATCH_ROWS, usize::MAX)
    );
    let rows = 5_000_000;
    assert_eq!(alone.bytes(rows, 0), alone.bytes(rows, alone.usual_rows(rows)));
    assert!(alone.bytes(rows, rows) > alone.bytes(rows, 0));
    assert_eq!(ranked.bytes(rows, 0), ranked.bytes(rows, rows));
    assert!(
        ranked.bytes(rows, 0) > alone.bytes(rows, rows),
        "ranks are held beside the panel"
    );
}
