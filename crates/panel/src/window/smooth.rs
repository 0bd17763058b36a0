//! Means that go from value to value and forget slowly. Each is unknown until it has seen as many values as it is long.

/// Exponential mean: m + 2 / (n + 1) (x - m), beginning with the first value (pandas' `ewm(span=n, adjust=False)`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ema {
    span: u32,
    seen: u32,
    mean: f64,
}

/// Wilder's mean: the plain mean of the first n values, then m + (x - m) / n. J. W. Wilder, "New Concepts in Technical
/// Trading Systems" (1978).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wilder {
    length: u32,
    seen: u32,
    mean: f64,
}

/// Wilder's running total: the sum of the first n - 1 values, then s - s / n + x.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WilderTotal {
    length: u32,
    seen: u32,
    total: f64,
}

impl Ema {
    pub(crate) fn new(span: u32) -> Self {
        Self {
            span,
            seen: 0,
            mean: 0.0,
        }
    }

    /// The mean with the next value; `None` while fewer than n have come.
    pub(crate) fn next(&mut self, value: f64) -> Option<f64> {
        if self.seen == 0 {
            self.mean = value;
        } else {
            self.mean += 2.0 / (f64::from(self.span) + 1.0) * (value - self.mean);
        }
        self.seen = self.seen.saturating_add(1);
        (self.seen >= self.span).then_some(self.mean)
    }
}

impl Wilder {
    pub(crate) fn new(length: u32) -> Self {
        Self {
            length,
            seen: 0,
            mean: 0.0,
        }
    }

    /// The mean with the next value; `None` while fewer than n have come.
    pub(crate) fn next(&mut self, value: f64) -> Option<f64> {
        self.seen = (self.seen + 1).min(self.length);
        self.mean += (value - self.mean) / f64::from(self.seen);
        self.now()
    }

    /// The mean of what has come.
    pub(crate) fn now(&self) -> Option<f64> {
        (self.seen == self.length).then_some(self.mean)
    }
}

impl WilderTotal {
    pub(crate) fn new(length: u32) -> Self {
        Self {
            length,
            seen: 0,
            total: 0.0,
        }
    }

    /// The total with the next value; `None` while fewer than n have come.
    pub(crate) fn next(&mut self, value: f64) -> Option<f64> {
        self.seen = (self.seen + 1).min(self.length);
        if self.seen == self.length {
            self.total -= self.total / f64::from(self.length);
        }
        self.total += value;
        (self.seen == self.length).then_some(self.total)
    }
}
