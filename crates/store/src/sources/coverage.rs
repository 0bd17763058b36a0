//! What a source holds in a range of time.

use super::refuse_closed;
use crate::reader::SNAPSHOT;
use crate::{Store, StoreError, source_sql, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{SourceSpec, Span, TimeRange};
use sqlx::Connection;

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

/// Rows, entities, first, last, duplicates, NULLs per column, gaps, longest gap.
type CoverageRow = (
    i64,
    i64,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    i64,
    Vec<i64>,
    i64,
    Option<Vec<String>>,
);

fn coverage(
    spec: &SourceSpec,
    row: CoverageRow,
    phases: &[(Option<i32>, i64)],
) -> Result<Coverage, StoreError> {
    let (rows, entities, first, last, duplicates, nulls, gaps, longest) = row;
    let columns = spec
        .columns
        .iter()
        .zip(nulls)
        .map(|(column, nulls)| ColumnCoverage {
            name: column.name.clone(),
            nulls: nulls.unsigned_abs(),
        });
    let phases = phases.iter().map(|(phase, rows)| PhaseCoverage {
        phase: *phase,
        rows: rows.unsigned_abs(),
    });
    let longest = match longest.as_deref() {
        Some([micros, entity]) => {
            let micros = stored::parse("longest gap", micros)?;
            Some((stored::span("longest gap", micros)?, entity.clone()))
        }
        _ => None,
    };
    Ok(Coverage {
        rows: rows.unsigned_abs(),
        entities: entities.unsigned_abs(),
        first,
        last,
        duplicates: duplicates.unsigned_abs(),
        columns: columns.collect(),
        phases: phases.collect(),
        gaps: Gaps {
            count: gaps.unsigned_abs(),
            longest,
        },
    })
}

impl Store {
    /// Counts rows, entities, duplicates, NULLs and gaps in the range (everything without one), of rows recorded before an
    /// instant if one is given. Reads the whole range.
    ///
    /// # Errors
    /// [`StoreError::Timeout`] when it takes longer than a call may; [`StoreError::Statement`] when the table cannot be read;
    /// [`StoreError::Conflict`] (INVALID_FIELD) when it is closed to sources.
    pub async fn source_coverage(
        &self,
        spec: &SourceSpec,
        range: Option<&TimeRange>,
        known_before: Option<DateTime<Utc>>,
    ) -> Result<Coverage, StoreError> {
        self.within("sources.coverage", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin_with(SNAPSHOT).await?;
            self.read_as_source_role(&mut transaction).await?;
            let timeout = self.call_timeout().as_millis().max(1).to_string();
            sqlx::query_file!("sql/sources/allow_time.sql", timeout)
                .fetch_one(&mut *transaction)
                .await?;
            refuse_closed(&mut transaction, spec).await?;
            let row: CoverageRow = sqlx::query_as(source_sql::coverage(spec, range, known_before))
                .persistent(false)
                .fetch_one(&mut *transaction)
                .await
                .map_err(StoreError::from_sqlx)?;
            let mut phases: Vec<(Option<i32>, i64)> = Vec::new();
            if let Some(phase) = &spec.phase_column {
                phases = sqlx::query_as(source_sql::coverage_of_phases(spec, phase, range, known_before))
                    .persistent(false)
                    .fetch_all(&mut *transaction)
                    .await
                    .map_err(StoreError::from_sqlx)?;
            }
            transaction.rollback().await?;
            session.release();
            coverage(spec, row, &phases)
        })
        .await
    }
}
