//! The program that a worker starts for each attempt: itself.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// The program of this process.
#[derive(Debug, Clone)]
pub struct Program {
    executable: PathBuf,
}

impl Program {
    /// That of this process. On Linux it stays the same one when its file is replaced.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn of_process() -> io::Result<Self> {
        let executable = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self { executable })
    }

    /// Starts it for one attempt: in a process group of its own, so that what a terminal sends to the worker does not reach
    /// it; with its log lines where the worker's go; without the worker's settings, which it is told over its input.
    pub(super) fn start(&self, lines: Stdio) -> io::Result<Child> {
        let mut command = Command::new(&self.executable);
        command
            .arg0("worker-attempt")
            .arg("--attempt")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(lines)
            .process_group(0)
            .kill_on_drop(true);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MLTS_") {
                command.env_remove(name);
            }
        }
        command.spawn()
    }
}
