//! A job that looks for the parameters of a learner: it tries some on folds of an earlier part of the range, and judges the best of
//! them once, on the part that no trial has seen.

mod parameter;
mod space;

pub use parameter::ParameterError;
pub use space::{Configuration, Parameter, ParameterValues, Scale};

use super::Checked;
use super::trial::{TrialConfiguration, TrialSpec};
use crate::study::StudyMetric;
use crate::{Holdout, JobId, Span, SplitSpec, TimeRange, TrainSpec, Violations};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// No study has more trials.
pub const MOST_TRIALS: u32 = 1000;
/// Trials of a request that names no number.
pub const DEFAULT_TRIALS: u32 = 30;
/// How long the search of a request lasts at most that names no time.
pub const DEFAULT_SEARCH: Span = Span::from_mins(60);
/// No search lasts longer.
const LONGEST_SEARCH: Span = Span::from_mins(7 * 24 * 60);
/// Share of the range that is kept for the one judgement when nothing is said.
pub const DEFAULT_HOLDOUT_SHARE: f64 = 0.2;
/// Jobs that a rung is shared out to when nothing is said.
pub const DEFAULT_PARALLEL_JOBS: u32 = 4;
/// A rung is shared out to no more.
const MOST_PARALLEL_JOBS: u32 = 64;
/// The lowest rung learns from no smaller share of the rows.
const LEAST_ROW_SHARE: f64 = 0.01;

/// A study. It is stored with the [spec version](super::train::SPEC_VERSION) of the training that it holds: a worker that reads the
/// one reads the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuneSpec {
    /// What is trained, but for the parameters that are looked for. Its split is that of the trials; its range that of all rows.
    pub train: TrainSpec,
    /// The parameters that are looked for; what is not among them stays as the training's algorithm has it.
    pub space: Vec<Parameter>,
    /// Which points of the space are tried.
    pub method: SearchMethod,
    /// By what trials are compared.
    pub metric: StudyMetric,
    /// Most trials; a random search tries as many.
    pub max_trials: u32,
    /// How long the search may last, from its first trial on: then it ends with what is known.
    pub max_duration: Span,
    /// How trials are dropped early; `None`: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halving: Option<Halving>,
    /// Share of the range, at its end and by time, that no trial sees.
    pub holdout_share: f64,
    /// Jobs that the trials of a rung are shared out to.
    pub parallel_jobs: u32,
    /// Seed of the draws of a random search.
    pub seed: u64,
}

/// Which points of a space are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMethod {
    /// Each of them.
    Grid,
    /// As many as there are trials, drawn by the seed, none twice.
    Random,
}

/// Successive halving (Jamieson and Talwalkar 2016): all trials begin with a small share of the training rows, and of each rung the
/// best go on to the next one, up to all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halving {
    /// Rungs, 2 to 6; the last learns from all rows.
    pub rungs: u32,
    /// One of so many trials goes on, and learns from so many times as many rows; 2 to 10.
    pub rate: u32,
}

impl TuneSpec {
    /// The spec with the proof that it may be stored and run, or everything that is wrong with it. The fields are those of the
    /// request; what is wrong with the training has the fields of a training's spec.
    pub fn check(self) -> Result<Checked<Self>, Violations> {
        let mut found = self.train.violations();
        found.extend(self.violations_of_search());
        found.into_result(self).map(Checked::new)
    }

    /// What is wrong with the search itself.
    pub fn violations_of_search(&self) -> Violations {
        let mut found = space::check(&self.space, &self.train.algorithm, self.method);
        if found.is_empty() {
            self.check_size(&mut found);
        }
        found.require(self.metric.task() == self.train.label.task(), "metric", || {
            let able = StudyMetric::able(self.train.label.task()).join(", ");
            format!(
                "{} says nothing of what is foreseen; these do: {able}",
                self.metric
            )
        });
        let trials = self.max_trials;
        found.require((1..=MOST_TRIALS).contains(&trials), "max_trials", || {
            format!("{trials} trials; give 1 to {MOST_TRIALS}")
        });
        let good = self.max_duration >= Span::from_secs(1) && self.max_duration <= LONGEST_SEARCH;
        found.require(good, "max_duration", || "give 1 s to 7 days".to_owned());
        let share = self.holdout_share;
        found.require((0.05..=0.5).contains(&share), "holdout_share", || {
            format!("{share} must lie between 0.05 and 0.5: the winner is judged on it")
        });
        let jobs = self.parallel_jobs;
        found.require((1..=MOST_PARALLEL_JOBS).contains(&jobs), "parallel_jobs", || {
            format!("{jobs} jobs; give 1 to {MOST_PARALLEL_JOBS}")
        });
        self.check_halving(&mut found);
        self.check_split(&mut found);
        if found.is_empty() {
            self.check_parts(&mut found);
        }
        found
    }

    fn check_size(&self, found: &mut Violations) {
        let (trials, size) = (u64::from(self.max_trials), space::size(&self.space));
        let Some(size) = size else {
            self.check_drawn(found);
            return;
        };
        match self.method {
            SearchMethod::Grid => found.require(size <= trials, "max_trials", || {
                format!(
                    "the grid has {size} points, more than {trials} trials; allow more trials, list fewer values, or take RANDOM"
                )
            }),
            SearchMethod::Random => found.require(size >= trials, "max_trials", || {
                format!("the space has {size} points, fewer than {trials} trials; ask for fewer trials, or take GRID")
            }),
        }
    }

    /// Of a space that cannot be counted, because numbers are drawn to a few digits: whether there are as many points as trials.
    fn check_drawn(&self, found: &mut Violations) {
        if self.max_trials > MOST_TRIALS || self.method == SearchMethod::Grid {
            return;
        }
        let drawn = self.configurations().len();
        found.require(drawn >= self.max_trials as usize, "max_trials", || {
            format!(
                "only {drawn} points of the space differ in their first {} digits, fewer than {} trials; ask for fewer trials, or for \
                 wider ranges",
                space::DIGITS,
                self.max_trials
            )
        });
    }

    fn check_halving(&self, found: &mut Violations) {
        let Some(Halving { rungs, rate }) = self.halving else {
            return;
        };
        let some = (2..=6).contains(&rungs);
        found.require(some, "halving.rungs", || {
            format!("{rungs} rungs; give 2 to 6, or leave halving out")
        });
        let fast = (2..=10).contains(&rate);
        found.require(fast, "halving.rate", || format!("{rate}; give 2 to 10"));
        let lowest = self.row_share(0);
        found.require(!some || !fast || lowest >= LEAST_ROW_SHARE, "halving.rungs", || {
            format!(
                "the lowest rung would learn from a share of {lowest:.4} of the rows, at least {LEAST_ROW_SHARE} is needed; take \
                 fewer rungs or a lower rate"
            )
        });
    }

    /// The winner is judged from a time on that the study says.
    fn check_split(&self, found: &mut Violations) {
        let named = matches!(&self.train.split, SplitSpec::Holdout(holdout) if holdout.test_start.is_some());
        found.require(!named, "spec.split.holdout.test_start_time", || {
            "trials are compared before the study's own holdout; say a share, or take walk_forward".to_owned()
        });
    }

    /// There is something to search in, and something to judge the winner on.
    fn check_parts(&self, found: &mut Violations) {
        let (searched, split) = (self.searched(), &self.train.split);
        let embargo = format!("spec.split.{}.embargo", split.name());
        found.require(searched.start < searched.end, &embargo, || {
            format!(
                "{} before the holdout, which begins at {}, leave nothing of the range to trials; take a shorter embargo or a longer \
                 range",
                split.embargo(),
                self.holdout_start()
            )
        });
        let known_end = self.train.range.known_end_micros(self.train.known_before);
        let start = self.holdout_start();
        found.require(start.timestamp_micros() < known_end, "spec.known_before", || {
            format!(
                "the winner is judged on rows from {start} on, and all of these were recorded later; take a later time, or a larger \
                 holdout_share"
            )
        });
    }

    /// Where the part begins that no trial sees: a share of the range by time, at a whole second.
    pub fn holdout_start(&self) -> DateTime<Utc> {
        let range = self.train.range;
        let length = (range.end_micros() - range.start_micros()) as f64;
        let searched = (length * (1.0 - self.holdout_share) / 1e6).floor().max(0.0) * 1e6;
        let start = range
            .start
            .checked_add_signed(TimeDelta::microseconds(searched as i64));
        start.unwrap_or(range.end)
    }

    /// What trials read, `[start, end)`: up to the embargo of the split before the holdout, as in any other training. Nothing at or
    /// after the end is read, so that no label of a trial resolves later either.
    pub fn searched(&self) -> TimeRange {
        let embargo = TimeDelta::microseconds(self.train.split.embargo().micros());
        let end = self.holdout_start().checked_sub_signed(embargo);
        let start = self.train.range.start;
        TimeRange {
            start,
            end: end.unwrap_or(start),
        }
    }

    /// What the winner is judged on, `[start, end)`.
    pub fn held_out(&self) -> TimeRange {
        TimeRange {
            start: self.holdout_start(),
            end: self.train.range.end,
        }
    }

    /// Rungs; 1 where none is dropped early.
    pub fn rungs(&self) -> u32 {
        self.halving.map_or(1, |halving| halving.rungs)
    }

    /// Share of the training rows that a rung learns from; of the last one all.
    pub fn row_share(&self, rung: u32) -> f64 {
        let Some(Halving { rungs, rate }) = self.halving else {
            return 1.0;
        };
        let up = i32::try_from(rungs.saturating_sub(1).saturating_sub(rung)).unwrap_or(0);
        f64::from(rate).powi(-up)
    }

    /// How many of so many trials of a rung go on to the next one.
    pub fn survivors(&self, trials: usize) -> usize {
        let rate = self.halving.map_or(1, |halving| halving.rate);
        trials.div_ceil(rate.max(1) as usize)
    }

    /// The points of the space that are tried, in the order of their numbers, which begin at 1. The same spec gives the same ones.
    pub fn configurations(&self) -> Vec<Configuration> {
        match self.method {
            SearchMethod::Grid => space::grid(&self.space),
            SearchMethod::Random => space::draw(&self.space, self.max_trials as usize, self.seed),
        }
    }

    /// The training of a point of the space: judged on what no trial has seen, then fitted on all rows.
    ///
    /// # Errors
    /// When the algorithm does not take a parameter.
    pub fn training_of(&self, parameters: &Configuration) -> Result<TrainSpec, ParameterError> {
        Ok(TrainSpec {
            algorithm: self.train.algorithm.with_parameters(parameters)?,
            split: SplitSpec::Holdout(Holdout {
                test_share: self.holdout_share,
                embargo: self.train.split.embargo(),
                test_start: Some(self.holdout_start()),
            }),
            ..self.train.clone()
        })
    }

    /// The jobs of a rung: its trials dealt out in turn, so that each job has as many as any other, give or take one.
    pub fn jobs_of(&self, study: JobId, rung: u32, trials: &[TrialConfiguration]) -> Vec<TrialSpec> {
        let jobs = (self.parallel_jobs as usize).min(trials.len());
        let dealt = |nth: usize| trials.iter().skip(nth).step_by(jobs.max(1)).cloned().collect();
        (0..jobs)
            .map(|nth| TrialSpec {
                study,
                train: TrainSpec {
                    range: self.searched(),
                    ..self.train.clone()
                },
                metric: self.metric,
                rung,
                row_share: self.row_share(rung),
                trials: dealt(nth),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::example;
