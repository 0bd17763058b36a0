//! Reading a source as a panel.

use super::part::Part;
use super::reading::Reading;
use super::{Batches, PanelBatch, PanelSummary, read};
use crate::source_sql::Order;
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{Reason, SourceSpec, TimeRange, TrainSpec, Violations};
use mltraining_panel::catalogue::{FeaturePlan, LookBack, PlannedContext};
use mltraining_panel::{Duplicates, Fingerprint, Panel, PanelError};
use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;
use tokio::sync::mpsc;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct PanelQuery<'a> {
    /// The source, from the catalogue: the only origin of names that reach SQL.
    pub source: &'a SourceSpec,
    /// The value columns; each must be one of the source's.
    pub columns: &'a [String],
    /// Decision times. No row at or after its end is read.
    pub range: TimeRange,
    /// How far before the start of the range rows are read as history, for entities that have a row in the range.
    pub look_back: LookBack,
    /// Only these entities; empty means all.
    pub entities: &'a [String],
    /// Only rows recorded before this instant, of the source and of its contexts; all without. A source that does not say when
    /// its rows were recorded is to be refused before.
    pub known_before: Option<DateTime<Utc>>,
    /// The contexts that are read beside the rows, in the same snapshot, as far back as the earliest row asks for.
    pub contexts: &'a [PlannedContext],
    /// More rows than this, history and contexts included, are refused; nothing is cut.
    pub max_rows: u64,
    /// The longest time of each count and of each COPY, on the server's clock.
    pub timeout: Duration,
}

impl<'a> PanelQuery<'a> {
    /// The rows that a training reads: the columns, the contexts and the history that its features, resolved as `plan`, and its label need.
    /// `timeout` is as in [`PanelQuery`].
    pub fn of_training(
        spec: &'a TrainSpec,
        source: &'a SourceSpec,
        plan: &'a FeaturePlan,
        timeout: Duration,
    ) -> Self {
        Self {
            source,
            columns: plan.columns(),
            range: spec.range,
            look_back: plan.look_back(),
            entities: &spec.entities,
            known_before: spec.known_before,
            contexts: plan.contexts(),
            max_rows: spec.max_rows,
            timeout,
        }
    }
}

/// How many rows a query would read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PanelRows {
    /// Rows in the range.
    pub in_range: u64,
    /// Rows before it that are read as history.
    pub warm_up: u64,
    /// Rows of contexts.
    pub context: u64,
}

impl PanelRows {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.in_range + self.warm_up + self.context
    }

    /// # Errors
    /// [`ReadError::RowLimitExceeded`] when they are more than the limit.
    pub(super) fn within(self, limit: u64) -> Result<(), ReadError> {
        if self.total() > limit {
            return Err(ReadError::RowLimitExceeded { rows: self, limit });
        }
        Ok(())
    }
}

/// How far a read is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadProgress {
    /// Rows that arrived.
    pub rows: u64,
    /// Rows that were counted before.
    pub expected: u64,
    /// Rows that are held now: they have arrived and were not handed over.
    pub held: u64,
}

/// What was read.
#[derive(Debug)]
pub struct PanelRead {
    /// The rows, with the contexts of the query.
    pub panel: Panel,
    /// SHA-256 over them, in order, and over the rows of the contexts.
    pub fingerprint: Fingerprint,
    /// How many they are, duplicates that were settled left out.
    pub rows: PanelRows,
    /// Rows that repeated the key of another and were settled by the source's rule; `None` without one.
    pub duplicates: Option<Duplicates>,
}

impl PanelRead {
    /// # Panics
    /// Without a batch; every read hands over a last one.
    pub(super) fn of(mut only: mpsc::Receiver<PanelBatch>, summary: PanelSummary) -> Self {
        let batch = only.try_recv().expect("every read hands over a last batch");
        Self {
            panel: batch.panel,
            fingerprint: summary.fingerprint,
            rows: summary.rows,
            duplicates: summary.duplicates,
        }
    }
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Postgres; a missing right to read the table is [`StoreError::Statement`].
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The table no longer matches the catalogue.
    #[error("the table no longer matches the source: {0}")]
    SchemaChanged(Violations),
    /// More rows than the request's limit; nothing was read.
    #[error(
        "the range holds {} rows and needs {} rows of history before it and {} of contexts: more than the limit of {limit}; \
         take a shorter range, fewer entities, or raise max_rows", rows.in_range, rows.warm_up, rows.context
    )]
    RowLimitExceeded {
        /// What would have been read.
        rows: PanelRows,
        /// The limit.
        limit: u64,
    },
    /// The rows do not make a panel, e.g. [`PanelError::DuplicateKeys`].
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// The rows of a context do not make a panel.
    #[error("the context `{context}`: {error}")]
    Context {
        /// Its name.
        context: String,
        /// What is wrong with its rows.
        error: PanelError,
    },
    /// A value that cannot be a number, or a row without an entity.
    #[error("row {row}, column `{column}`: {detail}")]
    Value {
        /// Number of the row, from 1.
        row: u64,
        /// The column.
        column: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The caller stopped it.
    #[error("reading was stopped")]
    Stopped,
}

impl ReadError {
    /// The reason to tell a client.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Store(StoreError::Timeout { .. }) => Reason::DeadlineExceeded,
            Self::Store(_) => Reason::SourceUnavailable,
            Self::SchemaChanged(_) => Reason::SchemaChanged,
            Self::RowLimitExceeded { .. } => Reason::RowLimitExceeded,
            Self::Panel(error) | Self::Context { error, .. } => reason_of(error),
            Self::Value { .. } => Reason::SourceUnavailable,
            Self::Stopped => Reason::Cancelled,
        }
    }
}

fn reason_of(error: &PanelError) -> Reason {
    match error {
        PanelError::DuplicateKeys { .. } => Reason::DuplicateKeys,
        PanelError::TooManyRows => Reason::RowLimitExceeded,
        PanelError::OutOfOrder { .. } | PanelError::Width { .. } => Reason::SourceUnavailable,
    }
}

/// The COPY that [`Store::read_panel`] sends, for those who explain or measure it. It names the entities of the query by a
/// setting of its transaction, so it stands alone only for a query of all entities.
pub fn copy_statement(query: &PanelQuery<'_>) -> String {
    Part::of(query).statement(Order::AsTheyCome)
}

/// The same in the panel's order: what [`Store::read_batches`] sends for more rows than are read at once.
pub fn ordered_copy_statement(query: &PanelQuery<'_>) -> String {
    Part::of(query).statement(Order::OfThePanel)
}

impl Store {
    /// Runs a read of so many parts with the limit of time that its query names, for a look for history, a count and a COPY of each, beside
    /// the usual one for the rest. The read lives in a box, so that the futures of callers stay small.
    pub(super) fn patiently<T>(
        &self,
        call: &'static str,
        query: &PanelQuery<'_>,
        parts: usize,
        work: impl Future<Output = Result<T, ReadError>> + Send,
    ) -> impl Future<Output = Result<T, ReadError>> + Send {
        let limit = query
            .timeout
            .saturating_mul(3 * parts as u32)
            .saturating_add(self.call_timeout());
        let bounded = tokio::time::timeout(limit, Box::pin(work));
        async move {
            match bounded.await {
                Ok(answer) => answer,
                Err(_) => Err(StoreError::Timeout { call }.into()),
            }
        }
    }

    /// Counts the rows that [`read_panel`](Self::read_panel) would read.
    ///
    /// # Errors
    /// [`ReadError::Store`], [`ReadError::SchemaChanged`].
    pub async fn count_panel_rows(&self, query: &PanelQuery<'_>) -> Result<PanelRows, ReadError> {
        let work = async {
            let mut reading = Reading::begin(self).await?;
            let (_, rows) = read::foresee(reading.first(), query).await?;
            reading.end().await?;
            Ok(rows)
        };
        self.patiently("reader.count", query, 1 + query.contexts.len(), work)
            .await
    }

    /// Reads a source as one panel; see [`read_batches`](Self::read_batches).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read_panel(
        &self,
        query: &PanelQuery<'_>,
        on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
    ) -> Result<PanelRead, ReadError> {
        let (batches, only) = Batches::whole();
        let summary = self.read_batches(query, &batches, on_rows).await?;
        Ok(PanelRead::of(only, summary))
    }

    /// Reads a source in one read-only transaction and hands over its entities in batches, in order, while it goes on. `on_rows` is
    /// called at the start and about every 10,000 rows; its [`ControlFlow::Break`] stops the read. The store's call timeout does
    /// not apply, `query.timeout` does, and it goes on while a batch waits for room.
    ///
    /// # Errors
    /// See [`ReadError`]; what was handed over before counts for nothing then. Repeated keys are refused in the end.
    pub async fn read_batches(
        &self,
        query: &PanelQuery<'_>,
        batches: &Batches,
        on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
    ) -> Result<PanelSummary, ReadError> {
        let work = async {
            let mut reading = Reading::begin(self).await?;
            let (parts, expected) = read::foresee(reading.first(), query).await?;
            expected.within(query.max_rows)?;
            let read = read::copy_all(self, &mut reading, query, parts, expected, batches, on_rows).await?;
            reading.end().await?;
            Ok(read)
        };
        self.patiently("reader.copy", query, 1 + query.contexts.len(), work)
            .await
    }
}
