//! What is watched: memory, descriptors and threads of the processes, their connections, dead rows and sizes of tables.

use super::SAMPLE;
use super::growth::{Growth, Series, Tolerance, TooFew};
use crate::database::Database;
use crate::process::{Process, memory_kib};
use crate::system::System;
use std::collections::BTreeMap;
use std::time::Duration;

/// What starts, grows: the first part of each series is left out, in seconds.
const WARM_UP: f64 = 60.0;

/// Quantities of one process.
const OF_PROCESS: [&str; 3] = ["rss_kib", "fds", "threads"];
/// Processes that are watched: those that live as long as the soak, so that their series are long.
const WATCHED: [&str; 2] = ["api-server", "worker-0"];
/// The names by which they reach Postgres; all workers have the same.
const CONNECTED: [&str; 2] = ["api-server", "worker"];
/// Tables whose dead rows are watched, and those whose sizes are.
const TABLES: [&str; 7] = [
    "job",
    "job_attempt",
    "job_event",
    "result",
    "worker",
    "project",
    "model",
];
const SIZED: [&str; 4] = ["job", "job_attempt", "job_event", "result"];
/// Fewer measurements than this tell no slope, however short the soak.
const LEAST: usize = 10;

/// All measurements so far: quantity -> process or table -> its series.
#[derive(Default)]
pub(super) struct Samples(BTreeMap<String, BTreeMap<String, Series>>);

impl Samples {
    /// Measures everything once.
    pub(super) fn take(&mut self, system: &mut System, at: Duration) {
        let at = at.as_secs_f64();
        self.process(WATCHED[0], &mut system.api, at);
        self.process(WATCHED[1], &mut system.workers[0], at);
        for (quantity, value) in of_database(&system.database) {
            self.add(&quantity, "", at, value);
        }
    }

    /// One that has ended gives no measurement, and is missed in the end.
    fn process(&mut self, name: &str, process: &mut Process, at: f64) {
        if !process.is_running() {
            return;
        }
        let id = process.id();
        let values = [memory_kib(id, "VmRSS"), entries(id, "fd"), entries(id, "task")];
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

    /// Growth of every expected quantity over a soak of `time`.
    pub(super) fn growth(&self, time: Duration) -> Vec<Result<Growth, TooFew>> {
        // A third of what a calm machine would measure: starting a process takes a while in which nothing is measured.
        let due = (time.as_secs_f64() - WARM_UP).max(0.0) / SAMPLE.as_secs_f64();
        let needed = LEAST.max((due / 3.0) as usize);
        let of = |quantity: String| {
            let series: Vec<Series> = self
                .0
                .get(&quantity)
                .map(|series| series.values().cloned().collect())
                .unwrap_or_default();
            Growth::of(&quantity, &series, WARM_UP, tolerance(&quantity), needed)
        };
        expected().into_iter().map(of).collect()
    }
}

/// What a soak must have measured; one of these that is missing fails it.
fn expected() -> Vec<String> {
    let of = |names: &[&str], what: &[&str]| -> Vec<String> {
        let pairs = names
            .iter()
            .flat_map(|name| what.iter().map(move |what| format!("{name} {what}")));
        pairs.collect()
    };
    let mut all = of(&WATCHED, &OF_PROCESS);
    all.extend(of(&CONNECTED, &["connections"]));
    all.extend(of(&TABLES, &["dead_rows"]));
    all.extend(of(&SIZED, &["size_pct"]));
    all
}

/// What is tolerated. Jobs for a model are kept for ever, so their tables grow with the load; what they take beside what their rows hold,
/// and what is dead in them, does not. A soak of two hours notices every leak that is named here.
fn tolerance(quantity: &str) -> Tolerance {
    let (share_per_hour, amount, leak_per_hour) = match quantity.rsplit(' ').next().unwrap_or_default() {
        "rss_kib" => (0.05, 6144.0, 51_200.0), // 50 MiB an hour
        "threads" => (0.02, 4.0, 5.0),
        "fds" => (0.02, 10.0, 15.0), // a pool may fill up: ten connections of a process,
        "connections" => (0.02, 20.0, 20.0), // and those of three workers
        "dead_rows" => (0.10, 1000.0, 1000.0),
        _ => (0.05, 100.0, 150.0), // percent of size: what was removed leaves room that is used again
    };
    Tolerance {
        share_per_hour,
        amount,
        leak_per_hour,
    }
}

/// Entries of a folder of a process: its descriptors, its threads.
fn entries(pid: u32, folder: &str) -> Option<f64> {
    Some(std::fs::read_dir(format!("/proc/{pid}/{folder}")).ok()?.count() as f64)
}

/// The size of a table with its indexes, in percent of what its rows hold.
fn size_pct(table: &str) -> String {
    format!(
        "UNION ALL SELECT '{table} size_pct', 100 * pg_total_relation_size('{table}') / greatest(sum(pg_column_size(t.*)), 8192)
           FROM {table} t"
    )
}

fn of_database(database: &Database) -> Vec<(String, f64)> {
    let list = |names: &[&str]| format!("ARRAY['{}']", names.join("', '"));
    let rows = database.sql(&format!(
        "SELECT name || ' connections', (SELECT count(*) FROM pg_stat_activity
                                          WHERE datname = current_database() AND application_name = name)
           FROM unnest({}) name
         UNION ALL
         SELECT relname || ' dead_rows', n_dead_tup FROM pg_stat_user_tables
          WHERE schemaname = 'public' AND relname = ANY({})
         {}",
        list(&CONNECTED),
        list(&TABLES),
        SIZED.map(size_pct).join(" ")
    ));
    rows.lines()
        .filter_map(|row| row.split_once('|'))
        .filter_map(|(quantity, value)| Some((quantity.to_owned(), value.parse().ok()?)))
        .collect()
}
