//! The clock of a coin and its hidden state.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A phase in the life of a coin: it begins at an age and has its own length of intervals.
struct Phase {
    id: i32,
    /// Intervals of this phase.
    intervals: usize,
    /// Length of an interval in seconds.
    seconds: i64,
}

/// 5 s until 10 minutes, 30 s until 2 hours, then 60 s.
const PHASES: [Phase; 3] = [
    Phase {
        id: 1,
        intervals: 120,
        seconds: 5,
    },
    Phase {
        id: 2,
        intervals: 220,
        seconds: 30,
    },
    Phase {
        id: 3,
        intervals: usize::MAX,
        seconds: 60,
    },
];

/// Time in which hype loses most of its memory, in seconds.
const MEMORY: f64 = 480.0;

/// One interval of a coin's life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    /// The phase it belongs to.
    pub(super) phase: i32,
    /// Its length in seconds.
    pub(super) seconds: i64,
    /// Age of the coin at its end, in seconds.
    pub(super) age: i64,
    /// Hype in this interval.
    pub(super) hype: f64,
    /// Hype in the interval before; 0 at first.
    pub(super) hype_before: f64,
}

/// The first `count` intervals of a coin. Hype is an Ornstein-Uhlenbeck process (exact discretisation, as intervals differ
/// in length) with mean 0 and variance 1.
pub(super) fn intervals(count: usize, rng: &mut ChaCha8Rng) -> Vec<Interval> {
    let lengths = PHASES
        .iter()
        .flat_map(|phase| std::iter::repeat_n(phase, phase.intervals));
    let mut hype: f64 = StandardNormal.sample(rng);
    let (mut age, mut hype_before) = (0, 0.0);
    let mut intervals = Vec::with_capacity(count);
    for phase in lengths.take(count) {
        let rho = (-(phase.seconds as f64) / MEMORY).exp();
        let shock: f64 = StandardNormal.sample(rng);
        hype = rho * hype + (1.0 - rho * rho).sqrt() * shock;
        age += phase.seconds;
        intervals.push(Interval {
            phase: phase.id,
            seconds: phase.seconds,
            age,
            hype,
            hype_before,
        });
        hype_before = hype;
    }
    intervals
}
