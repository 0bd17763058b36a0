//! The board on which computing threads write how far they are; the attempt reads it now and then.

use mltraining_domain::{Progress, WorkPhase};
use std::sync::{Arc, Mutex, PoisonError};

/// How far one attempt is. Clones share it. Writing is cheap and never waits for a store.
#[derive(Debug, Clone)]
pub struct Board(Arc<Mutex<Progress>>);

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
        Self(Arc::new(Mutex::new(start)))
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
        let fraction = board.fraction.max(from + share * (to - from));
        *board = Progress {
            phase,
            fraction,
            steps_done: done,
            steps_total: total,
            message: message.into(),
        };
    }

    /// Takes over what another board says.
    pub fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    /// What the board says now.
    pub fn read(&self) -> Progress {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
