//! What was read, as one number: SHA-256 over a SHA-256 of each entity's each day, so that two readings that differ can say where.

use crate::MICROS_PER_DAY;
use mltraining_domain::hex;
use sha2::{Digest, Sha256};
use std::fmt;

/// Hex SHA-256 over the columns' names and all rows of a panel, in order, and over those of its contexts. Equal iff the panels
/// are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hex: String,
    days: Vec<DayHash>,
    contexts: Vec<(String, Self)>,
}

/// The rows of one entity on one day, as one number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DayHash {
    /// Number of the entity in its panel.
    pub entity: usize,
    /// The day in UTC, counted from 1970-01-01.
    pub day: i64,
    /// Rows of that day.
    pub rows: u64,
    /// SHA-256 over the times, phases and values of these rows, in order; neither over the entity nor over columns' names.
    pub sha256: [u8; 32],
}

impl DayHash {
    /// The start of the day, microseconds since 1970-01-01 UTC.
    pub fn start_micros(&self) -> i64 {
        self.day * MICROS_PER_DAY
    }
}

impl Fingerprint {
    /// 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.hex
    }

    /// The one of the same rows with contexts beside them, each by its name; itself without any.
    #[must_use]
    pub fn with_contexts(self, contexts: Vec<(String, Self)>) -> Self {
        if contexts.is_empty() {
            return self;
        }
        let mut hash = Sha256::new_with_prefix(FORMAT_WITH_CONTEXTS);
        hash.update(&self.hex);
        for (name, fingerprint) in &contexts {
            text(&mut hash, name);
            hash.update(&fingerprint.hex);
        }
        Self {
            hex: hex(&hash.finalize()),
            days: self.days,
            contexts,
        }
    }

    /// Those of the contexts, by their names.
    pub fn contexts(&self) -> &[(String, Self)] {
        &self.contexts
    }

    /// The hex digits as an owned text.
    pub fn into_string(self) -> String {
        self.hex
    }

    /// One hash for each entity and day that has rows, in the panel's order. With the columns' names and the contexts they are
    /// what the fingerprint is made of.
    pub fn days(&self) -> &[DayHash] {
        &self.days
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex)
    }
}

/// Bytes gathered before the hash sees them: large enough that a row costs only a copy.
const BLOCK: usize = 64 * 1024;
const ENTITY: u8 = 1;
const DAY: u8 = 2;
/// Named in the first bytes, so that another layout of bytes can never give an equal fingerprint by chance.
const FORMAT: &[u8] = b"mltraining panel 2\0";
const FORMAT_WITH_CONTEXTS: &[u8] = b"mltraining panel with contexts 2\0";

/// What one day of one entity comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DaySum {
    day: i64,
    rows: u64,
    sha256: [u8; 32],
}

/// Sums up the rows of one entity by days. Rows are written in canonical bytes: numbers are little-endian, every NaN is the same NaN.
#[derive(Debug)]
pub(crate) struct DayRows {
    /// Over the rows of the last day.
    hash: Sha256,
    /// Rows of the last day that its hash has not seen yet.
    block: Vec<u8>,
    /// The last day and its rows so far.
    open: Option<(i64, u64)>,
}

impl DayRows {
    pub(crate) fn new() -> Self {
        Self {
            hash: Sha256::new(),
            block: Vec::with_capacity(BLOCK + 16 * 1024),
            open: None,
        }
    }

    /// Adds the next row, and tells of the day before it when it is the first of its day.
    pub(crate) fn row(
        &mut self,
        time: i64,
        phase: Option<i32>,
        values: impl Iterator<Item = f64>,
    ) -> Option<DaySum> {
        let day = time.div_euclid(MICROS_PER_DAY);
        let before = match &mut self.open {
            Some((open, rows)) if *open == day => {
                *rows += 1;
                None
            }
            _ => {
                let before = self.close();
                self.open = Some((day, 1));
                before
            }
        };
        self.block.extend_from_slice(&time.to_le_bytes());
        self.block.push(u8::from(phase.is_some()));
        self.block
            .extend_from_slice(&phase.unwrap_or_default().to_le_bytes());
        for value in values {
            let canonical = if value.is_nan() { f64::NAN } else { value };
            self.block.extend_from_slice(&canonical.to_le_bytes());
        }
        if self.block.len() >= BLOCK {
            self.hash.update(&self.block);
            self.block.clear();
        }
        before
    }

    /// The last day, once its rows have all been added.
    pub(crate) fn close(&mut self) -> Option<DaySum> {
        let (day, rows) = self.open.take()?;
        self.hash.update(&self.block);
        self.block.clear();
        let sha256 = self.hash.finalize_reset().into();
        Some(DaySum { day, rows, sha256 })
    }
}

/// Sums up entities in their order; texts carry their length.
#[derive(Debug)]
pub(crate) struct PanelHash {
    /// Over the columns, the entities and the days' hashes.
    whole: Sha256,
    entities: usize,
    days: Vec<DayHash>,
}

impl PanelHash {
    pub(crate) fn new(columns: &[String]) -> Self {
        let mut whole = Sha256::new_with_prefix(FORMAT);
        whole.update((columns.len() as u64).to_le_bytes());
        for column in columns {
            text(&mut whole, column);
        }
        Self {
            whole,
            entities: 0,
            days: Vec::new(),
        }
    }

    pub(crate) fn entity(&mut self, name: &str) {
        self.entities += 1;
        self.whole.update([ENTITY]);
        text(&mut self.whole, name);
    }

    /// Adds the next day of the last entity.
    pub(crate) fn day(&mut self, sum: DaySum) {
        let DaySum { day, rows, sha256 } = sum;
        self.whole.update([DAY]);
        self.whole.update(day.to_le_bytes());
        self.whole.update(rows.to_le_bytes());
        self.whole.update(sha256);
        self.days.push(DayHash {
            entity: self.entities - 1,
            day,
            rows,
            sha256,
        });
    }

    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint {
            hex: hex(&self.whole.finalize()),
            days: self.days,
            contexts: Vec::new(),
        }
    }
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text);
}
