//! Studies for people.

use crate::commands::evaluate::short_title;
use crate::output::{Paint, Table, Tone, UNKNOWN, value};
use crate::when;
use mltraining_domain::Span;
use mltraining_proto::v1;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most trials of a table, the best first.
const SHOWN: usize = 20;

/// Which ends of trials were told.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeSet<(i32, i32)>);

impl Seen {
    /// A line for each trial that has ended in a rung since the last look, the headings before the first.
    pub(super) fn news(&mut self, study: &v1::Study) -> Vec<String> {
        let mut lines = Vec::new();
        for trial in &study.trials {
            let has_ended = !matches!(trial.state(), v1::TrialState::Waiting | v1::TrialState::Running);
            let is_first = self.0.is_empty();
            if !has_ended || !self.0.insert((trial.number, trial.rung)) {
                continue;
            }
            if is_first {
                lines.push(format!(
                    "{:>5}  {:>4}  {:>10}  {:>18}  {:>8}  parameters",
                    "trial",
                    "rung",
                    metric_name(study.metric()),
                    "95 % interval",
                    "cpu"
                ));
            }
            lines.push(line(trial, study.best_trial));
        }
        lines
    }
}

fn line(trial: &v1::Trial, best: Option<i32>) -> String {
    let mut line = format!(
        "{:>5}  {:>4}  {:>10}  {:>18}  {:>8}  {}",
        trial.number,
        trial.rung,
        score(trial),
        interval(trial.score_low, trial.score_high),
        cpu(trial),
        parameters(&trial.parameters)
    );
    if best == Some(trial.number) {
        line.push_str("  best so far");
    }
    line
}

/// What the trials came to, and what came of the study.
pub(super) fn study(study: &v1::Study, paint: Paint) -> String {
    let mut parts = vec![trials(study, paint)];
    if study.trials.len() > SHOWN {
        parts.push(format!(
            "the best {SHOWN} of {} trials; --json shows all",
            study.trials.len()
        ));
    }
    match &study.outcome {
        Some(found) => parts.push(outcome(study, found, paint)),
        None => parts.push(format!(
            "{}; the search ends at {} at the latest",
            study
                .display_state()
                .as_str_name()
                .trim_start_matches("JOB_DISPLAY_STATE_"),
            when::show(study.search_deadline.as_ref())
        )),
    }
    parts.join("\n\n")
}

/// `roc_auc`.
pub(super) fn metric_name(metric: v1::StudyMetric) -> String {
    metric
        .as_str_name()
        .trim_start_matches("STUDY_METRIC_")
        .to_ascii_lowercase()
}

fn trials(study: &v1::Study, paint: Paint) -> String {
    let metric = format!(">{}", metric_name(study.metric()));
    let headings = [
        ">trial",
        ">rung",
        "state",
        &metric,
        ">95 % interval",
        ">cpu",
        "parameters",
    ];
    let mut table = Table::new(&headings, paint);
    let mut ranked: Vec<&v1::Trial> = study.trials.iter().collect();
    ranked.sort_by(|a, b| {
        let worth = |trial: &v1::Trial| match trial.score {
            Some(score) if study.higher_is_better => score,
            Some(score) => -score,
            None => f64::NEG_INFINITY,
        };
        b.rung
            .cmp(&a.rung)
            .then(worth(b).total_cmp(&worth(a)))
            .then(a.number.cmp(&b.number))
    });
    for trial in ranked.into_iter().take(SHOWN) {
        let is_best = study.best_trial == Some(trial.number);
        let tone = is_best.then_some(Tone::Good);
        let state = trial.state().as_str_name().trim_start_matches("TRIAL_STATE_");
        let why = trial.error.as_ref().map(|error| format!("  {}", error.message));
        table.toned([
            (trial.number.to_string(), tone),
            (trial.rung.to_string(), None),
            (state.to_owned(), None),
            (score(trial), tone),
            (interval(trial.score_low, trial.score_high), None),
            (cpu(trial), None),
            (
                format!("{}{}", parameters(&trial.parameters), why.unwrap_or_default()),
                None,
            ),
        ]);
    }
    table.render()
}

fn outcome(study: &v1::Study, found: &v1::StudyOutcome, paint: Paint) -> String {
    let metric = metric_name(study.metric());
    let mut text = format!(
        "trial {} of {} won with {}\n{metric} {} on the folds that it was chosen by, the best of {} trials, which flatters\n\
         {metric} {} ({}) on the rows from {} on, which no trial has seen",
        found.winner,
        found.trial_count,
        parameters(&found.parameters),
        value(Some(found.search_score)),
        found.trial_count,
        value(found.holdout_score),
        interval(found.holdout_low, found.holdout_high),
        when::show(study.held_out.unwrap_or_default().start.as_ref()),
    );
    if found.failed_count > 0 {
        let _ = write!(text, "\n{} trials failed", found.failed_count);
    }
    if found.time_over {
        let _ = write!(
            text,
            "\nthe time of the search was over; {} trials were skipped",
            found.skipped_count
        );
    }
    let (tone, verdict) = match found.verdict() {
        v1::Verdict::Skill => (Tone::Good, "skill"),
        v1::Verdict::NoSkill => (Tone::Bad, "no skill"),
        v1::Verdict::Unspecified => (
            Tone::Warn,
            "none: these rows fill too few blocks of time, or a class is rare",
        ),
    };
    let _ = write!(text, "\nverdict on these rows: {}", paint.text(tone, verdict));
    let _ = write!(text, "\nmodel version {}", short_title(&found.model_version));
    text
}

fn score(trial: &v1::Trial) -> String {
    match trial.state() {
        v1::TrialState::Succeeded => value(trial.score),
        state => state
            .as_str_name()
            .trim_start_matches("TRIAL_STATE_")
            .to_ascii_lowercase(),
    }
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    match low.zip(high) {
        Some((low, high)) => format!("{} to {}", value(Some(low)), value(Some(high))),
        None => UNKNOWN.to_owned(),
    }
}

fn cpu(trial: &v1::Trial) -> String {
    let time = trial.cpu_time.as_ref().and_then(when::span);
    time.map_or_else(|| UNKNOWN.to_owned(), seconds)
}

fn seconds(span: Span) -> String {
    format!("{:.1} s", span.micros() as f64 / 1e6)
}

/// `max_depth=4 trees=100`.
fn parameters(parameters: &BTreeMap<String, f64>) -> String {
    let named: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    named.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: i32, rung: i32, score: Option<f64>) -> v1::Trial {
        let state = match score {
            Some(_) => v1::TrialState::Succeeded,
            None => v1::TrialState::Waiting,
        };
        v1::Trial {
            number,
            rung,
            score,
            state: state.into(),
            parameters: [("max_depth".to_owned(), f64::from(number))].into(),
            ..v1::Trial::default()
        }
    }

    #[test]
    fn each_end_of_a_trial_in_a_rung_is_told_once() {
        let mut seen = Seen::default();
        let mut study = v1::Study {
            trials: vec![trial(1, 1, Some(0.6)), trial(2, 1, None)],
            best_trial: Some(1),
            ..v1::Study::default()
        };
        assert_eq!(seen.news(&study).len(), 2, "the headings and a trial");
        assert!(seen.news(&study).is_empty());
        study.trials[0] = trial(1, 2, Some(0.7));
        study.trials[1] = trial(2, 1, Some(0.5));
        let news = seen.news(&study);
        assert_eq!(news.len(), 2);
        assert!(news[0].contains("max_depth=1  best so far"), "{}", news[0]);
    }

    #[test]
    fn the_table_begins_with_the_best_of_the_highest_rung() {
        let study = v1::Study {
            trials: vec![
                trial(1, 1, Some(0.9)),
                trial(2, 2, Some(0.6)),
                trial(3, 2, Some(0.7)),
            ],
            best_trial: Some(3),
            higher_is_better: true,
            ..v1::Study::default()
        };
        let text = trials(&study, Paint::Plain);
        let numbers: Vec<&str> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(numbers, ["3", "2", "1"]);
    }
}
