//! The program that a worker starts for each attempt: itself.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// What glibc's allocator is told in an attempt: blocks of this size and more are mapped and given back on their own. Without it the
/// size grows with the largest block that was freed, and what a phase has given back stays in the process while the next one allocates.
const ALLOCATOR: [(&str, &str); 2] = [
    ("MALLOC_MMAP_THRESHOLD_", "1048576"),
    ("MALLOC_TRIM_THRESHOLD_", "1048576"),
];

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
        // Who has told the worker's allocator something has told the attempts' as well.
        for (name, value) in ALLOCATOR {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command.spawn()
    }
}
