//! The options of `mlts train`, and the request that they make.

use crate::commands::job_options::JobOptions;
use crate::commands::spec::whole::SpecArgs;
use crate::errors::CliError;
use crate::when;
use clap::Args;
use mltraining_domain::{ModelId, ProjectId};
use mltraining_proto::v1;

/// Options of `mlts train`.
#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Name of the model; it gets a new version
    #[arg(long, value_name = "MODEL")]
    model: ModelId,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    job: JobOptions,
}

impl TrainArgs {
    /// What is said of the job.
    pub(super) fn job(&self) -> &JobOptions {
        &self.job
    }

    /// The source that the options name.
    pub(super) fn source(&self) -> Option<&String> {
        self.spec.source()
    }

    /// The request, but for the ends of the range that nobody said.
    ///
    /// # Errors
    /// [`CliError::Usage`] for options that do not go together; [`CliError::Invalid`] for a wrong file.
    pub(super) fn request(&self, project: &ProjectId) -> Result<v1::TrainModelRequest, CliError> {
        Ok(v1::TrainModelRequest {
            parent: format!("projects/{project}"),
            model_id: self.model.to_string(),
            spec: Some(self.spec.spec(project)?),
            request_id: self.job.request_id(),
            validate_only: self.job.validate_only,
            priority: self.job.priority,
            labels: self.job.labels.clone(),
            timeout: self.job.job_timeout.map(when::duration),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;
    use mltraining_proto::v1::algorithm_spec::Algorithm;
    use mltraining_proto::v1::split_spec::Split;
    use std::fs;
    use uuid::Uuid;

    const ALL: &str = "--source|candles|--change|2%|--horizon|30m|--direction|down|--column|low|--tolerance|5m\
        |--start|2026-01-01|--end|2026-02-01|--entities|A,B|--phases|1,2|--max-rows|1000|--known-before|2026-03-01\
        |--features|close, rolling_mean(close, 10)|--sets|core|--windows|5,30m|--exclude|hour_of_day\
        |--algorithm|random_forest|--trees|7|--max-depth|3|--folds|3|--rolling|--embargo|10m\
        |--threshold|min_precision=0.6|--seed|7|--sample-weight|uniqueness|--calibration|platt|--priority|1|--labels|team=a|--job-timeout|1h";

    fn parse(line: &[&str]) -> Result<TrainArgs, clap::Error> {
        let cli = Cli::try_parse_from(["mlts", "train", "--model", "pump"].iter().chain(line))?;
        match cli.command {
            Command::Train(args) => Ok(*args),
            other => panic!("{other:?}"),
        }
    }

    fn request(line: &[&str]) -> v1::TrainModelRequest {
        parse(line).unwrap().request(&"p".parse().unwrap()).unwrap()
    }

    #[test]
    fn every_option_reaches_the_request() {
        let line: Vec<&str> = ALL.split('|').collect();
        let request = request(&line);
        let spec = request.spec.unwrap();
        assert_eq!(spec.source, "projects/p/sources/candles");
        assert_eq!(spec.entities, ["A", "B"]);
        assert_eq!(spec.phases, [1, 2]);
        assert_eq!(spec.max_rows, Some(1000));
        assert_eq!(spec.sample_weight(), v1::SampleWeight::Uniqueness);
        assert_eq!(spec.calibration(), v1::Calibration::Platt);
        assert_eq!(when::show(spec.known_before.as_ref()), "2026-03-01 00:00");
        let features = spec.features.unwrap();
        assert_eq!(features.features, ["close", "rolling_mean(close, 10)"]);
        assert_eq!(
            (
                features.sets.len(),
                features.windows.len(),
                features.exclude.len()
            ),
            (1, 2, 1)
        );
        let Some(Algorithm::RandomForest(forest)) = spec.algorithm.unwrap().algorithm else {
            panic!("a forest")
        };
        assert_eq!((forest.trees, forest.max_depth), (Some(7), Some(3)));
        let Some(Split::WalkForward(walk)) = spec.split.unwrap().split else {
            panic!("walk forward")
        };
        assert_eq!((walk.folds, walk.embargo.unwrap().seconds), (Some(3), 600));
        assert_eq!((spec.seed, request.priority), (Some(7), Some(1)));
        assert_eq!(request.timeout.unwrap().seconds, 3600);
        assert_eq!(request.labels["team"], "a");
        assert!(Uuid::parse_str(&request.request_id).is_ok());
    }

    #[test]
    fn the_smallest_call_sends_no_defaults() {
        let request = request(&["--change", "0.1", "--horizon", "10m"]);
        let spec = request.spec.unwrap();
        assert_eq!(spec.source, "projects/p/sources/coin_metrics");
        assert_eq!(
            (
                spec.features,
                spec.algorithm,
                spec.split,
                spec.threshold,
                spec.seed
            ),
            (None, None, None, None, None)
        );
    }

    #[test]
    fn options_change_the_spec_of_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = r#"{"source": "projects/other/sources/x", "seed": "1",
            "label": {"change_at_horizon": {"change": 0.02, "horizon": "1800s"}}}"#;
        fs::write(file.path(), text).unwrap();
        let path = file.path().to_str().unwrap();
        let spec = request(&["--spec", path, "--seed", "2"]).spec.unwrap();
        assert_eq!(
            (spec.source.as_str(), spec.seed),
            ("projects/other/sources/x", Some(2))
        );
    }

    #[test]
    fn a_validation_has_no_request_id_and_is_not_detached() {
        let request = request(&["--change", "0.1", "--horizon", "10m", "--validate-only"]);
        assert!(request.validate_only && request.request_id.is_empty());
        assert!(
            parse(&[
                "--change",
                "0.1",
                "--horizon",
                "10m",
                "--validate-only",
                "--detach"
            ])
            .is_err()
        );
    }

    #[test]
    fn wrong_values_are_refused_with_their_option() {
        for line in [
            ["--horizon", "soon"],
            ["--change", "much"],
            ["--threshold", "best"],
            ["--start", "31.1."],
        ] {
            let error = parse(&line).unwrap_err().to_string();
            assert!(error.contains(line[0]), "{error}");
        }
    }
}
