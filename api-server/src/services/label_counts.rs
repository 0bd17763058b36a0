//! Reads the label's columns of a range and counts the labels: behind PreviewLabels, and behind the warnings of an estimate.

use super::call::Call;
use crate::convert::preview::PreviewRequest;
use crate::convert::read_error;
use crate::convert::time::show_range_text;
use crate::error::ApiError;
use chrono::{DateTime, Utc};
use mltraining_domain::{Reason, SourceSpec, TimeRange, Violations};
use mltraining_panel::Panel;
use mltraining_panel::catalogue::LookBack;
use mltraining_panel::labels;
use mltraining_panel::preview::{self, LabelPreview};
use mltraining_store::reader::{PanelQuery, ReadProgress};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Counts that run at the same time. Each may hold millions of rows; more wait for their turn, within their deadline.
const AT_ONCE: usize = 2;
/// Entities or phases that a refusal names.
const NAMED: usize = 5;
/// What the search for the time that does have rows may cost.
const LOOK_FOR_ROWS: Duration = Duration::from_secs(2);

/// Counts labels, a few requests at a time.
#[derive(Debug, Clone)]
pub(super) struct LabelCounter {
    turns: Arc<Semaphore>,
}

/// Stops the work when the request is dropped, because its client has gone or its time is over.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl LabelCounter {
    /// A counter with all its turns free.
    pub(super) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Counts the labels of the request's rows.
    ///
    /// # Errors
    /// INVALID_FIELD for a column that the source lacks, TIME_RANGE_EMPTY (also when no row is of the entities or phases
    /// that were named), ROW_LIMIT_EXCEEDED, and those of reading.
    pub(super) async fn count(
        &self,
        call: &Call,
        source: &SourceSpec,
        request: &PreviewRequest,
        prefix: &str,
    ) -> Result<LabelPreview, ApiError> {
        let mut found = labels::check_columns(&request.label, source, prefix);
        found.extend(source.check_known_before(request.known_before, &beside(prefix, "known_before")));
        found.into_result(())?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(ApiError::internal)?;
        let stopped = Arc::new(AtomicBool::new(false));
        let _guard = StopOnDrop(Arc::clone(&stopped));
        let panel = read(call, source, request, &stopped).await?;
        if panel.rows() == 0 {
            let chosen = (request.entities.as_slice(), &*beside(prefix, "entities"));
            return Err(range_empty(call, source, &request.range, request.known_before, chosen).await);
        }
        let (source, request) = (source.clone(), request.clone());
        let (range, phases) = (request.range, request.phases.clone());
        let counted = tokio::task::spawn_blocking(move || {
            // The turn is over when the work is, not when its client has gone.
            let _turn = turn;
            let wanted = !stopped.load(Ordering::Relaxed);
            wanted.then(|| {
                let rows = rows_of(&panel, &request.phases);
                preview::labels(&panel, &source, &request.label, &rows, request.range.end_micros())
            })
        });
        let counted = counted.await.map_err(ApiError::internal)?;
        let counted = counted.ok_or_else(|| call.deadline.exceeded())?;
        match counted.total.rows() {
            0 => Err(none_match(
                &beside(prefix, "phases"),
                &format!("no row {} has one of the phases", show_range_text(&range)),
                &phases,
            )),
            _ => Ok(counted),
        }
    }
}

/// The path of the field that stands beside the label: `spec.phases` for `spec.label`.
fn beside(label: &str, field: &str) -> String {
    match label.rsplit_once('.') {
        Some((parent, _)) => format!("{parent}.{field}"),
        None => field.to_owned(),
    }
}

/// The refusal of a choice of rows that leaves none: `text` and the first of what was chosen.
fn none_match<T: ToString>(field: &str, text: &str, chosen: &[T]) -> ApiError {
    let first: Vec<String> = chosen.iter().take(NAMED).map(T::to_string).collect();
    let mut text = format!("{text} {}", first.join(", "));
    if chosen.len() > NAMED {
        text.push_str(&format!(" and {} more", chosen.len() - NAMED));
    }
    Violations::one(field, Reason::TimeRangeEmpty, text).into()
}

async fn read(
    call: &Call,
    source: &SourceSpec,
    request: &PreviewRequest,
    stopped: &AtomicBool,
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
    let mut on_rows = |_: ReadProgress| match stopped.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let read = call.store.read_panel(&query, &mut on_rows).await;
    Ok(read.map_err(read_error::refuse)?.panel)
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
