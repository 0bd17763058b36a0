//! Parameters that gradient boosting alone has.

use clap::{Args, ValueEnum};
use mltraining_proto::v1;

/// Options of gradient boosting beside those that it shares with forests.
#[derive(Debug, Default, Args)]
pub(super) struct BoostingArgs {
    /// Boosting: what each tree's leaves are multiplied by [default: 0.1]
    #[arg(long, value_name = "RATIO", value_parser = crate::commands::spec::ratio)]
    pub(super) learning_rate: Option<f64>,
    /// Boosting: depth_wise, leaf_wise or symmetric [default: depth_wise]
    #[arg(long, value_enum, value_name = "RULE", hide_possible_values = true)]
    pub(super) growth: Option<GrowthName>,
    /// Boosting: most leaves of a leaf_wise tree [default: 31]
    #[arg(long, value_name = "N")]
    pub(super) max_leaves: Option<i32>,
    /// Boosting: rows drawn for each tree, as a share of all [default: 1]
    #[arg(long, value_name = "RATIO", value_parser = crate::commands::spec::ratio)]
    pub(super) row_share: Option<f64>,
    /// Boosting: features drawn for each tree, as a share of all [default: 1]
    #[arg(long, value_name = "RATIO", value_parser = crate::commands::spec::ratio)]
    pub(super) feature_share: Option<f64>,
    /// Boosting: strength of the L1 penalty [default: 0]
    #[arg(long, value_name = "STRENGTH")]
    pub(super) l1: Option<f64>,
    /// Boosting: least sum of p (1 - p) in a leaf [default: 1]
    #[arg(long, value_name = "SUM")]
    pub(super) min_child_weight: Option<f64>,
    /// Boosting: a feature with which the probability may only rise (+) or fall (-), as +FEATURE or -FEATURE; may be repeated
    #[arg(long, value_name = "FEATURE", value_parser = monotone, allow_hyphen_values = true)]
    pub(super) monotone: Vec<(String, v1::Monotone)>,
    /// Boosting: stop after N trees without a lower loss on the last part of the training rows; N or N:SHARE
    #[arg(long, value_name = "N[:SHARE]", value_parser = early_stopping)]
    pub(super) early_stopping: Option<v1::EarlyStopping>,
}

/// The rules of growth, as the service calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GrowthName {
    /// Level by level.
    #[value(name = "depth_wise", alias = "depth-wise")]
    DepthWise,
    /// Best leaf first.
    #[value(name = "leaf_wise", alias = "leaf-wise")]
    LeafWise,
    /// One cut for a level.
    #[value(name = "symmetric")]
    Symmetric,
}

impl BoostingArgs {
    /// Each option that was given.
    pub(super) fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.learning_rate.is_some(), "--learning-rate"),
            (self.growth.is_some(), "--growth"),
            (self.max_leaves.is_some(), "--max-leaves"),
            (self.row_share.is_some(), "--row-share"),
            (self.feature_share.is_some(), "--feature-share"),
            (self.l1.is_some(), "--l1"),
            (self.min_child_weight.is_some(), "--min-child-weight"),
            (!self.monotone.is_empty(), "--monotone"),
            (self.early_stopping.is_some(), "--early-stopping"),
        ]
        .into_iter()
        .filter_map(|(given, option)| given.then_some(option))
    }

    pub(super) fn apply(&self, boosting: &mut v1::GradientBoosting) {
        boosting.learning_rate = self.learning_rate.or(boosting.learning_rate);
        if let Some(growth) = self.growth {
            boosting.set_growth(match growth {
                GrowthName::DepthWise => v1::Growth::DepthWise,
                GrowthName::LeafWise => v1::Growth::LeafWise,
                GrowthName::Symmetric => v1::Growth::Symmetric,
            });
        }
        boosting.max_leaves = self.max_leaves.or(boosting.max_leaves);
        boosting.row_share = self.row_share.or(boosting.row_share);
        boosting.feature_share = self.feature_share.or(boosting.feature_share);
        boosting.l1 = self.l1.or(boosting.l1);
        boosting.min_child_weight = self.min_child_weight.or(boosting.min_child_weight);
        for (feature, direction) in &self.monotone {
            boosting.monotone.insert(feature.clone(), (*direction).into());
        }
        boosting.early_stopping = self.early_stopping.or(boosting.early_stopping);
    }
}

fn monotone(text: &str) -> Result<(String, v1::Monotone), String> {
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(feature), _) if !feature.is_empty() => Ok((feature.to_owned(), v1::Monotone::Increasing)),
        (_, Some(feature)) if !feature.is_empty() => Ok((feature.to_owned(), v1::Monotone::Decreasing)),
        _ => Err("expected + or - and the name of a feature".to_owned()),
    }
}

fn early_stopping(text: &str) -> Result<v1::EarlyStopping, String> {
    let (rounds, share) = match text.split_once(':') {
        Some((rounds, share)) => (rounds, Some(crate::commands::spec::ratio(share)?)),
        None => (text, None),
    };
    let rounds = rounds
        .parse()
        .map_err(|_| "expected a number of trees, or TREES:SHARE".to_owned())?;
    Ok(v1::EarlyStopping {
        rounds: Some(rounds),
        validation_share: share,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_is_a_sign_before_the_feature() {
        let up = monotone("+rolling_mean(close, 10)").unwrap();
        assert_eq!(
            up,
            ("rolling_mean(close, 10)".to_owned(), v1::Monotone::Increasing)
        );
        assert_eq!(monotone("-close").unwrap().1, v1::Monotone::Decreasing);
        for text in ["close", "+", "-", ""] {
            assert!(monotone(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn early_stopping_is_a_number_of_trees_and_maybe_a_share() {
        let both = early_stopping("20:25%").unwrap();
        assert_eq!((both.rounds, both.validation_share), (Some(20), Some(0.25)));
        assert_eq!(early_stopping("20").unwrap().validation_share, None);
        for text in ["", "x", "20:", ":0.2"] {
            assert!(early_stopping(text).is_err(), "{text:?} was taken");
        }
    }
}
