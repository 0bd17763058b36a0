//! The model card: Mitchell et al. 2019, "Model cards for model reporting", with the headings of the paper that the facts can fill.

use crate::section::{Pair, again, asked};
use crate::words::label;
use crate::words::number::{count, counted, fine, instant, interval, share, signed, size};
use crate::words::verdict::{mean, mean_of_baseline, verdict};
use crate::{Onnx, Report};
use askama::Template;
use mltraining_domain::{Metrics, RowCounts, Task};

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
    heads: [&'static str; 4],
    results: Vec<(String, [String; 4])>,
    metrics: Vec<(&'static str, String)>,
    caveats: Vec<String>,
    classes: bool,
    portable: bool,
}

impl Card {
    /// Of what a training found.
    pub(crate) fn of(report: &Report<'_>) -> Self {
        let (spec, facts) = (report.spec, report.facts);
        let words = verdict(report);
        let heads = report
            .measures()
            .beside
            .each_ref()
            .map(|measure| bare(measure.head));
        let asked = asked::asked(report).into_iter();
        Self {
            model: plain(&spec.model.to_string()),
            question: plain(&label::question(&spec.label)),
            headline: words.headline,
            reasons: plain(&words.reasons),
            asked: asked
                .map(|pair| (pair.name.to_owned(), plain(&pair.value)))
                .collect(),
            again: again::again(report),
            features: facts.feature_names.iter().map(|name| plain(name)).collect(),
            rows: rows(&facts.rows, spec.label.task()),
            decided: format!(
                "{} to {} UTC, {}",
                instant(facts.decision_range.start),
                instant(facts.decision_range.end),
                counted(facts.entities, "entity", "entities")
            ),
            heads: [report.measures().name, heads[0], heads[1], heads[2]],
            results: results(report),
            metrics: metrics(report),
            caveats: caveats(report),
            classes: spec.label.task() == Task::Binary,
            portable: matches!(report.onnx, Onnx::Kept(_)),
        }
    }
}

/// The head of a column without the mark of a number.
fn bare(head: &'static str) -> &'static str {
    head.trim_start_matches('>')
}

fn rows(rows: &RowCounts, task: Task) -> String {
    let labelled = match task {
        Task::Binary => format!(
            "{} positive, {} negative",
            count(rows.positives),
            count(rows.negatives)
        ),
        Task::Regression => format!("{} labelled", count(rows.labelled())),
    };
    format!(
        "{} read: {labelled}, {} of unknown label (dropped, never counted as negative), {} only history, {} left out",
        count(rows.read),
        count(rows.unknown),
        count(rows.warm_up),
        count(rows.filtered)
    )
}

fn results(report: &Report<'_>) -> Vec<(String, [String; 4])> {
    let (evaluation, measures) = (report.evaluation, report.measures());
    let line = |name: &str, main: Option<f64>, metrics: &Metrics| {
        let [first, second, third] = &measures.beside;
        let numbers = [
            (measures.main.write)(main),
            first.told(metrics),
            second.told(metrics),
            third.told(metrics),
        ];
        (plain(name), numbers)
    };
    let main = mean(&evaluation.folds, |fold| (measures.main.of)(&fold.metrics));
    let mut lines = vec![line("this model", main, &evaluation.overall)];
    for baseline in &evaluation.baselines {
        let main = mean_of_baseline(evaluation, &baseline.name, &measures.main);
        lines.push(line(&baseline.name, main, &baseline.metrics));
    }
    lines
}

fn metrics(report: &Report<'_>) -> Vec<(&'static str, String)> {
    match report.spec.label.task() {
        Task::Binary => of_classes(report),
        Task::Regression => of_numbers(report),
    }
}

fn of_classes(report: &Report<'_>) -> Vec<(&'static str, String)> {
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

fn of_numbers(report: &Report<'_>) -> Vec<(&'static str, String)> {
    let (evaluation, measures) = (report.evaluation, report.measures());
    let all = evaluation.overall.regression.unwrap_or_default();
    let mut lines = vec![
        (
            "Skill (share of the best simple rule's RMSE that it takes away)",
            signed(evaluation.skill),
        ),
        ("Median absolute error", size(all.median_absolute_error)),
    ];
    if let Some(found) = &evaluation.intervals {
        lines.insert(1, ("Skill, 95 %", (measures.write_interval)(found.skill)));
        let overall = (measures.interval)(&found.overall);
        lines.extend(overall.map(|r2| ("R\u{b2} of all forecasts, 95 %", (measures.write_interval)(r2))));
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
    if report.spec.label.task() == Task::Binary && report.spec.calibration.is_none() {
        found.push(
            "Scores are as the learner gives them; they rank, and need not be probabilities.".to_owned(),
        );
    }
    let ranked = evaluation.alarms.iter().map(|alarm| plain(&alarm.name));
    let correlated = evaluation.correlated.iter().map(|feature| plain(&feature.name));
    let names: Vec<String> = ranked.chain(correlated).collect();
    if !names.is_empty() {
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
