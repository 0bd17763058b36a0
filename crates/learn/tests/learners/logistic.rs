use crate::seeded::{Numbers, Rows, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, LogisticRegressionSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{fit, fit_weighted};
use mltraining_learn::logistic_regression::{Convergence, Linear};
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model::Model;

fn precise() -> LogisticRegressionSpec {
    LogisticRegressionSpec {
        tolerance: 1e-11,
        ..LogisticRegressionSpec::default()
    }
}

fn fitted(x: &Matrix, labels: &[u8], spec: LogisticRegressionSpec) -> Linear {
    let rows: Vec<u32> = (0..labels.len() as u32).collect();
    let spec = AlgorithmSpec::LogisticRegression(spec);
    match fit(&spec, x, &rows, labels, 1, &Control::none()).unwrap() {
        Model::Linear(linear) => linear,
        other => panic!("a logistic regression was asked for, not {}", other.algorithm()),
    }
}

/// 200 rows from the generator at 7: a, b, c, d uniform; columns a, 100 b + 50, c^2; positive iff
/// d < .1 + .5 a + .3 b c.
fn fixed() -> (Vec<Vec<f32>>, Vec<u8>) {
    let mut numbers = Numbers::of(7);
    let (mut columns, mut labels) = (vec![vec![]; 3], vec![]);
    for _ in 0..200 {
        let [a, b, c, d] = std::array::from_fn(|_| numbers.next());
        for (column, value) in columns.iter_mut().zip([a, 100.0 * b + 50.0, c * c]) {
            column.push(value as f32);
        }
        labels.push(u8::from(d < 0.1 + 0.5 * a + 0.3 * b * c));
    }
    (columns, labels)
}

/// scikit-learn 1.9.1: SimpleImputer(), StandardScaler(), LogisticRegression(C=1/l2, tol=1e-12,
/// solver="newton-cholesky", class_weight=..) in f64: three coefficients and the intercept, and the probabilities of the
/// first three rows.
#[test]
fn weights_and_probabilities_are_those_of_scikit_learn() {
    let (columns, labels) = fixed();
    assert_eq!(labels.iter().filter(|&&label| label == 1).count(), 85);
    let cases = [
        (
            1.0,
            ClassWeight::None,
            [0.3015025675, 0.0558697654, 0.2565025917, -0.3133381963],
            [0.3864513923, 0.2942148080, 0.4640067694],
        ),
        (
            10.0,
            ClassWeight::None,
            [0.2520067817, 0.0433665191, 0.2159197622, -0.3101524321],
            [0.3919598742, 0.3133175717, 0.4573079606],
        ),
        (
            0.01,
            ClassWeight::None,
            [0.3082842548, 0.0576851600, 0.2620092045, -0.3138117515],
            [0.3857223135, 0.2916761929, 0.4649311703],
        ),
        (
            1.0,
            ClassWeight::Balanced,
            [0.3022976351, 0.0549471216, 0.2550456692, -0.0112302008],
            [0.4595122106, 0.3602630126, 0.5380044315],
        ),
        (
            1.0,
            ClassWeight::Positive(3.0),
            [0.3075305668, 0.0546352596, 0.2542097612, 0.7848245714],
            [0.6521936315, 0.5533238759, 0.7188204474],
        ),
    ];
    let x = matrix(columns);
    for (l2, class_weight, weights, probabilities) in cases {
        let found = fitted(
            &x,
            &labels,
            LogisticRegressionSpec {
                l2,
                class_weight,
                ..precise()
            },
        );
        check(&found, &x, weights, probabilities);
    }
}

/// Every seventh value of the second column is missing: the mean of the others stands in.
#[test]
fn missing_values_count_as_the_mean_as_with_the_imputer_of_scikit_learn() {
    let (mut columns, labels) = fixed();
    columns[1]
        .iter_mut()
        .step_by(7)
        .for_each(|value| *value = f32::NAN);
    let x = matrix(columns);
    let weights = [0.3062638275, 0.1195507382, 0.2597828462, -0.3143759069];
    check(
        &fitted(&x, &labels, precise()),
        &x,
        weights,
        [0.3670134651, 0.3096359155, 0.4921040182],
    );
}

/// Inputs are standardised in f64 and kept in f32, so 7 digits agree.
fn check(found: &Linear, x: &Matrix, weights: [f64; 4], probabilities: [f64; 3]) {
    assert!(
        matches!(found.convergence(), Convergence::Reached(_)),
        "{:?}",
        found.convergence()
    );
    let numbers = found
        .weights()
        .iter()
        .chain([&found.intercept()])
        .copied()
        .collect::<Vec<_>>();
    for (a, b) in numbers.iter().zip(weights) {
        assert!((a - b).abs() < 1e-7, "{numbers:?}, not {weights:?}");
    }
    let scores = Model::Linear(found.clone()).predict(x, &[0, 1, 2]);
    for (a, b) in scores.iter().zip(probabilities) {
        assert!((a - b).abs() < 1e-7, "{scores:?}, not {probabilities:?}");
    }
}

/// Without a penalty the optimum does not depend on how columns are standardised, so three copies of each positive are
/// the same as a weight of 3.
#[test]
fn a_class_weight_is_the_same_as_repeated_rows() {
    let (columns, labels) = fixed();
    let x = matrix(columns);
    let weighted = LogisticRegressionSpec {
        class_weight: ClassWeight::Positive(3.0),
        l2: 0.0,
        ..precise()
    };
    let weighted = Model::Linear(fitted(&x, &labels, weighted));
    let repeated: Vec<u32> = (0..200u32)
        .flat_map(|row| std::iter::repeat_n(row, if labels[row as usize] == 1 { 3 } else { 1 }))
        .collect();
    let spec = AlgorithmSpec::LogisticRegression(LogisticRegressionSpec { l2: 0.0, ..precise() });
    let repeated = fit(&spec, &x, &repeated, &labels, 1, &Control::none()).unwrap();
    let all: Vec<u32> = (0..200).collect();
    for (a, b) in weighted.predict(&x, &all).iter().zip(repeated.predict(&x, &all)) {
        assert!((a - b).abs() < 1e-7, "{a} and {b}");
    }
}

/// Balanced classes are balanced by the rows' weights, and without a penalty only the ratio of weights counts.
#[test]
fn row_weights_weigh_as_class_weights_do() {
    let (columns, labels) = fixed();
    let x = matrix(columns);
    let all: Vec<u32> = (0..200).collect();
    let quarters: Vec<f32> = labels
        .iter()
        .map(|&label| if label == 1 { 1.0 } else { 0.25 })
        .collect();
    let spec = |class_weight| LogisticRegressionSpec {
        class_weight,
        l2: 0.0,
        ..precise()
    };
    let by_class = |class_weight| fitted(&x, &labels, spec(class_weight)).weights().to_vec();
    let by_row = |class_weight| {
        let spec = AlgorithmSpec::LogisticRegression(spec(class_weight));
        match fit_weighted(&spec, &x, &all, &labels, Some(&quarters), 1, &Control::none()).unwrap() {
            Model::Linear(linear) => linear.weights().to_vec(),
            other => panic!("not {}", other.algorithm()),
        }
    };
    for (rows, classes) in [
        (ClassWeight::None, ClassWeight::Positive(4.0)),
        (ClassWeight::Balanced, ClassWeight::Balanced),
    ] {
        for (a, b) in by_row(rows).iter().zip(by_class(classes)) {
            assert!((a - b).abs() < 1e-7, "{rows:?}: {a} and {b}");
        }
    }
}

#[test]
fn columns_without_two_values_get_no_weight_and_change_nothing() {
    let (mut columns, labels) = fixed();
    let plain = fitted(&matrix(columns.clone()), &labels, precise());
    columns.insert(1, vec![0.1; 200]);
    columns.push(vec![f32::NAN; 200]);
    let found = fitted(&matrix(columns), &labels, precise());
    let w = plain.weights();
    assert_eq!(found.weights(), [w[0], 0.0, w[1], w[2], 0.0]);
    assert_eq!(found.intercept(), plain.intercept());
}

#[test]
fn columns_that_say_the_same_share_their_weight() {
    let (mut columns, labels) = fixed();
    columns.push(columns[0].iter().map(|v| 7.0 * v - 3.0).collect());
    for l2 in [1.0, 0.0] {
        let found = fitted(
            &matrix(columns.clone()),
            &labels,
            LogisticRegressionSpec { l2, ..precise() },
        );
        assert!(matches!(found.convergence(), Convergence::Reached(_)), "l2 {l2}");
        let w = found.weights();
        assert!((w[0] - w[3]).abs() < 1e-6, "l2 {l2}: {w:?}");
    }
}

#[test]
fn classes_that_can_be_told_apart_give_finite_weights_and_an_honest_word() {
    let x = matrix(vec![(0..100).map(|i| i as f32).collect()]);
    let labels: Vec<u8> = (0..100).map(|i| u8::from(i >= 50)).collect();
    let spec = LogisticRegressionSpec {
        l2: 0.0,
        max_iterations: 5,
        ..precise()
    };
    let found = fitted(&x, &labels, spec);
    assert_eq!(found.convergence(), Convergence::NotReached(5));
    assert!(found.weights()[0].is_finite() && found.weights()[0] > 5.0);
}

#[test]
fn a_planted_signal_is_found_and_noise_is_not() {
    let spec = AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default());
    // The rows' own chances, uniform on [0, 1), reach 5 / 6.
    let auc = Rows::of(21, 8000, 5, |row| row[0]).fitted_auc(&spec);
    assert!((auc - 5.0 / 6.0).abs() < 0.015, "{auc}");
    for seed in 1..=5 {
        let auc = Rows::of(seed, 8000, 10, |_| 0.5).fitted_auc(&spec);
        assert!((auc - 0.5).abs() < 0.03, "seed {seed}: {auc}");
    }
}

#[test]
fn importances_are_shares_of_the_absolute_weights() {
    let (columns, labels) = fixed();
    let linear = fitted(&matrix(columns), &labels, precise());
    let total: f64 = linear.weights().iter().map(|w| w.abs()).sum();
    let expected: Vec<f64> = linear.weights().iter().map(|w| w.abs() / total).collect();
    assert_eq!(Model::Linear(linear).importances(), expected);
}

/// More columns than the whole matrix of second derivatives is used for.
#[test]
fn a_thousand_columns_converge_too() {
    let rows = Rows::of(31, 3000, 1000, |row| 0.2 + 0.6 * row[0]);
    let Model::Linear(linear) = rows.fit(&AlgorithmSpec::LogisticRegression(
        LogisticRegressionSpec::default(),
    )) else {
        panic!("a logistic regression was asked for")
    };
    assert!(
        matches!(linear.convergence(), Convergence::Reached(_)),
        "{:?}",
        linear.convergence()
    );
    let most = linear.weights().iter().map(|w| w.abs()).fold(0.0, f64::max);
    assert_eq!(linear.weights()[0], most);
}
