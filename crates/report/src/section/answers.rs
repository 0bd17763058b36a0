//! What the model's answers are worth: scores as ranks, as probabilities and as calls; numbers by how near they come.

use super::operating;
use crate::table::{Figure, Table, figure};
use crate::words::number::part;
use crate::{Report, Shown, chart};
use mltraining_domain::{Curves, ForecastPart, ThresholdSpec};

/// Figures and tables under a heading.
pub(crate) struct Section {
    pub id: &'static str,
    pub heading: &'static str,
    pub figures: Vec<Figure>,
    /// Beside the figures.
    pub tables: Vec<Table>,
    /// Below them.
    pub below: Option<Table>,
    /// Said where there is no table.
    pub otherwise: &'static str,
}

pub(crate) fn sections(report: &Report<'_>) -> Vec<Section> {
    match report.shown {
        Shown::Scores(curves) => vec![
            ranking(report, curves),
            probabilities(report, curves),
            thresholds(report, curves),
        ],
        Shown::Numbers(parts) => vec![forecasts(parts)],
    }
}

fn forecasts(parts: &[ForecastPart]) -> Section {
    let caption = "Out-of-fold forecasts in parts of about equal size. Above the diagonal more came true than was foreseen, below it \
                   less; a flat line foresees nothing.";
    Section {
        id: "forecasts",
        heading: "Whether its numbers come true",
        figures: figure(chart::forecasts(parts), caption).into_iter().collect(),
        tables: Vec::new(),
        below: None,
        otherwise: if parts.is_empty() {
            "There are no forecasts to show."
        } else {
            ""
        },
    }
}

fn ranking(report: &Report<'_>, curves: &Curves) -> Section {
    let overall = &report.evaluation.overall;
    let prevalence = part(overall.positives, overall.rows);
    let roc = chart::roc(&curves.roc, overall.roc_auc);
    let recalled = chart::precision_recall(&curves.precision_recall, overall.average_precision, prevalence);
    let figures = [
        figure(
            roc,
            "All out-of-fold scores together: how many positives are found at how many false alarms.",
        ),
        figure(
            recalled,
            "The same scores: how many of the calls are right when so many positives are found.",
        ),
    ];
    Section {
        id: "ranking",
        heading: "How well it ranks",
        figures: figures.into_iter().flatten().collect(),
        tables: Vec::new(),
        below: operating::top(overall),
        otherwise: "",
    }
}

fn probabilities(report: &Report<'_>, curves: &Curves) -> Section {
    let evaluation = report.evaluation;
    let caption = "Rows by score, in parts of about equal size. Above the diagonal more came true than was said, below it less.";
    Section {
        id: "probabilities",
        heading: "Whether its scores are probabilities",
        figures: figure(chart::calibration(&curves.calibration), caption)
            .into_iter()
            .collect(),
        tables: vec![operating::probabilities(
            &evaluation.overall,
            evaluation.uncalibrated.as_ref(),
        )],
        below: None,
        otherwise: "",
    }
}

fn thresholds(report: &Report<'_>, curves: &Curves) -> Section {
    let (at, kept) = (&curves.thresholds, report.facts.threshold);
    let utility = match report.spec.threshold {
        ThresholdSpec::Utility(utility) => chart::utilities(at, utility, kept),
        _ => None,
    };
    let figures = [
        figure(
            chart::thresholds(at, kept),
            "A higher threshold says yes less often and is right more often.",
        ),
        figure(
            utility,
            "What acting on every yes would have brought: gains of hits less losses of false alarms.",
        ),
    ];
    let overall = &report.evaluation.overall;
    let calls = [operating::confusion(overall), operating::rates(overall)];
    Section {
        id: "thresholds",
        heading: "From where on to say yes",
        figures: figures.into_iter().flatten().collect(),
        tables: calls.into_iter().flatten().collect(),
        below: None,
        otherwise: "Not every fold could choose a threshold, so calls are not counted.",
    }
}
