//! Making and filling a table of a source, for imports and demonstrations.

use crate::{Store, StoreError, source_sql};
use mltraining_domain::Reason;
use sqlx::Connection;
use std::time::Duration;

/// The type of a column of a new table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// `text`
    Text,
    /// `timestamptz`
    TimestampTz,
    /// `double precision`
    Float8,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `boolean`
    Bool,
    /// `numeric(precision, scale)`
    Numeric {
        /// Digits in all, 1 to 1000.
        precision: u16,
        /// Digits after the point.
        scale: u16,
    },
}

/// A column of a new table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: Nullable,
}

/// Whether a column may be NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullable {
    /// It may.
    Yes,
    /// It may not.
    No,
}

/// A table to be made: columns, and the pair by which it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// SQL schema; it must exist.
    pub schema: String,
    /// The name.
    pub table: String,
    /// The columns, 1 or more.
    pub columns: Vec<ColumnDefinition>,
    /// Columns of an index, usually entity and time; empty for none.
    pub index: Vec<String>,
}

/// What a call found when it was to make a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeTable {
    /// It was made.
    Created,
    /// It was there, with the same columns; nothing was changed.
    Existing,
}

/// One load may take this long: millions of rows stream through it.
const LOAD_TIMEOUT: Duration = Duration::from_secs(6 * 3600);
/// Text is sent in pieces of about this size.
const PIECE: usize = 64 * 1024;

impl Store {
    /// Makes a table, unless one of this name is there with columns of these names.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a table of this name has other columns, or the definition is none.
    pub async fn create_table(&self, definition: &TableDefinition) -> Result<MadeTable, StoreError> {
        if let Some(found) = self.inspect_table(&definition.schema, &definition.table).await? {
            let same = definition
                .columns
                .iter()
                .all(|wanted| found.column(&wanted.name).is_some())
                && found.columns.len() == definition.columns.len();
            return if same {
                Ok(MadeTable::Existing)
            } else {
                Err(other_columns(&definition.table))
            };
        }
        self.within("load.create_table", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            for statement in source_sql::create_table(definition) {
                sqlx::query(statement)
                    .persistent(false)
                    .execute(&mut *transaction)
                    .await
                    .map_err(StoreError::from_sqlx)?;
            }
            transaction.commit().await?;
            session.release();
            Ok(MadeTable::Created)
        })
        .await
    }

    /// Fills a table with rows of CSV text (RFC 4180, without a header line; an empty unquoted field is NULL), in one
    /// transaction: all rows or none. Returns how many rows there were.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when a row does not fit the columns: its line and column are in the text.
    pub async fn copy_csv<I>(
        &self,
        schema: &str,
        table: &str,
        columns: &[String],
        rows: I,
    ) -> Result<u64, StoreError>
    where
        I: IntoIterator<Item = String> + Send,
        I::IntoIter: Send,
    {
        let statement = source_sql::copy_in(schema, table, columns);
        let work = async {
            let mut session = self.session().await?;
            sqlx::query_file!("sql/migrate/be_patient.sql")
                .execute(&mut *session)
                .await?;
            let mut sink = session
                .copy_in_raw(&statement)
                .await
                .map_err(StoreError::from_sqlx)?;
            let mut piece = String::with_capacity(PIECE + 1024);
            for row in rows {
                piece.push_str(&row);
                piece.push('\n');
                if piece.len() >= PIECE {
                    sink.send(piece.as_bytes()).await?;
                    piece.clear();
                }
            }
            sink.send(piece.as_bytes()).await?;
            Ok(sink.finish().await?)
        };
        match tokio::time::timeout(LOAD_TIMEOUT, work).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Timeout {
                call: "load.copy_csv",
            }),
        }
    }
}

fn other_columns(table: &str) -> StoreError {
    StoreError::Conflict {
        reason: Reason::AlreadyExists,
        field: "table",
        message: format!("a table `{table}` with other columns exists; choose another name, or drop it"),
    }
}
