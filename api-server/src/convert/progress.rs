//! How far a running job has come.

use super::field::wire_count;
use super::time::show_instant;
use chrono::{DateTime, Utc};
use mltraining_domain::{Progress, WorkPhase};
use mltraining_proto::v1;

/// Progress as of the instant at which the worker told it.
pub(crate) fn show(progress: &Progress, at: Option<DateTime<Utc>>) -> v1::Progress {
    v1::Progress {
        phase: show_phase(progress.phase).into(),
        fraction: progress.fraction,
        message: progress.message.clone(),
        steps_done: wire_count(progress.steps_done),
        steps_total: wire_count(progress.steps_total),
        update_time: at.map(show_instant),
    }
}

/// The step as the wire names it.
pub(crate) fn show_phase(phase: WorkPhase) -> v1::WorkPhase {
    match phase {
        WorkPhase::Read => v1::WorkPhase::Read,
        WorkPhase::Features => v1::WorkPhase::Features,
        WorkPhase::Labels => v1::WorkPhase::Labels,
        WorkPhase::Split => v1::WorkPhase::Split,
        WorkPhase::Fit => v1::WorkPhase::Fit,
        WorkPhase::Evaluate => v1::WorkPhase::Evaluate,
        WorkPhase::Store => v1::WorkPhase::Store,
    }
}
