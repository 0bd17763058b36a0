//! What models are judged by: of classes how they rank and whether their scores are probabilities, of numbers how near they come.

use super::number::{fine, interval, interval_of_numbers, score, share, size};
use mltraining_domain::{Interval, Metrics, RegressionMetrics, ScoreIntervals, Task};

/// A measure as it stands in a table.
pub(crate) struct Measure {
    /// The head of its column.
    pub head: &'static str,
    pub of: fn(&Metrics) -> Option<f64>,
    pub write: fn(Option<f64>) -> String,
}

/// The measures of a task.
pub(crate) struct Measures {
    /// What folds and slices are compared by.
    pub main: Measure,
    /// The name of the main measure.
    pub name: &'static str,
    /// The main measure of what tells nothing.
    pub chance: f64,
    /// What that is.
    pub chance_words: &'static str,
    /// The lowest value that a chart goes down to.
    pub least: f64,
    /// The interval of the main measure.
    pub interval: fn(&ScoreIntervals) -> Option<Interval>,
    pub write_interval: fn(Interval) -> String,
    /// What the best baseline is chosen by.
    pub chosen_by: Measure,
    /// What else stands in the table of baselines.
    pub beside: [Measure; 3],
    /// What else stands in tables of slices.
    pub in_slices: [Measure; 3],
}

/// How a measure of the task is written and found.
pub(crate) fn of(task: Task) -> &'static Measures {
    match task {
        Task::Binary => &CLASSES,
        Task::Regression => &NUMBERS,
    }
}

impl Measure {
    /// As it is written of some metrics.
    pub(crate) fn told(&self, metrics: &Metrics) -> String {
        (self.write)((self.of)(metrics))
    }
}

impl Measures {
    /// Length of a bar that begins at chance and is full at 1.
    pub(crate) fn bar(&self, value: Option<f64>) -> f64 {
        value.map_or(0.0, |value| (value - self.chance) / (1.0 - self.chance))
    }
}

const ROC_AUC: Measure = Measure {
    head: ">ROC AUC",
    of: |metrics| metrics.roc_auc,
    write: score,
};
const AVERAGE_PRECISION: Measure = Measure {
    head: ">average precision",
    of: |metrics| metrics.average_precision,
    write: score,
};

static CLASSES: Measures = Measures {
    main: ROC_AUC,
    name: "ROC AUC",
    chance: 0.5,
    chance_words: "chance, 0.5",
    least: 0.0,
    interval: |found| Some(found.roc_auc),
    write_interval: interval,
    chosen_by: ROC_AUC,
    beside: [
        AVERAGE_PRECISION,
        Measure {
            head: ">log loss",
            of: |metrics| metrics.log_loss,
            write: fine,
        },
        Measure {
            head: ">Brier",
            of: |metrics| metrics.brier,
            write: fine,
        },
    ],
    in_slices: [
        AVERAGE_PRECISION,
        Measure {
            head: ">precision",
            of: |metrics| metrics.precision,
            write: share,
        },
        Measure {
            head: ">recall",
            of: |metrics| metrics.recall,
            write: share,
        },
    ],
};

const RMSE: Measure = Measure {
    head: ">RMSE",
    of: |metrics| number(metrics, |of| of.rmse),
    write: size,
};
const OF_NUMBERS: [Measure; 3] = [
    RMSE,
    Measure {
        head: ">MAE",
        of: |metrics| number(metrics, |of| of.mae),
        write: size,
    },
    Measure {
        head: ">Spearman",
        of: |metrics| number(metrics, |of| of.spearman),
        write: score,
    },
];

static NUMBERS: Measures = Measures {
    main: Measure {
        head: ">R\u{b2}",
        of: |metrics| number(metrics, |of| of.r2),
        write: score,
    },
    name: "R\u{b2}",
    chance: 0.0,
    chance_words: "0, which the mean of the same rows reaches",
    least: -1.0,
    interval: |found| found.regression.map(|of| of.r2),
    write_interval: |found| interval_of_numbers(found, |value| score(Some(value))),
    chosen_by: RMSE,
    beside: OF_NUMBERS,
    in_slices: OF_NUMBERS,
};

fn number(metrics: &Metrics, of: fn(&RegressionMetrics) -> Option<f64>) -> Option<f64> {
    metrics.regression.as_ref().and_then(of)
}
