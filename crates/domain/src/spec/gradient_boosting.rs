//! Parameters of gradient boosting.

use super::algorithm::{ClassWeight, check_class_weight};
use crate::Violations;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Leaves of a leaf-wise tree when nothing is said.
pub const DEFAULT_MAX_LEAVES: u32 = 31;
/// No leaf-wise tree has more leaves.
const MOST_LEAVES: u32 = 4096;
/// A symmetric tree of d levels has 2^d leaves, whatever the rows.
const MOST_SYMMETRIC_LEVELS: u32 = 10;

/// Parameters of [`AlgorithmSpec::GradientBoosting`](super::algorithm::AlgorithmSpec::GradientBoosting).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GradientBoostingSpec {
    /// Most trees, 1 to 10,000.
    pub trees: u32,
    /// What each tree's values are multiplied by, (0, 1].
    pub learning_rate: f64,
    /// Which nodes are split.
    pub growth: Growth,
    /// Most levels below a tree's root, 1 to 64; up to 10 in symmetric trees.
    pub max_depth: u32,
    /// Share of the rows drawn for each tree without replacement, (0, 1].
    pub row_share: f64,
    /// Share of the features drawn for each tree, (0, 1].
    pub feature_share: f64,
    /// Penalty on the absolute value of leaves, 0 or more.
    pub l1: f64,
    /// Penalty on the square of leaves, 0 or more.
    pub l2: f64,
    /// Least sum of second derivatives of the loss in a leaf, 0 or more.
    pub min_child_weight: f64,
    /// Fewest rows in a leaf, 1 or more.
    pub min_samples_leaf: u32,
    /// Features, by name, with which the probability may only rise or only fall.
    pub monotone: BTreeMap<String, Monotone>,
    /// When no further tree is grown; `None`: all are.
    pub early_stopping: Option<EarlyStopping>,
    /// Class weights.
    pub class_weight: ClassWeight,
}

/// Which nodes of a tree are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// Every node, level by level.
    #[default]
    DepthWise,
    /// The node of the highest gain first, up to so many leaves, 2 to 4,096.
    LeafWise {
        /// Most leaves of a tree.
        max_leaves: u32,
    },
    /// All nodes of a level by the same cut (oblivious trees).
    Symmetric,
}

/// How the probability may change with a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monotone {
    /// A higher value never lowers it.
    Increasing,
    /// A higher value never raises it.
    Decreasing,
}

/// Trees end when a later part of the training rows, which no tree saw, is foreseen no better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// So many trees in a row without a lower log loss, 1 to 1,000.
    pub rounds: u32,
    /// Share of the training part that is held out at its end, (0, 0.5].
    pub share: f64,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            rounds: 10,
            share: 0.2,
        }
    }
}

impl Default for GradientBoostingSpec {
    fn default() -> Self {
        Self {
            trees: 100,
            learning_rate: 0.1,
            growth: Growth::DepthWise,
            max_depth: 6,
            row_share: 1.0,
            feature_share: 1.0,
            l1: 0.0,
            l2: 1.0,
            min_child_weight: 1.0,
            min_samples_leaf: 1,
            monotone: BTreeMap::new(),
            early_stopping: None,
            class_weight: ClassWeight::None,
        }
    }
}

impl GradientBoostingSpec {
    pub(super) fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let mut require = |good: bool, field: &str, text: String| {
            found.require(good, &format!("{prefix}.{field}"), || text);
        };
        let share = |v: f64| v > 0.0 && v <= 1.0;
        let penalty = |v: f64| v.is_finite() && v >= 0.0;
        let count = format!("{} trees; give 1 to 10,000", self.trees);
        require((1..=10_000).contains(&self.trees), "trees", count);
        for (value, field) in [
            (self.learning_rate, "learning_rate"),
            (self.row_share, "row_share"),
            (self.feature_share, "feature_share"),
        ] {
            require(
                share(value),
                field,
                format!("{value} must lie above 0 and be at most 1"),
            );
        }
        for (value, field) in [
            (self.l1, "l1"),
            (self.l2, "l2"),
            (self.min_child_weight, "min_child_weight"),
        ] {
            require(penalty(value), field, format!("{value}; give 0 or more"));
        }
        require(
            self.min_samples_leaf >= 1,
            "min_samples_leaf",
            "give 1 or more".to_owned(),
        );
        if let Some(stopping) = &self.early_stopping {
            let rounds = format!("{} rounds; give 1 to 1,000", stopping.rounds);
            require(
                (1..=1000).contains(&stopping.rounds),
                "early_stopping.rounds",
                rounds,
            );
            let text = format!("{} must lie above 0 and be at most 0.5", stopping.share);
            let good = stopping.share > 0.0 && stopping.share <= 0.5;
            require(good, "early_stopping.validation_share", text);
        }
        check_class_weight(&mut found, prefix, self.class_weight);
        self.check_growth(prefix, &mut found);
        found
    }

    fn check_growth(&self, prefix: &str, found: &mut Violations) {
        let symmetric = self.growth == Growth::Symmetric;
        let most = if symmetric { MOST_SYMMETRIC_LEVELS } else { 64 };
        found.require(
            (1..=most).contains(&self.max_depth),
            &format!("{prefix}.max_depth"),
            || format!("{} is no depth; give 1 to {most}", self.max_depth),
        );
        if let Growth::LeafWise { max_leaves } = self.growth {
            found.require(
                (2..=MOST_LEAVES).contains(&max_leaves),
                &format!("{prefix}.max_leaves"),
                || format!("{max_leaves} leaves; give 2 to {MOST_LEAVES}"),
            );
        }
        found.require(
            !symmetric || self.min_samples_leaf == 1,
            &format!("{prefix}.min_samples_leaf"),
            || "leaves of symmetric trees have as many rows as fall into them; leave it at 1".to_owned(),
        );
        found.require(
            !symmetric || self.monotone.is_empty(),
            &format!("{prefix}.monotone"),
            || "symmetric trees keep no direction; choose another growth".to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(change: impl FnOnce(&mut GradientBoostingSpec)) -> Vec<String> {
        let mut spec = GradientBoostingSpec::default();
        change(&mut spec);
        spec.check("g").iter().map(|v| v.field.clone()).collect()
    }

    #[test]
    fn what_symmetric_trees_cannot_keep_is_refused() {
        let symmetric = |change: fn(&mut GradientBoostingSpec)| {
            fields(|spec| {
                spec.growth = Growth::Symmetric;
                change(spec);
            })
        };
        assert_eq!(symmetric(|_| {}), Vec::<String>::new());
        assert_eq!(symmetric(|s| s.max_depth = 11), ["g.max_depth"]);
        assert_eq!(symmetric(|s| s.min_samples_leaf = 2), ["g.min_samples_leaf"]);
        let up = |s: &mut GradientBoostingSpec| {
            s.monotone.insert("a".to_owned(), Monotone::Increasing);
        };
        assert_eq!(symmetric(up), ["g.monotone"]);
        assert_eq!(fields(up), Vec::<String>::new());
    }

    #[test]
    fn a_stored_spec_without_a_newer_field_reads_its_default() {
        let spec: GradientBoostingSpec = serde_json::from_str(r#"{"trees": 7}"#).unwrap();
        let expected = GradientBoostingSpec {
            trees: 7,
            ..GradientBoostingSpec::default()
        };
        assert_eq!(spec, expected);
    }
}
