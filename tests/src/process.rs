//! A process of the system under test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running binary; killed when dropped.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// A signal that tests send.
#[derive(Debug, Clone, Copy)]
pub enum Signal {
    Term,
    Kill,
    Stop,
    Continue,
    Hangup,
    Interrupt,
    Quit,
    User1,
    User2,
}

impl Signal {
    /// As `kill` takes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Term => "-TERM",
            Self::Kill => "-KILL",
            Self::Stop => "-STOP",
            Self::Continue => "-CONT",
            Self::Hangup => "-HUP",
            Self::Interrupt => "-INT",
            Self::Quit => "-QUIT",
            Self::User1 => "-USR1",
            Self::User2 => "-USR2",
        }
    }
}

impl Process {
    /// Starts `command`; its standard output and error go to `folder/name.log`.
    pub fn start(name: &str, mut command: Command, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("the log folder is writable");
        let err = out.try_clone().expect("a file handle can be cloned");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.unwrap_or_else(|e| panic!("{name} does not start: {e}"));
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The ids of the processes that it has started and that still run.
    pub fn children(&self) -> Vec<u32> {
        let ids = std::fs::read_dir("/proc").expect("tests of processes need Linux");
        ids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|id| parent_of(*id) == Some(self.id()))
            .collect()
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its log lines that are JSON objects.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.log()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Sends a signal to it alone.
    pub fn signal(&self, signal: Signal) {
        let sent = Command::new("kill")
            .args([signal.word(), &self.id().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|s| s.success()),
            "{} could not be signalled",
            self.name
        );
    }

    /// Sends a signal to it and to the processes that it has started: a machine that pauses pauses all of them.
    pub fn signal_all(&self, signal: Signal) {
        let children = self.children();
        self.signal(signal);
        for child in children {
            let _ = Command::new("kill")
                .args([signal.word(), &child.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }

    /// Sends a signal and blocks until the process is gone; for ends that must be orderly.
    pub fn end_with(&mut self, signal: Signal) {
        if self.is_running() {
            self.signal(signal);
            let _ = self.child.wait();
        }
    }

    /// True while it runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    pub async fn exit(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{} does not end:\n{}",
                self.name,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The parent of a process that runs; `None` for one that has ended, also when nobody has asked for its exit code yet.
pub fn parent_of(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' '); // the name before it may hold anything
    let state = fields.next()?;
    (state != "Z" && state != "X").then(|| fields.next()?.parse().ok())?
}

/// A line of a process's memory, such as `VmRSS` (resident now) or `VmHWM` (the most so far), in KiB; `None` when it is gone,
/// or on systems without `/proc`.
pub fn memory_kib(id: u32, field: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let mut lines = status.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| *name == field)?;
    value.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Kills one process.
pub fn kill(id: u32) {
    assert!(try_kill(id), "{id} could not be killed");
}

/// Kills one process; false when it was gone.
pub fn try_kill(id: u32) -> bool {
    let sent = Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .stderr(Stdio::null())
        .status();
    sent.is_ok_and(|s| s.success())
}

/// True while a process of this id lives.
pub fn lives(pid: u32) -> bool {
    parent_of(pid).is_some()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            eprintln!("---- last lines of {}:", self.name);
            for line in tail.iter().rev() {
                eprintln!("{line}");
            }
        }
    }
}
