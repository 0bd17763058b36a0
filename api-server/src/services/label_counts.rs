//! Reads the label's columns of a range and counts the labels: behind PreviewLabels, and behind the warnings of an estimate.

use super::call::Call;
use super::computing::{Computing, LESS_OF_RANGE, Need, Turn, threads};
use crate::convert::preview::PreviewRequest;
use crate::convert::time::show_range_text;
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use mltraining_domain::names::first_of;
use mltraining_domain::{Reason, SourceSpec, TimeRange, Violations};
use mltraining_panel::Panel;
use mltraining_panel::catalogue::LookBack;
use mltraining_panel::compute::Cancelled;
use mltraining_panel::labels;
use mltraining_panel::memory::LOOSE;
use mltraining_panel::preview::{self, Counted, GridCell, LabelPreview};
use mltraining_store::reader::PanelQuery;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Entities or phases that a refusal names.
const NAMED: usize = 5;
/// Bytes for each row of an entity whose labels are computed, beside the panel.
const OF_ENTITY_AT_WORK: u64 = 150;
/// What the search for the time that does have rows may cost.
const LOOK_FOR_ROWS: Duration = Duration::from_secs(2);

/// Counts labels, a few requests at a time.
#[derive(Debug, Clone)]
pub(super) struct LabelCounter {
    computing: Computing,
}

/// What a label would be, and the grid around it.
pub(super) struct LabelCount {
    /// The label that was asked for.
    pub(super) label: LabelPreview,
    /// The same with other changes and horizons; empty when none were asked for.
    pub(super) grid: Vec<GridCell>,
}

impl LabelCounter {
    /// A counter that takes its turns from `computing`.
    pub(super) fn new(computing: Computing) -> Self {
        Self { computing }
    }

    /// Counts the labels of the request's rows, which are read once.
    ///
    /// # Errors
    /// INVALID_FIELD for a column that the source lacks, TIME_RANGE_EMPTY (also when no row is of the entities or phases
    /// that were named), ROW_LIMIT_EXCEEDED, MEMORY_LIMIT, and those of reading.
    pub(super) async fn count(
        &self,
        call: &Call,
        source: &SourceSpec,
        request: &PreviewRequest,
        prefix: &str,
    ) -> Result<LabelCount, ApiError> {
        let mut found = labels::check_columns(&request.label, source, prefix);
        found.extend(source.check_known_before(request.known_before, &beside(prefix, "known_before")));
        found.into_result(())?;
        let turn = self.computing.turn().await?;
        let panel = read(&turn, call, source, request, &beside(prefix, "range")).await?;
        if panel.rows() == 0 {
            let chosen = (request.entities.as_slice(), &*beside(prefix, "entities"));
            return Err(range_empty(call, source, &request.range, request.known_before, chosen).await);
        }
        let (range, phases) = (request.range, request.phases.clone());
        let (source, request) = (source.clone(), request.clone());
        let work = move |panel: &Panel, cancel: &AtomicBool| look(panel, &source, &request, cancel).ok();
        let counted = turn.work(call.deadline, panel, work).await?;
        match counted.label.total.rows() {
            0 => Err(none_match(
                &beside(prefix, "phases"),
                &format!("no row {} has one of the phases", show_range_text(&range)),
                &phases,
            )),
            _ => Ok(counted),
        }
    }
}

/// The counts of the label and of its grid.
fn look(
    panel: &Panel,
    source: &SourceSpec,
    request: &PreviewRequest,
    cancel: &AtomicBool,
) -> Result<LabelCount, Cancelled> {
    let counted = Counted {
        panel,
        source,
        rows: &rows_of(panel, &request.phases),
        end: request.range.known_end_micros(request.known_before),
        cancel,
    };
    Ok(LabelCount {
        label: preview::labels(&counted, &request.label)?,
        grid: preview::grid(
            &counted,
            &request.label,
            &request.grid_changes,
            &request.grid_horizons,
        )?,
    })
}

/// The path of the field that stands beside the label: `spec.phases` for `spec.label`.
fn beside(label: &str, field: &str) -> String {
    match label.rsplit_once('.') {
        Some((parent, _)) => format!("{parent}.{field}"),
        None => field.to_owned(),
    }
}

/// The refusal of a choice of rows that leaves none: `text` and the first of what was chosen.
fn none_match<T: Display>(field: &str, text: &str, chosen: &[T]) -> ApiError {
    let text = format!("{text} {}", first_of(chosen, NAMED));
    Violations::one(field, Reason::TimeRangeEmpty, text).into()
}

async fn read(
    turn: &Turn,
    call: &Call,
    source: &SourceSpec,
    request: &PreviewRequest,
    field: &str,
) -> Result<Panel, ApiError> {
    let needed = labels::columns(&request.label, source).unwrap_or_default();
    let columns: BTreeSet<String> = needed.into_iter().map(str::to_owned).collect();
    let columns: Vec<String> = columns.into_iter().collect();
    let query = PanelQuery {
        source,
        columns: &columns,
        range: request.range,
        look_back: LookBack::NONE,
        entities: &request.entities,
        known_before: request.known_before,
        contexts: &[],
        max_rows: request.max_rows,
        timeout: call.deadline.remaining(),
    };
    // The panel with times and phases, what puts its rows in order, and the numbers of those that are counted.
    let mut of_row = 8 + 8 + LOOSE + 4 + 8 * columns.len() as u64;
    if source.entity_column.is_none() || request.entities.len() == 1 {
        // One entity has all rows, and each thread at work on a cell of the grid has its labels and how they share their time.
        let cells = request.grid_changes.len().max(1) * request.grid_horizons.len().max(1);
        of_row += OF_ENTITY_AT_WORK * threads().min(cells) as u64;
    }
    let need = Need {
        bytes: &|rows| rows.saturating_mul(of_row),
        field,
        way_out: LESS_OF_RANGE,
    };
    Ok(turn.read(call, &query, &need).await?.panel)
}

/// The rows that are decided in these phases; all without any.
fn rows_of(panel: &Panel, phases: &[i32]) -> Vec<u32> {
    let wanted =
        |row: &usize| phases.is_empty() || panel.phase_of(*row).is_some_and(|phase| phases.contains(&phase));
    let rows = (0..panel.rows()).filter(wanted);
    rows.map(|row| u32::try_from(row).expect("a panel has less than 2^32 rows"))
        .collect()
}

/// The refusal of a range without rows, with the time that has some if it is found soon. When that time touches the range
/// it is the choice of entities that leaves none, and their field is named; `chosen` is empty when there is no choice.
pub(super) async fn range_empty(
    call: &Call,
    source: &SourceSpec,
    range: &TimeRange,
    known_before: Option<DateTime<Utc>>,
    (chosen, field): (&[String], &str),
) -> ApiError {
    let text = format!("no rows {}", show_range_text(range));
    let limit = LOOK_FOR_ROWS.min(call.deadline.remaining());
    let coverage = call
        .store
        .with_call_timeout(limit)
        .source_coverage(source, None, known_before)
        .await;
    let there = coverage.ok().and_then(|found| found.first.zip(found.last));
    let touches = there.is_none_or(|(first, last)| first < range.end && last >= range.start);
    if touches && !chosen.is_empty() {
        return none_match(field, &format!("{text} of the entities"), chosen);
    }
    let Some((first, last)) = there else {
        return ApiError::new(Reason::TimeRangeEmpty, text);
    };
    let (first, last) = (first.to_rfc3339(), last.to_rfc3339());
    let text = format!("{text}; the source has rows from {first} to {last}");
    ApiError::new(Reason::TimeRangeEmpty, text)
        .with("first_time", first)
        .with("last_time", last)
}
