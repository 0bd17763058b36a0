//! What there is to learn with: families and sets of features, algorithms.

use super::source::show_role;
use super::time::show_span;
use mltraining_domain::{AlgorithmSpec, FeatureSpec, SourceSpec, Task};
use mltraining_learn::registry::{AlgorithmInfo, ParameterInfo};
use mltraining_panel::catalogue::{Family, FeatureSet, Need, Parameter};
use mltraining_proto::v1;

/// A family of features.
pub(crate) fn show_family(family: &Family) -> v1::Feature {
    let parameter = |parameter: &Parameter| match parameter {
        Parameter::Column => v1::FeatureParameter::Column.into(),
        Parameter::Window => v1::FeatureParameter::Window.into(),
        Parameter::Bars => v1::FeatureParameter::Bars.into(),
        Parameter::Number => v1::FeatureParameter::Number.into(),
        Parameter::Context => v1::FeatureParameter::Context.into(),
    };
    let roles = family.required_roles();
    v1::Feature {
        name: family.name.to_owned(),
        description: family.description.to_owned(),
        unit: family.unit.to_owned(),
        example: family.example.to_owned(),
        parameters: family.parameters.iter().map(parameter).collect(),
        look_back: family.reach.text().to_owned(),
        availability_delay: Some(show_span(family.availability_delay)),
        required_roles: roles.into_iter().map(|role| show_role(role).into()).collect(),
        requires_phase_column: family.needs.contains(&Need::Phase),
    }
}

/// A set of features, written out for `source` if there is one, with the default windows.
pub(crate) fn show_set(set: &FeatureSet, source: Option<&SourceSpec>) -> v1::FeatureSet {
    let windows = FeatureSpec::default().windows;
    let expanded = source
        .map(|source| (set.expand)(source, &windows))
        .unwrap_or_default();
    v1::FeatureSet {
        name: set.name.to_owned(),
        description: set.description.to_owned(),
        features: set.families.iter().map(ToString::to_string).collect(),
        left_out_features: source.map(set.left_out).unwrap_or_default(),
        expanded_features: expanded.iter().map(ToString::to_string).collect(),
    }
}

/// An algorithm.
pub(crate) fn show_algorithm(algorithm: &AlgorithmInfo) -> v1::Algorithm {
    v1::Algorithm {
        name: algorithm.name.to_owned(),
        display_name: display_name(algorithm.name),
        description: algorithm.summary.to_owned(),
        parameters: algorithm.parameters.iter().map(show_parameter).collect(),
        tasks: tasks(algorithm.name),
    }
}

/// What the algorithm of this name learns.
fn tasks(name: &str) -> Vec<i32> {
    let learns = |task: &Task| AlgorithmSpec::able(*task).contains(&name);
    let word = |task| match task {
        Task::Binary => v1::Task::Binary.into(),
        Task::Regression => v1::Task::Regression.into(),
    };
    let all = [Task::Binary, Task::Regression].into_iter();
    all.filter(learns).map(word).collect()
}

/// `Random forest` for `random_forest`.
fn display_name(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn show_parameter(parameter: &ParameterInfo) -> v1::AlgorithmParameter {
    v1::AlgorithmParameter {
        name: parameter.name.to_owned(),
        description: parameter.summary.to_owned(),
        default_value: parameter.default.to_owned(),
        range: parameter.range.to_owned(),
    }
}
