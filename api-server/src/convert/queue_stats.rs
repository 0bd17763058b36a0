//! How full a queue is, and how long a new job may wait.

use super::job::show_display_state;
use super::time::show_instant;
use mltraining_domain::{DisplayState, Priority};
use mltraining_proto::v1;
use mltraining_store::queue_stats::{Depth, QueueStats};
use std::collections::BTreeMap;
use std::time::Duration;

/// The queue as the wire holds it.
pub(crate) fn show(queue: &str, stats: &QueueStats) -> v1::QueueStats {
    let due = stats.depth.iter().filter(|depth| depth.is_due);
    let running = sum(stats, is_running);
    let busy = running + stats.others_running;
    v1::QueueStats {
        queue: queue.to_owned(),
        depth: show_depth(&stats.depth),
        due_count: sum(stats, |depth| depth.is_due),
        scheduled_count: sum(stats, |depth| !depth.is_due && !is_running(depth)),
        running_count: running,
        oldest_age: due.map(|depth| depth.oldest).max().map(show_duration),
        max_running: stats.max_running,
        max_queued: stats.max_queued,
        worker_count: stats.workers - stats.draining,
        draining_worker_count: stats.draining,
        slot_count: stats.slots,
        free_slot_count: (stats.slots - busy).max(0),
        pause_time: stats.paused_at.map(show_instant),
        mean_run_duration: stats.mean_run.map(show_duration),
        expected_wait: expected_wait(stats).map(show_duration),
    }
}

/// How long a new job of the usual priority may wait; `None` when not known. Of the slots the project can have what others
/// leave, at least an equal share, at most `max_running`. All of them busy, one of them is free again after the mean time of a
/// job over their number (the rate of c servers is c / mean).
fn expected_wait(stats: &QueueStats) -> Option<Duration> {
    // Rounded up: one slot of two projects is each one's in turn.
    let share = (stats.slots + stats.other_projects) / (stats.other_projects + 1);
    let left = (stats.slots - stats.others_running).max(share);
    let slots = left.min(stats.max_running.into());
    if stats.paused_at.is_some() || slots <= 0 {
        return None;
    }
    let ahead = sum(stats, |depth| depth.is_due && depth.priority <= Priority::DEFAULT);
    let must_end = ahead + sum(stats, is_running) + 1 - slots;
    if must_end <= 0 {
        return Some(Duration::ZERO);
    }
    let seconds = stats.mean_run?.as_secs_f64() * must_end as f64 / slots as f64;
    Duration::try_from_secs_f64(seconds).ok()
}

fn is_running(depth: &Depth) -> bool {
    matches!(depth.state, DisplayState::Running | DisplayState::Cancelling)
}

fn sum(stats: &QueueStats, wanted: impl Fn(&Depth) -> bool) -> i64 {
    let wanted = stats.depth.iter().filter(|depth| wanted(depth));
    wanted.map(|depth| depth.jobs).sum()
}

/// Jobs that are tried again are one entry, whether they are due or not.
fn show_depth(depth: &[Depth]) -> Vec<v1::QueueDepth> {
    let mut counts = BTreeMap::<(i32, i32), i64>::new();
    for depth in depth {
        let key = (
            show_display_state(depth.state).into(),
            depth.priority.value().into(),
        );
        *counts.entry(key).or_default() += depth.jobs;
    }
    let shown = counts
        .into_iter()
        .map(|((state, priority), count)| v1::QueueDepth {
            state,
            priority,
            count,
        });
    shown.collect()
}

fn show_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: (duration.subsec_micros() * 1000).cast_signed(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn depth(state: DisplayState, priority: i32, is_due: bool, jobs: i64) -> Depth {
        Depth {
            state,
            priority: Priority::new(priority).unwrap(),
            is_due,
            jobs,
            oldest: Duration::from_secs(60),
        }
    }

    /// 4 slots, 3 running, 5 due before a new job and 7 after it.
    fn stats() -> QueueStats {
        QueueStats {
            paused_at: None,
            max_running: 10,
            max_queued: 100,
            workers: 3,
            draining: 1,
            slots: 4,
            others_running: 0,
            other_projects: 0,
            mean_run: Some(Duration::from_secs(40)),
            depth: vec![
                depth(DisplayState::Queued, 2, true, 4),
                depth(DisplayState::Retrying, 0, true, 1),
                depth(DisplayState::Retrying, 0, false, 2),
                depth(DisplayState::Queued, 3, true, 7),
                depth(DisplayState::Scheduled, 1, false, 9),
                depth(DisplayState::Running, 2, false, 2),
                depth(DisplayState::Cancelling, 2, false, 1),
            ],
        }
    }

    fn wait(change: impl FnOnce(&mut QueueStats)) -> Option<f64> {
        let mut stats = stats();
        change(&mut stats);
        expected_wait(&stats).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn the_wait_is_that_of_the_jobs_that_must_end_first() {
        // 5 ahead, 3 running and itself are 9, on 4 slots: 5 must end, one every 10 s.
        assert_eq!(wait(|_| {}), Some(50.0));
        // Two slots: 7 must end, one every 20 s.
        assert_eq!(wait(|stats| stats.max_running = 2), Some(140.0));
        // Others take all slots, but one project of two gets half of them.
        let others = |stats: &mut QueueStats| (stats.others_running, stats.other_projects) = (4, 1);
        assert_eq!(wait(others), Some(140.0));
        assert_eq!(wait(|stats| stats.slots = 9), Some(0.0));
        // One slot, busy with others: all 8 and itself are done on it, one every 40 s.
        let one_slot = |stats: &mut QueueStats| {
            (stats.slots, stats.others_running, stats.other_projects) = (1, 1, 1);
        };
        assert_eq!(wait(one_slot), Some(320.0));
    }

    #[test]
    fn a_wait_that_is_not_known_is_not_said() {
        assert_eq!(wait(|stats| stats.slots = 0), None);
        assert_eq!(wait(|stats| stats.max_running = 0), None);
        assert_eq!(wait(|stats| stats.mean_run = None), None);
        let paused = Some(chrono::DateTime::UNIX_EPOCH);
        assert_eq!(wait(|stats| stats.paused_at = paused), None);
        let idle = |stats: &mut QueueStats| {
            stats.depth.clear();
            stats.mean_run = None;
        };
        assert_eq!(wait(idle), Some(0.0), "a slot is free");
    }

    #[test]
    fn every_job_is_counted_once() {
        let shown = show("default", &stats());
        assert_eq!(
            (shown.due_count, shown.scheduled_count, shown.running_count),
            (12, 11, 3)
        );
        assert_eq!(shown.depth.iter().map(|depth| depth.count).sum::<i64>(), 26);
        assert_eq!((shown.worker_count, shown.draining_worker_count), (2, 1));
        assert_eq!((shown.slot_count, shown.free_slot_count), (4, 1));
        let retrying = shown
            .depth
            .iter()
            .find(|depth| depth.state() == v1::JobDisplayState::Retrying);
        assert_eq!(retrying.map(|depth| depth.count), Some(3));
    }
}
