//! The machine, the database server, and a line on the screen.

use anyhow::{Context, bail};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// Where the bench ran.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// Load of the last minute before the run: what others were doing.
    pub load: String,
    /// Version of Postgres.
    pub postgres: String,
    /// Whether a commit waits for the disk.
    pub fsync: String,
    /// Whether a commit waits for its record in the log.
    pub synchronous_commit: String,
}

impl Machine {
    /// Looks at the machine and at the server of `DATABASE_URL`.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(super) fn look() -> anyhow::Result<Self> {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            postgres: show("server_version")?,
            fsync: show("fsync")?,
            synchronous_commit: show("synchronous_commit")?,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cores,
            load,
            postgres,
            fsync,
            synchronous_commit,
        } = self;
        write!(
            f,
            "{cores} cores, load {load}; Postgres {postgres}, fsync = {fsync}, synchronous_commit = {synchronous_commit}"
        )?;
        if fsync == "off" {
            write!(
                f,
                ": commits do not wait for the disk, so look at ratios, not at rates"
            )?;
        }
        Ok(())
    }
}

fn show(setting: &str) -> anyhow::Result<String> {
    let server = std::env::var("DATABASE_URL").context("DATABASE_URL is not set: run ./dev bench queue")?;
    let mut command = Command::new(program("psql"));
    command.args([&server, "-qXAtc", &format!("show {setting}")]);
    output(command)
}

/// The path of one of Postgres's programs: where Debian puts them, the newest first, else by name.
pub(super) fn program(name: &str) -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = folders
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// Runs a program to its end and gives what it printed.
///
/// # Errors
/// When it cannot be started or fails; with what it said.
pub(super) fn output(mut command: Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command
        .output()
        .with_context(|| format!("{name} cannot be started; is Postgres (with contrib) installed?"))?;
    if !out.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&out.stderr));
    }
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

/// Prints a line.
#[expect(clippy::print_stdout, reason = "the table is what a bench is run for")]
pub(super) fn say(line: &str) {
    println!("{line}");
}
