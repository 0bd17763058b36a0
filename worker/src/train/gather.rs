//! From batches of the source's rows to labelled rows and a matrix: what is read goes on while more is being read, and of a batch
//! only its labels and the values of its features stay.

mod tradable;

use super::scratch::Scratch;
use super::user_failure;
use crate::work::{Work, WorkError};
use mltraining_domain::{FailureClass, JobFailure, Reason, SourceSpec, TrainSpec, WorkPhase};
use mltraining_learn::matrix::Matrix;
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::compute;
use mltraining_panel::rows::{self, LabelledRows};
use mltraining_panel::{Outline, Panel};
use mltraining_store::reader::{PanelBatch, Place};
use std::io;
use std::path::Path;
use std::sync::Arc;
pub use tradable::{Known, Tradable, TradableRow};

/// What is gathered, and where its values lie meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Gathering<'a> {
    /// The checked spec.
    pub spec: &'a TrainSpec,
    /// The source as it is registered.
    pub source: &'a SourceSpec,
    /// The features, resolved against the source.
    pub plan: &'a FeaturePlan,
    /// A folder that takes 4 bytes for each labelled row and feature.
    pub scratch: &'a Path,
    /// Rows decided from this time on, in microseconds since 1970-01-01 UTC, are kept to be traded, those of an unknown label too;
    /// `None`: none is.
    pub tradable_from: Option<i64>,
}

/// What a training learns from.
#[derive(Debug)]
pub struct Gathered {
    /// The rows with a known label, in order of entity and time.
    pub rows: LabelledRows,
    /// A row for each of them.
    pub matrix: Matrix,
    /// What was read.
    pub outline: Outline,
    /// Rows that could be traded; `None` where nobody asked for them.
    pub tradable: Option<Tradable>,
}

/// Takes all batches of a read, in order. Runs in the caller's rayon pool.
///
/// # Errors
/// [`WorkError::Stopped`] also when the last batch does not come: the reader knows why.
pub fn gather(
    of: &Gathering<'_>,
    batches: impl IntoIterator<Item = PanelBatch>,
    work: &Work,
) -> Result<Gathered, WorkError> {
    let create = Scratch::create(of.scratch, of.plan.features.len());
    let mut scratch = create.map_err(|e| scratch_failure(&e))?;
    let (mut rows, mut outline) = (LabelledRows::default(), Outline::default());
    let mut gathering = tradable::Gathering::begin(of).map_err(|e| scratch_failure(&e))?;
    for PanelBatch { panel, place } in batches {
        outline.append(&panel);
        let mut selected = select(of, &panel, place, work);
        let columns = match &mut gathering {
            None => features(of, &panel, &selected.panel_rows, place, work)?,
            Some(gathering) => {
                let wanted = gathering.take(of, &panel, &selected);
                let columns = features(of, &panel, &wanted.rows, place, work)?;
                gathering
                    .part(&wanted, columns)
                    .map_err(|e| scratch_failure(&e))?
            }
        };
        drop(panel);
        scratch.append(&columns).map_err(|e| scratch_failure(&e))?;
        selected.panel_rows = Vec::new(); // no panel is left in which they would be numbers
        rows.append(selected);
        if place == Place::Last {
            return Ok(Gathered {
                rows,
                matrix: over(of.plan, scratch)?,
                outline,
                tradable: gathering.map(|gathering| gathering.end(of.plan)).transpose()?,
            });
        }
    }
    Err(WorkError::Stopped)
}

fn over(plan: &FeaturePlan, scratch: Scratch) -> Result<Matrix, WorkError> {
    let (names, count) = (plan.names(), scratch.rows());
    Matrix::over(names, count, Arc::new(scratch))
        .map_err(|e| user_failure(Reason::TooFewRows, WorkPhase::Features, e.to_string()))
}

fn select(of: &Gathering<'_>, panel: &Panel, place: Place, work: &Work) -> LabelledRows {
    let _span = tracing::info_span!("labels").entered();
    if place == Place::Last {
        let text = format!("labelling {} rows", panel.rows());
        work.board.note(WorkPhase::Labels, 0, 1, text);
    }
    rows::select(panel, of.spec, of.source)
}

fn features(
    of: &Gathering<'_>,
    panel: &Panel,
    rows: &[u32],
    place: Place,
    work: &Work,
) -> Result<Vec<Vec<f32>>, WorkError> {
    let _span = tracing::info_span!("features", features = of.plan.features.len()).entered();
    let progress = |done: u64, total: u64| {
        if place == Place::Last {
            let text = format!("feature {done} of {total}");
            work.board.note(WorkPhase::Features, done, total, text);
        }
    };
    let control = compute::Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    let computed = compute::features(panel, of.plan, rows, &control);
    Ok(computed.map_err(|_| WorkError::Stopped)?.columns)
}

/// What a scratch file that cannot be written means for the job. What the system says stays in the log: it may name paths.
fn scratch_failure(error: &io::Error) -> WorkError {
    tracing::warn!(%error, "the values of the features were not written");
    let text = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk of worker.scratch_dir is full: it takes 4 bytes for each row and feature of a training"
        }
        _ => "worker.scratch_dir cannot be written; it takes the values of a training's features",
    };
    WorkError::Failed(JobFailure {
        class: FailureClass::Infra,
        reason: Reason::Unavailable,
        message: text.to_owned(),
        phase: WorkPhase::Features,
    })
}
