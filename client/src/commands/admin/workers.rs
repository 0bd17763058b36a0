//! `mlts admin workers|drain`.

use super::{Connection, print, show};
use crate::commands::pages;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table, Tone, UNKNOWN, bytes};
use crate::when;
use mltraining_proto::v1;

pub(super) async fn list(connection: &Connection, context: &Context<'_>) -> Result<(), CliError> {
    let mut admin = connection.admin();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListWorkersRequest {
            page_size,
            page_token,
        };
        let answer = admin.list_workers(request).await?.into_inner();
        Ok((answer.workers, answer.next_page_token))
    });
    let workers = listed.await?.items;
    match context.output.format() {
        Format::Json => workers.iter().try_for_each(|worker| context.output.json(worker)),
        Format::Human if workers.is_empty() => {
            context.output.note("no workers: jobs wait until one is started");
            Ok(())
        }
        Format::Human => context.output.line(table(&workers, context.output.paint)),
    }
}

pub(super) async fn drain(
    name: String,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let request = v1::DrainWorkerRequest { name };
    let drained = connection.admin().drain_worker(request).await?;
    print(&drained.into_inner(), sentence, context)
}

fn sentence(worker: &v1::Worker) -> String {
    let (name, running) = (names::last(&worker.name), worker.running_jobs.len());
    match worker.state() {
        v1::WorkerState::Stopped => format!("worker {name} has ended"),
        v1::WorkerState::Stale => format!(
            "worker {name} was not heard for {}: it drains if it comes back",
            show::length(worker.heartbeat_age.as_ref())
        ),
        _ => format!("worker {name} takes no more jobs and ends; running now: {running}"),
    }
}

fn memory(worker: &v1::Worker) -> String {
    worker.memory_bytes.map_or_else(|| UNKNOWN.to_owned(), bytes)
}

fn table(workers: &[v1::Worker], paint: Paint) -> String {
    let headings = [
        "worker", "state", "host", "version", ">slots", ">memory", ">heard", "started", "runs",
    ];
    let mut table = Table::new(&headings, paint);
    for worker in workers {
        let tone = match worker.state() {
            v1::WorkerState::Active => Tone::Good,
            v1::WorkerState::Stale => Tone::Bad,
            _ => Tone::Warn,
        };
        let runs: Vec<&str> = worker.running_jobs.iter().map(|job| job.job.as_str()).collect();
        table.toned([
            (names::last(&worker.name).to_owned(), None),
            (
                show::word(worker.state().as_str_name(), "WORKER_STATE_"),
                Some(tone),
            ),
            (worker.hostname.clone(), None),
            (worker.version.clone(), None),
            (worker.slots.to_string(), None),
            (memory(worker), None),
            (
                format!("{} ago", show::length(worker.heartbeat_age.as_ref())),
                None,
            ),
            (when::show(worker.start_time.as_ref()), None),
            (runs.join(" "), None),
        ]);
    }
    table.render()
}
