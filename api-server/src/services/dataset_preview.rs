//! Reads what a training would read and looks at it as the training would: behind PreviewDataset.

use super::call::Call;
use super::computing::{Computing, LESS_OF_RANGE, Need, threads};
use super::label_counts::range_empty;
use super::resolved::{self, Resolved};
use crate::convert::dataset_preview::{self, DatasetRequest};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_panel::compute::Control;
use mltraining_panel::preview::{self, Dataset, DatasetPreview};
use mltraining_panel::{Fingerprint, Panel};
use mltraining_proto::v1;
use mltraining_store::reader::PanelQuery;
use std::sync::atomic::AtomicBool;

/// Looks at the rows of a request.
///
/// # Errors
/// All violations of the spec at once, TIME_RANGE_EMPTY, ROW_LIMIT_EXCEEDED, MEMORY_LIMIT, and those of reading.
pub(super) async fn look(
    computing: &Computing,
    call: &Call,
    request: v1::PreviewDatasetRequest,
) -> Result<v1::PreviewDatasetResponse, ApiError> {
    let mut found = Violations::new();
    let DatasetRequest { spec, asked, shown } = dataset_preview::read(request, &call.project, &mut found);
    let resolved = resolved::resolve(call, spec, &asked, found).await?;
    let features = resolved.plan.features.len();
    dataset_preview::check_size(shown, features).into_result(())?;
    let (fingerprint, seen) = read_and_look(computing, call, resolved, shown).await?;
    Ok(dataset_preview::show(&seen, &fingerprint))
}

async fn read_and_look(
    computing: &Computing,
    call: &Call,
    resolved: Resolved,
    shown: usize,
) -> Result<(Fingerprint, DatasetPreview), ApiError> {
    let Resolved { spec, source, plan } = resolved;
    let (columns, ahead) = (plan.widest(), plan.ahead_bytes_of_row());
    let need = Need {
        bytes: &|rows| preview::needed_bytes(rows, columns, threads(), ahead),
        field: "spec.range",
        way_out: LESS_OF_RANGE,
    };
    let turn = computing.turn().await?;
    let query = PanelQuery::of_training(&spec, &source, &plan, call.deadline.remaining());
    let read = turn.read(call, &query, &need).await?;
    if read.rows.in_range == 0 {
        let chosen = (spec.entities.as_slice(), "spec.entities");
        return Err(range_empty(call, &source, &spec.range, spec.known_before, chosen).await);
    }
    let work = move |panel: &Panel, cancel: &AtomicBool| {
        let dataset = Dataset {
            panel,
            spec: &spec,
            source: &source,
            plan: &plan,
            shown,
            at_once: threads(),
        };
        let control = Control {
            cancel,
            progress: &|_, _| {},
        };
        preview::dataset(&dataset, &control).ok()
    };
    let seen = turn.work(call.deadline, read.panel, work).await?;
    Ok((read.fingerprint, seen))
}
