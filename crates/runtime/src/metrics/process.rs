//! What the kernel knows of this process, looked at when numbers are told.

use super::instrument::{Declared, meter};
use super::list;
use procfs::process::{LimitValue, Process, Stat};

/// Observes the process from now on.
pub(super) fn observe() {
    gauge(list::PROCESS_MEMORY, |_, stat| {
        Some((stat.rss * procfs::page_size()) as f64)
    });
    gauge(list::PROCESS_OPEN_FDS, |process, _| {
        Some(process.fd_count().ok()? as f64)
    });
    gauge(list::PROCESS_MAX_FDS, |process, _| {
        match process.limits().ok()?.max_open_files.soft_limit {
            LimitValue::Value(files) => Some(files as f64),
            LimitValue::Unlimited => None,
        }
    });
    gauge(list::PROCESS_START, |_, stat| {
        let boot = procfs::boot_time_secs().ok()? as f64;
        Some(boot + stat.starttime as f64 / procfs::ticks_per_second() as f64)
    });
    let cpu = list::PROCESS_CPU;
    let _kept_by_the_provider = meter()
        .f64_observable_counter(cpu.name)
        .with_description(cpu.text)
        .with_unit(cpu.code())
        .with_callback(|observer| {
            if let Some((_, stat)) = look() {
                let ended = stat.cutime.max(0) as u64 + stat.cstime.max(0) as u64;
                let ticks = stat.utime + stat.stime + ended;
                observer.observe(ticks as f64 / procfs::ticks_per_second() as f64, &[]);
            }
        })
        .build();
}

fn gauge(declared: Declared, read: fn(&Process, &Stat) -> Option<f64>) {
    let _kept_by_the_provider = meter()
        .f64_observable_gauge(declared.name)
        .with_description(declared.text)
        .with_unit(declared.code())
        .with_callback(move |observer| {
            if let Some(value) = look().and_then(|(process, stat)| read(&process, &stat)) {
                observer.observe(value, &[]);
            }
        })
        .build();
}

fn look() -> Option<(Process, Stat)> {
    let process = Process::myself().ok()?;
    let stat = process.stat().ok()?;
    Some((process, stat))
}
