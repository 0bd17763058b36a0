//! What a study does next, from what its trials have come to. It depends on nothing else, so that a study which is taken up again goes
//! on where it stood.

use super::{SearchEnd, StudyMetric, Trial, TrialError, TrialState};
use crate::{Configuration, Reason, TrialConfiguration, TuneSpec};
use std::cmp::Ordering;

/// What a study does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Trials of a rung are to be made.
    Rung {
        /// The rung, from 0.
        rung: u32,
        /// Its trials.
        trials: Vec<TrialConfiguration>,
    },
    /// Trials are under way.
    Wait,
    /// No job is left to do what trials wait for, or the time is over: they are given up.
    GiveUp,
    /// The search has ended with this trial as the best.
    Train {
        /// Its number.
        winner: u32,
        /// The rung that it won in.
        rung: u32,
        /// Its point in the space.
        parameters: Configuration,
        /// Why the search ended.
        end: SearchEnd,
    },
    /// No trial has a score.
    Fail(TrialError),
}

/// What follows from the trials: `open` jobs have not ended, and the time of the search may be over.
pub fn next(spec: &TuneSpec, trials: &[Trial], open: u64, end: SearchEnd) -> Step {
    let Some(rung) = trials.iter().map(|trial| trial.rung).max() else {
        let points = spec.configurations().into_iter();
        let trials = (1..)
            .zip(points)
            .map(|(number, parameters)| TrialConfiguration { number, parameters });
        return Step::Rung {
            rung: 0,
            trials: trials.collect(),
        };
    };
    if trials.iter().any(|trial| !trial.state.is_final()) {
        return match end {
            SearchEnd::Complete if open > 0 => Step::Wait,
            _ => Step::GiveUp,
        };
    }
    let ranked = ranked(spec.metric, trials, rung);
    if rung + 1 < spec.rungs() && end == SearchEnd::Complete && !ranked.is_empty() {
        let in_rung = trials.iter().filter(|trial| trial.rung == rung).count();
        let on = ranked.iter().take(spec.survivors(in_rung));
        let mut trials: Vec<TrialConfiguration> = on
            .map(|trial| TrialConfiguration {
                number: trial.number,
                parameters: trial.parameters.clone(),
            })
            .collect();
        trials.sort_by_key(|trial| trial.number);
        return Step::Rung {
            rung: rung + 1,
            trials,
        };
    }
    let cut = rung + 1 < spec.rungs() || trials.iter().any(|trial| trial.state == TrialState::Skipped);
    match standing(spec.metric, trials) {
        Some(best) => Step::Train {
            winner: best.number,
            rung: best.rung,
            parameters: best.parameters.clone(),
            end: if cut { end } else { SearchEnd::Complete },
        },
        None => Step::Fail(why_none(trials, end)),
    }
}

/// The best trial so far: of the highest rung in which any has a score, because scores of different rungs come from different
/// numbers of training rows. `None` before the first score.
pub fn standing(metric: StudyMetric, trials: &[Trial]) -> Option<&Trial> {
    let scored = trials.iter().filter(|trial| trial.score.is_some());
    let rung = scored.map(|trial| trial.rung).max()?;
    ranked(metric, trials, rung).into_iter().next()
}

/// The trials of a rung that have a score, the best first; of equals the one with the lower number.
fn ranked(metric: StudyMetric, trials: &[Trial], rung: u32) -> Vec<&Trial> {
    let mut found: Vec<&Trial> = trials
        .iter()
        .filter(|trial| trial.rung == rung && trial.score.is_some())
        .collect();
    found.sort_by(|a, b| better(metric, a, b).then(a.number.cmp(&b.number)));
    found
}

fn better(metric: StudyMetric, a: &Trial, b: &Trial) -> Ordering {
    let value = |trial: &Trial| trial.score.map_or(f64::NAN, |score| score.value);
    let rising = value(a).total_cmp(&value(b));
    if metric.is_higher_better() {
        rising.reverse()
    } else {
        rising
    }
}

/// Why no trial has a score: the first failure.
fn why_none(trials: &[Trial], end: SearchEnd) -> TrialError {
    let failed = || trials.iter().filter(|trial| trial.state == TrialState::Failed);
    let first = failed().filter_map(|trial| trial.error.as_ref().map(|error| (trial.number, error)));
    match first.min_by_key(|(number, _)| *number) {
        Some((number, error)) => TrialError {
            reason: error.reason,
            message: format!(
                "no trial has a score, {} of {} failed; trial {number}: {}",
                failed().count(),
                trials.len(),
                error.message
            ),
        },
        None => TrialError {
            reason: Reason::JobTimeout,
            message: match end {
                SearchEnd::TimeOver => {
                    "the time of the search was over before any trial had a score; raise max_duration, or let trials be smaller"
                }
                SearchEnd::Complete => "no trial has a score",
            }
            .to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
