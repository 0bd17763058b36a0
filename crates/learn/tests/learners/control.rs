use crate::seeded::{Rows, matrix, specs};
use mltraining_domain::{
    AlgorithmSpec, ExtraTreesSpec, GradientBoostingSpec, LogisticRegressionSpec, RandomForestSpec,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{FitError, MAX_FEATURES, fit, fit_weighted};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

fn rows() -> Rows {
    Rows::of(3, 4000, 6, |row| row[0])
}

#[test]
fn a_cancelled_fit_ends_before_it_is_done() {
    let rows = rows();
    let forest = AlgorithmSpec::RandomForest(RandomForestSpec {
        trees: 10_000,
        ..RandomForestSpec::default()
    });
    let linear = LogisticRegressionSpec {
        tolerance: 1e-300,
        l2: 0.0,
        ..LogisticRegressionSpec::default()
    };
    let linear = AlgorithmSpec::LogisticRegression(linear);
    let threads = rayon::current_num_threads() as u64;
    let extra = AlgorithmSpec::ExtraTrees(ExtraTreesSpec {
        trees: 10_000,
        ..ExtraTreesSpec::default()
    });
    let boosting = AlgorithmSpec::GradientBoosting(GradientBoostingSpec {
        trees: 10_000,
        ..GradientBoostingSpec::default()
    });
    for (spec, after, more) in [
        (forest, 3, threads),
        (extra, 3, threads),
        (boosting, 3, 0),
        (linear.clone(), 1, 0),
        (linear, 2, 0),
    ] {
        let (cancel, steps) = (AtomicBool::new(false), AtomicU64::new(0));
        let progress = |done: u64, total: u64| {
            assert!(done <= total);
            steps.fetch_add(1, Ordering::SeqCst);
            if done >= after {
                cancel.store(true, Ordering::SeqCst);
            }
        };
        let control = Control {
            cancel: &cancel,
            progress: &progress,
        };
        let found = fit(&spec, &rows.x, &rows.train(), &rows.labels, 1, &control);
        assert_eq!(found.unwrap_err(), FitError::Cancelled, "{}", spec.name());
        assert!(steps.load(Ordering::SeqCst) <= after + more, "{}", spec.name());
    }
}

#[test]
fn progress_counts_every_tree_once() {
    let rows = rows();
    let [forest, ..] = specs();
    let seen = Mutex::new(Vec::new());
    let cancel = AtomicBool::new(false);
    let progress = |done, total| seen.lock().unwrap().push((done, total));
    let control = Control {
        cancel: &cancel,
        progress: &progress,
    };
    fit(&forest, &rows.x, &rows.train(), &rows.labels, 1, &control).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=40).map(|done| (done, 40)).collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_fitted_is_refused_with_the_numbers() {
    let x = matrix(vec![vec![1.0, 2.0, 3.0]]);
    let error = |rows: &[u32], labels: &[u8]| {
        let [forest, ..] = specs();
        fit(&forest, &x, rows, labels, 1, &Control::none()).unwrap_err()
    };
    assert_eq!(
        error(&[0, 1, 2], &[0, 0, 0]),
        FitError::OneClass {
            positives: 0,
            negatives: 3
        }
    );
    assert_eq!(
        error(&[0, 1], &[1, 1, 0]),
        FitError::OneClass {
            positives: 2,
            negatives: 0
        }
    );
    assert_eq!(
        error(&[0], &[0, 1, 0]),
        FitError::TooFewRows { rows: 1, needed: 2 }
    );
    assert!(matches!(error(&[0, 3], &[0, 1, 0]), FitError::Inconsistent(_)));
    assert!(matches!(error(&[0, 1], &[0, 1]), FitError::Inconsistent(_)));
    assert!(matches!(error(&[0, 1], &[0, 2, 0]), FitError::Inconsistent(_)));

    let [forest, ..] = specs();
    for (weights, hint) in [
        (&[1.0, 0.0, 1.0][..], "row 1 has the weight 0"),
        (&[1.0, 1.5, 1.0], "row 1 has the weight 1.5"),
        (&[1.0, f32::NAN, 1.0], "row 1 has the weight NaN"),
        (&[1.0, 1.0], "2 weights for a matrix of 3 rows"),
    ] {
        let found = fit_weighted(
            &forest,
            &x,
            &[0, 1],
            &[0, 1, 0],
            Some(weights),
            1,
            &Control::none(),
        );
        let found = found.unwrap_err().to_string();
        assert!(found.starts_with(hint), "{found}");
    }

    let wide = matrix(vec![vec![0.0, 1.0]; MAX_FEATURES + 1]);
    let found = fit(&forest, &wide, &[0, 1], &[0, 1], 1, &Control::none()).unwrap_err();
    assert_eq!(
        found,
        FitError::TooManyFeatures {
            features: MAX_FEATURES + 1,
            limit: MAX_FEATURES
        }
    );
}

#[test]
fn a_spec_that_no_check_has_passed_is_refused_by_its_field() {
    let rows = rows();
    let spec = AlgorithmSpec::RandomForest(RandomForestSpec {
        trees: 0,
        ..RandomForestSpec::default()
    });
    let found = fit(&spec, &rows.x, &rows.train(), &rows.labels, 1, &Control::none());
    let FitError::InvalidSpec(violations) = found.unwrap_err() else {
        panic!("trees = 0 was taken for something else")
    };
    assert_eq!(
        violations.iter().next().unwrap().field,
        "algorithm.random_forest.trees"
    );
}
