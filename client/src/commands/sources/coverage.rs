//! `mlts sources coverage`: what a source holds, and what is missing.

use crate::commands::spec::range::RangeArgs;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, count, counted, share};
use crate::when;
use chrono::{DateTime, Utc};
use clap::Args;
use mltraining_proto::v1;

/// Counts rows, entities, gaps, NULLs and duplicates of a source.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// The source
    source: String,
    #[command(flatten)]
    range: RangeArgs,
    /// Only rows recorded before this time, of a source that has a column for it [default: all rows]
    #[arg(long, value_name = "TIME", value_parser = when::parse_instant)]
    known_before: Option<DateTime<Utc>>,
}

pub(super) async fn run(args: &CoverageArgs, context: &Context<'_>) -> Result<(), CliError> {
    let name = names::source(&args.source, context.project())?.to_string();
    let mut range = None;
    args.range.apply(&mut range);
    if let Some(range) = &mut range {
        // An open side means all rows on that side; a range must have both.
        range.start.get_or_insert(when::timestamp(0));
        range.end.get_or_insert(when::END_OF_TIME);
    }
    let mut catalog = context.connect().await?.catalog();
    let coverage = catalog
        .get_source_coverage(v1::GetSourceCoverageRequest {
            name,
            range,
            known_before: when::instant(args.known_before),
        })
        .await?
        .into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&coverage),
        Format::Human => context.output.line(text(&coverage, context.output.paint)),
    }
}

fn text(coverage: &v1::SourceCoverage, paint: Paint) -> String {
    let mut facts = format!(
        "{}\n{} of {}, {} to {}\nrows that repeat the entity and time of another: {}",
        paint.text(Tone::Title, names::last(&coverage.source)),
        counted(coverage.row_count, "row", "rows"),
        counted(coverage.entity_count, "entity", "entities"),
        when::show(coverage.first_time.as_ref()),
        when::show(coverage.last_time.as_ref()),
        count(coverage.duplicate_key_count),
    );
    if let Some(gaps) = &coverage.gaps {
        facts.push_str(&format!("\n{}", gaps_text(gaps)));
    }
    let mut parts = vec![facts];
    if !coverage.phases.is_empty() {
        parts.push(phases(coverage, paint));
    }
    if !coverage.columns.is_empty() {
        parts.push(columns(&coverage.columns, paint));
    }
    parts.join("\n\n")
}

fn gaps_text(gaps: &v1::GapSummary) -> String {
    let longest = gaps.longest_gap.as_ref().and_then(when::span);
    match longest {
        None => "no gaps between the bars of an entity".to_owned(),
        Some(longest) => format!(
            "{} between the bars of an entity, the longest {} ({})",
            counted(gaps.gap_count, "gap", "gaps"),
            when::show_length(longest.micros()),
            gaps.longest_gap_entity
        ),
    }
}

fn phases(coverage: &v1::SourceCoverage, paint: Paint) -> String {
    let mut table = Table::new(&[">phase", ">rows", ">share"], paint);
    for phase in &coverage.phases {
        let id = phase.phase.map_or_else(|| "NULL".to_owned(), |id| id.to_string());
        let part = phase.row_count as f64 / coverage.row_count as f64;
        table.row([id, count(phase.row_count), share(Some(part))]);
    }
    table.render()
}

/// The columns with NULLs; the others are only counted.
fn columns(columns: &[v1::ColumnCoverage], paint: Paint) -> String {
    let (with, without): (Vec<_>, Vec<_>) = columns.iter().partition(|column| column.null_count > 0);
    let rest = counted(without.len() as i64, "column", "columns") + " without a NULL";
    if with.is_empty() {
        return rest;
    }
    let mut table = Table::new(&["column", ">NULLs", ">share"], paint);
    for column in with {
        table.row([
            column.column.clone(),
            count(column.null_count),
            share(column.null_share),
        ]);
    }
    format!("{}\n{rest}", table.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_is_one_page() {
        let coverage = v1::SourceCoverage {
            source: "projects/default/sources/candles".to_owned(),
            row_count: 34_509,
            entity_count: 6,
            first_time: Some(when::timestamp(1_515_560_100_000_000)),
            last_time: Some(when::timestamp(1_517_287_800_000_000)),
            columns: vec![
                v1::ColumnCoverage {
                    column: "open".to_owned(),
                    null_count: 0,
                    null_share: Some(0.0),
                },
                v1::ColumnCoverage {
                    column: "close".to_owned(),
                    null_count: 69,
                    null_share: Some(0.002),
                },
            ],
            gaps: Some(v1::GapSummary {
                gap_count: 12,
                longest_gap: Some(prost_types::Duration {
                    seconds: 3000,
                    nanos: 0,
                }),
                longest_gap_entity: "ADA_BTC".to_owned(),
            }),
            ..v1::SourceCoverage::default()
        };
        assert_eq!(
            text(&coverage, Paint::Plain),
            "candles\n\
             34,509 rows of 6 entities, 2018-01-10 04:55 to 2018-01-30 04:50\n\
             rows that repeat the entity and time of another: 0\n\
             12 gaps between the bars of an entity, the longest 50m (ADA_BTC)\n\
             \n\
             column  NULLs  share\n\
             close      69  0.2 %\n\
             1 column without a NULL"
        );
    }
}
