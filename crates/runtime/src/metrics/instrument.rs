//! What a metric is, and how it is recorded.

use opentelemetry::metrics::{self, Meter};
use opentelemetry::{KeyValue, global};
use std::sync::OnceLock;

/// What is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Things of this name; in Prometheus without a suffix.
    Things(&'static str),
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, from 0 at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A metric as it is declared in [`super::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// The name in OTLP, by the conventions of OpenTelemetry.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// What it is counted in.
    pub unit: Unit,
    /// What it tells.
    pub text: &'static str,
    /// Its labels, in the order in which their values are given.
    pub labels: &'static [&'static str],
}

impl Declared {
    /// The name in Prometheus: dots become underscores, the unit is appended, and `_total` to a counter.
    pub fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
            Unit::Things(_) => "",
        };
        let suffix = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{suffix}", self.name.replace('.', "_"))
    }

    /// The unit by the code of OpenTelemetry (UCUM).
    pub(super) fn code(&self) -> String {
        match self.unit {
            Unit::Seconds => "s".to_owned(),
            Unit::Bytes => "By".to_owned(),
            Unit::Things(name) => format!("{{{name}}}"),
        }
    }

    fn attributes(&self, values: &[&'static str]) -> Vec<KeyValue> {
        debug_assert_eq!(self.labels.len(), values.len(), "the labels of {}", self.name);
        let pairs = self.labels.iter().zip(values);
        pairs
            .map(|(label, value)| KeyValue::new(*label, *value))
            .collect()
    }
}

/// The place where all metrics of the house come from.
pub(super) fn meter() -> Meter {
    global::meter("mltraining")
}

/// A counter. Made when it is first used: by then the process has told where numbers go.
#[derive(Debug)]
pub struct Count {
    /// What it is.
    pub declared: Declared,
    made: OnceLock<metrics::Counter<u64>>,
}

impl Count {
    pub(super) const fn new(declared: Declared) -> Self {
        Self {
            declared,
            made: OnceLock::new(),
        }
    }

    /// Adds `n`; `labels` are the values of the declared labels, in their order.
    pub fn add(&self, n: u64, labels: &[&'static str]) {
        let counter = self.made.get_or_init(|| {
            meter()
                .u64_counter(self.declared.name)
                .with_description(self.declared.text)
                .with_unit(self.declared.code())
                .build()
        });
        counter.add(n, &self.declared.attributes(labels));
    }
}

/// A number that goes up and down by steps.
#[derive(Debug)]
pub struct Level {
    /// What it is.
    pub declared: Declared,
    made: OnceLock<metrics::UpDownCounter<i64>>,
}

impl Level {
    pub(super) const fn new(declared: Declared) -> Self {
        Self {
            declared,
            made: OnceLock::new(),
        }
    }

    /// One more until the answer is dropped.
    #[must_use = "dropped at once it counts nothing"]
    pub fn up(&'static self, labels: &[&'static str]) -> Up {
        let up = Up {
            level: self,
            labels: self.declared.attributes(labels),
        };
        self.add(1, &up.labels);
        up
    }

    fn add(&self, n: i64, labels: &[KeyValue]) {
        let level = self.made.get_or_init(|| {
            meter()
                .i64_up_down_counter(self.declared.name)
                .with_description(self.declared.text)
                .with_unit(self.declared.code())
                .build()
        });
        level.add(n, labels);
    }
}

/// One of those that a [`Level`] counts.
#[derive(Debug)]
pub struct Up {
    level: &'static Level,
    labels: Vec<KeyValue>,
}

impl Drop for Up {
    fn drop(&mut self) {
        self.level.add(-1, &self.labels);
    }
}

/// A number that is looked at now and then.
#[derive(Debug)]
pub struct Gauge {
    /// What it is.
    pub declared: Declared,
    made: OnceLock<metrics::Gauge<f64>>,
}

impl Gauge {
    pub(super) const fn new(declared: Declared) -> Self {
        Self {
            declared,
            made: OnceLock::new(),
        }
    }

    /// Notes what it is now. What is not known is not noted.
    pub fn set(&self, value: f64, labels: &[&'static str]) {
        let gauge = self.made.get_or_init(|| {
            meter()
                .f64_gauge(self.declared.name)
                .with_description(self.declared.text)
                .with_unit(self.declared.code())
                .build()
        });
        gauge.record(value, &self.declared.attributes(labels));
    }
}

/// Durations, counted by size.
#[derive(Debug)]
pub struct Histogram {
    /// What it is.
    pub declared: Declared,
    /// Upper bounds of its classes.
    pub bounds: &'static [f64],
    made: OnceLock<metrics::Histogram<f64>>,
}

impl Histogram {
    pub(super) const fn new(declared: Declared, bounds: &'static [f64]) -> Self {
        Self {
            declared,
            bounds,
            made: OnceLock::new(),
        }
    }

    /// Counts one more, of this size.
    pub fn record(&self, value: f64, labels: &[&'static str]) {
        let histogram = self.made.get_or_init(|| {
            meter()
                .f64_histogram(self.declared.name)
                .with_description(self.declared.text)
                .with_unit(self.declared.code())
                .with_boundaries(self.bounds.to_vec())
                .build()
        });
        histogram.record(value, &self.declared.attributes(labels));
    }
}
