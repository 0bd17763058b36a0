//! Tensors of the Open Inference Protocol as rows of features, and what is foreseen as tensors.

use super::feature_order;
use super::prediction::{Foreseen, MOST, Used};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_learn::model_file::{Header, ModelFile};
use mltraining_panel::compute::narrow;
use mltraining_proto::inference as oip;
use oip::infer_parameter::ParameterChoice;
use oip::model_infer_request::{InferInputTensor, InferRequestedOutputTensor};
use oip::model_infer_response::InferOutputTensor;
use oip::model_metadata_response::TensorMetadata;
use std::collections::BTreeMap;

/// The tensor of all features.
const ALL: &str = "features";

/// An output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Probability or number.
    Score,
    /// Whether the score reaches the threshold.
    Decision,
}

impl Output {
    const EVERY: [Self; 2] = [Self::Score, Self::Decision];

    fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Decision => "decision",
        }
    }

    fn datatype(self) -> &'static str {
        match self {
            Self::Score => "FP64",
            Self::Decision => "BOOL",
        }
    }

    /// Whether a model with this header has it.
    fn is_of(self, header: &Header) -> bool {
        self == Self::Score || header.threshold.is_some()
    }
}

/// What a client may know of a version.
pub(crate) fn show_metadata(name: &str, version: i32, model: &ModelFile) -> oip::ModelMetadataResponse {
    let tensor = |name: &str, datatype: &str| TensorMetadata {
        name: name.to_owned(),
        datatype: datatype.to_owned(),
        shape: vec![-1],
    };
    let header = &model.header;
    let outputs = Output::EVERY.into_iter().filter(|output| output.is_of(header));
    oip::ModelMetadataResponse {
        name: name.to_owned(),
        versions: vec![version.to_string()],
        platform: format!("mltraining_{}", model.model.algorithm()),
        inputs: header
            .feature_names
            .iter()
            .map(|name| tensor(name, "FP64"))
            .collect(),
        outputs: outputs
            .map(|output| tensor(output.name(), output.datatype()))
            .collect(),
    }
}

/// The outputs that a request wants; empty for all.
///
/// # Errors
/// INVALID_FIELD.
pub(crate) fn outputs(wanted: &[InferRequestedOutputTensor]) -> Result<Vec<Output>, ApiError> {
    let mut found = Violations::new();
    let mut outputs = Vec::new();
    for (i, one) in wanted.iter().enumerate() {
        let field = format!("outputs[{i}].name");
        match Output::EVERY.into_iter().find(|output| output.name() == one.name) {
            None => found.invalid(field, "is no output; there are score and decision"),
            Some(output) if outputs.contains(&output) => found.invalid(field, "is named twice"),
            Some(output) => outputs.push(output),
        }
    }
    Ok(found.into_result(outputs)?)
}

/// One input: its values row by row, and how many columns they have.
struct Read {
    values: Vec<f64>,
    width: usize,
}

impl Read {
    fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    fn column(&self, place: usize) -> Vec<f32> {
        let values = self.values.iter().skip(place).step_by(self.width);
        values.map(|value| narrow(*value)).collect()
    }
}

/// The values of a request, column by column in the order of the model.
///
/// # Errors
/// UNKNOWN_FEATURE and INVALID_FIELD.
pub(crate) fn columns(request: &oip::ModelInferRequest, model: &[String]) -> Result<Vec<Vec<f32>>, ApiError> {
    let inputs = &request.inputs;
    let raw = &request.raw_input_contents;
    let mut found = Violations::new();
    found.require(!inputs.is_empty(), "inputs", || {
        format!("required: give the tensor `{ALL}`, or a tensor for each feature")
    });
    found.require(
        raw.is_empty() || raw.len() == inputs.len(),
        "raw_input_contents",
        || format!("{} contents for {} inputs", raw.len(), inputs.len()),
    );
    found.into_result(())?;
    let all = matches!(inputs.as_slice(), [one] if one.name == ALL && one.shape.len() == 2);
    let order = if all {
        Vec::new()
    } else {
        let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
        feature_order::find(&names, model, "inputs", &|i| format!("inputs[{i}].name"))?
    };
    let width = if all { model.len() } else { 1 };
    let read = read_all(inputs, raw, width)?;
    match all {
        true => Ok((0..model.len()).map(|place| read[0].column(place)).collect()),
        false => Ok(order.into_iter().map(|input| read[input].column(0)).collect()),
    }
}

/// All inputs, which have as many rows as each other.
fn read_all(inputs: &[InferInputTensor], raw: &[Vec<u8>], width: usize) -> Result<Vec<Read>, ApiError> {
    let mut found = Violations::new();
    let mut read: Vec<Read> = Vec::with_capacity(inputs.len());
    for (i, input) in inputs.iter().enumerate() {
        let field = format!("inputs[{i}]");
        match read_one(input, raw.get(i), width) {
            Err((part, text)) => found.invalid(format!("{field}.{part}"), text),
            Ok(one) => {
                let rows = read.first().map_or(one.rows(), Read::rows);
                found.require(one.rows() == rows, &format!("{field}.shape"), || {
                    format!("{} rows, the first input has {rows}", one.rows())
                });
                read.push(one);
            }
        }
    }
    Ok(found.into_result(read)?)
}

/// One input; or the part of it that is wrong, and why.
fn read_one(
    input: &InferInputTensor,
    raw: Option<&Vec<u8>>,
    width: usize,
) -> Result<Read, (&'static str, String)> {
    let rows = rows_of(&input.shape, width).map_err(|text| ("shape", text))?;
    let values = match (input.datatype.as_str(), raw, &input.contents) {
        ("FP64" | "FP32", Some(_), Some(_)) => {
            return Err((
                "contents",
                "must not be given beside raw_input_contents".to_owned(),
            ));
        }
        ("FP64", Some(raw), None) => {
            from_raw(raw, |bytes: [u8; 8]| f64::from_le_bytes(bytes)).map_err(|text| ("contents", text))?
        }
        ("FP32", Some(raw), None) => from_raw(raw, |bytes: [u8; 4]| f64::from(f32::from_le_bytes(bytes)))
            .map_err(|text| ("contents", text))?,
        ("FP64", None, contents) => contents.clone().unwrap_or_default().fp64_contents,
        ("FP32", None, contents) => {
            let values = contents.clone().unwrap_or_default().fp32_contents;
            values.into_iter().map(f64::from).collect()
        }
        _ => return Err(("datatype", "is no type of features; give FP64 or FP32".to_owned())),
    };
    if values.len() != rows * width {
        let text = format!("{} values where the shape says {}", values.len(), rows * width);
        return Err(("contents", text));
    }
    Ok(Read { values, width })
}

fn rows_of(shape: &[i64], width: usize) -> Result<usize, String> {
    let (rows, columns) = match *shape {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => {
            return Err(format!(
                "{} dimensions; give [rows] or [rows, columns]",
                shape.len()
            ));
        }
    };
    if usize::try_from(columns) != Ok(width) {
        return Err(format!("{columns} columns for {width} features"));
    }
    let rows = usize::try_from(rows)
        .ok()
        .filter(|rows| (1..=MOST).contains(rows));
    rows.ok_or_else(|| format!("give 1 to {MOST} rows"))
}

fn from_raw<const N: usize>(raw: &[u8], number: fn([u8; N]) -> f64) -> Result<Vec<f64>, String> {
    let (numbers, rest) = raw.as_chunks::<N>();
    match rest.is_empty() {
        true => Ok(numbers.iter().copied().map(number).collect()),
        false => Err(format!("{} bytes are no whole numbers of {N}", raw.len())),
    }
}

/// The answer.
///
/// # Errors
/// INVALID_FIELD for a row without any value, of which nothing can be said, and for `decision` of a version without a threshold.
pub(crate) fn show(
    request: &oip::ModelInferRequest,
    used: &Used,
    header: &Header,
    foreseen: &[Foreseen],
    wanted: &[Output],
) -> Result<oip::ModelInferResponse, ApiError> {
    let mut scores = Vec::with_capacity(foreseen.len());
    for (row, one) in foreseen.iter().enumerate() {
        let score = one.outcome.map_err(|_| {
            let text =
                format!("row {row}, counted from 0, has no value of any feature: nothing can be said of it");
            ApiError::invalid("inputs", text)
        })?;
        scores.push(score);
    }
    if wanted.contains(&Output::Decision) && header.threshold.is_none() {
        return Err(ApiError::invalid(
            "outputs",
            "the version has no threshold, and so no decision",
        ));
    }
    let every = Output::EVERY.into_iter().filter(|output| output.is_of(header));
    let wanted: Vec<Output> = match wanted.is_empty() {
        true => every.collect(),
        false => wanted.to_vec(),
    };
    let decisions: Vec<bool> = scores
        .iter()
        .map(|score| header.threshold.is_some_and(|threshold| *score >= threshold))
        .collect();
    let raw = !request.raw_input_contents.is_empty();
    let sha256 = oip::InferParameter {
        parameter_choice: Some(ParameterChoice::StringParam(used.sha256.clone())),
    };
    let outputs = wanted.iter();
    Ok(oip::ModelInferResponse {
        model_name: request.model_name.clone(),
        model_version: used.name.version.to_string(),
        id: request.id.clone(),
        parameters: BTreeMap::from([("sha256".to_owned(), sha256)]),
        outputs: outputs
            .clone()
            .map(|output| InferOutputTensor {
                name: output.name().to_owned(),
                datatype: output.datatype().to_owned(),
                shape: vec![scores.len() as i64],
                parameters: BTreeMap::new(),
                contents: (!raw).then(|| contents(*output, &scores, &decisions)),
            })
            .collect(),
        raw_output_contents: match raw {
            true => outputs
                .map(|output| bytes(*output, &scores, &decisions))
                .collect(),
            false => Vec::new(),
        },
    })
}

fn contents(output: Output, scores: &[f64], decisions: &[bool]) -> oip::InferTensorContents {
    match output {
        Output::Score => oip::InferTensorContents {
            fp64_contents: scores.to_vec(),
            ..oip::InferTensorContents::default()
        },
        Output::Decision => oip::InferTensorContents {
            bool_contents: decisions.to_vec(),
            ..oip::InferTensorContents::default()
        },
    }
}

fn bytes(output: Output, scores: &[f64], decisions: &[bool]) -> Vec<u8> {
    match output {
        Output::Score => scores.iter().flat_map(|score| score.to_le_bytes()).collect(),
        Output::Decision => decisions.iter().map(|yes| u8::from(*yes)).collect(),
    }
}

#[cfg(test)]
mod tests;
