//! The options of `mlts tune`, and the request that they make.

use crate::commands::job_options::JobOptions;
use crate::commands::spec::whole::SpecArgs;
use crate::errors::CliError;
use crate::when;
use clap::{Args, ValueEnum};
use mltraining_domain::{ModelId, ProjectId, Span};
use mltraining_proto::v1;
use v1::search_parameter::Values;

/// Options of `mlts tune`.
#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// Name of the model; it gets a new version
    #[arg(long, value_name = "MODEL")]
    model: ModelId,
    #[command(flatten)]
    search: SearchArgs,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    pub(super) job: JobOptions,
}

/// How parameters are looked for.
#[derive(Debug, Args)]
#[command(next_help_heading = "How parameters are looked for")]
struct SearchArgs {
    /// A parameter and values that it may have: max_depth=4,6,8; may be given several times
    #[arg(long, value_name = "NAME=VALUE,..", value_parser = list)]
    grid: Vec<v1::SearchParameter>,
    /// A parameter and a range that it is drawn from: trees=50..500, or with a point of numbers: l2=0.01..10.0:log; may be given
    /// several times
    #[arg(long, value_name = "NAME=LOW..HIGH[:log]", value_parser = range)]
    range: Vec<v1::SearchParameter>,
    /// Every point or some by chance [default: grid, random where there is a range]
    #[arg(long, value_enum, value_name = "METHOD")]
    method: Option<Method>,
    /// Most trials; by chance as many [default: 30]
    #[arg(long, value_name = "N")]
    trials: Option<i32>,
    /// How long the search may last, in minutes [default: 60]
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    minutes: Option<Span>,
    /// By what trials are compared: roc_auc, average_precision, log_loss, brier; of numbers rmse, mae, spearman [default: roc_auc, rmse]
    #[arg(long, value_name = "METRIC", value_parser = metric)]
    metric: Option<v1::StudyMetric>,
    /// Drop trials early: so many rungs, of which each takes one of RATE trials and as many times more rows [default rate: 3]
    #[arg(long, value_name = "RUNGS[:RATE]", value_parser = halving)]
    halving: Option<v1::Halving>,
    /// Share of the range, at its end, that no trial sees and the winner is judged on [default: 0.2]
    #[arg(long, value_name = "SHARE")]
    keep: Option<f64>,
    /// Jobs that the trials of a rung are shared out to [default: 4]
    #[arg(long, value_name = "N")]
    jobs: Option<i32>,
}

/// Which points are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    /// Every one.
    Grid,
    /// Some, by the seed.
    Random,
}

impl TuneArgs {
    /// The request, but for the ends of the range that nobody said. One seed is that of the draws and of the trainings.
    ///
    /// # Errors
    /// [`CliError::Usage`] for options that do not go together; [`CliError::Invalid`] for a wrong file.
    pub(super) fn request(&self, project: &ProjectId) -> Result<v1::TuneModelRequest, CliError> {
        let spec = self.spec.spec(project)?;
        Ok(v1::TuneModelRequest {
            parent: format!("projects/{project}"),
            model_id: self.model.to_string(),
            study: Some(self.search.study(spec.seed)?),
            spec: Some(spec),
            request_id: self.job.request_id(),
            validate_only: self.job.validate_only,
            priority: self.job.priority,
            labels: self.job.labels.clone(),
            timeout: self.job.job_timeout.map(when::duration),
        })
    }
}

impl SearchArgs {
    fn study(&self, seed: Option<u64>) -> Result<v1::StudySpec, CliError> {
        let space: Vec<v1::SearchParameter> = self.grid.iter().chain(&self.range).cloned().collect();
        if space.is_empty() {
            let text = "say what is looked for: --grid max_depth=4,6,8 or --range trees=50..500";
            return Err(CliError::Usage(text.to_owned()));
        }
        let method = match self.method {
            Some(Method::Random) => v1::SearchMethod::Random,
            Some(Method::Grid) => v1::SearchMethod::Grid,
            None if self.range.is_empty() => v1::SearchMethod::Grid,
            None => v1::SearchMethod::Random,
        };
        Ok(v1::StudySpec {
            space,
            method: method.into(),
            metric: self.metric.unwrap_or_default().into(),
            max_trials: self.trials,
            max_duration: self.minutes.map(when::duration),
            halving: self.halving,
            holdout_share: self.keep,
            parallel_jobs: self.jobs,
            seed,
        })
    }
}

fn named(text: &str) -> Result<(String, &str), String> {
    match text.split_once('=') {
        Some((name, values)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), values)),
        _ => Err("expected a parameter, =, and its values".to_owned()),
    }
}

fn number(text: &str) -> Result<f64, String> {
    let number = text.trim().parse();
    number.map_err(|_| format!("`{}` is no number", text.trim()))
}

fn list(text: &str) -> Result<v1::SearchParameter, String> {
    let (name, values) = named(text)?;
    let values: Result<Vec<f64>, String> = values.split(',').map(number).collect();
    Ok(v1::SearchParameter {
        name,
        values: Some(Values::List(v1::NumberList { values: values? })),
    })
}

fn range(text: &str) -> Result<v1::SearchParameter, String> {
    let (name, values) = named(text)?;
    let (ends, scale) = match values.split_once(':') {
        None => (values, v1::SearchScale::Unspecified),
        Some((ends, "log")) => (ends, v1::SearchScale::Log),
        Some((ends, "linear")) => (ends, v1::SearchScale::Linear),
        Some((_, scale)) => return Err(format!("`{scale}` is no scale; say log or linear")),
    };
    let (low, high) = ends.split_once("..").ok_or("expected LOW..HIGH")?;
    let scale = scale.into();
    let values = match (low.trim().parse::<i64>(), high.trim().parse::<i64>()) {
        (Ok(low), Ok(high)) => Values::Integers(v1::IntegerRange { low, high, scale }),
        _ => Values::Numbers(v1::NumberRange {
            low: number(low)?,
            high: number(high)?,
            scale,
        }),
    };
    Ok(v1::SearchParameter {
        name,
        values: Some(values),
    })
}

fn minutes(text: &str) -> Result<Span, String> {
    let micros = number(text)? * 60e6;
    let span = Span::from_micros(micros as i64).filter(|span| !span.is_zero());
    span.ok_or_else(|| "expected minutes above 0".to_owned())
}

fn metric(text: &str) -> Result<v1::StudyMetric, String> {
    let word = format!("STUDY_METRIC_{}", text.to_ascii_uppercase());
    v1::StudyMetric::from_str_name(&word)
        .filter(|metric| *metric != v1::StudyMetric::Unspecified)
        .ok_or_else(|| {
            "expected roc_auc, average_precision, log_loss or brier; of numbers rmse, mae or spearman"
                .to_owned()
        })
}

fn halving(text: &str) -> Result<v1::Halving, String> {
    let part = |text: &str| {
        text.parse::<i32>()
            .map_err(|_| format!("`{text}` is no whole number"))
    };
    let (rungs, rate) = match text.split_once(':') {
        Some((rungs, rate)) => (part(rungs)?, Some(part(rate)?)),
        None => (part(text)?, None),
    };
    Ok(v1::Halving {
        rungs: Some(rungs),
        rate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn request(line: &[&str]) -> Result<v1::TuneModelRequest, CliError> {
        let whole = [
            "mlts",
            "tune",
            "--model",
            "pump",
            "--change",
            "0.1",
            "--horizon",
            "10m",
        ];
        let cli = Cli::try_parse_from(whole.iter().chain(line)).unwrap();
        match cli.command {
            Command::Tune(args) => args.request(&"p".parse().unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_option_reaches_the_study() {
        let line = "--grid max_depth=4,6 --range l2=0.01..10:log --range trees=50..500 --trials 40 --minutes 1.5 --metric log_loss \
                    --halving 3:4 --keep 0.3 --jobs 2 --seed 7";
        let line: Vec<&str> = line.split_whitespace().collect();
        let request = request(&line).unwrap();
        let study = request.study.unwrap();
        let names: Vec<&str> = study.space.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["max_depth", "l2", "trees"]);
        let log = v1::SearchScale::Log.into();
        let numbers = v1::NumberRange {
            low: 0.01,
            high: 10.0,
            scale: log,
        };
        assert_eq!(study.space[1].values, Some(Values::Numbers(numbers)));
        let integers = v1::IntegerRange {
            low: 50,
            high: 500,
            scale: 0,
        };
        assert_eq!(study.space[2].values, Some(Values::Integers(integers)));
        assert_eq!(study.method(), v1::SearchMethod::Random);
        assert_eq!(study.metric(), v1::StudyMetric::LogLoss);
        assert_eq!((study.max_trials, study.parallel_jobs), (Some(40), Some(2)));
        assert_eq!(study.max_duration.unwrap().seconds, 90);
        let halving = study.halving.unwrap();
        assert_eq!((halving.rungs, halving.rate), (Some(3), Some(4)));
        assert_eq!((study.holdout_share, study.seed), (Some(0.3), Some(7)));
        assert_eq!(request.spec.unwrap().seed, Some(7));
    }

    #[test]
    fn lists_alone_are_a_grid_and_nothing_is_a_usage_error() {
        let grid = request(&["--grid", "max_depth=4,6"]).unwrap();
        assert_eq!(grid.study.unwrap().method(), v1::SearchMethod::Grid);
        assert!(matches!(request(&[]), Err(CliError::Usage(_))));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (parse, text, says) in [
            (list as fn(&str) -> _, "max_depth", "expected"),
            (list, "max_depth=4,x", "`x` is no number"),
            (range, "l2=1", "LOW..HIGH"),
            (range, "l2=1..2:exp", "`exp` is no scale"),
        ] {
            let error: String = parse(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
        assert!(metric("auc").is_err() && minutes("0").is_err() && halving("x").is_err());
    }
}
