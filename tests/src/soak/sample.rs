//! What is watched: memory, descriptors and threads of the processes, their connections, dead rows and sizes of tables.

use super::growth::{Growth, Series};
use crate::database::Database;
use crate::process::Process;
use crate::system::System;
use std::collections::BTreeMap;
use std::time::Duration;

/// What starts, grows: the first part of each series is left out, in seconds.
const WARM_UP: f64 = 60.0;

/// Quantities of one process.
const OF_PROCESS: [&str; 3] = ["rss_kib", "fds", "threads"];

/// All measurements so far: quantity -> process or table -> its series.
#[derive(Default)]
pub(super) struct Samples(BTreeMap<String, BTreeMap<String, Series>>);

impl Samples {
    /// Measures everything once.
    pub(super) fn take(&mut self, system: &mut System, at: Duration) {
        let at = at.as_secs_f64();
        self.process("api-server", &mut system.api, at);
        for worker in &mut system.workers {
            self.process("worker", worker, at);
        }
        for (quantity, value) in of_database(&system.database) {
            self.add(&quantity, "", at, value);
        }
    }

    /// A process that was killed is followed by one of another id, which begins a series of its own.
    fn process(&mut self, name: &str, process: &mut Process, at: f64) {
        if !process.is_running() {
            return;
        }
        let id = process.id();
        let values = [rss_kib(id), entries(id, "fd"), entries(id, "task")];
        for (quantity, value) in OF_PROCESS.iter().zip(values) {
            if let Some(value) = value {
                self.add(&format!("{name} {quantity}"), &id.to_string(), at, value);
            }
        }
    }

    fn add(&mut self, quantity: &str, of: &str, at: f64, value: f64) {
        let series = self.0.entry(quantity.to_owned()).or_default();
        series.entry(of.to_owned()).or_default().add(at, value);
    }

    /// Growth of every quantity that was measured often enough.
    pub(super) fn growth(&self) -> Vec<Growth> {
        let of = |(quantity, series): (&String, &BTreeMap<String, Series>)| {
            let series: Vec<Series> = series.values().cloned().collect();
            Growth::of(quantity, &series, WARM_UP, tolerated(quantity))
        };
        self.0.iter().filter_map(of).collect()
    }
}

/// What is tolerated: a share of the mean per hour, and an amount that the value moves about by. Rows of jobs are kept, so their
/// tables grow with the load; what a job costs, and what is dead in them, does not.
fn tolerated(quantity: &str) -> (f64, f64) {
    match quantity.rsplit(' ').next().unwrap_or_default() {
        "rss_kib" => (0.05, 6144.0),
        "threads" => (0.02, 4.0),
        "fds" => (0.02, 10.0), // a pool may fill up: ten connections of a process,
        "connections" => (0.02, 20.0), // and those of three workers
        "dead_rows" => (0.10, 1000.0),
        _ => (0.05, 400.0), // bytes per job
    }
}

fn rss_kib(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Entries of a folder of a process: its descriptors, its threads.
fn entries(pid: u32, folder: &str) -> Option<f64> {
    Some(std::fs::read_dir(format!("/proc/{pid}/{folder}")).ok()?.count() as f64)
}

fn of_database(database: &Database) -> Vec<(String, f64)> {
    let rows = database.sql(
        "SELECT application_name || ' connections', count(*) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name IN ('worker', 'api-server') GROUP BY 1
         UNION ALL
         SELECT relname || ' dead_rows', n_dead_tup FROM pg_stat_user_tables
          WHERE schemaname = 'public' AND relname IN ('job', 'job_attempt', 'job_event', 'result', 'worker', 'project', 'model')
         UNION ALL
         SELECT relname || ' bytes_per_job', pg_total_relation_size(relid) / greatest((SELECT count(*) FROM job), 1)
           FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname IN ('job', 'job_attempt', 'result')",
    );
    rows.lines()
        .filter_map(|row| row.split_once('|'))
        .filter_map(|(quantity, value)| Some((quantity.to_owned(), value.parse().ok()?)))
        .collect()
}
