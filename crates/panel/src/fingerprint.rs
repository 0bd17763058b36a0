//! What was read, as one number: SHA-256 over canonical bytes of all rows in order.

use sha2::{Digest, Sha256};
use std::fmt;
use std::fmt::Write;

/// Hex SHA-256 over the columns' names and all rows of a panel, in order, and over those of its contexts. Equal iff the panels
/// are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one of the same rows with contexts beside them, each by its name; itself without any.
    #[must_use]
    pub fn with_contexts(self, contexts: &[(String, Self)]) -> Self {
        if contexts.is_empty() {
            return self;
        }
        let mut hash = Sha256::new();
        hash.update(FORMAT_WITH_CONTEXTS);
        hash.update(&self.0);
        for (name, fingerprint) in contexts {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name);
            hash.update(&fingerprint.0);
        }
        Self(hex(hash))
    }

    /// The hex digits as an owned text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes gathered before the hash sees them: large enough that a row costs only a copy.
const BLOCK: usize = 64 * 1024;
const ENTITY: u8 = 1;
const ROW: u8 = 2;
/// Named in the first bytes, so that another layout of bytes can never give an equal fingerprint by chance.
const FORMAT: &[u8] = b"mltraining panel 1\0";
const FORMAT_WITH_CONTEXTS: &[u8] = b"mltraining panel with contexts 1\0";

fn hex(hash: Sha256) -> String {
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
    }
    hex
}

/// Writes rows in canonical bytes: texts carry their length, numbers are little-endian, every NaN is the same NaN.
#[derive(Debug)]
pub(crate) struct RowHash {
    hash: Sha256,
    block: Vec<u8>,
}

impl RowHash {
    pub(crate) fn new(columns: &[String]) -> Self {
        let mut this = Self {
            hash: Sha256::new(),
            block: Vec::with_capacity(BLOCK + 16 * 1024),
        };
        this.block.extend_from_slice(FORMAT);
        this.block
            .extend_from_slice(&(columns.len() as u64).to_le_bytes());
        for column in columns {
            this.text(column);
        }
        this
    }

    pub(crate) fn entity(&mut self, name: &str) {
        self.block.push(ENTITY);
        self.text(name);
    }

    pub(crate) fn row(&mut self, time: i64, phase: Option<i32>, values: &[f64]) {
        self.block.push(ROW);
        self.block.extend_from_slice(&time.to_le_bytes());
        self.block.push(u8::from(phase.is_some()));
        self.block
            .extend_from_slice(&phase.unwrap_or_default().to_le_bytes());
        for value in values {
            let canonical = if value.is_nan() { f64::NAN } else { *value };
            self.block.extend_from_slice(&canonical.to_le_bytes());
        }
        if self.block.len() >= BLOCK {
            self.hash.update(&self.block);
            self.block.clear();
        }
    }

    pub(crate) fn finish(mut self) -> Fingerprint {
        self.hash.update(&self.block);
        Fingerprint(hex(self.hash))
    }

    fn text(&mut self, text: &str) {
        self.block.extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.block.extend_from_slice(text.as_bytes());
    }
}
