//! `--entities --phases --max-rows --known-before`: which rows of the range.

use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use prost_types::Timestamp;

/// Which rows of the range.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rows")]
pub(crate) struct RowsArgs {
    /// Entities to use [default: all]
    #[arg(long, value_name = "ENTITY,..", value_delimiter = ',')]
    pub(crate) entities: Vec<String>,
    /// Phases to use [default: all]
    #[arg(
        long,
        value_name = "PHASE,..",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) phases: Vec<i32>,
    /// Most rows that may be read; more are an error, never cut off [default: 5000000]
    #[arg(long, value_name = "N")]
    pub(crate) max_rows: Option<i64>,
    /// Only rows recorded before this time, of a source that has a column for it [default: all rows]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    pub(crate) known_before: Option<DateTime<Utc>>,
}

impl RowsArgs {
    /// Writes what was said.
    pub(crate) fn apply(
        &self,
        entities: &mut Vec<String>,
        phases: &mut Vec<i32>,
        max_rows: &mut Option<i64>,
        known_before: &mut Option<Timestamp>,
    ) {
        if !self.entities.is_empty() {
            entities.clone_from(&self.entities);
        }
        if !self.phases.is_empty() {
            phases.clone_from(&self.phases);
        }
        *max_rows = self.max_rows.or(*max_rows);
        *known_before = when::instant(self.known_before).or(*known_before);
    }
}
