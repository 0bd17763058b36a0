//! The page as a whole.

use crate::section::slices::Parted;
use crate::section::tiles::Tile;
use crate::section::{
    Pair, again, answers, asked, baselines, features, folds, proof, row_flow, slices, tiles,
};
use crate::table::{Figure, Table, figure};
use crate::words::verdict::{self, Words};
use crate::words::{label, number};
use crate::{Report, ReportError, chart};
use askama::Template;
use mltraining_domain::Task;

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
    answers: Vec<answers::Section>,
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
        Ok(Self {
            model: spec.model.to_string(),
            question: label::question(&spec.label),
            trained: trained(report),
            verdict: verdict::verdict(report),
            skill: skill(report),
            tiles: tiles::tiles(report),
            asked: asked::asked(report),
            rows: row_flow::table(&facts.rows, spec.label.task()),
            answers: answers::sections(report),
            times: times(report),
            folds: folds::table(report),
            baselines: baselines::table(report),
            features: features::table(report),
            slices: slices::parted(report),
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
    let what = match report.spec.label.task() {
        Task::Binary => "Mean ROC AUC of the folds less that of the best simple rule",
        Task::Regression => {
            "The share of the best simple rule's RMSE that the model takes away, mean of the folds"
        }
    };
    let caption = format!("{what}, and where 95 % of resampled blocks of time put it.");
    figure(chart::skill(report.evaluation.skill, found.skill), caption)
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
            chart::by_fold(folds, report.measures(), best),
            "Each fold on its own: is it good all the time, or only at times?",
        ),
    ];
    figures.into_iter().flatten().collect()
}
