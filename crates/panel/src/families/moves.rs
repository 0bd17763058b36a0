//! From one candle to the next.

use crate::catalogue::Bars;

/// A candle and the known one before it.
pub(super) struct Move {
    before: Candle,
    now: Candle,
}

#[derive(Clone, Copy)]
struct Candle {
    high: f64,
    low: f64,
    close: f64,
}

/// Calls `emit(row, move)` for every candle but the first. The inputs are high, low and close; bars without one of them are
/// passed over.
pub(super) fn moves(bars: &Bars<'_>, mut emit: impl FnMut(usize, &Move)) {
    let mut last = None;
    for row in 0..bars.times.len() {
        let [high, low, close] = [0, 1, 2].map(|input| bars.input(input)[row]);
        if high.is_nan() || low.is_nan() || close.is_nan() {
            continue;
        }
        let now = Candle { high, low, close };
        if let Some(before) = last.replace(now) {
            emit(row, &Move { before, now });
        }
    }
}

impl Move {
    /// The range of the candle, drawn out to the close before it.
    pub(super) fn true_range(&self) -> f64 {
        let (now, close) = (self.now, self.before.close);
        (now.high - now.low)
            .max((now.high - close).abs())
            .max((now.low - close).abs())
    }

    /// How far the high rose and how far the low fell; only the larger of the two counts, the other is 0.
    pub(super) fn directions(&self) -> (f64, f64) {
        let rise = self.now.high - self.before.high;
        let fall = self.before.low - self.now.low;
        if fall > 0.0 && fall > rise {
            (0.0, fall)
        } else if rise > 0.0 && rise > fall {
            (rise, 0.0)
        } else {
            (0.0, 0.0)
        }
    }
}
