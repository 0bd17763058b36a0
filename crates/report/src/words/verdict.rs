//! What the numbers come to, in plain words.

use super::measures::{self, Measure};
use super::number::{counted, interval, p_value, score, signed, size};
use crate::Report;
use mltraining_domain::{Evaluation, Fold, Interval, Task, Verdict};

/// What can be said of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It has skill.
    Good,
    /// It has none that could be told from chance.
    Bad,
    /// It cannot be said.
    Open,
}

/// The verdict with its reasons.
pub(crate) struct Words {
    pub tone: Tone,
    /// A few words.
    pub headline: &'static str,
    /// A few sentences.
    pub reasons: String,
}

impl Tone {
    /// Its class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Open => "open",
        }
    }
}

/// The mean over the folds; `None` when one lacks the value.
pub(crate) fn mean(folds: &[Fold], of: impl Fn(&Fold) -> Option<f64>) -> Option<f64> {
    let all: Option<Vec<f64>> = folds.iter().map(of).collect();
    all.filter(|all| !all.is_empty())
        .map(|all| all.iter().sum::<f64>() / all.len() as f64)
}

/// The mean over the folds of a measure of a baseline.
pub(crate) fn mean_of_baseline(evaluation: &Evaluation, name: &str, measure: &Measure) -> Option<f64> {
    mean(&evaluation.folds, |fold| {
        let named = fold.baselines.iter().find(|baseline| baseline.name == name)?;
        (measure.of)(&named.metrics)
    })
}

/// The verdict.
pub(crate) fn verdict(report: &Report<'_>) -> Words {
    let evaluation = report.evaluation;
    let found = evaluation.intervals.as_ref();
    let (tone, headline) = match found.and_then(|found| found.verdict) {
        Some(Verdict::Skill) => (Tone::Good, "It has skill beyond chance and the best simple rule"),
        Some(Verdict::NoSkill) => (Tone::Bad, "No skill that could be told from the best simple rule"),
        None => (Tone::Open, "It cannot be said whether it has skill"),
    };
    let reasons = match report.spec.label.task() {
        Task::Binary => of_classes(evaluation),
        Task::Regression => of_numbers(evaluation),
    };
    Words {
        tone,
        headline,
        reasons,
    }
}

/// How it ranks, beside the best simple rule.
fn of_classes(evaluation: &Evaluation) -> String {
    let folds = folds(evaluation);
    let mut told = match mean(&evaluation.folds, |fold| fold.metrics.roc_auc) {
        Some(auc) => format!(
            "Over {folds} of later times, the model ranks a row that comes true above one that does not {:.1} % of the time \
             (mean ROC AUC {auc:.3}; chance is 50 %).",
            auc * 100.0
        ),
        None => format!("In one of {folds} a class is missing, so that ranks cannot be measured."),
    };
    if let Some(name) = best(evaluation) {
        let reached = mean_of_baseline(evaluation, name, &measures::of(Task::Binary).chosen_by);
        told.push_str(&format!(
            " The best simple rule, {name}, reaches {}.",
            score(reached)
        ));
    }
    told + &difference(evaluation, "The difference", interval)
}

/// How near it comes, beside the best simple rule.
fn of_numbers(evaluation: &Evaluation) -> String {
    let (folds, measures) = (folds(evaluation), measures::of(Task::Regression));
    let of = |measure: &Measure| mean(&evaluation.folds, |fold| (measure.of)(&fold.metrics));
    let mut told = match of(&measures.main) {
        Some(r2) => format!(
            "Over {folds} of later times, the model's mean R\u{b2} is {} (1 is always right, 0 as near as the mean of the same rows).",
            signed(Some(r2))
        ),
        None => format!("In one of {folds} all numbers are the same, so that R\u{b2} cannot be measured."),
    };
    if let Some(name) = best(evaluation) {
        let reached = mean_of_baseline(evaluation, name, &measures.chosen_by);
        told.push_str(&format!(
            " Its mean RMSE is {}; that of the best simple rule, {name}, is {}.",
            size(of(&measures.chosen_by)),
            size(reached)
        ));
    }
    told + &difference(
        evaluation,
        "The share of that error which it takes away",
        measures.write_interval,
    )
}

/// What it is better by, and how sure that is.
fn difference(evaluation: &Evaluation, what: &str, write: fn(Interval) -> String) -> String {
    let Some(found) = &evaluation.intervals else {
        return String::new();
    };
    let (skill, within) = (signed(evaluation.skill), write(found.skill));
    match (found.skill.bounds(), found.p_value) {
        (Some(_), Some(p)) => format!(" {what}, {skill}, lies within {within} (95 %, {}).", p_value(p)),
        (Some(_), None) => format!(" {what}, {skill}, lies within {within} (95 %)."),
        (None, _) => format!(" {what} is {skill}; {within}."),
    }
}

fn best(evaluation: &Evaluation) -> Option<&str> {
    evaluation.intervals.as_ref()?.best_baseline.as_deref()
}

fn folds(evaluation: &Evaluation) -> String {
    counted(evaluation.folds.len() as u64, "fold", "folds")
}
