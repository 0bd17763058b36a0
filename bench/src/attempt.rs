//! The process of an attempt, watched from outside.

use crate::cpu;
use mltraining_tests::process::{memory_kib, parent_of};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two looks; the peak is kept by the system, so that a look too few loses the last moment alone.
const LOOK: Duration = Duration::from_millis(20);

/// The most that the children of a worker have taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peak {
    /// Resident memory, MiB.
    pub(crate) mib: f64,
    /// Seconds of CPU, to the last look.
    pub(crate) cpu: f64,
}

/// Watches until told to end.
pub(crate) async fn watch(worker: u32, over: &AtomicBool) -> Peak {
    let mut peak = Peak::default();
    while !over.load(Ordering::Relaxed) {
        for child in children(worker) {
            let mib = memory_kib(child, "VmHWM").unwrap_or_default() / 1024.0;
            let cpu = cpu::seconds_of(&format!("/proc/{child}/stat")).unwrap_or_default();
            peak.mib = peak.mib.max(mib);
            peak.cpu = peak.cpu.max(cpu);
        }
        tokio::time::sleep(LOOK).await;
    }
    peak
}

fn children(of: u32) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(of)).collect()
}
