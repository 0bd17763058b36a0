//! A Postgres of a scenario's own.

use crate::process::{Process, Signal};
use crate::system::free_port;
use crate::wait;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Sessions are ended and rolled back, then a checkpoint (`pg_ctl stop -m fast`).
    Fast,
    /// Everything ends at once, as in a crash; the next start recovers from the log (`pg_ctl stop -m immediate`).
    Immediate,
}

/// A Postgres of a scenario's own; goes away with its data when dropped.
pub struct OwnPostgres {
    process: Option<Process>,
    programs: PathBuf,
    port: u16,
    password: String,
    folder: TempDir,
}

impl OwnPostgres {
    /// Makes a cluster and starts it. `None`, with the reason printed, where the machine has no server's programs.
    pub async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!(
                "skipped: there is no initdb on this machine, so a scenario cannot have a Postgres of its own"
            );
            return None;
        };
        let folder = super::folder();
        let password = super::password();
        initdb(&programs, folder.path(), &password);
        let mut server = Self {
            process: None,
            programs,
            port: free_port(),
            password,
            folder,
        };
        server.restart().await;
        Some(server)
    }

    /// `postgres://...` of its database `postgres`; the same after each restart.
    pub fn url(&self) -> String {
        format!(
            "postgres://mltraining:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        )
    }

    /// Stops it and waits until it is gone.
    pub async fn stop(&mut self, how: Shutdown) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        process.signal(match how {
            Shutdown::Fast => Signal::Interrupt,
            Shutdown::Immediate => Signal::Quit,
        });
        process.exit().await;
    }

    /// Starts it, on the same port, and waits until it takes connections.
    pub async fn restart(&mut self) {
        let mut command = super::command(&self.programs.join("postgres"), self.folder.path());
        command.args(["-D", "data", "-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "timezone=UTC",
            "autovacuum_naptime=5s",
            "fsync=off", // the process is killed, never the machine
        ] {
            command.args(["-c", setting]);
        }
        self.process = Some(Process::start("postgres", command, self.folder.path()));
        let (url, process) = (self.url(), &mut self.process);
        wait::until("Postgres takes connections", || {
            let lives = process.as_mut().is_some_and(Process::is_running);
            assert!(lives, "Postgres does not start");
            let answers = answers(&url);
            async move { answers.then_some(()) }
        })
        .await;
    }
}

impl Drop for OwnPostgres {
    /// Stops it at once; killing the first process alone would leave its children for a while.
    fn drop(&mut self) {
        if let Some(process) = self.process.as_mut() {
            process.end_with(Signal::Quit);
        }
    }
}

fn answers(url: &str) -> bool {
    Command::new("psql")
        .args([url, "-qXAtc", "select 1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn initdb(programs: &Path, folder: &Path, password: &str) {
    let file = folder.join("password");
    std::fs::write(&file, password).expect("the folder is writable");
    if let Some((user, group)) = super::other_user() {
        std::os::unix::fs::chown(&file, Some(user), Some(group)).expect("root may give a file away");
    }
    let out = super::command(&programs.join("initdb"), folder)
        .args([
            "-D",
            "data",
            "-U",
            "mltraining",
            "--pwfile=password",
            "-A",
            "scram-sha-256",
        ])
        .args(["-E", "UTF8", "--locale=C", "--no-sync"])
        .output()
        .expect("initdb runs");
    assert!(
        out.status.success(),
        "initdb: {}",
        String::from_utf8_lossy(&out.stderr)
    );
}

/// The folder of `initdb` and `postgres`: on the path (`./dev test` puts it there), or where Debian keeps the newest.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    std::env::split_paths(&path)
        .chain(folders)
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name);
    name.and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}
