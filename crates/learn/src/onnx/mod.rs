//! The model for other runtimes: ONNX, with the operators of `ai.onnx` 17 and `ai.onnx.ml` 5, which ONNX Runtime has from 1.20 on.
//!
//! One input, `features`: float [rows, features], NaN or infinite where a value is missing. Outputs, one for each row: `score`, what
//! the learner says; `probability`, the same calibrated; `decision`, whether that is at or above the threshold, where there is one.
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
use prost::Message;
pub use run::{Scores, Session};

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

/// Writes a model with its calibration and its threshold.
///
/// The model must foresee a class: what it gives is a probability.
///
/// # Errors
/// [`OnnxError::TooLarge`], [`OnnxError::NotWritten`].
pub fn encode(file: &ModelFile) -> Result<Vec<u8>, OnnxError> {
    let nodes = trees(&file.model).iter().map(|tree| tree.nodes().len()).sum();
    if nodes > MOST_NODES {
        return Err(OnnxError::TooLarge(nodes));
    }
    let mut graph = Graph::new(file.model.features());
    let values = graph.input();
    let score = match &file.model {
        Model::Forest(forest) | Model::ExtraTrees(forest) | Model::DecisionTree(forest) => {
            forest::write(forest, &values, &mut graph)
        }
        Model::Boosted(boosted) => boosted::write(boosted, &values, &mut graph),
        Model::Linear(linear) => linear::write(linear, &values, &mut graph),
        Model::Ridge(_) | Model::ElasticNet(_) | Model::NaiveBayes(_) | Model::Neighbors(_) => {
            return Err(OnnxError::NotWritten(file.model.algorithm()));
        }
    };
    let header = &file.header;
    let probability = match &header.calibration {
        Some(calibration) => calibration::write(calibration, &score, &mut graph),
        None => score.clone(),
    };
    graph.output_numbers("score", &score);
    graph.output_numbers("probability", &probability);
    if let Some(threshold) = header.threshold {
        graph.output_decision("decision", &probability, threshold);
    }
    let model = graph.into_model(file.model.algorithm(), &header.service_version, metadata(header));
    Ok(model.encode_to_vec())
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
