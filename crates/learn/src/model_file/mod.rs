//! The model file: an own format, versioned, with nothing in it that could be run.
//!
//! ```text
//! "MLTSMODL"  u32 format version  u32 header length  u64 payload length  header (JSON)  payload  SHA-256 of all before
//! ```
//! Numbers are little-endian. The payload is a byte that says which learner, then the learner's own numbers.
//! The same model gives the same bytes. Reading checks lengths first, then the hash, then parses; nothing is allocated
//! for a length that the bytes do not hold.

mod boosted;
mod forest;
mod linear;
mod naive_bayes;
mod neighbors;
mod reader;
mod trees;

use crate::calibration::Calibrator;
use crate::gradient_boosting::Link;
use crate::matrix::Matrix;
use crate::model::Model;
use reader::Reader;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version that is written, and the only one that is read.
pub const FORMAT_VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"MLTSMODL";
/// Bytes before the header.
const PREFIX: usize = 8 + 4 + 4 + 8;
const HASH: usize = 32;
/// A header is never longer.
const MAX_HEADER: usize = 16 << 20;

const FOREST: u8 = 1;
const LINEAR: u8 = 2;
const BOOSTED: u8 = 3;
const EXTRA_TREES: u8 = 4;
const RIDGE: u8 = 5;
const ELASTIC_NET: u8 = 6;
/// Boosting whose sum is the number itself.
const BOOSTED_NUMBERS: u8 = 7;
const DECISION_TREE: u8 = 8;
const NAIVE_BAYES: u8 = 9;
const NEIGHBORS: u8 = 10;

/// What a model needs to be used, and to be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Hex SHA-256 over the checked spec.
    pub spec_hash: String,
    /// Hex SHA-256 over the canonical bytes of all rows read.
    pub source_fingerprint: String,
    /// The features in the order of the model's columns.
    pub feature_names: Vec<String>,
    /// The label's spec, as its JSON.
    pub label: serde_json::Value,
    /// Probability at or above which the model says yes; `None` when none could be chosen, and where a number is foreseen.
    pub threshold: Option<f64>,
    /// What is laid over the model's scores; `None` when they stay as they are, as in files of before there was any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibrator>,
    /// Seed of everything random.
    pub seed: u64,
    /// Version of the service that trained it.
    pub service_version: String,
}

/// A model and what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// What the model is about.
    pub header: Header,
    /// The model.
    pub model: Model,
}

impl ModelFile {
    /// The probability of a positive (what the model says, calibrated), or the number, for each of `rows`. See [`Model::predict`].
    ///
    /// # Panics
    /// As [`Model::predict`].
    pub fn predict(&self, x: &Matrix, rows: &[u32]) -> Vec<f64> {
        let mut scores = self.model.predict(x, rows);
        if let Some(calibration) = &self.header.calibration {
            calibration.apply_all(&mut scores);
        }
        scores
    }
}

/// The header as it stands in the file.
#[derive(Serialize, Deserialize)]
struct StoredHeader {
    format_version: u32,
    algorithm: String,
    #[serde(flatten)]
    header: Header,
}

/// Why bytes are not a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelFileError {
    /// Not a model file at all.
    #[error("not a model file")]
    NotAModelFile,
    /// A model file of a version that this release does not read.
    #[error("a model file of format {found}; this release reads format {FORMAT_VERSION}")]
    UnknownVersion {
        /// The version found.
        found: u32,
    },
    /// Cut short, or longer than it says.
    #[error("{found} bytes where the model file says {expected}")]
    WrongLength {
        /// Bytes that the file says it has.
        expected: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("the model file's SHA-256 does not match its bytes")]
    HashMismatch,
    /// The hash is right and the content makes no sense: not written by this service.
    #[error("the model file's content is malformed: {0}")]
    Malformed(String),
}

impl ModelFileError {
    fn malformed(what: &(impl ToString + ?Sized)) -> Self {
        Self::Malformed(what.to_string())
    }
}

/// Writes a model file. The same file gives the same bytes.
pub fn encode(file: &ModelFile) -> Vec<u8> {
    let header = StoredHeader {
        format_version: FORMAT_VERSION,
        algorithm: file.model.algorithm().to_owned(),
        header: file.header.clone(),
    };
    let header =
        serde_json::to_vec(&header).expect("strings, numbers and JSON values can be written as JSON");
    let mut payload = Vec::new();
    match &file.model {
        Model::Forest(forest) => {
            payload.push(FOREST);
            forest::write(forest, &mut payload);
        }
        Model::ExtraTrees(forest) => {
            payload.push(EXTRA_TREES);
            forest::write(forest, &mut payload);
        }
        Model::Linear(linear) => {
            payload.push(LINEAR);
            linear::write(linear, &mut payload);
        }
        Model::DecisionTree(tree) => {
            payload.push(DECISION_TREE);
            forest::write(tree, &mut payload);
        }
        Model::NaiveBayes(bayes) => {
            payload.push(NAIVE_BAYES);
            naive_bayes::write(bayes, &mut payload);
        }
        Model::Neighbors(rows) => {
            payload.push(NEIGHBORS);
            neighbors::write(rows, &mut payload);
        }
        Model::Ridge(linear) => {
            payload.push(RIDGE);
            linear::write(linear, &mut payload);
        }
        Model::ElasticNet(linear) => {
            payload.push(ELASTIC_NET);
            linear::write(linear, &mut payload);
        }
        Model::Boosted(boosted) => {
            payload.push(match boosted.link() {
                Link::Logistic => BOOSTED,
                Link::Identity => BOOSTED_NUMBERS,
            });
            boosted::write(boosted, &mut payload);
        }
    }
    let mut bytes = Vec::with_capacity(PREFIX + header.len() + payload.len() + HASH);
    bytes.extend(MAGIC);
    bytes.extend(FORMAT_VERSION.to_le_bytes());
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend(payload);
    bytes.extend(Sha256::digest(&bytes).as_slice());
    bytes
}

/// Reads a model file. The model predicts what the written one predicts, bit for bit.
///
/// # Errors
/// See [`ModelFileError`]; no bytes make it panic or allocate more than a small multiple of their own length.
pub fn decode(bytes: &[u8]) -> Result<ModelFile, ModelFileError> {
    let (header, payload) = parts(bytes)?;
    let stored: StoredHeader = serde_json::from_slice(header).map_err(|e| ModelFileError::malformed(&e))?;
    let mut reader = Reader::new(payload);
    let model = match reader.u8()? {
        FOREST => Model::Forest(forest::read(&mut reader)?),
        EXTRA_TREES => Model::ExtraTrees(forest::read(&mut reader)?),
        LINEAR => Model::Linear(linear::read(&mut reader)?),
        DECISION_TREE => Model::DecisionTree(forest::read_one(&mut reader)?),
        NAIVE_BAYES => Model::NaiveBayes(naive_bayes::read(&mut reader)?),
        NEIGHBORS => Model::Neighbors(neighbors::read(&mut reader)?),
        RIDGE => Model::Ridge(linear::read(&mut reader)?),
        ELASTIC_NET => Model::ElasticNet(linear::read(&mut reader)?),
        BOOSTED => Model::Boosted(boosted::read(&mut reader, Link::Logistic)?),
        BOOSTED_NUMBERS => Model::Boosted(boosted::read(&mut reader, Link::Identity)?),
        other => return Err(ModelFileError::Malformed(format!("unknown learner {other}"))),
    };
    reader.finish()?;
    if stored.format_version != FORMAT_VERSION || stored.algorithm != model.algorithm() {
        return Err(ModelFileError::malformed(
            "the header tells of another model than the payload",
        ));
    }
    if stored.header.feature_names.len() != model.features() {
        return Err(ModelFileError::malformed(
            "the header names another number of features than the model has",
        ));
    }
    if stored
        .header
        .calibration
        .as_ref()
        .is_some_and(|calibration| !calibration.is_sound())
    {
        return Err(ModelFileError::malformed(
            "the calibration is no rising function of a score",
        ));
    }
    Ok(ModelFile {
        header: stored.header,
        model,
    })
}

/// Header and payload, once lengths and hash are known to be right.
fn parts(bytes: &[u8]) -> Result<(&[u8], &[u8]), ModelFileError> {
    let mut reader = Reader::new(bytes);
    if reader.take(MAGIC.len()).ok() != Some(&MAGIC[..]) {
        return Err(ModelFileError::NotAModelFile);
    }
    let short = |_| ModelFileError::WrongLength {
        expected: (PREFIX + HASH) as u64,
        found: bytes.len() as u64,
    };
    let version = reader.u32().map_err(short)?;
    if version != FORMAT_VERSION {
        return Err(ModelFileError::UnknownVersion { found: version });
    }
    let header = u64::from(reader.u32().map_err(short)?);
    let payload = reader.u64().map_err(short)?;
    if header > MAX_HEADER as u64 {
        return Err(ModelFileError::Malformed(format!("a header of {header} bytes")));
    }
    let expected = payload.saturating_add(header + (PREFIX + HASH) as u64);
    if expected != bytes.len() as u64 {
        return Err(ModelFileError::WrongLength {
            expected,
            found: bytes.len() as u64,
        });
    }
    let (content, hash) = bytes.split_at(bytes.len() - HASH);
    if Sha256::digest(content).as_slice() != hash {
        return Err(ModelFileError::HashMismatch);
    }
    Ok(content[PREFIX..].split_at(header as usize))
}
