//! Which learner, with which parameters.

use super::number::{count, share};
use mltraining_domain::{AlgorithmSpec, ClassWeight, Growth};

/// Name and parameters in a line.
pub(crate) fn algorithm(spec: &AlgorithmSpec) -> String {
    let parameters = match spec {
        AlgorithmSpec::RandomForest(of) => format!(
            "{} trees, up to {} levels, leaves of at least {}, {} of the rows for each tree{}",
            count(of.trees.into()),
            of.max_depth,
            of.min_samples_leaf,
            share(Some(of.max_samples)),
            classes(of.class_weight)
        ),
        AlgorithmSpec::ExtraTrees(of) => format!(
            "{} trees, up to {} levels, leaves of at least {}{}",
            count(of.trees.into()),
            of.max_depth,
            of.min_samples_leaf,
            classes(of.class_weight)
        ),
        AlgorithmSpec::GradientBoosting(of) => format!(
            "{} trees at most, {} growth, up to {} levels, learning rate {}{}{}",
            count(of.trees.into()),
            growth(of.growth),
            of.max_depth,
            of.learning_rate,
            if of.early_stopping.is_some() {
                ", stopped early"
            } else {
                ""
            },
            classes(of.class_weight)
        ),
        AlgorithmSpec::LogisticRegression(of) => {
            format!(
                "L2 penalty {}, standardised features{}",
                of.l2,
                classes(of.class_weight)
            )
        }
        AlgorithmSpec::Ridge(of) => format!("L2 penalty {}, standardised features", of.l2),
        AlgorithmSpec::ElasticNet(of) => format!(
            "penalty {}, of which L1 has {}, standardised features",
            of.penalty,
            share(Some(of.l1_share))
        ),
        AlgorithmSpec::DecisionTree(of) => format!(
            "up to {} levels, leaves of at least {}{}",
            of.max_depth,
            of.min_samples_leaf,
            classes(of.class_weight)
        ),
        AlgorithmSpec::GaussianNb(of) => {
            format!("smoothing {}{}", of.smoothing, classes(of.class_weight))
        }
        AlgorithmSpec::Knn(of) => format!("{} neighbors, standardised features", of.neighbors),
    };
    format!("{}: {parameters}", spec.name())
}

fn growth(growth: Growth) -> &'static str {
    match growth {
        Growth::DepthWise => "depth-wise",
        Growth::LeafWise { .. } => "leaf-wise",
        Growth::Symmetric => "symmetric",
    }
}

fn classes(weight: ClassWeight) -> String {
    match weight {
        ClassWeight::None => String::new(),
        ClassWeight::Balanced => ", classes balanced".to_owned(),
        ClassWeight::Positive(weight) => format!(", a positive counts {weight}"),
    }
}
