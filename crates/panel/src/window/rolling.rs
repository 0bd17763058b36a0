//! Rolling aggregates in linear time, without subtraction.
//!
//! A window is kept as two parts that meet at a fixed row: for the earlier part the aggregate of each of its suffixes, for
//! the later part one running aggregate (the queue made of two stacks). A value enters by merging and leaves by taking the
//! next suffix, so nothing is ever subtracted: no drift, no cancellation, and a price of 1e-8 is whole again as soon as a
//! volume of 1e6 has left the window. Each row is merged at most twice.

use mltraining_domain::Window;

/// The aggregate of some known values: how many, and two numbers whose meaning the [`Aggregate`] gives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct State {
    pub(crate) count: u32,
    pub(crate) a: f64,
    pub(crate) b: f64,
}

/// A way to aggregate values that can be merged part by part, in order.
pub(crate) trait Aggregate {
    /// The aggregate of a part; that of no values by default.
    type State: Count;
    /// The state of one known value at this time (in microseconds).
    fn of(time: i64, value: f64) -> Self::State;
    /// The state of two neighbouring parts, neither empty.
    fn merge(earlier: Self::State, later: Self::State) -> Self::State;
}

/// A state that knows of how many values it is.
pub(crate) trait Count: Copy + Default {
    /// Known values.
    fn count(&self) -> u32;
}

/// `a` is the sum.
pub(crate) struct Sum;
/// `a` is the smallest value.
pub(crate) struct Lowest;
/// `a` is the largest value.
pub(crate) struct Highest;
/// `a` is the mean, `b` the sum of squared distances from it. Merged as in Chan, Golub and LeVeque, "Updating formulae
/// and a pairwise algorithm for computing sample variances" (1979); equal values give exactly their value and exactly 0.
pub(crate) struct Moments;

impl Aggregate for Sum {
    type State = State;
    fn of(_: i64, value: f64) -> State {
        one(value)
    }
    fn merge(earlier: State, later: State) -> State {
        both(earlier, later, earlier.a + later.a)
    }
}

impl Aggregate for Lowest {
    type State = State;
    fn of(_: i64, value: f64) -> State {
        one(value)
    }
    fn merge(earlier: State, later: State) -> State {
        both(earlier, later, earlier.a.min(later.a))
    }
}

impl Aggregate for Highest {
    type State = State;
    fn of(_: i64, value: f64) -> State {
        one(value)
    }
    fn merge(earlier: State, later: State) -> State {
        both(earlier, later, earlier.a.max(later.a))
    }
}

impl Aggregate for Moments {
    type State = State;
    fn of(_: i64, value: f64) -> State {
        one(value)
    }
    fn merge(earlier: State, later: State) -> State {
        let (m, n) = (f64::from(earlier.count), f64::from(later.count));
        let distance = later.a - earlier.a;
        let share = n / (m + n);
        State {
            count: earlier.count + later.count,
            a: earlier.a + distance * share,
            b: earlier.b + later.b + distance * distance * m * share,
        }
    }
}

impl Count for State {
    fn count(&self) -> u32 {
        self.count
    }
}

impl State {
    /// The mean of [`Moments`].
    pub(crate) fn mean(self) -> f64 {
        self.a
    }

    /// The standard deviation of [`Moments`] with ddof 1; NaN for fewer than two values.
    pub(crate) fn std(self) -> f64 {
        if self.count < 2 {
            return f64::NAN;
        }
        (self.b / f64::from(self.count - 1)).sqrt()
    }

    /// The standard deviation of [`Moments`] with ddof 0.
    pub(crate) fn population_std(self) -> f64 {
        (self.b / f64::from(self.count)).sqrt()
    }
}

fn one(value: f64) -> State {
    State {
        count: 1,
        a: value,
        b: 0.0,
    }
}

fn both(earlier: State, later: State, a: f64) -> State {
    State {
        count: earlier.count + later.count,
        a,
        b: 0.0,
    }
}

fn merged<A: Aggregate>(earlier: A::State, later: A::State) -> A::State {
    match (earlier.count(), later.count()) {
        (0, _) => later,
        (_, 0) => earlier,
        _ => A::merge(earlier, later),
    }
}

/// Values at their times.
#[derive(Clone, Copy)]
struct Series<'a> {
    times: &'a [i64],
    values: &'a [f64],
}

impl Series<'_> {
    fn state_of<A: Aggregate>(self, row: usize) -> A::State {
        let value = self.values[row];
        if value.is_nan() {
            A::State::default()
        } else {
            A::of(self.times[row], value)
        }
    }
}

/// Calls `emit(row, aggregate of the row's window)` for every row; `None` where the window does not say anything.
///
/// A window in bars must be full and known throughout (pandas' `rolling(w)`); a window of time takes the known values in
/// (t - w, t], at least one (pandas' `rolling("5min")`). `suffixes` is a buffer that is used again.
pub(crate) fn rolling<A: Aggregate>(
    times: &[i64],
    values: &[f64],
    window: Window,
    suffixes: &mut Vec<A::State>,
    emit: impl FnMut(usize, Option<A::State>),
) {
    let least = match window {
        Window::Bars(bars) => bars,
        Window::Time(_) => 1,
    };
    rolling_at_least::<A>(Series { times, values }, window, least, suffixes, emit);
}

/// As [`rolling`], but a window in bars says something as soon as one of its values is known (pandas'
/// `rolling(w, min_periods=1)`).
pub(crate) fn rolling_partial<A: Aggregate>(
    times: &[i64],
    values: &[f64],
    window: Window,
    suffixes: &mut Vec<A::State>,
    emit: impl FnMut(usize, Option<A::State>),
) {
    rolling_at_least::<A>(Series { times, values }, window, 1, suffixes, emit);
}

fn rolling_at_least<A: Aggregate>(
    series: Series<'_>,
    window: Window,
    least: u32,
    suffixes: &mut Vec<A::State>,
    mut emit: impl FnMut(usize, Option<A::State>),
) {
    let mut parts = Parts::<A>::new(suffixes);
    let mut start = 0;
    for row in 0..series.values.len() {
        parts.later = merged::<A>(parts.later, series.state_of::<A>(row));
        start = first_in_window(series.times, window, start, row);
        if start > parts.end {
            parts.turn(series, start, row);
        }
        let whole = merged::<A>(parts.earlier(start), parts.later);
        emit(row, (whole.count() >= least).then_some(whole));
    }
}

/// The first row of the window that ends at `row`, looking from the start of the window before.
fn first_in_window(times: &[i64], window: Window, mut start: usize, row: usize) -> usize {
    match window {
        Window::Bars(bars) => (row + 1).saturating_sub(bars as usize),
        Window::Time(span) => {
            let open = times[row].saturating_sub(span.micros());
            while start < row && times[start] <= open {
                start += 1;
            }
            start
        }
    }
}

/// The window as an earlier part, `[begin, end)`, kept as suffixes, and a later part from `end` on.
struct Parts<'a, A: Aggregate> {
    suffixes: &'a mut Vec<A::State>,
    end: usize,
    later: A::State,
}

impl<'a, A: Aggregate> Parts<'a, A> {
    fn new(suffixes: &'a mut Vec<A::State>) -> Self {
        Self {
            suffixes,
            end: 0,
            later: A::State::default(),
        }
    }

    /// The aggregate of `[start, end)`. Suffixes are stored from the last row backwards.
    fn earlier(&self, start: usize) -> A::State {
        if start < self.end {
            self.suffixes[self.end - start - 1]
        } else {
            A::State::default()
        }
    }

    /// The later part becomes the earlier one: the window has moved past the row where they met.
    fn turn(&mut self, series: Series<'_>, start: usize, row: usize) {
        self.suffixes.clear();
        let mut suffix = A::State::default();
        for row in (start..=row).rev() {
            suffix = merged::<A>(series.state_of::<A>(row), suffix);
            self.suffixes.push(suffix);
        }
        self.end = row + 1;
        self.later = A::State::default();
    }
}
