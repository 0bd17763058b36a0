//! What a training is expected to take, counted without doing it (AIP-163).

use super::call::Call;
use super::label_counts::{LabelCounter, range_empty};
use crate::convert::field::{small_wire_count, wire_count};
use crate::convert::preview::PreviewRequest;
use crate::convert::read_error;
use crate::error::ApiError;
use mltraining_domain::names::first_of;
use mltraining_domain::{LabelSpec, Priority, Reason, SourceSpec, Task, TrainSpec};
use mltraining_panel::catalogue::{FeaturePlan, LeftOut};
use mltraining_panel::memory::{self, Training};
use mltraining_panel::preview::LabelPreview;
use mltraining_proto::v1;
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::reader::{PanelQuery, PanelRows};

/// Up to this many rows the labels themselves are counted; more would make the caller wait.
const COUNT_LABELS: u64 = 500_000;
/// Memory is estimated for a worker that computes on so many threads.
const THREADS: usize = 2;
/// Below this many rows in a block of the split, metrics say little.
const FEW_ROWS: u64 = 200;
/// So many features that a set leaves out are named.
const NAMED: usize = 5;
/// Below this many entities, what a model learns may be theirs alone.
const FEW_ENTITIES: usize = 5;
/// Below this many positives, or this share of them, they are too rare to learn from.
const FEW_POSITIVES: u64 = 50;
const RARE: f64 = 0.001;

/// What is to be estimated.
pub(super) struct Question<'a> {
    pub(super) call: &'a Call,
    pub(super) labels: &'a LabelCounter,
    pub(super) spec: &'a TrainSpec,
    pub(super) source: &'a SourceSpec,
    pub(super) plan: &'a FeaturePlan,
    pub(super) priority: Priority,
    pub(super) purpose: Purpose,
}

/// What the rows are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To train on, in the folds of the split.
    Train,
    /// To judge versions by: label and features are given.
    Judge,
    /// To walk over, training and acting: there is no split.
    Walk,
    /// To be predicted: nobody asks for their labels.
    Predict,
}

impl Purpose {
    /// The ways out when no label is known, none is positive, and all are.
    fn ways_out(self) -> [&'static str; 3] {
        match self {
            Self::Train | Self::Walk => [
                "a longer range, a shorter horizon or a longer tolerance",
                "a smaller change or a longer horizon",
                "a larger change or a shorter horizon",
            ],
            Self::Judge | Self::Predict => ["a longer period"; 3],
        }
    }
}

/// The estimate, or the refusal that the job would end with.
///
/// # Errors
/// TIME_RANGE_EMPTY, ROW_LIMIT_EXCEEDED, LABEL_HAS_NO_POSITIVES, LABEL_HAS_NO_NEGATIVES, and those of reading.
pub(super) async fn answer(question: &Question<'_>) -> Result<v1::TrainEstimate, ApiError> {
    let (call, spec) = (question.call, question.spec);
    let rows = count_rows(question).await?;
    let mut warnings = match question.purpose {
        Purpose::Train => warnings_of_spec(spec, question.source, rows),
        Purpose::Judge | Purpose::Walk | Purpose::Predict => Vec::new(),
    };
    warnings.extend(question.plan.left_out().iter().map(left_out));
    if spec.label.task() == Task::Regression || question.purpose == Purpose::Predict {
        // A number has no classes that could be rare, and predictions have no labels.
    } else if rows.in_range <= COUNT_LABELS {
        let counted = count_labels(question).await?;
        warnings.extend(warnings_of_labels(&counted, question.purpose));
    } else {
        warnings.push(format!(
            "{} rows are too many to count their labels now; see PreviewLabels for the share of positives",
            rows.in_range
        ));
    }
    let ahead = call
        .store
        .jobs_ahead_of_new(&call.project, DEFAULT_QUEUE, question.priority)
        .await?;
    let memory = Training {
        plan: question.plan,
        algorithm: &spec.algorithm,
        task: spec.label.task(),
        threads: THREADS,
        purpose: match question.purpose {
            Purpose::Train | Purpose::Judge => memory::Purpose::Learn,
            Purpose::Walk => memory::Purpose::Trade,
            Purpose::Predict => memory::Purpose::Score,
        },
    };
    let features = u32::try_from(question.plan.features.len()).unwrap_or(u32::MAX);
    Ok(v1::TrainEstimate {
        rows: wire_count(rows.total()),
        features: small_wire_count(features),
        memory_bytes: wire_count(memory.bytes(rows.total(), 0)),
        jobs_ahead: ahead,
        warnings,
        run_duration: None,
    })
}

async fn count_rows(question: &Question<'_>) -> Result<PanelRows, ApiError> {
    let (call, spec) = (question.call, question.spec);
    let query = PanelQuery::of_training(spec, question.source, question.plan, call.deadline.remaining());
    let rows = call
        .store
        .count_panel_rows(&query)
        .await
        .map_err(read_error::refuse)?;
    if rows.in_range == 0 {
        return Err(range_empty(
            call,
            question.source,
            &spec.range,
            spec.known_before,
            (&spec.entities, "spec.entities"),
        )
        .await);
    }
    if rows.total() > spec.max_rows {
        return Err(read_error::too_many_rows(rows, spec.max_rows));
    }
    Ok(rows)
}

async fn count_labels(question: &Question<'_>) -> Result<LabelPreview, ApiError> {
    let spec = question.spec;
    let request = PreviewRequest {
        source: spec.source.clone(),
        range: spec.range,
        known_before: spec.known_before,
        label: spec.label.clone(),
        entities: spec.entities.clone(),
        phases: spec.phases.clone(),
        max_rows: spec.max_rows,
        max_entities: 0,
        grid_changes: Vec::new(),
        grid_horizons: Vec::new(),
    };
    let counted = question
        .labels
        .count(question.call, question.source, &request, "spec.label")
        .await?
        .label;
    let (total, rows) = (counted.total, counted.total.rows());
    let refuse = |reason, text: String| {
        Err(ApiError::new(reason, text)
            .with("rows", rows)
            .with("unknown", total.unknown))
    };
    let [none_known, none_positive, all_positive] = question.purpose.ways_out();
    match (total.positives, total.negatives) {
        (0, 0) => refuse(
            Reason::TooFewRows,
            format!("none of {rows} labels can be known; try {none_known}"),
        ),
        (0, known) => refuse(
            Reason::LabelHasNoPositives,
            format!("0 of {known} labels are positive; try {none_positive}"),
        ),
        (known, 0) => refuse(
            Reason::LabelHasNoNegatives,
            format!("all {known} labels are positive; try {all_positive}"),
        ),
        _ => Ok(counted),
    }
}

fn warnings_of_spec(spec: &TrainSpec, source: &SourceSpec, rows: PanelRows) -> Vec<String> {
    let mut warnings = Vec::new();
    let of_phases = source
        .phases
        .iter()
        .map(|phase| source.bar_interval_of(Some(phase.id)));
    let bar = of_phases.min().unwrap_or(source.bar_interval);
    let horizon = spec.label.horizon();
    // A label without a horizon is of the row itself, and a column's delay has nothing to do with the distance of bars.
    let looks_ahead = !horizon.is_zero() && !matches!(spec.label, LabelSpec::Column(_));
    if looks_ahead && horizon < bar {
        warnings.push(format!(
            "the horizon {horizon} is shorter than the usual distance of two bars, {bar}"
        ));
    }
    let blocks = u64::from(spec.split.blocks()).max(1);
    let of_block = rows.in_range / blocks;
    if of_block < FEW_ROWS {
        warnings.push(format!(
            "{} rows in {blocks} blocks are {of_block} each: metrics of so few rows say little",
            rows.in_range
        ));
    }
    let block_micros = (spec.range.end_micros() - spec.range.start_micros()) / blocks as i64;
    if horizon.micros() > block_micros {
        warnings.push(format!(
            "the horizon {horizon} is longer than a block of the split: most rows will be purged"
        ));
    }
    warnings
}

/// What a set could not give.
fn left_out(left_out: &LeftOut) -> String {
    format!(
        "the set `{}` leaves out {}: the source lacks a column or a context that they need",
        left_out.set,
        first_of(&left_out.features, NAMED)
    )
}

fn warnings_of_labels(counted: &LabelPreview, purpose: Purpose) -> Vec<String> {
    let mut warnings = Vec::new();
    let (total, entities) = (counted.total, counted.by_entity.len());
    if entities < FEW_ENTITIES && purpose != Purpose::Judge {
        warnings.push(format!(
            "{entities} entities: what a model learns may be theirs alone"
        ));
    }
    let share = total.positive_share().unwrap_or_default();
    if total.positives < FEW_POSITIVES || share < RARE {
        let percent = share * 100.0;
        warnings.push(format!(
            "positives are rare: {} of {} known labels ({percent:.3} %)",
            total.positives,
            total.positives + total.negatives
        ));
    }
    if total.unknown > total.positives + total.negatives {
        warnings.push(format!(
            "{} of {} labels cannot be known",
            total.unknown,
            total.rows()
        ));
    }
    warnings
}
