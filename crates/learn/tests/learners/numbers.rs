//! Learners of numbers: what they find, that they can be stored and repeated, and what they refuse.

use crate::seeded::{Numbers, boosting, matrix};
use mltraining_domain::{
    AlgorithmSpec, DecisionTreeSpec, EarlyStopping, ElasticNetSpec, ExtraTreesSpec, GradientBoostingSpec,
    Growth, KnnSpec, Monotone, RandomForestSpec, RidgeSpec, Task,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, FitRows, Truth, fit_truth};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::r2;
use mltraining_learn::model::Model;
use mltraining_learn::model_file::{Header, ModelFile, decode, encode};
use mltraining_learn::onnx;
use std::sync::atomic::AtomicBool;

/// Rows with numbers to foresee, the first half for training.
struct Numbered {
    x: Matrix,
    targets: Vec<f32>,
}

impl Numbered {
    /// Four uniform columns, a fifth of the second one missing; `truth` gives the number from a row and noise in [0, 1).
    fn of(rows: usize, truth: impl Fn(&[f64], f64) -> f64) -> Self {
        let mut numbers = Numbers::of(17);
        let (mut columns, mut targets) = (vec![vec![]; 4], vec![]);
        for _ in 0..rows {
            let row: [f64; 4] = std::array::from_fn(|_| numbers.next());
            targets.push(truth(&row, numbers.next()) as f32);
            for (j, column) in columns.iter_mut().enumerate() {
                let missing = j == 1 && numbers.next() < 0.2;
                column.push(if missing { f32::NAN } else { row[j] as f32 });
            }
        }
        Self {
            x: matrix(columns),
            targets,
        }
    }

    fn half(&self, second: bool) -> Vec<u32> {
        let (middle, end) = (self.targets.len() as u32 / 2, self.targets.len() as u32);
        if second {
            (middle..end).collect()
        } else {
            (0..middle).collect()
        }
    }

    fn fit(&self, spec: &AlgorithmSpec, seed: u64, control: &Control<'_>) -> Result<Model, FitError> {
        let train = self.half(false);
        let rows = FitRows {
            train: &train,
            validation: &[],
        };
        fit_truth(
            spec,
            &self.x,
            rows,
            Truth::Numbers(&self.targets),
            None,
            seed,
            control,
        )
    }

    fn fitted(&self, spec: &AlgorithmSpec) -> Model {
        self.fit(spec, 7, &Control::none()).unwrap()
    }

    /// R2 on the rows that were not trained on.
    fn r2(&self, model: &Model) -> f64 {
        let test = self.half(true);
        let truths: Vec<f32> = test.iter().map(|&row| self.targets[row as usize]).collect();
        r2(&truths, &model.predict(&self.x, &test)).unwrap()
    }
}

/// A step, which no weighted sum sees whole, and noise of a tenth of its variance.
fn step(rows: usize) -> Numbered {
    Numbered::of(rows, |row, noise| {
        f64::from(u8::from((row[0] > 0.5) == (row[2] > 0.5))) + 0.55 * (noise - 0.5)
    })
}

fn line(rows: usize) -> Numbered {
    Numbered::of(rows, |row, noise| {
        -300.0 + 0.02 * row[0] - 0.01 * row[3] + 0.002 * noise
    })
}

fn trees() -> Vec<AlgorithmSpec> {
    vec![
        AlgorithmSpec::RandomForest(RandomForestSpec {
            trees: 30,
            max_features: Some(0.7),
            ..RandomForestSpec::default()
        }),
        AlgorithmSpec::ExtraTrees(ExtraTreesSpec {
            trees: 30,
            max_depth: 12,
            max_features: Some(1.0),
            ..ExtraTreesSpec::default()
        }),
        AlgorithmSpec::DecisionTree(DecisionTreeSpec::default()),
        boosting(Growth::DepthWise),
        boosting(Growth::LeafWise { max_leaves: 20 }),
        boosting(Growth::Symmetric),
    ]
}

fn linear() -> Vec<AlgorithmSpec> {
    vec![
        AlgorithmSpec::Ridge(RidgeSpec::default()),
        AlgorithmSpec::ElasticNet(ElasticNetSpec::default()),
    ]
}

fn all() -> Vec<AlgorithmSpec> {
    let knn = AlgorithmSpec::Knn(KnnSpec { neighbors: 10 });
    [trees(), linear(), vec![knn]].concat()
}

#[test]
fn trees_find_a_planted_step() {
    let rows = step(6000);
    // One tree alone sees no cut that gains until it is below the right one.
    for spec in trees().into_iter().filter(|spec| spec.name() != "decision_tree") {
        let found = rows.r2(&rows.fitted(&spec));
        // Nine tenths of the variance are known. Ten boosted trees go only part of the way.
        let least = if spec.name() == "gradient_boosting" {
            0.5
        } else {
            0.8
        };
        assert!(found > least && found < 0.95, "{}: {found}", spec.name());
    }
    for spec in linear() {
        let found = rows.r2(&rows.fitted(&spec));
        assert!(found.abs() < 0.02, "{} sees no step: {found}", spec.name());
    }
}

#[test]
fn linear_models_find_a_planted_line_far_from_zero_and_leave_out_what_says_nothing() {
    let rows = line(4000);
    for spec in linear() {
        let model = rows.fitted(&spec);
        let found = rows.r2(&model);
        assert!(found > 0.95, "{}: {found}", spec.name());
        let importances = model.importances();
        assert!(
            importances[0] > 1.5 * importances[3] && importances[3] > 0.1,
            "{importances:?}"
        );
        if spec.name() == "elastic_net" {
            assert_eq!((importances[1], importances[2]), (0.0, 0.0));
        }
    }
    for spec in trees() {
        assert!(rows.r2(&rows.fitted(&spec)) > 0.4, "{}", spec.name());
    }
}

/// 1,000 rows of noise: whatever is learned is worse than the mean, or as good.
#[test]
fn noise_is_not_foreseen() {
    let rows = Numbered::of(2000, |_, noise| noise);
    for spec in all() {
        let found = rows.r2(&rows.fitted(&spec));
        assert!(found < 0.02, "{}: {found}", spec.name());
    }
}

#[test]
fn the_number_in_onnx_is_that_of_the_model_whatever_is_missing() {
    for rows in [step(600), line(600)] {
        let every: Vec<u32> = (0..rows.targets.len() as u32).collect();
        for spec in [trees(), linear()].concat() {
            let file = file(&rows, rows.fitted(&spec), 7);
            let bytes = onnx::encode(&file, Task::Regression).unwrap();
            let found = onnx::Session::open(&bytes).unwrap().run(&rows.x, &every).unwrap();
            assert_eq!((found.score.len(), found.probability.len()), (0, 0));
            let ours = file.model.predict(&rows.x, &every);
            for (row, (ours, theirs)) in ours.iter().zip(&found.number).enumerate() {
                let near = (ours - theirs).abs() < 1e-11 * ours.abs().max(1.0);
                assert!(near, "{}, row {row}: {ours} {theirs}", spec.name());
            }
            assert_eq!(found.number.len(), ours.len());
        }
    }
}

fn bytes(rows: &Numbered, spec: &AlgorithmSpec, seed: u64, threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let model = pool.install(|| rows.fit(spec, seed, &Control::none())).unwrap();
    encode(&file(rows, model, seed))
}

fn file(rows: &Numbered, model: Model, seed: u64) -> ModelFile {
    let header = Header {
        spec_hash: "hash".to_owned(),
        source_fingerprint: "fingerprint".to_owned(),
        feature_names: rows.x.names().to_vec(),
        label: serde_json::json!({ "change_target": { "horizon": 600 } }),
        threshold: None,
        calibration: None,
        seed,
        service_version: "1".to_owned(),
    };
    ModelFile { header, model }
}

#[test]
fn models_of_numbers_have_the_same_bytes_on_any_number_of_threads_and_come_back_from_them() {
    let rows = step(4000);
    for spec in all() {
        let one = bytes(&rows, &spec, 7, 1);
        for threads in [2, 4] {
            assert!(
                one == bytes(&rows, &spec, 7, threads),
                "{} on {threads} threads",
                spec.name()
            );
        }
        let back = decode(&one).unwrap();
        assert_eq!(back.model, rows.fitted(&spec), "{}", spec.name());
        assert_eq!(back.model.algorithm(), spec.name());
        assert_eq!(encode(&back), one);
    }
    let forest = &trees()[0];
    assert!(
        bytes(&rows, forest, 7, 2) != bytes(&rows, forest, 8, 2),
        "another seed"
    );
}

#[test]
fn heavy_tails_do_not_drown_what_is_small() {
    // One number is 10,000 times as large as the step.
    let mut rows = step(4000);
    rows.targets[5] = 1e4;
    for spec in trees()
        .into_iter()
        .filter(|spec| spec.name() == "gradient_boosting")
    {
        let model = rows.fitted(&spec);
        let test = rows.half(true);
        let truths: Vec<f64> = test
            .iter()
            .map(|&row| f64::from(rows.targets[row as usize]))
            .collect();
        let found = mltraining_learn::metrics::spearman(&truths, &model.predict(&rows.x, &test)).unwrap();
        assert!(found > 0.5, "{found}");
    }
}

#[test]
fn numbers_that_do_not_differ_and_learners_of_classes_are_refused() {
    let mut rows = step(100);
    let wrong = rows.fit(
        &AlgorithmSpec::LogisticRegression(Default::default()),
        1,
        &Control::none(),
    );
    let wrong = wrong.unwrap_err().to_string();
    assert!(
        wrong.contains("logistic_regression") && wrong.contains("ridge"),
        "{wrong}"
    );
    rows.targets[0] = f32::NAN;
    let spec = AlgorithmSpec::Ridge(RidgeSpec::default());
    assert!(matches!(
        rows.fit(&spec, 1, &Control::none()),
        Err(FitError::Inconsistent(_))
    ));
    rows.targets.fill(2.5);
    for spec in all() {
        let error = rows.fit(&spec, 1, &Control::none()).unwrap_err();
        assert_eq!(
            error,
            FitError::OneValue { rows: 50, value: 2.5 },
            "{}",
            spec.name()
        );
    }
}

#[test]
fn a_stop_ends_every_fit() {
    let rows = step(2000);
    let stopped = AtomicBool::new(true);
    let control = Control {
        cancel: &stopped,
        progress: &|_, _| {},
    };
    for spec in all() {
        assert_eq!(
            rows.fit(&spec, 1, &control),
            Err(FitError::Cancelled),
            "{}",
            spec.name()
        );
    }
}

#[test]
fn boosting_of_numbers_stops_early_and_keeps_its_direction() {
    let rows = Numbered::of(6000, |row, noise| {
        (4.0 * row[0]).floor() / 4.0 - 0.2 * row[2] + 0.5 * noise
    });
    let spec = GradientBoostingSpec {
        trees: 400,
        monotone: [("f0".to_owned(), Monotone::Increasing)].into(),
        early_stopping: Some(EarlyStopping {
            rounds: 10,
            share: 0.2,
        }),
        ..GradientBoostingSpec::default()
    };
    let (train, validation): (Vec<u32>, Vec<u32>) = ((0..3000).collect(), (3000..4000).collect());
    let parted = FitRows {
        train: &train,
        validation: &validation,
    };
    let algorithm = AlgorithmSpec::GradientBoosting(spec);
    let truth = Truth::Numbers(&rows.targets);
    let model = fit_truth(&algorithm, &rows.x, parted, truth, None, 1, &Control::none()).unwrap();
    let Model::Boosted(boosted) = &model else {
        panic!("boosting was asked for")
    };
    assert!(
        (10..200).contains(&boosted.trees().len()),
        "{} trees",
        boosted.trees().len()
    );
    let found = rows.r2(&model);
    assert!(found > 0.75, "{found}");
    let rising: Vec<f32> = (0..50).map(|i| i as f32 / 50.0).collect();
    let still = |value| vec![value; 50];
    let x = matrix(vec![rising, still(0.3), still(0.5), still(0.5)]);
    let line = model.predict(&x, &(0..50).collect::<Vec<_>>());
    assert!(line.windows(2).all(|pair| pair[0] <= pair[1]), "{line:?}");
    let without = fit_truth(
        &algorithm,
        &rows.x,
        FitRows {
            train: &train,
            validation: &[],
        },
        truth,
        None,
        1,
        &Control::none(),
    );
    assert_eq!(without, Err(FitError::NoValidationRows));
}
