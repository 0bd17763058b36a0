//! `mlts labels preview`: how many rows are positive, before anything is trained.

mod grid;

use super::spec::label::{LabelArgs, describe};
use super::spec::range::{self, RangeArgs};
use super::spec::rows::RowsArgs;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, UNKNOWN, bar, count, counted, share};
use crate::when;
use clap::{Args, Subcommand};
use mltraining_proto::v1;

/// Characters of the longest bar of the days.
const CHART_WIDTH: usize = 48;

/// What there is to foresee.
#[derive(Debug, Args)]
pub(crate) struct LabelsArgs {
    #[command(subcommand)]
    command: LabelsCommand,
}

#[derive(Debug, Subcommand)]
enum LabelsCommand {
    /// Counts positive, negative and unknown labels; trains nothing
    Preview(Box<PreviewArgs>),
}

/// Counts labels.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    /// The source [default: coin_metrics]
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    #[command(flatten)]
    label: LabelArgs,
    #[command(flatten)]
    range: RangeArgs,
    #[command(flatten)]
    rows: RowsArgs,
    /// Entities in the table of entities
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_entities: i32,
    #[command(flatten)]
    grid: grid::GridArgs,
}

pub(crate) async fn run(args: &LabelsArgs, context: &Context<'_>) -> Result<(), CliError> {
    let LabelsCommand::Preview(args) = &args.command;
    let shown = preview(args, context).await;
    shown.map_err(|error| names::of_source(args.source.as_ref(), error))
}

async fn preview(args: &PreviewArgs, context: &Context<'_>) -> Result<(), CliError> {
    let source = args.source.as_deref().unwrap_or(names::DEFAULT_SOURCE);
    let source = names::source(source, context.project())?;
    let mut request = v1::PreviewLabelsRequest {
        parent: format!("projects/{}", source.project),
        source: source.to_string(),
        max_entities: Some(args.max_entities),
        ..v1::PreviewLabelsRequest::default()
    };
    args.grid.label(&args.label).apply(&mut request.label)?;
    args.grid
        .apply(&mut request.grid_changes, &mut request.grid_horizons);
    args.rows.apply(
        &mut request.entities,
        &mut request.phases,
        &mut request.max_rows,
        &mut request.known_before,
    );
    args.range.apply(&mut request.range);
    let connection = context.connect().await?;
    range::complete(
        &mut request.range,
        request.known_before,
        &source,
        &connection,
        &context.output,
    )
    .await?;
    let title = format!("{} in {}", describe(request.label.as_ref()), source.source);
    let preview = connection.dataset().preview_labels(request).await?.into_inner();
    match context.output.format() {
        Format::Json => context.output.json(&preview),
        Format::Human => context.output.line(text(&title, &preview, context.output.paint)),
    }
}

fn text(title: &str, preview: &v1::PreviewLabelsResponse, paint: Paint) -> String {
    let total = preview.total.unwrap_or_default();
    let mut parts = vec![format!(
        "{}\n{} of {}: {} positive ({}), {} negative, {} unknown",
        paint.text(Tone::Title, title),
        counted(rows(&total), "row", "rows"),
        counted(preview.entity_count, "entity", "entities"),
        count(total.positives),
        share(total.positive_share),
        count(total.negatives),
        count(total.unknown),
    )];
    if let Some(uniqueness) = preview.mean_uniqueness {
        let own = uniqueness * (total.positives + total.negatives) as f64;
        parts.push(format!(
            "labels overlap in time: together they tell as much as {} that do not (mean uniqueness {uniqueness:.3}, overlap {})",
            count(own.round() as i64),
            grid::overlap(preview.mean_overlap)
        ));
    }
    if !preview.grid.is_empty() {
        parts.push(grid::text(&preview.grid, paint));
    }
    if !preview.by_phase.is_empty() {
        let phases = preview.by_phase.iter().map(|part| {
            let phase = part.phase.map_or_else(|| "NULL".to_owned(), |id| id.to_string());
            (phase, part.counts.unwrap_or_default())
        });
        parts.push(table(">phase", phases.collect(), paint));
    }
    if !preview.by_day.is_empty() {
        let days = preview
            .by_day
            .iter()
            .map(|part| (day(part), part.counts.unwrap_or_default()));
        parts.push(table("day", days.collect(), paint));
        parts.push(chart(&preview.by_day));
    }
    if !preview.by_entity.is_empty() {
        let entities = preview
            .by_entity
            .iter()
            .map(|part| (part.entity.clone(), part.counts.unwrap_or_default()));
        parts.push(table("entity", entities.collect(), paint));
    }
    let hidden = preview.entity_count - preview.by_entity.len() as i64;
    if hidden > 0 && !preview.by_entity.is_empty() {
        parts.push(paint.text(
            Tone::Faint,
            format!("and {} more entities: --max-entities shows them", count(hidden)),
        ));
    }
    parts.join("\n\n")
}

/// A table of counts with a bar for the share of positives, on one scale for the table.
fn table(heading: &str, parts: Vec<(String, v1::LabelCounts)>, paint: Paint) -> String {
    let largest = parts
        .iter()
        .filter_map(|(_, counts)| counts.positive_share)
        .fold(0.0, f64::max);
    let mut table = Table::new(
        &[
            heading,
            ">rows",
            ">positive",
            ">negative",
            ">unknown",
            ">share",
            "",
        ],
        paint,
    );
    for (name, counts) in parts {
        table.row([
            name,
            count(rows(&counts)),
            count(counts.positives),
            count(counts.negatives),
            count(counts.unknown),
            share(counts.positive_share),
            bar(counts.positive_share, largest, 24),
        ]);
    }
    table.render()
}

/// The days with positives, each with a bar for how many it has.
fn chart(days: &[v1::DayLabelCounts]) -> String {
    let positives = |part: &v1::DayLabelCounts| part.counts.unwrap_or_default().positives;
    let most = days.iter().map(positives).max().unwrap_or_default();
    let width = count(most).len();
    let bars = days.iter().map(|part| {
        let length = bar(Some(positives(part) as f64), most as f64, CHART_WIDTH);
        format!("{}  {:>width$}  {length}", day(part), count(positives(part)))
    });
    let lines: Vec<String> = bars.map(|line| line.trim_end().to_owned()).collect();
    format!("positives by day\n{}", lines.join("\n"))
}

fn day(part: &v1::DayLabelCounts) -> String {
    let text = when::show(part.day.as_ref());
    text.split(' ').next().unwrap_or(UNKNOWN).to_owned()
}

fn rows(counts: &v1::LabelCounts) -> i64 {
    counts.positives + counts.negatives + counts.unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(positives: i64, negatives: i64, unknown: i64) -> Option<v1::LabelCounts> {
        let known = positives + negatives;
        let positive_share = (known > 0).then(|| positives as f64 / known as f64);
        Some(v1::LabelCounts {
            positives,
            negatives,
            unknown,
            positive_share,
        })
    }

    #[test]
    fn a_preview_shows_totals_phases_days_and_entities() {
        let day = |day: i64| Some(when::timestamp(day * 86_400_000_000));
        let preview = v1::PreviewLabelsResponse {
            total: counts(300, 900, 1034),
            entity_count: 3,
            by_phase: vec![v1::PhaseLabelCounts {
                phase: None,
                counts: counts(0, 0, 4),
            }],
            by_day: vec![
                v1::DayLabelCounts {
                    day: day(0),
                    counts: counts(200, 200, 30),
                },
                v1::DayLabelCounts {
                    day: day(1),
                    counts: counts(100, 700, 1000),
                },
            ],
            by_entity: vec![v1::EntityLabelCounts {
                entity: "ADA".to_owned(),
                counts: counts(300, 900, 1034),
            }],
            mean_uniqueness: Some(0.25),
            mean_overlap: Some(3.5),
            grid: Vec::new(),
        };
        assert_eq!(
            text("close rises", &preview, Paint::Plain),
            "close rises\n\
             2,234 rows of 3 entities: 300 positive (25.0 %), 900 negative, 1,034 unknown\n\
             \n\
             labels overlap in time: together they tell as much as 300 that do not (mean uniqueness 0.250, overlap 3.50)\n\
             \n\
             phase  rows  positive  negative  unknown  share\n\
             \u{20}NULL     4         0         0        4      –\n\
             \n\
             day          rows  positive  negative  unknown   share\n\
             1970-01-01    430       200       200       30  50.0 %  ████████████████████████\n\
             1970-01-02  1,800       100       700    1,000  12.5 %  ██████\n\
             \n\
             positives by day\n\
             1970-01-01  200  ████████████████████████████████████████████████\n\
             1970-01-02  100  ████████████████████████\n\
             \n\
             entity   rows  positive  negative  unknown   share\n\
             ADA     2,234       300       900    1,034  25.0 %  ████████████████████████\n\
             \n\
             and 2 more entities: --max-entities shows them"
        );
    }
}
