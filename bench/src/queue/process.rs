//! Memory and CPU of another process.

use anyhow::Context;

/// Resident memory of a process, in bytes.
///
/// # Errors
/// When it is gone, or on systems without `/proc`.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok())
        .context("/proc/PID/status without VmRSS")?;
    Ok(kib * 1024.0)
}

/// Seconds of CPU that a process has used.
///
/// # Errors
/// As [`resident_bytes`].
pub(super) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    crate::cpu::seconds_of(&format!("/proc/{pid}/stat"))
}
