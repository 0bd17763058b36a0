//! The board on which computing threads write how far they are; the attempt reads it now and then.

use mltraining_domain::{Progress, WorkPhase};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How far one attempt is. Clones share it. Writing is cheap and never waits for a store.
#[derive(Debug, Clone)]
pub struct Board(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    progress: Progress,
    /// Since when it is in its phase, as far as it was noted here.
    since: Instant,
    /// Time spent in phases that were left, as far as they were noted here.
    spent: Vec<(WorkPhase, Duration)>,
}

impl State {
    fn enter(&mut self, phase: WorkPhase) {
        let now = Instant::now();
        let (left, took) = (self.progress.phase, now - self.since);
        match self.spent.iter_mut().find(|(known, _)| *known == left) {
            Some((_, spent)) => *spent += took,
            None => self.spent.push((left, took)),
        }
        self.since = now;
        self.progress.phase = phase;
    }
}

/// Where each phase begins and ends as a share of the whole job: fitting is most of it.
fn span(phase: WorkPhase) -> (f64, f64) {
    match phase {
        WorkPhase::Read => (0.0, 0.15),
        WorkPhase::Features => (0.15, 0.28),
        WorkPhase::Labels => (0.28, 0.30),
        WorkPhase::Split => (0.30, 0.31),
        WorkPhase::Fit => (0.31, 0.93),
        WorkPhase::Evaluate => (0.93, 0.96),
        WorkPhase::Store => (0.96, 1.0),
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// At the very beginning.
    pub fn new() -> Self {
        let start = Progress {
            phase: WorkPhase::Read,
            fraction: 0.0,
            steps_done: 0,
            steps_total: 0,
            message: "starting".to_owned(),
        };
        Self(Arc::new(Mutex::new(State {
            progress: start,
            since: Instant::now(),
            spent: Vec::new(),
        })))
    }

    /// Notes `done` of `total` steps of a phase. The fraction of the whole never falls.
    pub fn note(&self, phase: WorkPhase, done: u64, total: u64, message: impl Into<String>) {
        let (from, to) = span(phase);
        let share = if total == 0 {
            0.0
        } else {
            (done.min(total)) as f64 / total as f64
        };
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if board.progress.phase != phase {
            board.enter(phase);
        }
        let fraction = board.progress.fraction.max(from + share * (to - from));
        board.progress = Progress {
            phase,
            fraction,
            steps_done: done,
            steps_total: total,
            message: message.into(),
        };
    }

    /// Takes over what another board says.
    pub fn set(&self, progress: Progress) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).progress = progress;
    }

    /// What the board says now.
    pub fn read(&self) -> Progress {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.progress.clone()
    }

    /// Seconds spent in each phase so far, that of this moment included.
    pub(crate) fn spent(&self) -> Vec<(WorkPhase, f64)> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = board.progress.phase;
        board.enter(phase);
        let spent = board.spent.iter();
        spent
            .map(|(phase, spent)| (*phase, spent.as_secs_f64()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_of_the_whole_never_falls() {
        let board = Board::new();
        board.note(WorkPhase::Fit, 50, 100, "fold 1 of 2: tree 50 of 100");
        let before = board.read().fraction;
        board.note(WorkPhase::Fit, 10, 100, "late news from a slower thread");
        assert!((board.read().fraction - before).abs() < f64::EPSILON);
        board.note(WorkPhase::Store, 1, 1, "stored");
        assert!((board.read().fraction - 1.0).abs() < f64::EPSILON);
    }
}
