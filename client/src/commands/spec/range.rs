//! `--start --end`: the decision times to learn from.

use crate::connect::Connection;
use crate::errors::CliError;
use crate::output::Output;
use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;

/// The rows to look at, by their time.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct RangeArgs {
    /// First time: 2026-01-31, 2026-01-31T12:30:00Z [default: the first row]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    start: Option<DateTime<Utc>>,
    /// First time after the range [default: after the last row]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    end: Option<DateTime<Utc>>,
}

impl RangeArgs {
    /// What was said of the range; the rest stays as it is.
    pub(crate) fn apply(&self, range: &mut Option<v1::TimeRange>) {
        if self.start.is_none() && self.end.is_none() {
            return;
        }
        let range = range.get_or_insert_default();
        let stamp = |at: DateTime<Utc>| when::timestamp(at.timestamp_micros());
        range.start = self.start.map(stamp).or(range.start);
        range.end = self.end.map(stamp).or(range.end);
    }
}

/// Fills what nobody said from the rows that the source has, or had `known_before`.
///
/// # Errors
/// What the service says; [`CliError::Invalid`] for a source without rows.
pub(crate) async fn complete(
    range: &mut Option<v1::TimeRange>,
    known_before: Option<prost_types::Timestamp>,
    source: &SourceName,
    connection: &Connection,
    output: &Output,
) -> Result<(), CliError> {
    let range = range.get_or_insert_default();
    if range.start.is_some() && range.end.is_some() {
        return Ok(());
    }
    let request = v1::GetSourceCoverageRequest {
        name: source.to_string(),
        known_before,
        ..v1::GetSourceCoverageRequest::default()
    };
    let coverage = connection
        .catalog()
        .get_source_coverage(request)
        .await?
        .into_inner();
    let (Some(first), Some(last)) = (coverage.first_time, coverage.last_time) else {
        return Err(CliError::Invalid(format!("source {} has no rows", source.source)));
    };
    range.start.get_or_insert(first);
    range.end.get_or_insert(just_after(&last));
    let (start, end) = (when::show(range.start.as_ref()), when::show(range.end.as_ref()));
    output.note(format!(
        "range: {start} to {end}, from the rows of {}",
        source.source
    ));
    Ok(())
}

/// The end of a range is not part of it: the last row's time is the last microsecond inside.
fn just_after(last: &prost_types::Timestamp) -> prost_types::Timestamp {
    when::timestamp(when::micros(last) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_said_end_is_kept_and_an_unsaid_one_stays_open() {
        let start = when::parse_instant("2026-01-31").unwrap();
        let args = RangeArgs {
            start: Some(start),
            end: None,
        };
        let mut range = None;
        args.apply(&mut range);
        let range = range.unwrap();
        assert_eq!(when::show(range.start.as_ref()), "2026-01-31 00:00");
        assert_eq!(range.end, None);
    }

    #[test]
    fn the_last_row_lies_inside_the_default_range() {
        let last = when::timestamp(1_000_000);
        assert_eq!(when::micros(&just_after(&last)), 1_000_001);
    }
}
