//! How the things that a process needs answered last, kept for those who ask later.

use crate::metrics::list;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// What follows when a dependency is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Not ready.
    Required,
    /// One log line.
    Degrading,
}

/// Something that a process needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The name of its check.
    pub name: &'static str,
    /// What follows when it is away.
    pub weight: Weight,
    /// How it answered in the last round of checks; `None` before the first.
    pub answer: Option<Answer>,
    /// Its last failure, also when it answers again by now.
    pub last_failure: Option<Failure>,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// When it came, or was no longer waited for.
    pub at: SystemTime,
    /// How long it took.
    pub latency: Duration,
    /// Whether it was a good one.
    pub is_good: bool,
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When it was seen.
    pub at: SystemTime,
    /// What was wrong.
    pub message: String,
}

/// The dependencies of a process, in the order of their checks. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Vec<Dependency>>>);

impl Board {
    /// How everything answered last.
    pub fn read(&self) -> Vec<Dependency> {
        self.lock().clone()
    }

    pub(crate) fn add(&self, name: &'static str, weight: Weight) {
        self.lock().push(Dependency {
            name,
            weight,
            answer: None,
            last_failure: None,
        });
    }

    /// Notes an answer of this moment; a `failure` is what was wrong with it.
    pub(crate) fn note(&self, name: &'static str, latency: Duration, failure: Option<&str>) {
        let at = SystemTime::now();
        let up = if failure.is_none() { 1.0 } else { 0.0 };
        list::DEPENDENCY_UP.set(up, &[name]);
        list::DEPENDENCY_LATENCY.set(latency.as_secs_f64(), &[name]);
        let mut dependencies = self.lock();
        let Some(dependency) = dependencies.iter_mut().find(|known| known.name == name) else {
            return;
        };
        dependency.answer = Some(Answer {
            at,
            latency,
            is_good: failure.is_none(),
        });
        if let Some(message) = failure {
            let message = message.to_owned();
            dependency.last_failure = Some(Failure { at, message });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Dependency>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
