//! Memory and CPU of another process.

use anyhow::Context;
use mltraining_tests::process::memory_kib;

/// Resident memory of a process, in bytes.
///
/// # Errors
/// When it is gone, or on systems without `/proc`.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<f64> {
    let kib =
        memory_kib(pid, "VmRSS").context("the process is gone, or its /proc/PID/status without VmRSS")?;
    Ok(kib * 1024.0)
}

/// Seconds of CPU that a process has used.
///
/// # Errors
/// As [`resident_bytes`].
pub(super) fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    crate::cpu::seconds_of(&format!("/proc/{pid}/stat"))
}
