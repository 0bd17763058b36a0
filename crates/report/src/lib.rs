//! What a training found, for people: a page of its own, `report.html`, which needs no network, no script and no font, and a
//! model card.
//!
//! Pure: the same findings give the same text. All numbers come from the evaluation and from what is drawn of the out-of-fold scores;
//! nothing is measured here. Every text that comes from elsewhere (names of features, entities, columns) is escaped.

mod card;
mod chart;
mod page;
mod section;
mod table;
mod words;

use askama::Template;
use mltraining_domain::{Curves, Evaluation, ForecastPart, TrainSpec, VersionFacts};
use serde::Serialize;
use words::measures::{self, Measures};

/// What a training found.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was asked for.
    pub spec: &'a TrainSpec,
    /// What it was trained on, the hash of its model included.
    pub facts: &'a VersionFacts,
    /// What it is worth.
    pub evaluation: &'a Evaluation,
    /// What is drawn of the out-of-fold scores or forecasts.
    pub shown: Shown<'a>,
    /// What became of the file for other runtimes.
    pub onnx: &'a Onnx,
}

/// What is drawn of rows that the models of the folds had not seen.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// Curves over all scores.
    Scores(&'a Curves),
    /// Foreseen numbers in parts, the lowest first.
    Numbers(&'a [ForecastPart]),
}

/// What became of `model.onnx`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Onnx {
    /// It is there.
    Kept(Parity),
    /// It is not, and why.
    LeftOut(String),
}

/// How near `model.onnx` is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parity {
    /// Rows that both were asked about.
    pub rows: u64,
    /// The largest difference of their probabilities or numbers.
    pub largest_difference: f64,
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the report cannot be written: {0}")]
pub struct ReportError(String);

impl Report<'_> {
    /// How it is measured.
    fn measures(&self) -> &'static Measures {
        measures::of(self.spec.label.task())
    }

    /// `report.html`.
    ///
    /// # Errors
    /// When a template cannot be filled, which would be a fault of the service.
    pub fn html(&self) -> Result<String, ReportError> {
        let page = page::Page::of(self)?;
        page.render().map_err(|error| ReportError(error.to_string()))
    }

    /// `model_card.md`.
    ///
    /// # Errors
    /// As [`Report::html`].
    pub fn model_card(&self) -> Result<String, ReportError> {
        let card = card::Card::of(self);
        card.render().map_err(|error| ReportError(error.to_string()))
    }
}
