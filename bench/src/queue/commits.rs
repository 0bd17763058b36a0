//! What pgbench commits per second on the same server: the yardstick.

use super::Length;
use super::report::Report;
use super::system::{output, program};
use anyhow::Context;
use mltraining_tests::database::Database;
use std::process::Command;
use std::time::Duration;

/// Ten branches for each of two clients: with fewer, clients would wait for each other's rows.
const SCALE: u32 = 20;
/// Clients of the yardstick.
pub(super) const CLIENTS: u32 = 20;
const UPDATE: &str = "\\set aid random(1, 100000 * :scale)\n\
    UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;\n";

/// A database that pgbench has filled.
pub(super) struct Pgbench {
    database: Database,
}

#[derive(Debug, Clone, Copy)]
enum Script {
    /// The default: a transaction of seven statements, three updates, one insert.
    TpcB,
    /// An update of one row.
    Update,
}

impl Pgbench {
    /// # Errors
    /// When pgbench is not there.
    pub(super) fn prepare() -> anyhow::Result<Self> {
        let database = Database::create();
        let mut command = Command::new(program("pgbench"));
        command.args(["-i", "-q", "-s", &SCALE.to_string(), &database.url()]);
        output(command)?;
        Ok(Self { database })
    }

    /// Commits per second of the default script at as many clients as the yardstick has.
    pub(super) fn yardstick(&self, time: Duration) -> anyhow::Result<f64> {
        self.rate(Script::TpcB, CLIENTS, time)
    }

    fn rate(&self, script: Script, clients: u32, time: Duration) -> anyhow::Result<f64> {
        let mut command = Command::new(program("pgbench"));
        let (clients, seconds) = (clients.to_string(), time.as_secs().max(1).to_string());
        command.args(["-n", "-c", &clients, "-j", "2", "-T", &seconds]);
        let folder = tempfile::tempdir()?;
        if let Script::Update = script {
            let file = folder.path().join("update.sql");
            std::fs::write(&file, UPDATE)?;
            command.arg("-s").arg(SCALE.to_string()).arg("-f").arg(file);
        }
        command.arg(self.database.url());
        let told = output(command)?;
        let line = told.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = line.and_then(|rest| rest.split_whitespace().next());
        rate.and_then(|rate| rate.parse().ok())
            .with_context(|| format!("pgbench tells no rate:\n{told}"))
    }
}

/// Measures all of pgbench's loads; the database stays, for the yardstick to be measured again beside the claims.
///
/// # Errors
/// When pgbench is not there or fails.
pub(super) fn measure(length: &Length, report: &mut Report) -> anyhow::Result<Pgbench> {
    report.part("pgbench on this Postgres");
    let pgbench = Pgbench::prepare()?;
    for (script, name) in [
        (Script::TpcB, "TPC-B-like"),
        (Script::Update, "update of one row"),
    ] {
        for clients in [1, 4, CLIENTS] {
            let rate = pgbench.rate(script, clients, length.pgbench)?;
            report.note(format!("pgbench, {name}, {clients} clients"), "commits/s", rate);
        }
    }
    Ok(pgbench)
}
