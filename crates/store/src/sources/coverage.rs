//! What a source holds in a range of time.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{SourceSpec, Span, TimeRange};

/// What a source holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// Rows in the range.
    pub rows: u64,
    /// Different entities among them.
    pub entities: u64,
    /// Time of the earliest row.
    pub first: Option<DateTime<Utc>>,
    /// Time of the latest row.
    pub last: Option<DateTime<Utc>>,
    /// Rows that repeat the entity and time of another row; three equal rows count 2.
    pub duplicates: u64,
    /// One entry for each value column, in the order of the spec.
    pub columns: Vec<ColumnCoverage>,
    /// One entry for each phase that occurs, NULL last; empty without a phase column.
    pub phases: Vec<PhaseCoverage>,
    /// Holes between the bars of one entity.
    pub gaps: Gaps,
}

/// How full one column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnCoverage {
    /// Its name.
    pub name: String,
    /// Rows in which it is NULL.
    pub nulls: u64,
}

/// How many rows one phase has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseCoverage {
    /// The value of the phase column, `None` for NULL.
    pub phase: Option<i32>,
    /// Its rows.
    pub rows: u64,
}

/// Distances of two neighbouring rows of one entity of more than 1.5 bar intervals of the earlier row's phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gaps {
    /// How many.
    pub count: u64,
    /// The longest and its entity.
    pub longest: Option<(Span, String)>,
}

impl Store {
    /// Counts rows, entities, duplicates, NULLs and gaps in the range (everything without one). Reads the whole range.
    ///
    /// # Errors
    /// [`StoreError::Timeout`] when it takes longer than a call may; [`StoreError::Statement`] when the table cannot be read.
    pub async fn source_coverage(
        &self,
        spec: &SourceSpec,
        range: Option<&TimeRange>,
    ) -> Result<Coverage, StoreError> {
        let _ = (spec, range);
        unimplemented!()
    }
}
