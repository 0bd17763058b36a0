//! Which learner, with which parameters.

use super::decision_tree::DecisionTreeSpec;
use super::gaussian_nb::GaussianNbSpec;
use super::gradient_boosting::GradientBoostingSpec;
use super::knn::{KnnSpec, MOST_KNN_ROWS};
use super::least_squares::{ElasticNetSpec, RidgeSpec};
use crate::{Task, Violations};
use serde::{Deserialize, Serialize};

/// Which learner, with which parameters. Adding one: a variant here, a file in `learn`, a message in the proto.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlgorithmSpec {
    /// Bagged trees on random subsets of features.
    RandomForest(RandomForestSpec),
    /// L2-regularised logistic regression on standardised features.
    LogisticRegression(LogisticRegressionSpec),
    /// Trees that each mend what the ones before got wrong.
    GradientBoosting(GradientBoostingSpec),
    /// Trees on all rows with random cuts.
    ExtraTrees(ExtraTreesSpec),
    /// A weighted sum with the least squared error and an L2 penalty.
    Ridge(RidgeSpec),
    /// The same with an L1 penalty beside L2, which leaves features out.
    ElasticNet(ElasticNetSpec),
    /// One tree.
    DecisionTree(DecisionTreeSpec),
    /// Naive Bayes with normal distributions.
    GaussianNb(GaussianNbSpec),
    /// The mean label of the rows most alike.
    Knn(KnnSpec),
}

/// How the two classes are weighed in the fit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// Every row counts 1.
    #[default]
    None,
    /// n / (2 n_class), as scikit-learn's `balanced`.
    Balanced,
    /// Positives count this much, negatives 1.
    Positive(f64),
}

/// Parameters of [`AlgorithmSpec::RandomForest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RandomForestSpec {
    /// 1 to 10,000.
    pub trees: u32,
    /// 1 to 64.
    pub max_depth: u32,
    /// 1 or more.
    pub min_samples_leaf: u32,
    /// Share of the features tried at each split, (0, 1]; `None` means sqrt(F) of F.
    pub max_features: Option<f64>,
    /// Rows drawn with replacement for each tree, as a share of all, (0, 1].
    pub max_samples: f64,
    /// Class weights.
    pub class_weight: ClassWeight,
}

/// Parameters of [`AlgorithmSpec::ExtraTrees`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExtraTreesSpec {
    /// 1 to 10,000.
    pub trees: u32,
    /// 1 to 64.
    pub max_depth: u32,
    /// 1 or more.
    pub min_samples_leaf: u32,
    /// Share of the features tried at each split, (0, 1]; `None` means sqrt(F) of F.
    pub max_features: Option<f64>,
    /// Class weights.
    pub class_weight: ClassWeight,
}

/// Parameters of [`AlgorithmSpec::LogisticRegression`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogisticRegressionSpec {
    /// Strength of the L2 penalty: minimises sum of log losses + l2 / 2 * |w|^2. 1.0 is scikit-learn's C = 1.
    pub l2: f64,
    /// 1 to 10,000.
    pub max_iterations: u32,
    /// Stops when the largest component of the mean gradient is below this.
    pub tolerance: f64,
    /// Class weights.
    pub class_weight: ClassWeight,
}

impl Default for RandomForestSpec {
    fn default() -> Self {
        Self {
            trees: 100,
            max_depth: 10,
            min_samples_leaf: 1,
            max_features: None,
            max_samples: 1.0,
            class_weight: ClassWeight::None,
        }
    }
}

impl Default for ExtraTreesSpec {
    fn default() -> Self {
        Self {
            trees: 100,
            max_depth: 10,
            min_samples_leaf: 1,
            max_features: None,
            class_weight: ClassWeight::None,
        }
    }
}

impl Default for LogisticRegressionSpec {
    fn default() -> Self {
        Self {
            l2: 1.0,
            max_iterations: 100,
            tolerance: 1e-6,
            class_weight: ClassWeight::None,
        }
    }
}

impl Default for AlgorithmSpec {
    fn default() -> Self {
        Self::RandomForest(RandomForestSpec::default())
    }
}

impl AlgorithmSpec {
    /// The registry's name of the learner.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RandomForest(_) => "random_forest",
            Self::LogisticRegression(_) => "logistic_regression",
            Self::GradientBoosting(_) => "gradient_boosting",
            Self::ExtraTrees(_) => "extra_trees",
            Self::Ridge(_) => "ridge",
            Self::ElasticNet(_) => "elastic_net",
            Self::DecisionTree(_) => "decision_tree",
            Self::GaussianNb(_) => "gaussian_nb",
            Self::Knn(_) => "knn",
        }
    }

    /// Every learner with its defaults.
    pub fn all() -> Vec<Self> {
        vec![
            Self::RandomForest(RandomForestSpec::default()),
            Self::ExtraTrees(ExtraTreesSpec::default()),
            Self::LogisticRegression(LogisticRegressionSpec::default()),
            Self::GradientBoosting(GradientBoostingSpec::default()),
            Self::Ridge(RidgeSpec::default()),
            Self::ElasticNet(ElasticNetSpec::default()),
            Self::DecisionTree(DecisionTreeSpec::default()),
            Self::GaussianNb(GaussianNbSpec::default()),
            Self::Knn(KnnSpec::default()),
        ]
    }

    /// The names of those that can learn it.
    pub fn able(task: Task) -> Vec<&'static str> {
        let all = Self::all();
        let able = all.iter().filter(|spec| spec.tasks().contains(&task));
        able.map(Self::name).collect()
    }

    /// What it can learn.
    pub fn tasks(&self) -> &'static [Task] {
        match self {
            Self::RandomForest(_) | Self::ExtraTrees(_) | Self::GradientBoosting(_) => {
                &[Task::Binary, Task::Regression]
            }
            Self::DecisionTree(_) | Self::Knn(_) => &[Task::Binary, Task::Regression],
            Self::LogisticRegression(_) | Self::GaussianNb(_) => &[Task::Binary],
            Self::Ridge(_) | Self::ElasticNet(_) => &[Task::Regression],
        }
    }

    /// How it weighs classes.
    pub fn class_weight(&self) -> ClassWeight {
        match self {
            Self::RandomForest(spec) => spec.class_weight,
            Self::ExtraTrees(spec) => spec.class_weight,
            Self::LogisticRegression(spec) => spec.class_weight,
            Self::GradientBoosting(spec) => spec.class_weight,
            Self::DecisionTree(spec) => spec.class_weight,
            Self::GaussianNb(spec) => spec.class_weight,
            Self::Ridge(_) | Self::ElasticNet(_) | Self::Knn(_) => ClassWeight::None,
        }
    }

    /// More rows with a known label than this are refused; `None` when any number is taken.
    pub fn most_rows(&self) -> Option<u64> {
        match self {
            Self::Knn(_) => Some(MOST_KNN_ROWS),
            _ => None,
        }
    }

    /// Share of a training part that its fit wants to be held out at the end of that part, to stop early by; `None` when it
    /// learns from all rows.
    pub fn validation_share(&self) -> Option<f64> {
        match self {
            Self::GradientBoosting(spec) => spec.early_stopping.map(|stopping| stopping.share),
            _ => None,
        }
    }

    /// Memory of a fit for each training row with so many features, in bytes: an estimate that leaves out what grows with the model.
    pub fn bytes_of_row(&self, features: usize, threads: usize, task: Task) -> u64 {
        let (features, threads) = (features as u64, threads as u64);
        match self {
            // A byte a cell, the row's number to foresee twice; per tree under way its draws of 16 bytes, twice while they are parted.
            Self::RandomForest(_) | Self::ExtraTrees(_) if task == Task::Regression => {
                features + 16 + 33 * threads
            }
            // A byte a cell and the rows' numbers and labels; per tree under way its draws of 8 bytes, twice while they are parted.
            Self::RandomForest(_) | Self::ExtraTrees(_) => features + 9 + 16 * threads,
            // A byte a cell in packed words and one in columns; of each row its gradients, its place in a tree and what is predicted.
            Self::GradientBoosting(_) => 2 * features.next_multiple_of(8) + 40,
            // Standardised values, and for each row its label, its weight and what an iteration makes of it.
            Self::LogisticRegression(_) => 4 * features + 32,
            // The same; their sums by pairs of features do not grow with the rows.
            Self::Ridge(_) | Self::ElasticNet(_) => 4 * features + 16,
            // A byte a cell, and the draws of one tree.
            Self::DecisionTree(_) => features + 16 + 33,
            // A column for each thread.
            Self::GaussianNb(_) => 8 * threads + 8,
            // All values, once more while they are put together, and distances for each thread.
            Self::Knn(_) => 8 * features + 12 * threads + 8,
        }
    }

    /// What is wrong with it; fields are named below `prefix`.
    pub fn check(&self, prefix: &str) -> Violations {
        match self {
            Self::RandomForest(spec) => spec.check(&format!("{prefix}.random_forest")),
            Self::LogisticRegression(spec) => spec.check(&format!("{prefix}.logistic_regression")),
            Self::GradientBoosting(spec) => spec.check(&format!("{prefix}.gradient_boosting")),
            Self::ExtraTrees(spec) => spec.check(&format!("{prefix}.extra_trees")),
            Self::Ridge(spec) => spec.check(&format!("{prefix}.ridge")),
            Self::ElasticNet(spec) => spec.check(&format!("{prefix}.elastic_net")),
            Self::DecisionTree(spec) => spec.check(&format!("{prefix}.decision_tree")),
            Self::GaussianNb(spec) => spec.check(&format!("{prefix}.gaussian_nb")),
            Self::Knn(spec) => spec.check(&format!("{prefix}.knn")),
        }
    }
}

pub(super) fn check_class_weight(found: &mut Violations, prefix: &str, weight: ClassWeight) {
    if let ClassWeight::Positive(w) = weight {
        found.require(
            (1e-6..=1e6).contains(&w),
            &format!("{prefix}.class_weight.positive_weight"),
            || format!("{w} is no weight; give 0.000001 to 1,000,000"),
        );
    }
}

fn is_share(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

/// What all forests have in common.
fn check_forest(
    found: &mut Violations,
    prefix: &str,
    (trees, max_depth, min_samples_leaf): (u32, u32, u32),
    max_features: Option<f64>,
) {
    found.require((1..=10_000).contains(&trees), &format!("{prefix}.trees"), || {
        format!("{trees} trees; give 1 to 10,000")
    });
    found.require(
        (1..=64).contains(&max_depth),
        &format!("{prefix}.max_depth"),
        || format!("{max_depth} is no depth; give 1 to 64"),
    );
    found.require(
        min_samples_leaf >= 1,
        &format!("{prefix}.min_samples_leaf"),
        || "give 1 or more".to_owned(),
    );
    found.require(
        max_features.is_none_or(is_share),
        &format!("{prefix}.max_features"),
        || "give a share of the features above 0 and up to 1".to_owned(),
    );
}

impl RandomForestSpec {
    fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let counts = (self.trees, self.max_depth, self.min_samples_leaf);
        check_forest(&mut found, prefix, counts, self.max_features);
        found.require(
            is_share(self.max_samples),
            &format!("{prefix}.max_samples"),
            || format!("{} must be a share above 0 and up to 1", self.max_samples),
        );
        check_class_weight(&mut found, prefix, self.class_weight);
        found
    }
}

impl ExtraTreesSpec {
    fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let counts = (self.trees, self.max_depth, self.min_samples_leaf);
        check_forest(&mut found, prefix, counts, self.max_features);
        check_class_weight(&mut found, prefix, self.class_weight);
        found
    }
}

impl LogisticRegressionSpec {
    fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        found.require(
            self.l2.is_finite() && self.l2 >= 0.0,
            &format!("{prefix}.l2"),
            || format!("{} is no penalty; give 0 or more", self.l2),
        );
        found.require(
            (1..=10_000).contains(&self.max_iterations),
            &format!("{prefix}.max_iterations"),
            || format!("{} iterations; give 1 to 10,000", self.max_iterations),
        );
        found.require(
            self.tolerance > 0.0 && self.tolerance < 1.0,
            &format!("{prefix}.tolerance"),
            || format!("{} must lie between 0 and 1", self.tolerance),
        );
        check_class_weight(&mut found, prefix, self.class_weight);
        found
    }
}
