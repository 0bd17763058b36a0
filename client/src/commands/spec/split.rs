//! `--folds --rolling --holdout --embargo`: how the model is tested.

use super::ratio;
use crate::errors::CliError;
use crate::when;
use clap::Args;
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_proto::v1::split_spec::Split;
use mltraining_proto::v1::walk_forward::Scheme;

/// How the model is tested: always on rows that lie after those it learned from.
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
    /// Extra time between the last known training label and the first test row
    #[arg(long, value_name = "TIME")]
    embargo: Option<Span>,
}

impl SplitArgs {
    /// Writes what was said into the spec.
    ///
    /// # Errors
    /// [`CliError::Usage`] when folds are asked of a holdout that a file chose.
    pub(crate) fn apply(&self, spec: &mut Option<v1::SplitSpec>) -> Result<(), CliError> {
        let folds = self.folds.is_some() || self.rolling;
        if !folds && self.holdout.is_none() && self.embargo.is_none() {
            return Ok(());
        }
        let split = &mut spec.get_or_insert_default().split;
        if self.holdout.is_some() && !matches!(split, Some(Split::Holdout(_))) {
            *split = Some(Split::Holdout(v1::Holdout::default()));
        }
        let embargo = self.embargo.map(when::duration);
        match split.get_or_insert_with(|| Split::WalkForward(v1::WalkForward::default())) {
            Split::Holdout(_) if folds => {
                return Err(CliError::Usage(
                    "--folds and --rolling do not go with the spec's holdout".to_owned(),
                ));
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

#[cfg(test)]
mod tests {
    use super::*;

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
        });
        let args = SplitArgs {
            folds: Some(3),
            ..SplitArgs::default()
        };
        assert!(matches!(args.apply(&mut spec), Err(CliError::Usage(_))));
    }
}
