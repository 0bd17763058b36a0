//! What the numbers come to, in plain words.

use super::number::{counted, interval, p_value, score, signed};
use mltraining_domain::{Evaluation, Fold, Verdict};

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

/// The mean ROC AUC of the folds of a baseline.
pub(crate) fn mean_of_baseline(evaluation: &Evaluation, name: &str) -> Option<f64> {
    mean(&evaluation.folds, |fold| {
        fold.baselines
            .iter()
            .find(|baseline| baseline.name == name)?
            .metrics
            .roc_auc
    })
}

/// The verdict.
pub(crate) fn verdict(evaluation: &Evaluation) -> Words {
    let found = evaluation.intervals.as_ref();
    let (tone, headline) = match found.and_then(|found| found.verdict) {
        Some(Verdict::Skill) => (Tone::Good, "It has skill beyond chance and the best simple rule"),
        Some(Verdict::NoSkill) => (Tone::Bad, "No skill that could be told from the best simple rule"),
        None => (Tone::Open, "It cannot be said whether it has skill"),
    };
    let mut reasons = ranking(evaluation);
    if let Some(found) = found {
        let best = found.best_baseline.as_deref();
        if let Some(name) = best {
            let reached = mean_of_baseline(evaluation, name);
            reasons.push_str(&format!(
                " The best simple rule, {name}, reaches {}.",
                score(reached)
            ));
        }
        let skill = signed(evaluation.skill);
        let within = interval(found.skill);
        reasons.push_str(&match (found.skill.bounds(), found.p_value) {
            (Some(_), Some(p)) => format!(
                " The difference, {skill}, lies within {within} (95 %, {}).",
                p_value(p)
            ),
            (Some(_), None) => format!(" The difference, {skill}, lies within {within} (95 %)."),
            (None, _) => format!(" The difference is {skill}; {within}."),
        });
    }
    Words {
        tone,
        headline,
        reasons,
    }
}

fn ranking(evaluation: &Evaluation) -> String {
    let folds = counted(evaluation.folds.len() as u64, "fold", "folds");
    match mean(&evaluation.folds, |fold| fold.metrics.roc_auc) {
        Some(auc) => format!(
            "Over {folds} of later times, the model ranks a row that comes true above one that does not {:.1} % of the time \
             (mean ROC AUC {auc:.3}; chance is 50 %).",
            auc * 100.0
        ),
        None => format!("In one of {folds} a class is missing, so that ranks cannot be measured."),
    }
}
