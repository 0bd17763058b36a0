//! Computes a file of ONNX as its operators are defined (https://onnx.ai/onnx/operators), as far as they are written here: so that
//! what was written can be held against the model that it was written from. No runtime: it is slow, and knows no more.

mod elementwise;
mod table;
mod trees;

use super::OnnxError;
use super::graph::INPUT;
use super::proto::tensor_proto::DataType;
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use crate::matrix::Matrix;
use prost::Message;
use std::collections::BTreeMap;
use table::{Table, Value};
use trees::Trees;

/// Rows that are computed together.
const BLOCK: usize = 512;

/// A file that was read.
pub struct Session {
    graph: GraphProto,
    /// Constants by name.
    constants: BTreeMap<String, Value>,
    /// Trees by the name of what they give.
    trees: BTreeMap<String, Trees>,
}

/// What comes out, a value for each row; empty where a file has no such output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outputs {
    /// The number that is foreseen.
    pub number: Vec<f64>,
    /// The score as the learner gives it.
    pub score: Vec<f64>,
    /// Calibrated.
    pub probability: Vec<f64>,
    /// Whether that is at or above the threshold.
    pub decision: Vec<bool>,
}

impl Session {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is none, or asks for more than is written here.
    pub fn open(bytes: &[u8]) -> Result<Self, OnnxError> {
        let model = ModelProto::decode(bytes).map_err(|error| OnnxError::Malformed(error.to_string()))?;
        let graph = model.graph.ok_or_else(|| malformed("no graph"))?;
        let constant = |tensor: &TensorProto| Ok((tensor.name.clone(), constant(tensor)?));
        let constants = graph.initializer.iter().map(constant).collect::<Result<_, _>>()?;
        let ensembles = graph.node.iter().filter(|node| node.op_type == "TreeEnsemble");
        let trees = ensembles
            .map(|node| Ok((output(node)?.to_owned(), Trees::of(node)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            graph,
            constants,
            trees,
        })
    }

    /// Computes some rows of a matrix.
    ///
    /// # Errors
    /// When the graph asks for more than is written here, or does not fit to the matrix.
    pub fn run(&self, x: &Matrix, rows: &[u32]) -> Result<Outputs, OnnxError> {
        let mut outputs = Outputs::default();
        for rows in rows.chunks(BLOCK) {
            let mut known = self.constants.clone();
            known.insert(INPUT.to_owned(), Value::Numbers(input(x, rows)));
            for node in &self.graph.node {
                let value = self.compute(node, &known)?;
                known.insert(output(node)?.to_owned(), value);
            }
            for output in &self.graph.output {
                outputs.take(&output.name, known.remove(&output.name), rows.len())?;
            }
        }
        Ok(outputs)
    }

    fn compute(&self, node: &NodeProto, known: &BTreeMap<String, Value>) -> Result<Value, OnnxError> {
        let inputs = node
            .input
            .iter()
            .map(|name| {
                known
                    .get(name)
                    .ok_or_else(|| malformed(&format!("no value {name}")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        match (node.op_type.as_str(), inputs.as_slice()) {
            ("TreeEnsemble", [Value::Numbers(x)]) => {
                let trees = self.trees.get(output(node)?);
                trees
                    .ok_or_else(|| malformed("no trees"))?
                    .sums(x)
                    .map(Value::Numbers)
            }
            (op, inputs) => elementwise::compute(op, inputs)
                .ok_or_else(|| OnnxError::Unsupported(format!("{op} of {} values", inputs.len()))),
        }
    }
}

impl Outputs {
    fn take(&mut self, name: &str, value: Option<Value>, rows: usize) -> Result<(), OnnxError> {
        let numbers = match (name, value) {
            ("decision", Some(Value::Flags(table))) if table.cells.len() == rows => {
                self.decision.extend(table.cells);
                return Ok(());
            }
            (_, Some(Value::Numbers(table))) if table.cells.len() == rows => table.cells,
            _ => return Err(malformed(&format!("no output {name}"))),
        };
        match name {
            "number" => self.number.extend(numbers),
            "score" => self.score.extend(numbers),
            "probability" => self.probability.extend(numbers),
            other => return Err(OnnxError::Unsupported(format!("the output {other}"))),
        }
        Ok(())
    }
}

/// Rows of a matrix as the graph takes them: floats, which doubles hold exactly.
fn input(x: &Matrix, rows: &[u32]) -> Table<f64> {
    let mut cells = vec![0.0; rows.len() * x.features()];
    let span = crate::matrix::span_of(rows);
    for feature in 0..x.features() {
        let column = x.span(feature, span.clone());
        for (nth, &row) in rows.iter().enumerate() {
            cells[nth * x.features() + feature] = f64::from(column[row as usize - span.start]);
        }
    }
    Table::new(rows.len(), x.features(), cells)
}

fn output(node: &NodeProto) -> Result<&str, OnnxError> {
    node.output
        .first()
        .map(String::as_str)
        .ok_or_else(|| malformed("an operator without a name for what it gives"))
}

/// The elements of a constant as numbers, in at most two directions.
fn constant(tensor: &TensorProto) -> Result<Value, OnnxError> {
    let cells: Vec<f64> = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Double) => elements(tensor, f64::from_le_bytes),
        Ok(DataType::Float) => elements(tensor, |bytes| f64::from(f32::from_le_bytes(bytes))),
        Ok(DataType::Int64) => elements(tensor, |bytes| i64::from_le_bytes(bytes) as f64),
        _ => {
            return Err(OnnxError::Unsupported(format!(
                "constants of type {}",
                tensor.data_type
            )));
        }
    };
    let (rows, columns) = match tensor.dims.as_slice() {
        [] => (1, 1),
        [columns] => (1, *columns as usize),
        [rows, columns] => (*rows as usize, *columns as usize),
        more => return Err(OnnxError::Unsupported(format!("{} directions", more.len()))),
    };
    if rows.checked_mul(columns) != Some(cells.len()) {
        return Err(malformed("a constant of another length than it says"));
    }
    Ok(Value::Numbers(Table::new(rows, columns, cells)))
}

/// The little-endian elements of a tensor.
fn elements<T, const N: usize>(tensor: &TensorProto, read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (cells, _) = tensor.raw_data.as_chunks::<N>();
    cells.iter().map(|bytes| read(*bytes)).collect()
}

fn malformed(what: &str) -> OnnxError {
    OnnxError::Malformed(what.to_owned())
}
