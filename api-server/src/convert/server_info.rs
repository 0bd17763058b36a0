//! What the server says of itself, and of the queues.

use super::field::wire_count;
use super::time::show_instant;
use crate::cache;
use chrono::{DateTime, Utc};
use mltraining_proto::v1;
use mltraining_runtime::dependency::{Dependency, Weight};
use mltraining_signal::Counts;
use mltraining_store::PoolUse;
use mltraining_store::queues::Queue;
use std::time::{Duration, SystemTime};
use v1::{DependencyState, QueueState, ServerState};

/// A length of time that was measured.
pub(crate) fn show_duration(duration: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos() as i32,
    }
}

fn show_time(at: SystemTime) -> prost_types::Timestamp {
    show_instant(DateTime::<Utc>::from(at))
}

/// Whether the server is ready, by how what it needs answered last. What was not asked yet counts as away.
pub(crate) fn state(dependencies: &[Dependency]) -> ServerState {
    let away = |weight| {
        let mut of_weight = dependencies.iter().filter(|known| known.weight == weight);
        of_weight.any(|known| known.answer.is_none_or(|answer| !answer.is_good))
    };
    match () {
        () if away(Weight::Required) => ServerState::NotReady,
        () if away(Weight::Degrading) => ServerState::Degraded,
        () => ServerState::Ready,
    }
}

/// The message of a dependency.
pub(crate) fn show_dependency(dependency: &Dependency) -> v1::Dependency {
    let state = match dependency.answer {
        None => DependencyState::Unspecified,
        Some(answer) if answer.is_good => DependencyState::Up,
        Some(_) => DependencyState::Down,
    };
    let failure = dependency.last_failure.as_ref();
    v1::Dependency {
        name: dependency.name.to_owned(),
        state: state.into(),
        required: dependency.weight == Weight::Required,
        latency: dependency.answer.map(|answer| show_duration(answer.latency)),
        check_time: dependency.answer.map(|answer| show_time(answer.at)),
        last_error: failure.map(|failure| failure.message.clone()).unwrap_or_default(),
        last_error_time: failure.map(|failure| show_time(failure.at)),
    }
}

/// The message of the counts of hints.
pub(crate) fn show_hints(counts: Counts) -> v1::HintCounts {
    v1::HintCounts {
        sent: wire_count(counts.sent),
        failed: wire_count(counts.failed),
    }
}

/// The message of the counts of what is remembered.
pub(crate) fn show_cache(counts: cache::Counts) -> v1::CacheCounts {
    v1::CacheCounts {
        hits: wire_count(counts.hits),
        misses: wire_count(counts.misses),
        invalidations: wire_count(counts.invalidations),
        flushes: wire_count(counts.flushes),
    }
}

/// The message of the artifact storage; both in bytes.
pub(crate) fn show_storage(free: Option<u64>, least: u64) -> v1::ArtifactStorage {
    v1::ArtifactStorage {
        free_bytes: free.map(wire_count),
        min_free_bytes: wire_count(least),
    }
}

/// The message of the use of a pool.
pub(crate) fn show_pool(pool: PoolUse) -> v1::ConnectionPool {
    let count = super::field::small_wire_count;
    v1::ConnectionPool {
        open: count(pool.open),
        idle: count(pool.idle),
        max: count(pool.max),
    }
}

/// The message of a queue.
pub(crate) fn show_queue(queue: &Queue) -> v1::Queue {
    let state = match queue.paused_at {
        Some(_) => QueueState::Paused,
        None => QueueState::Open,
    };
    v1::Queue {
        name: format!("queues/{}", queue.id),
        state: state.into(),
        pause_time: queue.paused_at.map(show_instant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_runtime::dependency::Answer;

    #[test]
    fn a_server_is_as_ready_as_what_it_cannot_do_without() {
        let dependency = |name, weight, is_good: Option<bool>| Dependency {
            name,
            weight,
            answer: is_good.map(|is_good| Answer {
                at: SystemTime::UNIX_EPOCH,
                latency: Duration::ZERO,
                is_good,
            }),
            last_failure: None,
        };
        let told = |database, redis| {
            let known = [
                dependency("database", Weight::Required, database),
                dependency("redis", Weight::Degrading, redis),
            ];
            state(&known)
        };
        assert_eq!(told(Some(true), Some(true)), ServerState::Ready);
        assert_eq!(told(Some(true), Some(false)), ServerState::Degraded);
        assert_eq!(told(Some(false), Some(true)), ServerState::NotReady);
        assert_eq!(told(None, None), ServerState::NotReady);
    }
}
