//! `--algorithm` and its parameters: what learns.

mod boosting;
mod net;

use crate::errors::CliError;
use boosting::BoostingArgs;
use clap::{Args, ValueEnum};
use mltraining_proto::v1;
use mltraining_proto::v1::algorithm_spec::Algorithm;
use net::NetArgs;

/// What learns.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What learns")]
pub(crate) struct AlgorithmArgs {
    /// random_forest, extra_trees, logistic_regression, gradient_boosting, ridge, elastic_net, decision_tree,
    /// gaussian_nb or knn; mlts algorithms says more
    /// [default: random_forest]
    #[arg(long, value_enum, value_name = "NAME", hide_possible_values = true)]
    algorithm: Option<AlgorithmName>,
    /// Trees: their number [default: 100]
    #[arg(long, value_name = "N")]
    trees: Option<i32>,
    /// Trees: most splits between root and leaf [default: forests 10, boosting 6, one tree 5]
    #[arg(long, value_name = "N")]
    max_depth: Option<i32>,
    /// Trees: fewest training rows in a leaf [default: 1, one tree 20]
    #[arg(long, value_name = "N")]
    min_samples_leaf: Option<i32>,
    /// Forests: share of the features tried at each split [default: sqrt(F) / F]
    #[arg(long, value_name = "RATIO", value_parser = super::ratio)]
    max_features: Option<f64>,
    /// Random forest: rows drawn for each tree, as a share of all [default: 1]
    #[arg(long, value_name = "RATIO", value_parser = super::ratio)]
    max_samples: Option<f64>,
    /// Logistic regression, ridge, boosting: strength of the L2 penalty [default: 1]
    #[arg(long, value_name = "STRENGTH")]
    l2: Option<f64>,
    /// Logistic regression, elastic net: most iterations [default: 100, elastic net 1000]
    #[arg(long, value_name = "N")]
    max_iterations: Option<i32>,
    /// Logistic regression: gradient at which it stops [default: 0.000001]
    #[arg(long, value_name = "SIZE")]
    gradient_tolerance: Option<f64>,
    #[command(flatten)]
    net: NetArgs,
    /// Naive Bayes: what is added to each variance, as a share of the feature's own [default: 1e-9]
    #[arg(long, value_name = "RATIO", value_parser = super::ratio)]
    smoothing: Option<f64>,
    /// Nearest neighbours: rows whose labels are averaged [default: 50]
    #[arg(long, value_name = "N")]
    neighbors: Option<i32>,
    /// Weight of positive rows: none, balanced, or a number [default: none]
    #[arg(long, value_name = "WEIGHT", value_parser = class_weight)]
    class_weight: Option<v1::ClassWeight>,
    #[command(flatten)]
    boosting: BoostingArgs,
}

/// The algorithms, as the service calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlgorithmName {
    /// Many trees.
    #[value(name = "random_forest", alias = "random-forest")]
    RandomForest,
    /// Many trees with random cuts.
    #[value(name = "extra_trees", alias = "extra-trees")]
    ExtraTrees,
    /// A linear model of the log odds.
    #[value(name = "logistic_regression", alias = "logistic-regression")]
    LogisticRegression,
    /// A sum of trees.
    #[value(name = "gradient_boosting", alias = "gradient-boosting")]
    GradientBoosting,
    /// A linear model of a number.
    #[value(name = "ridge")]
    Ridge,
    /// A linear model of a number that leaves features out.
    #[value(name = "elastic_net", alias = "elastic-net")]
    ElasticNet,
    /// One tree.
    #[value(name = "decision_tree", alias = "decision-tree")]
    DecisionTree,
    /// Naive Bayes.
    #[value(name = "gaussian_nb", alias = "gaussian-nb")]
    GaussianNb,
    /// The rows most alike.
    #[value(name = "knn")]
    Knn,
}

impl AlgorithmName {
    /// In the order in which they are chosen by their parameters.
    const ALL: [Self; 9] = [
        Self::RandomForest,
        Self::LogisticRegression,
        Self::GradientBoosting,
        Self::ExtraTrees,
        Self::Ridge,
        Self::ElasticNet,
        Self::DecisionTree,
        Self::GaussianNb,
        Self::Knn,
    ];

    /// That of a message.
    pub(crate) fn of(algorithm: &Algorithm) -> Self {
        match algorithm {
            Algorithm::RandomForest(_) => Self::RandomForest,
            Algorithm::LogisticRegression(_) => Self::LogisticRegression,
            Algorithm::GradientBoosting(_) => Self::GradientBoosting,
            Algorithm::ExtraTrees(_) => Self::ExtraTrees,
            Algorithm::Ridge(_) => Self::Ridge,
            Algorithm::ElasticNet(_) => Self::ElasticNet,
            Algorithm::DecisionTree(_) => Self::DecisionTree,
            Algorithm::GaussianNb(_) => Self::GaussianNb,
            Algorithm::Knn(_) => Self::Knn,
        }
    }

    /// As the service calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RandomForest => "random_forest",
            Self::LogisticRegression => "logistic_regression",
            Self::GradientBoosting => "gradient_boosting",
            Self::ExtraTrees => "extra_trees",
            Self::Ridge => "ridge",
            Self::ElasticNet => "elastic_net",
            Self::DecisionTree => "decision_tree",
            Self::GaussianNb => "gaussian_nb",
            Self::Knn => "knn",
        }
    }

    /// The algorithm with nothing said of its parameters.
    fn plain(self) -> Algorithm {
        match self {
            Self::RandomForest => Algorithm::RandomForest(v1::RandomForest::default()),
            Self::LogisticRegression => Algorithm::LogisticRegression(v1::LogisticRegression::default()),
            Self::GradientBoosting => Algorithm::GradientBoosting(v1::GradientBoosting::default()),
            Self::ExtraTrees => Algorithm::ExtraTrees(v1::ExtraTrees::default()),
            Self::Ridge => Algorithm::Ridge(v1::Ridge::default()),
            Self::ElasticNet => Algorithm::ElasticNet(v1::ElasticNet::default()),
            Self::DecisionTree => Algorithm::DecisionTree(v1::DecisionTree::default()),
            Self::GaussianNb => Algorithm::GaussianNb(v1::GaussianNb::default()),
            Self::Knn => Algorithm::Knn(v1::Knn::default()),
        }
    }

    fn has_trees(self) -> bool {
        matches!(
            self,
            Self::RandomForest | Self::ExtraTrees | Self::GradientBoosting
        )
    }

    /// Whether the option is one of its parameters.
    fn has(self, option: &str) -> bool {
        match option {
            "--trees" => self.has_trees(),
            "--max-depth" | "--min-samples-leaf" => self.has_trees() || self == Self::DecisionTree,
            "--smoothing" => self == Self::GaussianNb,
            "--neighbors" => self == Self::Knn,
            "--max-features" => matches!(self, Self::RandomForest | Self::ExtraTrees),
            "--max-samples" => self == Self::RandomForest,
            "--l2" => matches!(
                self,
                Self::LogisticRegression | Self::GradientBoosting | Self::Ridge
            ),
            "--max-iterations" => matches!(self, Self::LogisticRegression | Self::ElasticNet),
            "--gradient-tolerance" => self == Self::LogisticRegression,
            "--penalty" | "--l1-share" | "--weight-tolerance" => self == Self::ElasticNet,
            _ => self == Self::GradientBoosting,
        }
    }
}

impl AlgorithmArgs {
    /// Writes what was said into the spec.
    ///
    /// # Errors
    /// [`CliError::Usage`] for a parameter of another algorithm.
    pub(crate) fn apply(&self, spec: &mut Option<v1::AlgorithmSpec>) -> Result<(), CliError> {
        let given = self.given();
        if given.is_empty() && self.algorithm.is_none() && self.class_weight.is_none() {
            return Ok(());
        }
        let chosen = &mut spec.get_or_insert_default().algorithm;
        self.choose(chosen);
        let algorithm = chosen.get_or_insert_with(|| by_parameters(&given).plain());
        check(&given, AlgorithmName::of(algorithm))?;
        match algorithm {
            Algorithm::RandomForest(forest) => self.apply_forest(forest),
            Algorithm::LogisticRegression(regression) => self.apply_regression(regression),
            Algorithm::GradientBoosting(boosting) => self.apply_boosting(boosting),
            Algorithm::ExtraTrees(trees) => self.apply_extra_trees(trees),
            Algorithm::DecisionTree(tree) => {
                tree.max_depth = self.max_depth.or(tree.max_depth);
                tree.min_samples_leaf = self.min_samples_leaf.or(tree.min_samples_leaf);
                tree.class_weight = self.class_weight.or(tree.class_weight);
            }
            Algorithm::GaussianNb(bayes) => {
                bayes.smoothing = self.smoothing.or(bayes.smoothing);
                bayes.class_weight = self.class_weight.or(bayes.class_weight);
            }
            Algorithm::Knn(knn) => knn.neighbors = self.neighbors.or(knn.neighbors),
            Algorithm::Ridge(ridge) => ridge.l2 = self.l2.or(ridge.l2),
            Algorithm::ElasticNet(net) => {
                net.max_iterations = self.max_iterations.or(net.max_iterations);
                self.net.apply(net);
            }
        }
        Ok(())
    }

    /// Another algorithm than the spec's begins with its defaults; the same keeps its parameters.
    fn choose(&self, chosen: &mut Option<Algorithm>) {
        let Some(name) = self.algorithm else { return };
        if chosen.as_ref().map(AlgorithmName::of) != Some(name) {
            *chosen = Some(name.plain());
        }
    }

    /// The parameters that were given and that not every algorithm has.
    fn given(&self) -> Vec<&'static str> {
        [
            (self.trees.is_some(), "--trees"),
            (self.max_depth.is_some(), "--max-depth"),
            (self.min_samples_leaf.is_some(), "--min-samples-leaf"),
            (self.max_features.is_some(), "--max-features"),
            (self.max_samples.is_some(), "--max-samples"),
            (self.l2.is_some(), "--l2"),
            (self.max_iterations.is_some(), "--max-iterations"),
            (self.gradient_tolerance.is_some(), "--gradient-tolerance"),
            (self.smoothing.is_some(), "--smoothing"),
            (self.neighbors.is_some(), "--neighbors"),
        ]
        .into_iter()
        .filter_map(|(given, option)| given.then_some(option))
        .chain(self.net.given())
        .chain(self.boosting.given())
        .collect()
    }

    fn apply_forest(&self, forest: &mut v1::RandomForest) {
        forest.trees = self.trees.or(forest.trees);
        forest.max_depth = self.max_depth.or(forest.max_depth);
        forest.min_samples_leaf = self.min_samples_leaf.or(forest.min_samples_leaf);
        forest.max_features = self.max_features.or(forest.max_features);
        forest.max_samples = self.max_samples.or(forest.max_samples);
        forest.class_weight = self.class_weight.or(forest.class_weight);
    }

    fn apply_extra_trees(&self, trees: &mut v1::ExtraTrees) {
        trees.trees = self.trees.or(trees.trees);
        trees.max_depth = self.max_depth.or(trees.max_depth);
        trees.min_samples_leaf = self.min_samples_leaf.or(trees.min_samples_leaf);
        trees.max_features = self.max_features.or(trees.max_features);
        trees.class_weight = self.class_weight.or(trees.class_weight);
    }

    fn apply_regression(&self, regression: &mut v1::LogisticRegression) {
        regression.l2 = self.l2.or(regression.l2);
        regression.max_iterations = self.max_iterations.or(regression.max_iterations);
        regression.tolerance = self.gradient_tolerance.or(regression.tolerance);
        regression.class_weight = self.class_weight.or(regression.class_weight);
    }

    fn apply_boosting(&self, boosting: &mut v1::GradientBoosting) {
        boosting.trees = self.trees.or(boosting.trees);
        boosting.max_depth = self.max_depth.or(boosting.max_depth);
        boosting.min_samples_leaf = self.min_samples_leaf.or(boosting.min_samples_leaf);
        boosting.l2 = self.l2.or(boosting.l2);
        boosting.class_weight = self.class_weight.or(boosting.class_weight);
        self.boosting.apply(boosting);
    }
}

/// The first algorithm that has all of these parameters, or the first that has the first of them.
fn by_parameters(given: &[&str]) -> AlgorithmName {
    let has_all = |name: &AlgorithmName| given.iter().all(|option| name.has(option));
    let has_first = |name: &AlgorithmName| given.first().is_none_or(|option| name.has(option));
    let first =
        |test: &dyn Fn(&AlgorithmName) -> bool| AlgorithmName::ALL.into_iter().find(|name| test(name));
    first(&has_all)
        .or_else(|| first(&has_first))
        .unwrap_or(AlgorithmName::RandomForest)
}

/// An error for the first option that is not one of the algorithm's parameters.
fn check(given: &[&str], ours: AlgorithmName) -> Result<(), CliError> {
    let Some(option) = given.iter().find(|option| !ours.has(option)) else {
        return Ok(());
    };
    let owners = AlgorithmName::ALL.into_iter().filter(|name| name.has(option));
    let owners: Vec<&str> = owners.map(AlgorithmName::name).collect();
    let owners = match owners.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "no algorithm".to_owned(),
    };
    Err(CliError::Usage(format!(
        "{option} belongs to {owners}, but {} is to learn",
        ours.name()
    )))
}

fn class_weight(text: &str) -> Result<v1::ClassWeight, String> {
    let mode = |mode: v1::ClassWeightMode| v1::ClassWeight {
        mode: mode.into(),
        positive_weight: None,
    };
    match text {
        "none" => Ok(mode(v1::ClassWeightMode::None)),
        "balanced" => Ok(mode(v1::ClassWeightMode::Balanced)),
        number => {
            let weight = number
                .parse()
                .map_err(|_| "expected none, balanced, or a number".to_owned())?;
            Ok(v1::ClassWeight {
                mode: 0,
                positive_weight: Some(weight),
            })
        }
    }
}

/// The algorithm in one word.
pub(crate) fn describe(spec: Option<&v1::AlgorithmSpec>) -> &'static str {
    match spec.and_then(|spec| spec.algorithm.as_ref()) {
        Some(algorithm) => AlgorithmName::of(algorithm).name(),
        None => AlgorithmName::RandomForest.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_chooses_its_algorithm() {
        let mut spec = None;
        AlgorithmArgs {
            l2: Some(0.5),
            ..AlgorithmArgs::default()
        }
        .apply(&mut spec)
        .unwrap();
        assert_eq!(describe(spec.as_ref()), "logistic_regression");
        let mut spec = None;
        AlgorithmArgs {
            trees: Some(7),
            ..AlgorithmArgs::default()
        }
        .apply(&mut spec)
        .unwrap();
        let Some(Algorithm::RandomForest(forest)) = spec.unwrap().algorithm else {
            panic!("a forest")
        };
        assert_eq!((forest.trees, forest.max_depth), (Some(7), None));
    }

    #[test]
    fn parameters_of_boosting_choose_it_and_reach_it() {
        let mut spec = None;
        AlgorithmArgs {
            trees: Some(7),
            l2: Some(0.5),
            boosting: BoostingArgs {
                max_leaves: Some(40),
                monotone: vec![("close".to_owned(), v1::Monotone::Decreasing)],
                ..BoostingArgs::default()
            },
            ..AlgorithmArgs::default()
        }
        .apply(&mut spec)
        .unwrap();
        let Some(Algorithm::GradientBoosting(boosting)) = spec.unwrap().algorithm else {
            panic!("boosting")
        };
        assert_eq!(
            (boosting.trees, boosting.l2, boosting.max_leaves),
            (Some(7), Some(0.5), Some(40))
        );
        assert_eq!(boosting.monotone["close"], i32::from(v1::Monotone::Decreasing));
    }

    #[test]
    fn extra_trees_are_named_and_take_the_parameters_of_trees() {
        let mut spec = None;
        let args = AlgorithmArgs {
            algorithm: Some(AlgorithmName::ExtraTrees),
            max_features: Some(0.5),
            min_samples_leaf: Some(3),
            ..AlgorithmArgs::default()
        };
        args.apply(&mut spec).unwrap();
        assert_eq!(describe(spec.as_ref()), "extra_trees");
        let Some(Algorithm::ExtraTrees(trees)) = spec.unwrap().algorithm else {
            panic!("extra trees")
        };
        assert_eq!((trees.max_features, trees.min_samples_leaf), (Some(0.5), Some(3)));
    }

    #[test]
    fn a_parameter_of_another_algorithm_is_a_usage_error() {
        let algorithm = Some(AlgorithmName::LogisticRegression);
        let args = AlgorithmArgs {
            algorithm,
            trees: Some(7),
            ..AlgorithmArgs::default()
        };
        let error = args.apply(&mut None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--trees belongs to random_forest, gradient_boosting and extra_trees, but logistic_regression is to learn"
        );
    }

    #[test]
    fn parameters_of_a_file_stay_when_the_same_algorithm_is_named() {
        let forest = v1::RandomForest {
            trees: Some(3),
            ..v1::RandomForest::default()
        };
        let mut spec = Some(v1::AlgorithmSpec {
            algorithm: Some(Algorithm::RandomForest(forest)),
        });
        let args = AlgorithmArgs {
            algorithm: Some(AlgorithmName::RandomForest),
            max_depth: Some(4),
            ..AlgorithmArgs::default()
        };
        args.apply(&mut spec).unwrap();
        let Some(Algorithm::RandomForest(forest)) = spec.unwrap().algorithm else {
            panic!("a forest")
        };
        assert_eq!((forest.trees, forest.max_depth), (Some(3), Some(4)));
    }

    #[test]
    fn nothing_said_is_nothing_sent() {
        let mut spec = None;
        AlgorithmArgs::default().apply(&mut spec).unwrap();
        assert_eq!(spec, None);
    }

    #[test]
    fn a_class_weight_is_a_rule_or_a_number() {
        assert_eq!(
            class_weight("balanced").unwrap().mode(),
            v1::ClassWeightMode::Balanced
        );
        assert_eq!(class_weight("3.5").unwrap().positive_weight, Some(3.5));
        assert!(class_weight("heavy").is_err());
    }
}
