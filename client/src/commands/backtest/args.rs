//! The options of `mlts backtest`, and the request that they make.

use crate::commands::job_options::JobOptions;
use crate::commands::spec::whole::SpecArgs;
use crate::errors::CliError;
use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use mltraining_domain::{ProjectId, Span};
use mltraining_proto::v1;
use v1::backtest_model_request::{Subject, TrainingPart};
use v1::split_spec::Split;

/// Options of `mlts backtest`.
#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    /// A version whose spec is taken: pump for its newest version, or pump@3 [default: the spec that the options say]
    pub(super) model: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    walk: WalkArgs,
    #[command(flatten)]
    pub(super) job: JobOptions,
}

/// How is walked, and what acting costs.
#[derive(Debug, Args)]
#[command(next_help_heading = "The walk")]
struct WalkArgs {
    /// Length of a period: so often a model is trained anew
    #[arg(long, value_name = "TIME")]
    step: Span,
    /// How far each training part reaches back from its period
    #[arg(
        long,
        value_name = "TIME",
        conflicts_with = "train_start",
        required_unless_present = "train_start"
    )]
    window: Option<Span>,
    /// Where every training part begins, which then grows
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    train_start: Option<DateTime<Utc>>,
    /// Fee in basis points, paid at the entry and at the exit
    #[arg(long, value_name = "BPS", default_value_t = 0.0)]
    fee_bps: f64,
    /// Slippage in basis points, at the entry and at the exit
    #[arg(long, value_name = "BPS", default_value_t = 0.0)]
    slippage_bps: f64,
}

impl BacktestArgs {
    /// The request, with the spec of the options or that of the version of this name; but for an end of the range that nobody said.
    ///
    /// # Errors
    /// [`CliError::Usage`] for options that do not go together; [`CliError::Invalid`] for a wrong file.
    pub(super) fn request(
        &self,
        project: &ProjectId,
        version: Option<String>,
    ) -> Result<v1::BacktestModelRequest, CliError> {
        let mut spec = match version {
            None => self.spec.spec(project)?,
            Some(_) => self.spec.beside_a_version(project)?,
        };
        let range = spec.range.take();
        if range.is_none_or(|range| range.start.is_none()) {
            let text = "say where the first period starts: --start TIME; what comes before is trained on";
            return Err(CliError::Usage(text.to_owned()));
        }
        let walk = &self.walk;
        let window = walk
            .window
            .map(|window| TrainingPart::Window(when::duration(window)));
        let start = when::instant(walk.train_start).map(TrainingPart::TrainStart);
        let mut request = v1::BacktestModelRequest {
            parent: format!("projects/{project}"),
            range,
            step: Some(when::duration(walk.step)),
            training_part: window.or(start),
            embargo: embargo(spec.split.take())?,
            costs: Some(v1::TradingCosts {
                fee_bps: walk.fee_bps,
                slippage_bps: walk.slippage_bps,
            }),
            request_id: self.job.request_id(),
            validate_only: self.job.validate_only,
            priority: self.job.priority,
            labels: self.job.labels.clone(),
            timeout: self.job.job_timeout.map(when::duration),
            ..v1::BacktestModelRequest::default()
        };
        request.subject = Some(match version {
            None => Subject::Spec(spec),
            Some(version) => {
                request.threshold = spec.threshold.take();
                request.known_before = spec.known_before.take();
                request.max_rows = spec.max_rows.take();
                nothing_left(&spec)?;
                Subject::ModelVersion(version)
            }
        });
        Ok(request)
    }
}

/// A walk parts rows by itself: of a split only the embargo is its own.
fn embargo(split: Option<v1::SplitSpec>) -> Result<Option<prost_types::Duration>, CliError> {
    let Some(split) = split else {
        return Ok(None);
    };
    match split.split {
        Some(Split::WalkForward(walk))
            if walk.folds.is_none() && walk.scheme == 0 && split.unseen_entity_share.is_none() =>
        {
            Ok(walk.embargo)
        }
        _ => {
            let text = "a walk parts the rows by --step, --window or --train-start and --embargo: leave out other options of a split";
            Err(CliError::Usage(text.to_owned()))
        }
    }
}

/// A version has a spec of its own.
fn nothing_left(spec: &v1::TrainSpec) -> Result<(), CliError> {
    let empty = v1::TrainSpec {
        source: spec.source.clone(), // a default stands here
        ..v1::TrainSpec::default()
    };
    if *spec == empty {
        return Ok(());
    }
    let text = "a version is walked with by its own spec: leave out label, features, algorithm, entities, phases, weights, \
                calibration and seed, or the version";
    Err(CliError::Usage(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn request(line: &str, version: Option<&str>) -> Result<v1::BacktestModelRequest, CliError> {
        let words = ["mlts", "backtest"].into_iter().chain(line.split_whitespace());
        let cli = Cli::try_parse_from(words).map_err(|e| CliError::Usage(e.to_string()))?;
        let Command::Backtest(args) = cli.command else {
            panic!("the command is backtest")
        };
        args.request(&"p".parse().unwrap(), version.map(str::to_owned))
    }

    #[test]
    fn every_option_reaches_the_request() {
        let line = "--source bars --change 1% --horizon 10m --start 2026-02-01 --end 2026-03-01 --step 1d --window 7d --embargo 1h \
                    --fee-bps 10 --slippage-bps 5 --threshold 0.6 --priority 1 --labels team=a";
        let found = request(line, None).unwrap();
        let Some(Subject::Spec(spec)) = &found.subject else {
            panic!("a spec")
        };
        assert_eq!((spec.range, &spec.split), (None, &None));
        assert!(spec.label.is_some() && spec.threshold.is_some() && found.threshold.is_none());
        let hours = |hours: i64| prost_types::Duration {
            seconds: hours * 3600,
            nanos: 0,
        };
        assert_eq!((found.step, found.embargo), (Some(hours(24)), Some(hours(1))));
        assert_eq!(found.training_part, Some(TrainingPart::Window(hours(7 * 24))));
        let costs = found.costs.unwrap();
        assert_eq!((costs.fee_bps, costs.slippage_bps), (10.0, 5.0));
        assert!(found.range.unwrap().end.is_some() && found.priority == Some(1));
        assert!(!found.request_id.is_empty());
    }

    #[test]
    fn a_version_takes_what_is_not_of_its_spec_and_refuses_the_rest() {
        let walk = "--start 2026-02-01 --step 1d --train-start 2026-01-01";
        let found = request(&format!("pump {walk} --threshold 0.6 --max-rows 9"), Some("v")).unwrap();
        assert_eq!(found.subject, Some(Subject::ModelVersion("v".to_owned())));
        assert_eq!((found.threshold.is_some(), found.max_rows), (true, Some(9)));
        assert!(matches!(found.training_part, Some(TrainingPart::TrainStart(_))));
        for wrong in [
            "--change 5% --horizon 30m",
            "--seed 7",
            "--folds 3",
            "--holdout 0.2",
            "--unseen 0.2",
        ] {
            let refused = request(&format!("pump {walk} {wrong}"), Some("v"));
            assert!(matches!(refused, Err(CliError::Usage(_))), "{wrong}");
        }
        for wrong in ["--start 2026-02-01 --step 1d", "--step 1d --window 7d"] {
            assert!(matches!(request(wrong, None), Err(CliError::Usage(_))), "{wrong}");
        }
    }
}
