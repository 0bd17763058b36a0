use super::*;
use crate::spec::tune::TuneSpec;
use crate::{Halving, Parameter, ParameterValues, SearchMethod, TrialScore};

fn spec(rungs: Option<u32>) -> TuneSpec {
    TuneSpec {
        space: vec![Parameter {
            name: "max_depth".to_owned(),
            values: ParameterValues::List((1..=9).map(f64::from).collect()),
        }],
        method: SearchMethod::Grid,
        halving: rungs.map(|rungs| Halving { rungs, rate: 3 }),
        ..crate::spec::tune::example()
    }
}

fn trial(number: u32, rung: u32, state: TrialState) -> Trial {
    Trial {
        number,
        rung,
        parameters: Configuration::new(),
        state,
        score: None,
        error: (state == TrialState::Failed).then(|| TrialError {
            reason: Reason::TooFewRows,
            message: format!("trial {number} has too few rows"),
        }),
    }
}

fn scored(number: u32, rung: u32, value: f64) -> Trial {
    Trial {
        score: Some(TrialScore {
            value,
            low: None,
            high: None,
            cpu_seconds: 1.0,
        }),
        ..trial(number, rung, TrialState::Succeeded)
    }
}

fn numbers(step: Step) -> (u32, Vec<u32>) {
    match step {
        Step::Rung { rung, trials } => (rung, trials.iter().map(|trial| trial.number).collect()),
        other => panic!("{other:?}"),
    }
}

fn winner(step: Step) -> (u32, u32, SearchEnd) {
    match step {
        Step::Train {
            winner, rung, end, ..
        } => (winner, rung, end),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_study_begins_with_every_point_and_goes_on_with_the_best_third_rounded_up() {
    let spec = spec(Some(2));
    assert_eq!(
        numbers(next(&spec, &[], 0, SearchEnd::Complete)),
        (0, (1..=9).collect())
    );
    let scores = [0.5, 0.7, 0.6, 0.9, 0.4, 0.3, 0.8, 0.2, 0.1];
    let mut trials: Vec<Trial> = (1..).zip(scores).map(|(n, score)| scored(n, 0, score)).collect();
    assert_eq!(
        numbers(next(&spec, &trials, 0, SearchEnd::Complete)),
        (1, vec![2, 4, 7])
    );
    // One that failed counts among those that began, and goes nowhere.
    trials[3] = trial(4, 0, TrialState::Failed);
    assert_eq!(
        numbers(next(&spec, &trials, 0, SearchEnd::Complete)),
        (1, vec![2, 3, 7])
    );
}

#[test]
fn of_equals_the_lower_number_goes_on_and_wins() {
    let halved = spec(Some(2));
    let trials: Vec<Trial> = (1..=9).map(|n| scored(n, 0, 0.5)).collect();
    assert_eq!(
        numbers(next(&halved, &trials, 0, SearchEnd::Complete)),
        (1, vec![1, 2, 3])
    );
    assert_eq!(
        winner(next(&spec(None), &trials, 0, SearchEnd::Complete)),
        (1, 0, SearchEnd::Complete)
    );
}

#[test]
fn less_is_better_where_the_metric_says_so() {
    let spec = TuneSpec {
        metric: StudyMetric::LogLoss,
        ..spec(None)
    };
    let trials = [scored(1, 0, 0.5), scored(2, 0, 0.2)];
    assert_eq!(winner(next(&spec, &trials, 0, SearchEnd::Complete)).0, 2);
}

#[test]
fn the_winner_is_of_the_highest_rung_that_has_a_score() {
    let spec = spec(Some(2));
    let lower = [scored(1, 0, 0.9), scored(2, 0, 0.8)];
    let with = |more: Trial| lower.iter().cloned().chain([more]).collect::<Vec<_>>();
    let higher = with(scored(2, 1, 0.6));
    assert_eq!(
        winner(next(&spec, &higher, 0, SearchEnd::Complete)),
        (2, 1, SearchEnd::Complete)
    );
    let failed = with(trial(2, 1, TrialState::Failed));
    assert_eq!(winner(next(&spec, &failed, 0, SearchEnd::Complete)).0, 1);
}

#[test]
fn a_study_waits_while_jobs_are_open_and_gives_up_when_none_is_or_the_time_is_over() {
    let spec = spec(Some(2));
    let trials = [scored(1, 0, 0.9), trial(2, 0, TrialState::Running)];
    assert_eq!(next(&spec, &trials, 1, SearchEnd::Complete), Step::Wait);
    assert_eq!(next(&spec, &trials, 0, SearchEnd::Complete), Step::GiveUp);
    assert_eq!(next(&spec, &trials, 1, SearchEnd::TimeOver), Step::GiveUp);
    // Then the best so far wins, in a rung that is not the last.
    let trials = [scored(1, 0, 0.9), trial(2, 0, TrialState::Skipped)];
    let (number, rung, end) = winner(next(&spec, &trials, 0, SearchEnd::TimeOver));
    assert_eq!((number, rung, end), (1, 0, SearchEnd::TimeOver));
}

#[test]
fn a_search_that_was_complete_when_its_time_ran_out_is_complete() {
    let trials = [scored(1, 0, 0.9), trial(2, 0, TrialState::Failed)];
    let (.., end) = winner(next(&spec(None), &trials, 0, SearchEnd::TimeOver));
    assert_eq!(end, SearchEnd::Complete);
}

#[test]
fn a_study_without_any_score_fails_with_the_first_reason() {
    let trials = [2, 1].map(|number| trial(number, 0, TrialState::Failed));
    let Step::Fail(why) = next(&spec(None), &trials, 0, SearchEnd::Complete) else {
        panic!("nothing can be trained")
    };
    assert_eq!(why.reason, Reason::TooFewRows);
    assert_eq!(
        why.message,
        "no trial has a score, 2 of 2 failed; trial 1: trial 1 has too few rows"
    );
    let skipped = [trial(1, 0, TrialState::Skipped)];
    let Step::Fail(why) = next(&spec(None), &skipped, 0, SearchEnd::TimeOver) else {
        panic!("nothing can be trained")
    };
    assert_eq!(why.reason, Reason::JobTimeout);
}
