//! The least-squares line through the values of a window, over time.

use super::rolling::{Aggregate, Count};

/// Least squares over time.
pub(crate) struct Line;

/// Co-moments of times and values, merged as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
/// computing sample variances" (1979). Times are counted from the part's last one, so that neither the epoch nor the age of
/// an entity takes digits away.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineState {
    count: u32,
    /// Time of the last value, in microseconds.
    end: i64,
    mean_time: f64,
    mean_value: f64,
    times: f64,
    products: f64,
}

impl Count for LineState {
    fn count(&self) -> u32 {
        self.count
    }
}

impl Aggregate for Line {
    type State = LineState;

    fn of(time: i64, value: f64) -> LineState {
        LineState {
            count: 1,
            end: time,
            mean_value: value,
            ..LineState::default()
        }
    }

    fn merge(earlier: LineState, later: LineState) -> LineState {
        let (m, n) = (f64::from(earlier.count), f64::from(later.count));
        let earlier_time = earlier.mean_time - (later.end - earlier.end) as f64;
        let apart = later.mean_time - earlier_time;
        let rise = later.mean_value - earlier.mean_value;
        let share = n / (m + n);
        LineState {
            count: earlier.count + later.count,
            end: later.end,
            mean_time: earlier_time + apart * share,
            mean_value: earlier.mean_value + rise * share,
            times: earlier.times + later.times + apart * apart * m * share,
            products: earlier.products + later.products + apart * rise * m * share,
        }
    }
}

impl LineState {
    /// The line's rise per microsecond; NaN for fewer than two values.
    pub(crate) fn slope(self) -> f64 {
        self.products / self.times
    }
}
