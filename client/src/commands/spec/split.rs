//! `--folds --rolling --holdout --blocks --test-blocks --embargo --unseen`: how the model is tested.

use super::ratio;
use crate::errors::CliError;
use crate::when;
use clap::Args;
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_proto::v1::split_spec::Split;
use mltraining_proto::v1::walk_forward::Scheme;

/// How the model is tested: on rows that lie after those it learned from, or, with `--blocks`, apart from them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "How it is tested")]
pub(crate) struct SplitArgs {
    /// Number of test blocks, one after another in time [default: 5]
    #[arg(long, value_name = "N", conflicts_with = "holdout")]
    folds: Option<i32>,
    /// Learn only from the one block before the test block, not from all
    #[arg(long, conflicts_with = "holdout")]
    rolling: bool,
    /// One test block at the end instead, as a share of the rows: 0.2
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    holdout: Option<f64>,
    /// Combinatorial instead: cut so many blocks and test every choice of some of them [default: 6]
    #[arg(long, value_name = "N", conflicts_with_all = ["folds", "rolling", "holdout"])]
    blocks: Option<i32>,
    /// Combinatorial: blocks that each fold tests [default: 2]
    #[arg(long, value_name = "K", conflicts_with_all = ["folds", "rolling", "holdout"])]
    test_blocks: Option<i32>,
    /// Extra time between the last known training label and the first test row; combinatorial: after a test block
    #[arg(long, value_name = "TIME")]
    embargo: Option<Span>,
    /// Share of the entities that no fold learns from and each tests apart: 0.2
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    unseen: Option<f64>,
}

impl SplitArgs {
    /// Writes what was said into the spec.
    ///
    /// # Errors
    /// [`CliError::Usage`] when folds are asked of a split without any that a file chose.
    pub(crate) fn apply(&self, spec: &mut Option<v1::SplitSpec>) -> Result<(), CliError> {
        let folds = self.folds.is_some() || self.rolling;
        let blocks = self.blocks.is_some() || self.test_blocks.is_some();
        let kind = folds || blocks || self.holdout.is_some() || self.embargo.is_some();
        if self.unseen.is_some() {
            spec.get_or_insert_default().unseen_entity_share = self.unseen;
        }
        if !kind {
            return Ok(());
        }
        let split = &mut spec.get_or_insert_default().split;
        if self.holdout.is_some() && !matches!(split, Some(Split::Holdout(_))) {
            *split = Some(Split::Holdout(v1::Holdout::default()));
        }
        if blocks && !matches!(split, Some(Split::CombinatorialPurged(_))) {
            *split = Some(Split::CombinatorialPurged(v1::CombinatorialPurged::default()));
        }
        let embargo = self.embargo.map(when::duration);
        match split.get_or_insert_with(|| Split::WalkForward(v1::WalkForward::default())) {
            Split::Holdout(_) if folds => return Err(no_folds("holdout")),
            Split::CombinatorialPurged(_) if folds => return Err(no_folds("combinatorial split")),
            Split::CombinatorialPurged(choice) => {
                choice.blocks = self.blocks.or(choice.blocks);
                choice.test_blocks = self.test_blocks.or(choice.test_blocks);
                choice.embargo = embargo.or(choice.embargo);
            }
            Split::Holdout(holdout) => {
                holdout.test_share = self.holdout.or(holdout.test_share);
                holdout.embargo = embargo.or(holdout.embargo);
            }
            Split::WalkForward(walk) => {
                walk.folds = self.folds.or(walk.folds);
                walk.embargo = embargo.or(walk.embargo);
                if self.rolling {
                    walk.set_scheme(Scheme::Rolling);
                }
            }
        }
        Ok(())
    }
}

fn no_folds(kind: &str) -> CliError {
    CliError::Usage(format!("--folds and --rolling do not go with the spec's {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_make_a_combinatorial_split_and_unseen_entities_go_with_any() {
        let args = SplitArgs {
            blocks: Some(5),
            embargo: Some(Span::from_mins(1)),
            ..SplitArgs::default()
        };
        let Some(Split::CombinatorialPurged(choice)) = applied(&args) else {
            panic!("combinatorial")
        };
        assert_eq!((choice.blocks, choice.test_blocks), (Some(5), None));
        assert_eq!(choice.embargo.unwrap().seconds, 60);
        let mut spec = None;
        let unseen = SplitArgs {
            unseen: Some(0.2),
            ..SplitArgs::default()
        };
        unseen.apply(&mut spec).unwrap();
        let spec = spec.unwrap();
        assert_eq!((spec.split, spec.unseen_entity_share), (None, Some(0.2)));
    }

    fn applied(args: &SplitArgs) -> Option<Split> {
        let mut spec = None;
        args.apply(&mut spec).unwrap();
        spec.and_then(|spec| spec.split)
    }

    #[test]
    fn folds_walk_forward_and_a_holdout_does_not() {
        let rolling = SplitArgs {
            folds: Some(3),
            rolling: true,
            ..SplitArgs::default()
        };
        let Some(Split::WalkForward(walk)) = applied(&rolling) else {
            panic!("walk forward")
        };
        assert_eq!((walk.folds, walk.scheme()), (Some(3), Scheme::Rolling));
        let holdout = SplitArgs {
            holdout: Some(0.3),
            embargo: Some(Span::from_mins(30)),
            ..SplitArgs::default()
        };
        let Some(Split::Holdout(holdout)) = applied(&holdout) else {
            panic!("holdout")
        };
        assert_eq!(holdout.test_share, Some(0.3));
        assert_eq!(holdout.embargo.unwrap().seconds, 1800);
        assert_eq!(applied(&SplitArgs::default()), None);
    }

    #[test]
    fn folds_of_a_holdout_are_a_usage_error() {
        let mut spec = Some(v1::SplitSpec {
            split: Some(Split::Holdout(v1::Holdout::default())),
            ..v1::SplitSpec::default()
        });
        let args = SplitArgs {
            folds: Some(3),
            ..SplitArgs::default()
        };
        assert!(matches!(args.apply(&mut spec), Err(CliError::Usage(_))));
    }
}
