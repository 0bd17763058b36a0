use crate::seeded::{Rows, specs};
use mltraining_domain::{AlgorithmSpec, ClassWeight, RandomForestSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::model_file::{Header, ModelFile, encode};

fn rows() -> Rows {
    Rows::of(11, 12_000, 9, |row| {
        0.1 + 0.6 * row[0] * row[1] + 0.2 * f64::from(u8::from(row[2] > 0.7))
    })
}

/// The bytes of the model file that this seed and so many threads make.
fn bytes(rows: &Rows, spec: &AlgorithmSpec, seed: u64, threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let model = pool
        .install(|| fit(spec, &rows.x, &rows.train(), &rows.labels, seed, &Control::none()))
        .unwrap();
    let header = Header {
        spec_hash: "hash".to_owned(),
        source_fingerprint: "fingerprint".to_owned(),
        feature_names: rows.x.names().to_vec(),
        label: serde_json::json!({ "change": 0.05 }),
        threshold: Some(0.5),
        calibration: None,
        seed,
        service_version: "1".to_owned(),
    };
    encode(&ModelFile { header, model })
}

#[test]
fn the_bytes_of_a_model_do_not_depend_on_the_number_of_threads() {
    let rows = rows();
    let weighted = AlgorithmSpec::RandomForest(RandomForestSpec {
        trees: 15,
        max_depth: 30,
        max_samples: 0.5,
        class_weight: ClassWeight::Balanced,
        ..RandomForestSpec::default()
    });
    for spec in specs().iter().chain([&weighted]) {
        let one = bytes(&rows, spec, 7, 1);
        for threads in [2, 4] {
            assert!(
                one == bytes(&rows, spec, 7, threads),
                "{} on {threads} threads",
                spec.name()
            );
        }
    }
}

#[test]
fn scores_do_not_depend_on_the_number_of_threads() {
    let rows = rows();
    for spec in specs() {
        let model = rows.fit(&spec);
        let scores = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| model.predict(&rows.x, &rows.test()))
        };
        assert_eq!(scores(1), scores(3));
    }
}

#[test]
fn another_seed_gives_another_forest() {
    let rows = rows();
    let [forest, ..] = specs();
    assert!(bytes(&rows, &forest, 7, 2) != bytes(&rows, &forest, 8, 2));
}

#[test]
fn rows_that_are_not_trained_on_change_nothing() {
    let rows = rows();
    let mut other = Rows {
        x: rows.x.clone(),
        labels: rows.labels.clone(),
    };
    let columns = (0..rows.x.features()).map(|j| {
        let half = rows.x.rows() / 2;
        let changed = |i: usize, v: f32| if i < half { v } else { 1000.0 - 3.0 * v };
        rows.x
            .column(j)
            .iter()
            .enumerate()
            .map(|(i, &v)| changed(i, v))
            .collect()
    });
    other.x = crate::seeded::matrix(columns.collect());
    for label in &mut other.labels[6000..] {
        *label = 1 - *label;
    }
    for spec in specs() {
        assert_eq!(
            bytes(&rows, &spec, 7, 2),
            bytes(&other, &spec, 7, 2),
            "{}",
            spec.name()
        );
    }
}
