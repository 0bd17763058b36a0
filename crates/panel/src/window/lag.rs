//! The value one window ago.

use mltraining_domain::Window;

/// Calls `emit(row, value one window ago)` for every row; NaN where there is none.
///
/// For a window in bars that is the value so many rows before, as pandas' `shift`. For a window of time w it is the last
/// known value at or before t - w, not older than t - 2 w, as pandas' `merge_asof(direction="backward", tolerance=w)`:
/// without a bound a value would depend on how far back rows happen to be read.
pub(crate) fn lagged(times: &[i64], values: &[f64], window: Window, mut emit: impl FnMut(usize, f64)) {
    let width = match window {
        Window::Bars(bars) => {
            let bars = bars as usize;
            for row in 0..values.len() {
                emit(row, if row >= bars { values[row - bars] } else { f64::NAN });
            }
            return;
        }
        Window::Time(span) => span.micros(),
    };
    let mut next = 0;
    let mut last_known = None;
    for (row, time) in times.iter().enumerate() {
        let due = time.saturating_sub(width);
        while next < row && times[next] <= due {
            if !values[next].is_nan() {
                last_known = Some(next);
            }
            next += 1;
        }
        let fresh = last_known.filter(|known| times[*known] >= due.saturating_sub(width));
        emit(row, fresh.map_or(f64::NAN, |known| values[known]));
    }
}
