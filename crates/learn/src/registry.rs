//! Every learner there is. Adding one: its module, a variant of the domain's `AlgorithmSpec`, and its lines here.

use crate::fit::{Learner, NumberLearner};
use crate::{
    decision_tree, elastic_net, extra_trees, gaussian_nb, gradient_boosting, knn, logistic_regression,
    random_forest, ridge,
};
use mltraining_domain::AlgorithmSpec;

/// The learners in the order in which they are listed.
pub const ALGORITHMS: &[AlgorithmInfo] = &[
    random_forest::INFO,
    extra_trees::INFO,
    logistic_regression::INFO,
    gradient_boosting::INFO,
    ridge::INFO,
    elastic_net::INFO,
    decision_tree::INFO,
    gaussian_nb::INFO,
    knn::INFO,
];

/// The learner of classes that a spec asks for; `None` when it learns none.
pub(crate) fn learner(spec: &AlgorithmSpec) -> Option<&dyn Learner> {
    match spec {
        AlgorithmSpec::RandomForest(spec) => Some(spec),
        AlgorithmSpec::LogisticRegression(spec) => Some(spec),
        AlgorithmSpec::GradientBoosting(spec) => Some(spec),
        AlgorithmSpec::ExtraTrees(spec) => Some(spec),
        AlgorithmSpec::DecisionTree(spec) => Some(spec),
        AlgorithmSpec::GaussianNb(spec) => Some(spec),
        AlgorithmSpec::Knn(spec) => Some(spec),
        AlgorithmSpec::Ridge(_) | AlgorithmSpec::ElasticNet(_) => None,
    }
}

/// The learner of numbers that a spec asks for; `None` when it learns none.
pub(crate) fn number_learner(spec: &AlgorithmSpec) -> Option<&dyn NumberLearner> {
    match spec {
        AlgorithmSpec::RandomForest(spec) => Some(spec),
        AlgorithmSpec::GradientBoosting(spec) => Some(spec),
        AlgorithmSpec::ExtraTrees(spec) => Some(spec),
        AlgorithmSpec::Ridge(spec) => Some(spec),
        AlgorithmSpec::ElasticNet(spec) => Some(spec),
        AlgorithmSpec::DecisionTree(spec) => Some(spec),
        AlgorithmSpec::Knn(spec) => Some(spec),
        AlgorithmSpec::LogisticRegression(_) | AlgorithmSpec::GaussianNb(_) => None,
    }
}

/// What people are told about a learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgorithmInfo {
    /// The word of specs and reports, e.g. `random_forest`.
    pub name: &'static str,
    /// What it does and what it is good for.
    pub summary: &'static str,
    /// Its parameters.
    pub parameters: &'static [ParameterInfo],
}

/// What people are told about a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterInfo {
    /// The field's name in the spec.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Its value when not given.
    pub default: &'static str,
    /// The values it takes.
    pub range: &'static str,
}

/// The parameter that every learner has.
pub(crate) const CLASS_WEIGHT: ParameterInfo = ParameterInfo {
    name: "class_weight",
    summary: "How positives weigh against negatives in the fit; balanced gives both classes half of the total. Weights \
              move the probabilities away from the true rates.",
    default: "none",
    range: "none | balanced | positive: a weight of 0.000001 to 1,000,000",
};

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_domain::{
        DecisionTreeSpec, ElasticNetSpec, ExtraTreesSpec, GaussianNbSpec, GradientBoostingSpec, KnnSpec,
        LogisticRegressionSpec, RandomForestSpec, RidgeSpec, Task,
    };

    fn listed(name: &str) -> Vec<(String, String)> {
        let info = ALGORITHMS.iter().find(|info| info.name == name).unwrap();
        info.parameters
            .iter()
            .map(|p| (p.name.to_owned(), p.default.to_owned()))
            .collect()
    }

    fn defaults(spec: &serde_json::Value) -> Vec<(String, String)> {
        let text = |v: &serde_json::Value| match v {
            serde_json::Value::Null => "not given".to_owned(),
            serde_json::Value::Object(none) if none.is_empty() => "none".to_owned(),
            serde_json::Value::String(s) => s.clone(),
            number => number.as_f64().unwrap().to_string(),
        };
        let mut found: Vec<_> = spec
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), text(v)))
            .collect();
        found.sort();
        found
    }

    #[test]
    fn the_listed_parameters_and_defaults_are_those_of_the_specs() {
        let forest = serde_json::to_value(RandomForestSpec::default()).unwrap();
        let linear = serde_json::to_value(LogisticRegressionSpec::default()).unwrap();
        let mut boosting = serde_json::to_value(GradientBoostingSpec::default()).unwrap();
        // A parameter of one way to grow, which is not the default one.
        boosting["max_leaves"] = mltraining_domain::DEFAULT_MAX_LEAVES.into();
        for (name, spec) in [
            ("random_forest", forest),
            (
                "extra_trees",
                serde_json::to_value(ExtraTreesSpec::default()).unwrap(),
            ),
            ("logistic_regression", linear),
            ("gradient_boosting", boosting),
            ("ridge", serde_json::to_value(RidgeSpec::default()).unwrap()),
            (
                "elastic_net",
                serde_json::to_value(ElasticNetSpec::default()).unwrap(),
            ),
            (
                "decision_tree",
                serde_json::to_value(DecisionTreeSpec::default()).unwrap(),
            ),
            (
                "gaussian_nb",
                serde_json::to_value(GaussianNbSpec::default()).unwrap(),
            ),
            ("knn", serde_json::to_value(KnnSpec::default()).unwrap()),
        ] {
            let mut shown = listed(name);
            for (_, default) in &mut shown {
                if let Ok(number) = default.parse::<f64>() {
                    *default = number.to_string();
                } else if ["sqrt", "off"].contains(&default.as_str()) {
                    *default = "not given".to_owned();
                }
            }
            shown.sort();
            assert_eq!(shown, defaults(&spec), "{name}");
        }
    }

    #[test]
    fn every_spec_finds_its_learner_in_the_list() {
        let specs = AlgorithmSpec::all();
        let names: Vec<&str> = ALGORITHMS.iter().map(|info| info.name).collect();
        assert_eq!(specs.iter().map(AlgorithmSpec::name).collect::<Vec<_>>(), names);
        for spec in specs {
            let learns = [learner(&spec).is_some(), number_learner(&spec).is_some()];
            let says = [Task::Binary, Task::Regression].map(|task| spec.tasks().contains(&task));
            assert_eq!(learns, says, "{}", spec.name());
        }
    }
}
