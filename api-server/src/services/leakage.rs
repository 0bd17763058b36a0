//! Reads the rows of a spec and looks for leaks: behind CheckLeakage.

use super::call::Call;
use super::computing::{Computing, LESS_OF_RANGE, Need};
use super::label_counts::range_empty;
use super::resolved::{self, Resolved};
use crate::convert::{leakage, train_spec};
use crate::error::ApiError;
use mltraining_domain::{DuplicateRule, SourceSpec, Violations};
use mltraining_leakage::{Question, Report, check, memory_bytes};
use mltraining_panel::Panel;
use mltraining_proto::v1;
use mltraining_store::reader::PanelQuery;
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
    let counting = counting(&source);
    let query = PanelQuery {
        columns: &columns,
        ..PanelQuery::of_training(&spec, &counting, &plan, call.deadline.remaining())
    };
    let read = turn.read(call, &query, &need).await?;
    if read.rows.in_range == 0 {
        let chosen = (spec.entities.as_slice(), "spec.entities");
        return Err(range_empty(call, &source, &spec.range, spec.known_before, chosen).await);
    }
    let duplicates = read.duplicates;
    let work = move |panel: &Panel, cancel: &AtomicBool| {
        let question = Question {
            panel,
            spec: &spec,
            source: &source,
            plan: &plan,
            duplicates: duplicates.as_ref(),
            cancel,
        };
        check(&question).ok()
    };
    turn.work(call.deadline, read.panel, work).await
}

/// The source with a rule for rows that share a key, so that they are counted and the other checks are made as well.
fn counting(source: &SourceSpec) -> SourceSpec {
    let mut source = source.clone();
    if source.duplicate_rule == DuplicateRule::Refuse {
        source.duplicate_rule = DuplicateRule::KeepFirst;
    }
    source
}
