//! `--start --end --known-before --max-rows`: the rows that versions are judged on.

use super::range;
use crate::connect::Connection;
use crate::errors::CliError;
use crate::names;
use crate::output::Output;
use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use mltraining_domain::{ProjectId, Span};
use mltraining_proto::v1;
use v1::split_spec::Split;

/// The rows to judge on.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct PeriodArgs {
    /// First time: 2026-01-31, 2026-01-31T12:30:00Z [default: the first after the training]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    start: Option<DateTime<Utc>>,
    /// First time after the period [default: after the last row]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    end: Option<DateTime<Utc>>,
    /// Most rows that may be read; more are an error, never cut off [default: that of the training]
    #[arg(long, value_name = "N")]
    pub(crate) max_rows: Option<i64>,
    /// Only rows recorded before this time, of a source that has a column for it [default: all rows]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    pub(crate) known_before: Option<DateTime<Utc>>,
}

impl PeriodArgs {
    /// The period, from after the training of all of the versions when no start is said.
    ///
    /// # Errors
    /// What the service says; [`CliError::Invalid`] for a source without rows.
    pub(crate) async fn range(
        &self,
        versions: &[v1::ModelVersion],
        project: &ProjectId,
        connection: &Connection,
        output: &Output,
    ) -> Result<v1::TimeRange, CliError> {
        let after = versions.iter().map(first_start_after).max();
        let start = self.start.map(|at| at.timestamp_micros()).or(after);
        let mut period = Some(v1::TimeRange {
            start: start.map(when::timestamp),
            end: when::instant(self.end),
        });
        let spec = versions.first().and_then(|version| version.train_spec.as_ref());
        let source = names::source(&spec.map(|spec| spec.source.clone()).unwrap_or_default(), project)?;
        let known_before = when::instant(self.known_before);
        range::complete(&mut period, known_before, &source, connection, output).await?;
        Ok(period.unwrap_or_default())
    }

    /// The bound of what was known.
    pub(crate) fn known_before(&self) -> Option<prost_types::Timestamp> {
        when::instant(self.known_before)
    }
}

/// The first start, in microseconds, of a period that a version's training does not touch.
fn first_start_after(version: &v1::ModelVersion) -> i64 {
    let resolved = version.latest_resolve_time.as_ref().map_or(0, when::micros);
    let spec = version.train_spec.clone().unwrap_or_default();
    let embargo = match spec.split.and_then(|split| split.split) {
        Some(Split::WalkForward(walk)) => walk.embargo,
        Some(Split::Holdout(holdout)) => holdout.embargo,
        Some(Split::CombinatorialPurged(choice)) => choice.embargo,
        None => None,
    };
    let embargo = embargo.as_ref().and_then(when::span).map_or(0, Span::micros);
    resolved.saturating_add(embargo).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_starts_once_the_labels_of_the_training_and_the_embargo_are_over() {
        let holdout = v1::Holdout {
            embargo: Some(when::duration(Span::from_secs(2))),
            ..v1::Holdout::default()
        };
        let spec = v1::TrainSpec {
            split: Some(v1::SplitSpec {
                split: Some(Split::Holdout(holdout)),
                ..v1::SplitSpec::default()
            }),
            ..v1::TrainSpec::default()
        };
        let version = v1::ModelVersion {
            latest_resolve_time: Some(when::timestamp(5_000_000)),
            train_spec: Some(spec),
            ..v1::ModelVersion::default()
        };
        assert_eq!(first_start_after(&version), 7_000_001);
    }
}
