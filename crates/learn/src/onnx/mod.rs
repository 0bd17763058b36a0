//! The model for other runtimes: ONNX, with the operators of `ai.onnx` 17 and `ai.onnx.ml` 5, which ONNX Runtime has from 1.20 on.
//!
//! One input, `features`: float [rows, features], NaN or infinite where a value is missing. Outputs, one for each row: of a model of
//! classes `score`, what the learner says; `probability`, the same calibrated; `decision`, whether that is at or above the
//! threshold, where there is one. Of a model of numbers `number`, what it foresees.
//! Values are widened to double before they are compared or summed, as the model itself does, so that no row takes another way
//! through a tree. The same model gives the same bytes.
//!
//! One file for each learner; [`Session`] computes what was written, to be held against the model.

mod boosted;
mod calibration;
mod ensemble;
mod forest;
mod graph;
mod linear;
mod run;

/// The messages of ONNX.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
}

use crate::model::Model;
use crate::model_file::{Header, ModelFile};
use crate::tree::Tree;
use graph::Graph;
use mltraining_domain::Task;
use prost::Message;
pub use run::{Outputs, Session};

/// More nodes of trees are not written: a file of ONNX must stay below 2 GiB, and a node takes some 40 bytes.
pub const MOST_NODES: usize = 25_000_000;

/// Why there is no file, or it cannot be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    /// Too many nodes.
    #[error("its trees have {0} nodes; at most {MOST_NODES} fit into a file of ONNX")]
    TooLarge(usize),
    /// A learner without a file here.
    #[error("models of {0} are not written as ONNX")]
    NotWritten(&'static str),
    /// No file of ONNX.
    #[error("not a file of ONNX: {0}")]
    Malformed(String),
    /// More than what is written here.
    #[error("this file asks for {0}, which is not computed here")]
    Unsupported(String),
}

/// Writes a model: of classes with its calibration and its threshold, of numbers alone.
///
/// # Errors
/// [`OnnxError::TooLarge`], [`OnnxError::NotWritten`].
pub fn encode(file: &ModelFile, task: Task) -> Result<Vec<u8>, OnnxError> {
    let nodes = trees(&file.model).iter().map(|tree| tree.nodes().len()).sum();
    if nodes > MOST_NODES {
        return Err(OnnxError::TooLarge(nodes));
    }
    let mut graph = Graph::new(file.model.features());
    let said = said(&file.model, &mut graph)?;
    match task {
        Task::Binary => answers(&file.header, &said, &mut graph),
        Task::Regression => graph.output_numbers("number", &said),
    }
    let header = &file.header;
    let model = graph.into_model(file.model.algorithm(), &header.service_version, metadata(header));
    Ok(model.encode_to_vec())
}

/// Adds what the learner says, double [rows, 1].
fn said(model: &Model, graph: &mut Graph) -> Result<String, OnnxError> {
    let values = graph.input();
    match model {
        Model::Forest(forest) | Model::ExtraTrees(forest) | Model::DecisionTree(forest) => {
            Ok(forest::write(forest, &values, graph))
        }
        Model::Boosted(boosted) => Ok(boosted::write(boosted, &values, graph)),
        Model::Linear(linear) => {
            let log_odds = linear::write(linear, &values, graph);
            Ok(graph.op("Sigmoid", &[&log_odds], Vec::new()))
        }
        Model::Ridge(linear) | Model::ElasticNet(linear) => Ok(linear::write(linear, &values, graph)),
        Model::NaiveBayes(_) | Model::Neighbors(_) => Err(OnnxError::NotWritten(model.algorithm())),
    }
}

/// Makes outputs of a score.
fn answers(header: &Header, score: &str, graph: &mut Graph) {
    let probability = match &header.calibration {
        Some(calibration) => calibration::write(calibration, score, graph),
        None => score.to_owned(),
    };
    graph.output_numbers("score", score);
    graph.output_numbers("probability", &probability);
    if let Some(threshold) = header.threshold {
        graph.output_decision("decision", &probability, threshold);
    }
}

fn trees(model: &Model) -> &[Tree] {
    match model {
        Model::Forest(forest) | Model::ExtraTrees(forest) | Model::DecisionTree(forest) => forest.trees(),
        Model::Boosted(boosted) => boosted.trees(),
        _ => &[],
    }
}

/// What belongs to the model besides its graph; the order of the features is that of the input's columns.
fn metadata(header: &Header) -> Vec<(&'static str, String)> {
    let names = serde_json::to_string(&header.feature_names).unwrap_or_default();
    let mut entries = vec![
        ("feature_names", names),
        ("label", header.label.to_string()),
        ("spec_hash", header.spec_hash.clone()),
        ("source_fingerprint", header.source_fingerprint.clone()),
        ("seed", header.seed.to_string()),
    ];
    entries.extend(
        header
            .threshold
            .map(|threshold| ("threshold", threshold.to_string())),
    );
    entries
}
