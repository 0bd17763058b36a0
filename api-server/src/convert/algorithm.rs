//! Which learner, with which parameters.

use super::field::{choice, count, small_wire_count};
use super::gradient_boosting;
use mltraining_domain::{
    AlgorithmSpec, ClassWeight, DecisionTreeSpec, ElasticNetSpec, ExtraTreesSpec, GaussianNbSpec, KnnSpec,
    LogisticRegressionSpec, RandomForestSpec, RidgeSpec, Violations,
};
use mltraining_proto::v1;
use v1::ClassWeightMode;
use v1::algorithm_spec::Algorithm;

/// The learner of a request, to be checked with the whole spec; absent means a random forest with its defaults.
pub(crate) fn read(spec: Option<v1::AlgorithmSpec>, path: &str, found: &mut Violations) -> AlgorithmSpec {
    match spec.and_then(|spec| spec.algorithm) {
        None => AlgorithmSpec::default(),
        Some(Algorithm::RandomForest(forest)) => {
            AlgorithmSpec::RandomForest(random_forest(&forest, &format!("{path}.random_forest"), found))
        }
        Some(Algorithm::ExtraTrees(trees)) => {
            AlgorithmSpec::ExtraTrees(extra_trees(&trees, &format!("{path}.extra_trees"), found))
        }
        Some(Algorithm::LogisticRegression(regression)) => {
            let path = format!("{path}.logistic_regression");
            AlgorithmSpec::LogisticRegression(logistic_regression(&regression, &path, found))
        }
        Some(Algorithm::GradientBoosting(boosting)) => {
            let path = format!("{path}.gradient_boosting");
            AlgorithmSpec::GradientBoosting(gradient_boosting::read(&boosting, &path, found))
        }
        Some(Algorithm::DecisionTree(tree)) => {
            AlgorithmSpec::DecisionTree(decision_tree(&tree, &format!("{path}.decision_tree"), found))
        }
        Some(Algorithm::GaussianNb(bayes)) => AlgorithmSpec::GaussianNb(GaussianNbSpec {
            smoothing: bayes.smoothing.unwrap_or(GaussianNbSpec::default().smoothing),
            class_weight: class_weight(bayes.class_weight, &format!("{path}.gaussian_nb"), found),
        }),
        Some(Algorithm::Knn(knn)) => AlgorithmSpec::Knn(KnnSpec {
            neighbors: count(
                knn.neighbors,
                KnnSpec::default().neighbors,
                &format!("{path}.knn.neighbors"),
                found,
            ),
        }),
        Some(Algorithm::Ridge(ridge)) => AlgorithmSpec::Ridge(RidgeSpec {
            l2: ridge.l2.unwrap_or(RidgeSpec::default().l2),
        }),
        Some(Algorithm::ElasticNet(net)) => {
            AlgorithmSpec::ElasticNet(elastic_net(&net, &format!("{path}.elastic_net"), found))
        }
    }
}

fn random_forest(forest: &v1::RandomForest, path: &str, found: &mut Violations) -> RandomForestSpec {
    let default = RandomForestSpec::default();
    let mut number = |value, default, name: &str| count(value, default, &format!("{path}.{name}"), found);
    RandomForestSpec {
        trees: number(forest.trees, default.trees, "trees"),
        max_depth: number(forest.max_depth, default.max_depth, "max_depth"),
        min_samples_leaf: number(
            forest.min_samples_leaf,
            default.min_samples_leaf,
            "min_samples_leaf",
        ),
        max_features: forest.max_features,
        max_samples: forest.max_samples.unwrap_or(default.max_samples),
        class_weight: class_weight(forest.class_weight, path, found),
    }
}

fn extra_trees(trees: &v1::ExtraTrees, path: &str, found: &mut Violations) -> ExtraTreesSpec {
    let default = ExtraTreesSpec::default();
    let mut number = |value, default, name: &str| count(value, default, &format!("{path}.{name}"), found);
    ExtraTreesSpec {
        trees: number(trees.trees, default.trees, "trees"),
        max_depth: number(trees.max_depth, default.max_depth, "max_depth"),
        min_samples_leaf: number(
            trees.min_samples_leaf,
            default.min_samples_leaf,
            "min_samples_leaf",
        ),
        max_features: trees.max_features,
        class_weight: class_weight(trees.class_weight, path, found),
    }
}

fn logistic_regression(
    regression: &v1::LogisticRegression,
    path: &str,
    found: &mut Violations,
) -> LogisticRegressionSpec {
    let default = LogisticRegressionSpec::default();
    let iterations = format!("{path}.max_iterations");
    LogisticRegressionSpec {
        l2: regression.l2.unwrap_or(default.l2),
        max_iterations: count(
            regression.max_iterations,
            default.max_iterations,
            &iterations,
            found,
        ),
        tolerance: regression.tolerance.unwrap_or(default.tolerance),
        class_weight: class_weight(regression.class_weight, path, found),
    }
}

fn decision_tree(tree: &v1::DecisionTree, path: &str, found: &mut Violations) -> DecisionTreeSpec {
    let default = DecisionTreeSpec::default();
    let mut number = |value, default, name: &str| count(value, default, &format!("{path}.{name}"), found);
    DecisionTreeSpec {
        max_depth: number(tree.max_depth, default.max_depth, "max_depth"),
        min_samples_leaf: number(
            tree.min_samples_leaf,
            default.min_samples_leaf,
            "min_samples_leaf",
        ),
        class_weight: class_weight(tree.class_weight, path, found),
    }
}

fn elastic_net(net: &v1::ElasticNet, path: &str, found: &mut Violations) -> ElasticNetSpec {
    let default = ElasticNetSpec::default();
    let iterations = format!("{path}.max_iterations");
    ElasticNetSpec {
        penalty: net.penalty.unwrap_or(default.penalty),
        l1_share: net.l1_share.unwrap_or(default.l1_share),
        max_iterations: count(net.max_iterations, default.max_iterations, &iterations, found),
        tolerance: net.tolerance.unwrap_or(default.tolerance),
    }
}

pub(super) fn class_weight(
    weight: Option<v1::ClassWeight>,
    path: &str,
    found: &mut Violations,
) -> ClassWeight {
    let Some(weight) = weight else {
        return ClassWeight::None;
    };
    let path = format!("{path}.class_weight");
    let known = "CLASS_WEIGHT_MODE_NONE or CLASS_WEIGHT_MODE_BALANCED";
    let mode = choice(weight.mode, known, &format!("{path}.mode"), found);
    match (mode, weight.positive_weight) {
        (ClassWeightMode::Unspecified | ClassWeightMode::None, None) => ClassWeight::None,
        (ClassWeightMode::Unspecified | ClassWeightMode::None, Some(positive)) => {
            ClassWeight::Positive(positive)
        }
        (ClassWeightMode::Balanced, None) => ClassWeight::Balanced,
        (ClassWeightMode::Balanced, Some(_)) => {
            found.invalid(
                format!("{path}.positive_weight"),
                "BALANCED makes the weights itself; give either the mode or the weight",
            );
            ClassWeight::Balanced
        }
    }
}

/// The learner as the wire holds it.
pub(crate) fn show(spec: &AlgorithmSpec) -> v1::AlgorithmSpec {
    let algorithm = match spec {
        AlgorithmSpec::RandomForest(forest) => Algorithm::RandomForest(v1::RandomForest {
            trees: Some(small_wire_count(forest.trees)),
            max_depth: Some(small_wire_count(forest.max_depth)),
            min_samples_leaf: Some(small_wire_count(forest.min_samples_leaf)),
            max_features: forest.max_features,
            max_samples: Some(forest.max_samples),
            class_weight: Some(show_class_weight(forest.class_weight)),
        }),
        AlgorithmSpec::ExtraTrees(trees) => Algorithm::ExtraTrees(v1::ExtraTrees {
            trees: Some(small_wire_count(trees.trees)),
            max_depth: Some(small_wire_count(trees.max_depth)),
            min_samples_leaf: Some(small_wire_count(trees.min_samples_leaf)),
            max_features: trees.max_features,
            class_weight: Some(show_class_weight(trees.class_weight)),
        }),
        AlgorithmSpec::LogisticRegression(regression) => {
            Algorithm::LogisticRegression(v1::LogisticRegression {
                l2: Some(regression.l2),
                max_iterations: Some(small_wire_count(regression.max_iterations)),
                tolerance: Some(regression.tolerance),
                class_weight: Some(show_class_weight(regression.class_weight)),
            })
        }
        AlgorithmSpec::GradientBoosting(boosting) => {
            Algorithm::GradientBoosting(gradient_boosting::show(boosting))
        }
        AlgorithmSpec::DecisionTree(tree) => Algorithm::DecisionTree(v1::DecisionTree {
            max_depth: Some(small_wire_count(tree.max_depth)),
            min_samples_leaf: Some(small_wire_count(tree.min_samples_leaf)),
            class_weight: Some(show_class_weight(tree.class_weight)),
        }),
        AlgorithmSpec::GaussianNb(bayes) => Algorithm::GaussianNb(v1::GaussianNb {
            smoothing: Some(bayes.smoothing),
            class_weight: Some(show_class_weight(bayes.class_weight)),
        }),
        AlgorithmSpec::Knn(knn) => Algorithm::Knn(v1::Knn {
            neighbors: Some(small_wire_count(knn.neighbors)),
        }),
        AlgorithmSpec::Ridge(ridge) => Algorithm::Ridge(v1::Ridge { l2: Some(ridge.l2) }),
        AlgorithmSpec::ElasticNet(net) => Algorithm::ElasticNet(v1::ElasticNet {
            penalty: Some(net.penalty),
            l1_share: Some(net.l1_share),
            max_iterations: Some(small_wire_count(net.max_iterations)),
            tolerance: Some(net.tolerance),
        }),
    };
    v1::AlgorithmSpec {
        algorithm: Some(algorithm),
    }
}

pub(super) fn show_class_weight(weight: ClassWeight) -> v1::ClassWeight {
    let (mode, positive_weight) = match weight {
        ClassWeight::None => (ClassWeightMode::None, None),
        ClassWeight::Balanced => (ClassWeightMode::Balanced, None),
        ClassWeight::Positive(positive) => (ClassWeightMode::None, Some(positive)),
    };
    v1::ClassWeight {
        mode: mode.into(),
        positive_weight,
    }
}
