//! A source against the table that it names, as `information_schema` shows it to the reading role.

use crate::{Store, StoreError};
use mltraining_domain::{DataType, SourceSpec, Violations};

/// A table, view, materialised view, partitioned or foreign table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// Its columns in order.
    pub columns: Vec<TableColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Its name, as it stands in the catalogue of Postgres.
    pub name: String,
    /// The name of its type, e.g. `numeric`, `timestamptz`.
    pub type_name: String,
    /// What the reader makes of it; `None` when it cannot be a value column.
    pub data_type: Option<DataType>,
}

impl Store {
    /// The columns of a table; `None` when it does not exist or the role may not read it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn inspect_table(&self, schema: &str, table: &str) -> Result<Option<TableInfo>, StoreError> {
        let _ = (schema, table);
        unimplemented!()
    }

    /// Everything in which the spec and the table differ, fields named below `prefix`; empty when it can be read. Differences
    /// have the reason SCHEMA_CHANGED; a caller that registers a source says INVALID_FIELD instead.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn verify_source(&self, spec: &SourceSpec, prefix: &str) -> Result<Violations, StoreError> {
        let _ = (spec, prefix);
        unimplemented!()
    }
}
