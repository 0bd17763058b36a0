//! The page as a whole.

use crate::chart;
use crate::section::slices::Parted;
use crate::section::tiles::Tile;
use crate::section::{
    Pair, again, asked, baselines, features, folds, operating, proof, row_flow, slices, tiles,
};
use crate::table::{Figure, Table, figure};
use crate::words::verdict::{self, Words};
use crate::words::{label, number};
use crate::{Report, ReportError};
use askama::Template;
use mltraining_domain::ThresholdSpec;

/// Everything that stands on it.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Page {
    model: String,
    question: String,
    trained: String,
    verdict: Words,
    skill: Option<Figure>,
    tiles: Vec<Tile>,
    asked: Vec<Pair>,
    rows: Table,
    ranking: Vec<Figure>,
    top: Option<Table>,
    calibration: Option<Figure>,
    probabilities: Table,
    thresholds: Vec<Figure>,
    calls: Vec<Table>,
    times: Vec<Figure>,
    folds: Table,
    baselines: Table,
    features: Table,
    slices: Vec<Parted>,
    proof: Table,
    proof_sentences: Vec<String>,
    again: Vec<Pair>,
    spec: String,
    version: String,
}

impl Page {
    /// Of what a training found.
    pub(crate) fn of(report: &Report<'_>) -> Result<Self, ReportError> {
        let (spec, facts, evaluation) = (report.spec, report.facts, report.evaluation);
        let written = serde_json::to_string_pretty(spec).map_err(|error| ReportError(error.to_string()))?;
        let overall = &evaluation.overall;
        Ok(Self {
            model: spec.model.to_string(),
            question: label::label(&spec.label),
            trained: trained(report),
            verdict: verdict::verdict(evaluation),
            skill: skill(report),
            tiles: tiles::tiles(report),
            asked: asked::asked(report),
            rows: row_flow::table(&facts.rows),
            ranking: ranking(report),
            top: operating::top(overall),
            calibration: figure(
                chart::calibration(&report.curves.calibration),
                "Rows by score, in parts of about equal size. Above the diagonal more came true than was said, below it less.",
            ),
            probabilities: operating::probabilities(overall, evaluation.uncalibrated.as_ref()),
            thresholds: thresholds(report),
            calls: [operating::confusion(overall), operating::rates(overall)]
                .into_iter()
                .flatten()
                .collect(),
            times: times(report),
            folds: folds::table(&evaluation.folds),
            baselines: baselines::table(report),
            features: features::table(report),
            slices: slices::parted(&evaluation.slices),
            proof: proof::table(&evaluation.folds),
            proof_sentences: proof::sentences(report),
            again: again::again(report),
            spec: written,
            version: facts.service_version.clone(),
        })
    }
}

/// Learner, rows and time in a line.
fn trained(report: &Report<'_>) -> String {
    let facts = report.facts;
    format!(
        "{} on {} rows of {}, decided from {} to {}",
        report.spec.algorithm.name(),
        number::count(facts.rows.labelled()),
        number::counted(facts.entities, "entity", "entities"),
        number::day(facts.decision_range.start),
        number::day(facts.decision_range.end)
    )
}

fn skill(report: &Report<'_>) -> Option<Figure> {
    let found = report.evaluation.intervals.as_ref()?;
    let caption = "Mean ROC AUC of the folds less that of the best simple rule, and where 95 % of resampled blocks of time put it.";
    figure(chart::skill(report.evaluation.skill, found.skill), caption)
}

fn ranking(report: &Report<'_>) -> Vec<Figure> {
    let (overall, curves) = (&report.evaluation.overall, report.curves);
    let prevalence = (overall.rows > 0).then(|| overall.positives as f64 / overall.rows as f64);
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
    figures.into_iter().flatten().collect()
}

fn thresholds(report: &Report<'_>) -> Vec<Figure> {
    let (at, kept) = (&report.curves.thresholds, report.facts.threshold);
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
    figures.into_iter().flatten().collect()
}

fn times(report: &Report<'_>) -> Vec<Figure> {
    let folds = &report.evaluation.folds;
    let best = report
        .evaluation
        .intervals
        .as_ref()
        .and_then(|found| found.best_baseline.as_deref());
    let figures = [
        figure(
            chart::fold_times(folds),
            "Training and test are parted by time across all entities, with what the purge left out between them.",
        ),
        figure(
            chart::auc_by_fold(folds, best),
            "Each fold on its own: is it good all the time, or only at times?",
        ),
    ];
    figures.into_iter().flatten().collect()
}
