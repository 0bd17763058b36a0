//! The models of every learner in ONNX Runtime: the same scores.
#![allow(clippy::unwrap_used)]

use mltraining_domain::{
    AlgorithmSpec, Calibration, DecisionTreeSpec, ElasticNetSpec, ExtraTreesSpec, GradientBoostingSpec,
    Growth, LogisticRegressionSpec, RandomForestSpec, RidgeSpec, Task,
};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitRows, Truth, fit, fit_truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{Header, ModelFile};
use mltraining_learn::onnx;
use mltraining_tests::others;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::path::Path;

const ROWS: usize = 4000;
const FEATURES: usize = 6;

/// Values of very different size, of which some are missing, and a signal in them.
fn rows() -> (Matrix, Vec<u8>) {
    let mut random = StdRng::seed_from_u64(3);
    let mut columns = vec![Vec::new(); FEATURES];
    let mut labels = Vec::with_capacity(ROWS);
    for _ in 0..ROWS {
        let row: Vec<f64> = (0..FEATURES).map(|_| random.random_range(-1.0..1.0)).collect();
        for (nth, (column, value)) in columns.iter_mut().zip(&row).enumerate() {
            let scale = [1.0, 1e-6, 1e6, 3.0, 100.0, 1e-3][nth];
            let missing = random.random_bool(0.1);
            column.push(if missing { f32::NAN } else { (value * scale) as f32 });
        }
        let chance = 1.0 / (1.0 + (-2.0 * row[0] - 3.0 * row[1] * row[2] + 0.5).exp());
        labels.push(u8::from(random.random_bool(chance)));
    }
    let names = (0..FEATURES).map(|feature| format!("f{feature}")).collect();
    (Matrix::new(names, columns).unwrap(), labels)
}

/// Learners as they are trained in earnest.
fn specs() -> Vec<(&'static str, AlgorithmSpec)> {
    let boosting = |growth| {
        AlgorithmSpec::GradientBoosting(GradientBoostingSpec {
            trees: 300,
            growth,
            ..GradientBoostingSpec::default()
        })
    };
    vec![
        (
            "random_forest",
            AlgorithmSpec::RandomForest(RandomForestSpec::default()),
        ),
        (
            "extra_trees",
            AlgorithmSpec::ExtraTrees(ExtraTreesSpec::default()),
        ),
        (
            "logistic_regression",
            AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
        ),
        ("boosting_depth_wise", boosting(Growth::DepthWise)),
        (
            "boosting_leaf_wise",
            boosting(Growth::LeafWise { max_leaves: 31 }),
        ),
        ("boosting_symmetric", boosting(Growth::Symmetric)),
    ]
}

/// Learners of numbers.
fn specs_of_numbers() -> Vec<(&'static str, AlgorithmSpec)> {
    let boosting = GradientBoostingSpec {
        trees: 300,
        ..GradientBoostingSpec::default()
    };
    vec![
        (
            "forest_of_numbers",
            AlgorithmSpec::RandomForest(RandomForestSpec::default()),
        ),
        (
            "extra_trees_of_numbers",
            AlgorithmSpec::ExtraTrees(ExtraTreesSpec::default()),
        ),
        (
            "tree_of_numbers",
            AlgorithmSpec::DecisionTree(DecisionTreeSpec::default()),
        ),
        ("boosting_of_numbers", AlgorithmSpec::GradientBoosting(boosting)),
        ("ridge", AlgorithmSpec::Ridge(RidgeSpec::default())),
        (
            "elastic_net",
            AlgorithmSpec::ElasticNet(ElasticNetSpec::default()),
        ),
    ]
}

/// The model as ONNX, and what the model itself says of every row.
fn write(folder: &Path, name: &str, file: &ModelFile, task: Task, x: &Matrix) {
    let bytes = onnx::encode(file, task).unwrap();
    std::fs::write(folder.join(format!("{name}.onnx")), bytes).unwrap();
    let all: Vec<u32> = (0..ROWS as u32).collect();
    let columns: Vec<_> = (0..FEATURES).map(|feature| x.column(feature)).collect();
    let cell = |value: f32| (!value.is_nan()).then_some(value);
    let row = |row: usize| columns.iter().map(|column| cell(column[row])).collect::<Vec<_>>();
    let rows: Vec<_> = (0..ROWS).map(row).collect();
    let said = file.model.predict(x, &all);
    let native = match task {
        Task::Regression => serde_json::json!({ "rows": rows, "number": said }),
        Task::Binary => serde_json::json!({
            "rows": rows,
            "score": said,
            "probability": file.predict(x, &all),
            "threshold": file.header.threshold,
        }),
    };
    std::fs::write(folder.join(format!("{name}.json")), native.to_string()).unwrap();
}

fn header(x: &Matrix) -> Header {
    Header {
        spec_hash: "ab".repeat(32),
        source_fingerprint: "cd".repeat(32),
        feature_names: x.names().to_vec(),
        label: serde_json::json!({}),
        threshold: None,
        calibration: None,
        seed: 1,
        service_version: "0.1.0".to_owned(),
    }
}

#[test]
fn onnx_runtime_gives_the_scores_of_every_learner_under_every_calibration_within_a_millionth() {
    let folder = tempfile::tempdir().unwrap();
    let (x, labels) = rows();
    let train: Vec<u32> = (0..ROWS as u32 / 2).collect();
    let test: Vec<u32> = (ROWS as u32 / 2..ROWS as u32).collect();
    for (name, spec) in specs() {
        let model = fit(&spec, &x, &train, &labels, 1, &Control::none()).unwrap();
        let scores = model.predict(&x, &test);
        for calibration in [Calibration::None, Calibration::Platt, Calibration::Isotonic] {
            let file = ModelFile {
                header: Header {
                    threshold: Some(0.4),
                    calibration: Calibrator::fit(calibration, &labels[ROWS / 2..], &scores),
                    ..header(&x)
                },
                model: model.clone(),
            };
            let name = format!("{name}_{calibration:?}").to_lowercase();
            write(folder.path(), &name, &file, Task::Binary, &x);
        }
    }
    if let Some(said) = others::python("onnx_parity.py", folder.path()) {
        assert!(said.contains("18 models"), "{said}");
    }
}

#[test]
fn onnx_runtime_gives_the_numbers_of_every_learner_within_a_millionth_of_the_largest() {
    let folder = tempfile::tempdir().unwrap();
    let (x, _) = rows();
    let train: Vec<u32> = (0..ROWS as u32 / 2).collect();
    // Far from 0, and small beside that.
    let (first, third) = (x.column(0), x.column(2));
    let known = |value: f32| if value.is_nan() { 0.0 } else { value };
    let number = |row: usize| 500.0 + known(first[row]) + 2e-6 * known(third[row]);
    let numbers: Vec<f32> = (0..ROWS).map(number).collect();
    for (name, spec) in specs_of_numbers() {
        let rows = FitRows {
            train: &train,
            validation: &[],
        };
        let truth = Truth::Numbers(&numbers);
        let file = ModelFile {
            header: header(&x),
            model: fit_truth(&spec, &x, rows, truth, None, 1, &Control::none()).unwrap(),
        };
        write(folder.path(), name, &file, Task::Regression, &x);
    }
    if let Some(said) = others::python("onnx_parity.py", folder.path()) {
        assert!(said.contains("6 models"), "{said}");
    }
}
