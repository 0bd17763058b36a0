//! Parameters of gradient boosting.

use super::algorithm::{class_weight, show_class_weight};
use super::field::{choice, count, small_wire_count};
use mltraining_domain::{
    DEFAULT_MAX_LEAVES, EarlyStopping, GradientBoostingSpec, Growth, Monotone, Violations,
};
use mltraining_proto::v1;
use std::collections::BTreeMap;

/// The parameters, to be checked with the whole spec.
pub(super) fn read(
    boosting: &v1::GradientBoosting,
    path: &str,
    found: &mut Violations,
) -> GradientBoostingSpec {
    let default = GradientBoostingSpec::default();
    let growth = growth(boosting, path, found);
    let mut number = |value, default, name: &str| count(value, default, &format!("{path}.{name}"), found);
    GradientBoostingSpec {
        trees: number(boosting.trees, default.trees, "trees"),
        learning_rate: boosting.learning_rate.unwrap_or(default.learning_rate),
        growth,
        max_depth: number(boosting.max_depth, default.max_depth, "max_depth"),
        row_share: boosting.row_share.unwrap_or(default.row_share),
        feature_share: boosting.feature_share.unwrap_or(default.feature_share),
        l1: boosting.l1.unwrap_or(default.l1),
        l2: boosting.l2.unwrap_or(default.l2),
        min_child_weight: boosting.min_child_weight.unwrap_or(default.min_child_weight),
        min_samples_leaf: number(
            boosting.min_samples_leaf,
            default.min_samples_leaf,
            "min_samples_leaf",
        ),
        monotone: monotone(&boosting.monotone, path, found),
        early_stopping: boosting
            .early_stopping
            .map(|stopping| early_stopping(stopping, path, found)),
        class_weight: class_weight(boosting.class_weight, path, found),
    }
}

fn growth(boosting: &v1::GradientBoosting, path: &str, found: &mut Violations) -> Growth {
    let known = "GROWTH_DEPTH_WISE, GROWTH_LEAF_WISE or GROWTH_SYMMETRIC";
    let growth = choice(boosting.growth, known, &format!("{path}.growth"), found);
    let field = format!("{path}.max_leaves");
    let leaf_wise = |found: &mut Violations| Growth::LeafWise {
        max_leaves: count(boosting.max_leaves, DEFAULT_MAX_LEAVES, &field, found),
    };
    match (growth, boosting.max_leaves) {
        (v1::Growth::LeafWise, _) | (v1::Growth::Unspecified, Some(_)) => leaf_wise(found),
        (v1::Growth::DepthWise | v1::Growth::Symmetric, Some(_)) => {
            found.invalid(field, "leaves are counted with leaf-wise growth only");
            Growth::DepthWise
        }
        (v1::Growth::DepthWise | v1::Growth::Unspecified, None) => Growth::DepthWise,
        (v1::Growth::Symmetric, None) => Growth::Symmetric,
    }
}

fn monotone(
    features: &BTreeMap<String, i32>,
    path: &str,
    found: &mut Violations,
) -> BTreeMap<String, Monotone> {
    let mut directions = BTreeMap::new();
    for (feature, &direction) in features {
        let direction = match v1::Monotone::try_from(direction) {
            Ok(v1::Monotone::Increasing) => Monotone::Increasing,
            Ok(v1::Monotone::Decreasing) => Monotone::Decreasing,
            Ok(v1::Monotone::Unspecified) | Err(_) => {
                let text = format!("`{feature}`: give MONOTONE_INCREASING or MONOTONE_DECREASING");
                found.invalid(format!("{path}.monotone"), text);
                continue;
            }
        };
        directions.insert(feature.clone(), direction);
    }
    directions
}

fn early_stopping(stopping: v1::EarlyStopping, path: &str, found: &mut Violations) -> EarlyStopping {
    let default = EarlyStopping::default();
    let field = format!("{path}.early_stopping.rounds");
    EarlyStopping {
        rounds: count(stopping.rounds, default.rounds, &field, found),
        share: stopping.validation_share.unwrap_or(default.share),
    }
}

/// The parameters as the wire holds them.
pub(super) fn show(spec: &GradientBoostingSpec) -> v1::GradientBoosting {
    let (growth, max_leaves) = match spec.growth {
        Growth::DepthWise => (v1::Growth::DepthWise, None),
        Growth::LeafWise { max_leaves } => (v1::Growth::LeafWise, Some(small_wire_count(max_leaves))),
        Growth::Symmetric => (v1::Growth::Symmetric, None),
    };
    let direction = |(feature, direction): (&String, &Monotone)| {
        let direction = match direction {
            Monotone::Increasing => v1::Monotone::Increasing,
            Monotone::Decreasing => v1::Monotone::Decreasing,
        };
        (feature.clone(), direction.into())
    };
    let early_stopping = |stopping: EarlyStopping| v1::EarlyStopping {
        rounds: Some(small_wire_count(stopping.rounds)),
        validation_share: Some(stopping.share),
    };
    v1::GradientBoosting {
        trees: Some(small_wire_count(spec.trees)),
        learning_rate: Some(spec.learning_rate),
        growth: growth.into(),
        max_depth: Some(small_wire_count(spec.max_depth)),
        max_leaves,
        row_share: Some(spec.row_share),
        feature_share: Some(spec.feature_share),
        l1: Some(spec.l1),
        l2: Some(spec.l2),
        min_child_weight: Some(spec.min_child_weight),
        min_samples_leaf: Some(small_wire_count(spec.min_samples_leaf)),
        monotone: spec.monotone.iter().map(direction).collect(),
        early_stopping: spec.early_stopping.map(early_stopping),
        class_weight: Some(show_class_weight(spec.class_weight)),
    }
}
