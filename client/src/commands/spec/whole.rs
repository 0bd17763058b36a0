//! `--spec` and every option that changes a part of it: all that decides what is learned from what.

use super::algorithm::AlgorithmArgs;
use super::calibration;
use super::features::FeaturesArgs;
use super::label::LabelArgs;
use super::range::RangeArgs;
use super::rows::RowsArgs;
use super::sample_weight;
use super::split::SplitArgs;
use super::threshold;
use crate::errors::CliError;
use crate::names;
use crate::output::from_json;
use anyhow::Context as _;
use clap::Args;
use mltraining_domain::ProjectId;
use mltraining_proto::v1;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Options of a whole spec.
#[derive(Debug, Args)]
pub(crate) struct SpecArgs {
    /// The source to learn from [default: coin_metrics]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// A file with the TrainSpec as JSON, - for stdin; options change it
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
    #[command(flatten)]
    label: LabelArgs,
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    rows: RowsArgs,
    #[command(flatten)]
    features: FeaturesArgs,
    #[command(flatten)]
    algorithm: AlgorithmArgs,
    #[command(flatten)]
    split: SplitArgs,
    /// How the threshold is chosen: max_f1, max_mcc, min_precision=0.6, min_recall=0.8, utility=GAIN:LOSS, top_per_day=20, or a
    /// score [default: max_f1]
    #[arg(long, value_name = "RULE", value_parser = threshold::parse, help_heading = "How it is tested")]
    threshold: Option<v1::ThresholdSpec>,
    /// What a training row counts: none, or its uniqueness where labels overlap in time [default: none]
    #[arg(long, value_name = "RULE", value_parser = sample_weight::parse, help_heading = "What learns")]
    sample_weight: Option<v1::SampleWeight>,
    /// How scores become probabilities: none, platt or isotonic [default: none]
    #[arg(long, value_name = "RULE", value_parser = calibration::parse, help_heading = "What learns")]
    calibration: Option<v1::Calibration>,
    /// Seed of every random choice [default: 42]
    #[arg(long, value_name = "N", help_heading = "What learns")]
    seed: Option<u64>,
}

impl SpecArgs {
    /// The source that the options name.
    pub(crate) fn source(&self) -> Option<&String> {
        self.source.as_ref()
    }

    /// The file, changed by the options; but for the ends of the range that nobody said.
    ///
    /// # Errors
    /// [`CliError::Usage`] for options that do not go together; [`CliError::Invalid`] for a wrong file.
    pub(crate) fn spec(&self, project: &ProjectId) -> Result<v1::TrainSpec, CliError> {
        let mut spec = self.unlabelled(project)?;
        self.label.apply(&mut spec.label)?;
        Ok(spec)
    }

    /// As [`spec`](Self::spec), beside a version that has a spec of its own: a label need not be said.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn beside_a_version(&self, project: &ProjectId) -> Result<v1::TrainSpec, CliError> {
        match self.label.is_silent() {
            true => self.unlabelled(project),
            false => self.spec(project),
        }
    }

    /// With the label of the file alone.
    fn unlabelled(&self, project: &ProjectId) -> Result<v1::TrainSpec, CliError> {
        let mut spec: v1::TrainSpec = match &self.spec {
            Some(file) => from_json(&read(file)?, &file.display().to_string())?,
            None => v1::TrainSpec::default(),
        };
        let default = if spec.source.is_empty() {
            names::DEFAULT_SOURCE
        } else {
            &spec.source
        };
        let source = self.source.as_deref().unwrap_or(default);
        spec.source = names::source(source, project)?.to_string();
        self.range.apply(&mut spec.range);
        self.rows.apply(
            &mut spec.entities,
            &mut spec.phases,
            &mut spec.max_rows,
            &mut spec.known_before,
        );
        self.features.apply(&mut spec.features);
        self.algorithm.apply(&mut spec.algorithm)?;
        self.split.apply(&mut spec.split)?;
        if let Some(rule) = self.sample_weight {
            spec.set_sample_weight(rule);
        }
        if let Some(rule) = self.calibration {
            spec.set_calibration(rule);
        }
        spec.threshold = self.threshold.or(spec.threshold);
        spec.seed = self.seed.or(spec.seed);
        Ok(spec)
    }
}

fn read(file: &Path) -> Result<String, CliError> {
    let text = match file == Path::new("-") {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(file),
    };
    Ok(text.with_context(|| format!("{} cannot be read", file.display()))?)
}
