//! The rows of one source, column by column.

use std::ops::Range;
use std::sync::Arc;

/// A panel: rows ordered by (entity, time), entities ordered by the bytes of their names. Made by a
/// [`PanelBuilder`](crate::PanelBuilder); never changed afterwards. NULL is NaN.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    pub(crate) entities: Vec<String>,
    /// First row of each entity, and the number of rows at the end.
    pub(crate) starts: Vec<usize>,
    pub(crate) times: Vec<i64>,
    /// As long as `times`, or empty when no row has a phase.
    pub(crate) phases: Vec<Option<i32>>,
    pub(crate) column_names: Vec<String>,
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) contexts: Vec<(String, Arc<Panel>)>,
}

impl Panel {
    /// The entities, ordered by their bytes; each has at least one row.
    pub fn entities(&self) -> &[String] {
        &self.entities
    }

    /// The rows of the entity at this index of [`entities`](Self::entities).
    ///
    /// # Panics
    /// When there is no such entity.
    pub fn range_of(&self, entity_index: usize) -> Range<usize> {
        self.starts[entity_index]..self.starts[entity_index + 1]
    }

    /// The index of the entity that a row belongs to.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn entity_of(&self, row: usize) -> usize {
        assert!(row < self.rows(), "row {row} of {}", self.rows());
        self.starts.partition_point(|start| *start <= row) - 1
    }

    /// Number of rows; below 2^32, so that a row's number fits in a `u32`.
    pub fn rows(&self) -> usize {
        self.times.len()
    }

    /// Time of each row, microseconds since 1970-01-01 UTC; strictly rising within an entity.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Lifecycle phase of each row; `None` when no row has one.
    pub fn phases(&self) -> Option<&[Option<i32>]> {
        (!self.phases.is_empty()).then_some(&self.phases)
    }

    /// The lifecycle phase of one row.
    pub fn phase_of(&self, row: usize) -> Option<i32> {
        self.phases.get(row).copied().flatten()
    }

    /// The values of a column, one per row.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let index = self.column_names.iter().position(|column| column == name)?;
        Some(&self.columns[index])
    }

    /// The same rows with other sources beside them, by the name of the context; each holds one series at most.
    #[must_use]
    pub fn with_contexts<P: Into<Arc<Self>>>(mut self, contexts: Vec<(String, P)>) -> Self {
        let shared = contexts.into_iter().map(|(name, panel)| (name, panel.into()));
        self.contexts = shared.collect();
        self
    }

    /// The other sources beside the rows, by the name of the context.
    pub fn contexts(&self) -> &[(String, Arc<Self>)] {
        &self.contexts
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<&Panel> {
        let found = self.contexts.iter().find(|(context, _)| context == name);
        found.map(|(_, panel)| panel.as_ref())
    }

    /// The columns in the order in which they were read.
    pub fn column_names(&self) -> &[String] {
        &self.column_names
    }
}
