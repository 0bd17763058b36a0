//! The model card: Mitchell et al. 2019, "Model cards for model reporting", with the headings of the paper that the facts can fill.

use crate::section::{Pair, again, asked};
use crate::words::label;
use crate::words::number::{count, counted, fine, instant, interval, score, share, signed};
use crate::words::verdict::{mean, mean_of_baseline, verdict};
use crate::{Onnx, Report};
use askama::Template;

/// Everything that stands on it. Texts from elsewhere go through [`plain`].
#[derive(Template)]
#[template(path = "model_card.md", escape = "none")]
pub(crate) struct Card {
    model: String,
    question: String,
    headline: &'static str,
    reasons: String,
    asked: Vec<(String, String)>,
    again: Vec<Pair>,
    features: Vec<String>,
    rows: String,
    decided: String,
    results: Vec<(String, [String; 4])>,
    metrics: Vec<(&'static str, String)>,
    caveats: Vec<String>,
    portable: bool,
}

impl Card {
    /// Of what a training found.
    pub(crate) fn of(report: &Report<'_>) -> Self {
        let (spec, facts, evaluation) = (report.spec, report.facts, report.evaluation);
        let words = verdict(evaluation);
        let rows = facts.rows;
        let asked = asked::asked(report).into_iter();
        Self {
            model: plain(&spec.model.to_string()),
            question: plain(&label::label(&spec.label)),
            headline: words.headline,
            reasons: plain(&words.reasons),
            asked: asked
                .map(|pair| (pair.name.to_owned(), plain(&pair.value)))
                .collect(),
            again: again::again(report),
            features: facts.feature_names.iter().map(|name| plain(name)).collect(),
            rows: format!(
                "{} read: {} positive, {} negative, {} of unknown label (dropped, never counted as negative), {} only history, {} \
                 left out",
                count(rows.read),
                count(rows.positives),
                count(rows.negatives),
                count(rows.unknown),
                count(rows.warm_up),
                count(rows.filtered)
            ),
            decided: format!(
                "{} to {} UTC, {}",
                instant(facts.decision_range.start),
                instant(facts.decision_range.end),
                counted(facts.entities, "entity", "entities")
            ),
            results: results(report),
            metrics: metrics(report),
            caveats: caveats(report),
            portable: matches!(report.onnx, Onnx::Kept(_)),
        }
    }
}

fn results(report: &Report<'_>) -> Vec<(String, [String; 4])> {
    let evaluation = report.evaluation;
    let line = |name: &str, auc: Option<f64>, metrics: &mltraining_domain::Metrics| {
        let numbers = [
            score(auc),
            score(metrics.average_precision),
            fine(metrics.log_loss),
            fine(metrics.brier),
        ];
        (plain(name), numbers)
    };
    let auc = mean(&evaluation.folds, |fold| fold.metrics.roc_auc);
    let mut lines = vec![line("this model", auc, &evaluation.overall)];
    for baseline in &evaluation.baselines {
        let auc = mean_of_baseline(evaluation, &baseline.name);
        lines.push(line(&baseline.name, auc, &baseline.metrics));
    }
    lines
}

fn metrics(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let (evaluation, all) = (report.evaluation, &report.evaluation.overall);
    let mut lines = vec![
        (
            "Skill (ROC AUC beyond the best simple rule)",
            signed(evaluation.skill),
        ),
        ("Calibration error", fine(all.expected_calibration_error)),
        ("Threshold kept", fine(report.facts.threshold)),
        ("Precision at the threshold", share(all.precision)),
        ("Recall at the threshold", share(all.recall)),
    ];
    if let Some(found) = &evaluation.intervals {
        lines.insert(1, ("Skill, 95 %", interval(found.skill)));
        lines.insert(
            2,
            ("ROC AUC of all scores, 95 %", interval(found.overall.roc_auc)),
        );
    }
    lines
}

fn caveats(report: &Report<'_>) -> Vec<String> {
    let evaluation = report.evaluation;
    let mut found = vec![
        "It was tested on the entities and the time above. What changes after them (a market, a sensor, a habit) it cannot know: \
         evaluate it again before it is relied on."
            .to_owned(),
        "Features see rows up to the decision and nothing later; whoever uses it must give it rows as they were known then."
            .to_owned(),
    ];
    if report.spec.calibration.is_none() {
        found.push(
            "Scores are as the learner gives them; they rank, and need not be probabilities.".to_owned(),
        );
    }
    if !evaluation.alarms.is_empty() {
        let names: Vec<String> = evaluation.alarms.iter().map(|alarm| plain(&alarm.name)).collect();
        found.push(format!(
            "These features tell nearly all of the label alone and may be leaks: {}.",
            names.join(", ")
        ));
    }
    if evaluation
        .intervals
        .as_ref()
        .and_then(|found| found.verdict)
        .is_none()
    {
        found.push("The tests span too little time to tell skill from chance.".to_owned());
    }
    found
}

/// The text as Markdown shows it: whatever it holds starts no markup, no table cell and no line.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_starts_markup() {
        let hostile = "a|b\n# c <img src=x> [d](javascript:e) `f` *g*";
        let shown = "a\\|b \\# c &lt;img src=x&gt; \\[d\\](javascript:e) \\`f\\` \\*g\\*";
        assert_eq!(plain(hostile), shown);
    }
}
