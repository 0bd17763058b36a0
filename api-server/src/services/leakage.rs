//! Reads the rows of a spec and looks for leaks: behind CheckLeakage.

use super::call::Call;
use super::computing::{Computing, LESS_OF_RANGE, Need};
use super::label_counts::range_empty;
use super::resolved::{self, Resolved};
use crate::convert::{leakage, train_spec};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_leakage::{Question, Report, check, memory_bytes, wanted_rows};
use mltraining_panel::Panel;
use mltraining_proto::v1;
use mltraining_store::reader::{PanelQuery, PanelSample};
use std::sync::atomic::AtomicBool;

/// Looks for leaks in the rows of a request.
///
/// # Errors
/// All violations of the spec at once, TIME_RANGE_EMPTY, ROW_LIMIT_EXCEEDED, MEMORY_LIMIT, and those of reading.
pub(super) async fn look(
    computing: &Computing,
    call: &Call,
    request: v1::CheckLeakageRequest,
) -> Result<v1::CheckLeakageResponse, ApiError> {
    let mut found = Violations::new();
    let (spec, asked) = train_spec::read_to_look(request.spec, &call.project, &mut found);
    let resolved = resolved::resolve(call, spec, &asked, found).await?;
    let report = read_and_look(computing, call, resolved).await?;
    Ok(leakage::show(&report))
}

async fn read_and_look(computing: &Computing, call: &Call, resolved: Resolved) -> Result<Report, ApiError> {
    let Resolved { spec, source, plan } = resolved;
    // Every column: also those that no feature is made of may hold the future.
    let columns: Vec<String> = source.columns.iter().map(|column| column.name.clone()).collect();
    let need = Need {
        bytes: &|rows| memory_bytes(rows, columns.len(), &plan),
        field: "spec.range",
        way_out: LESS_OF_RANGE,
    };
    let turn = computing.turn().await?;
    let most = wanted_rows(plan.features.len());
    let query = PanelQuery {
        columns: &columns,
        ..PanelQuery::of_training(&spec, &source, &plan, call.deadline.remaining())
    };
    let PanelSample {
        read,
        rows,
        entities,
        duplicates,
    } = turn.read_sample(call, &query, most, &need).await?;
    if rows.in_range == 0 {
        let chosen = (spec.entities.as_slice(), "spec.entities");
        return Err(range_empty(call, &source, &spec.range, spec.known_before, chosen).await);
    }
    let work = move |panel: &Panel, cancel: &AtomicBool| {
        let question = Question {
            panel,
            spec: &spec,
            source: &source,
            plan: &plan,
            rows: rows.in_range + rows.warm_up + duplicates.as_ref().map_or(0, |found| found.count),
            entities,
            duplicates: duplicates.as_ref(),
            cancel,
        };
        check(&question).ok()
    };
    turn.work(call.deadline, read.panel, work).await
}
