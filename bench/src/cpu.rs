//! The CPU time of this process.

use anyhow::Context;
use std::time::Instant;

/// Ticks per second of `/proc/self/stat` (USER_HZ, 100 on every Linux that Rust runs on).
const TICKS: f64 = 100.0;

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Took {
    /// CPU seconds of the process, user and system, in steps of 0.01.
    pub cpu: f64,
    /// Seconds on the wall.
    pub wall: f64,
}

/// Seconds of CPU that this process has used.
///
/// # Errors
/// On systems without `/proc`.
pub fn process_seconds() -> anyhow::Result<f64> {
    seconds_of("/proc/self/stat")
}

/// Seconds of CPU that the process with this `stat` file has used.
pub(crate) fn seconds_of(stat: &str) -> anyhow::Result<f64> {
    seconds_at(stat, OWN)
}

/// Seconds of CPU that the children of this process have used which it has waited for, and theirs.
///
/// # Errors
/// On systems without `/proc`.
pub(crate) fn children_seconds() -> anyhow::Result<f64> {
    seconds_at("/proc/self/stat", CHILDREN)
}

/// Places behind the name of utime, and of cutime; stime and cstime follow them.
const OWN: usize = 11;
const CHILDREN: usize = 13;

fn seconds_at(stat: &str, place: usize) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(stat).context("the CPU clock needs Linux's /proc")?;
    // The second field is the program's name in parentheses and may hold anything.
    let rest = stat.rsplit_once(')').context("a stat file without a name")?.1;
    let ticks = |n: usize| -> anyhow::Result<f64> {
        Ok(rest
            .split_whitespace()
            .nth(n)
            .context("a stat file that is too short")?
            .parse()?)
    };
    Ok((ticks(place)? + ticks(place + 1)?) / TICKS)
}

/// Runs `work` and says how long it took.
///
/// # Errors
/// On systems without `/proc`.
pub fn timed<T>(work: impl FnOnce() -> T) -> anyhow::Result<(T, Took)> {
    let (cpu, wall) = (process_seconds()?, Instant::now());
    let result = work();
    Ok((
        result,
        Took {
            cpu: process_seconds()? - cpu,
            wall: wall.elapsed().as_secs_f64(),
        },
    ))
}

/// Runs `work` `times` times and gives the last result and the mean of what it took.
///
/// # Errors
/// On systems without `/proc`.
///
/// # Panics
/// When `times` is 0.
pub fn mean_of<T>(times: u32, mut work: impl FnMut() -> T) -> anyhow::Result<(T, Took)> {
    assert!(times > 0, "something has to be run");
    let (result, took) = timed(|| (0..times).map(|_| work()).last())?;
    let n = f64::from(times);
    Ok((
        result.expect("it ran at least once"),
        Took {
            cpu: took.cpu / n,
            wall: took.wall / n,
        },
    ))
}
