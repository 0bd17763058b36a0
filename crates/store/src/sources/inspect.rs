//! A source against the table that it names, as the catalogue of Postgres shows it to the reading role.

use super::{OWN_TABLES, TableOwner, closed};
use crate::reader::SNAPSHOT;
use crate::{Store, StoreError};
use mltraining_domain::{DataType, Reason, SourceSpec, Violations};
use sqlx::{Connection, PgConnection};

/// A table, view, materialised view, partitioned or foreign table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// Its columns in order.
    pub columns: Vec<TableColumn>,
    /// Whose it is.
    pub owner: TableOwner,
    /// Whether its rows are stored on this server, so that parts of them can be read in one snapshot; a view makes all of them for each part.
    pub stored: bool,
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

impl TableInfo {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// What the reader makes of a type of Postgres.
fn value_type(type_name: &str) -> Option<DataType> {
    match type_name {
        "float4" | "float8" => Some(DataType::Float),
        "int2" | "int4" | "int8" => Some(DataType::Integer),
        "numeric" => Some(DataType::Numeric),
        "bool" => Some(DataType::Boolean),
        _ => None,
    }
}

const ENTITY_TYPES: &[&str] = &["text", "varchar", "bpchar", "uuid", "int2", "int4", "int8"];
const TIME_TYPES: &[&str] = &["timestamptz"];
const PHASE_TYPES: &[&str] = &["int2", "int4", "int8"];

pub(crate) async fn inspect(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
) -> Result<Option<TableInfo>, StoreError> {
    let own: Vec<String> = OWN_TABLES.iter().map(|&name| name.to_owned()).collect();
    let rows = sqlx::query_file!("sql/sources/inspect.sql", schema, table, &own)
        .fetch_all(connection)
        .await?;
    let stored = rows.iter().all(|row| row.stored);
    let owner = if rows.iter().any(|row| row.own) {
        TableOwner::Service
    } else {
        TableOwner::User
    };
    let columns: Vec<TableColumn> = rows
        .into_iter()
        .map(|row| TableColumn {
            data_type: value_type(&row.type_name),
            name: row.name,
            type_name: row.type_name,
        })
        .collect();
    Ok((!columns.is_empty()).then_some(TableInfo {
        columns,
        owner,
        stored,
    }))
}

/// Refuses a table that is closed to sources, where no list of differences is made.
pub(crate) async fn refuse_closed(
    connection: &mut PgConnection,
    spec: &SourceSpec,
) -> Result<(), StoreError> {
    let table = inspect(connection, &spec.schema, &spec.table).await?;
    let Some(closed) = closed(&spec.schema, &spec.table, table.as_ref()) else {
        return Ok(());
    };
    Err(StoreError::Conflict {
        reason: Reason::InvalidField,
        field: if closed.part == "schema" {
            "source.schema"
        } else {
            "source.table"
        },
        message: closed.message,
    })
}

/// Everything in which a spec and its table differ.
pub(crate) fn differences(spec: &SourceSpec, table: Option<&TableInfo>, prefix: &str) -> Violations {
    let mut found = Violations::new();
    if let Some(closed) = closed(&spec.schema, &spec.table, table) {
        found.invalid(format!("{prefix}.{}", closed.part), closed.message);
        return found;
    }
    let Some(table) = table else {
        let text = format!(
            "there is no table or view \"{}\".\"{}\" that may be read",
            spec.schema, spec.table
        );
        found.add(format!("{prefix}.table"), Reason::SchemaChanged, text);
        return found;
    };
    let mut key = |field: &str, name: &str, types: &[&str]| {
        let text = match table.column(name) {
            None => format!("the table has no column `{name}`"),
            Some(column) if !types.contains(&column.type_name.as_str()) => {
                format!(
                    "`{name}` has the type {}; it must be {}",
                    column.type_name,
                    types.join(", ")
                )
            }
            Some(_) => return,
        };
        found.add(format!("{prefix}.{field}"), Reason::SchemaChanged, text);
    };
    if let Some(entity) = &spec.entity_column {
        key("entity_column", entity, ENTITY_TYPES);
    }
    key("time_column", &spec.time_column, TIME_TYPES);
    if let Some(phase) = &spec.phase_column {
        key("phase_column", phase, PHASE_TYPES);
    }
    if let Some(recorded) = &spec.recorded_time_column {
        key("recorded_time_column", recorded, TIME_TYPES);
    }
    for (i, wanted) in spec.columns.iter().enumerate() {
        let text = match table.column(&wanted.name) {
            None => format!("the table has no column `{}`", wanted.name),
            Some(column) if column.data_type != Some(wanted.data_type) => format!(
                "`{}` has the type {}, which is not {:?}",
                wanted.name, column.type_name, wanted.data_type
            ),
            Some(_) => continue,
        };
        found.add(format!("{prefix}.columns[{i}]"), Reason::SchemaChanged, text);
    }
    found
}

impl Store {
    /// The columns of a table; `None` when it does not exist or the role may not read it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn inspect_table(&self, schema: &str, table: &str) -> Result<Option<TableInfo>, StoreError> {
        self.within("sources.inspect", async {
            let mut session = self.session().await?;
            let found = match self.source_role() {
                None => inspect(&mut session, schema, table).await?,
                // What that role may read is what a source may be.
                Some(_) => {
                    let mut transaction = session.begin_with(SNAPSHOT).await?;
                    self.read_as_source_role(&mut transaction).await?;
                    let found = inspect(&mut transaction, schema, table).await?;
                    transaction.rollback().await?;
                    found
                }
            };
            session.release();
            Ok(found)
        })
        .await
    }

    /// Everything in which the spec and the table differ, fields named below `prefix`; empty when it can be read. Differences
    /// have the reason SCHEMA_CHANGED, a table that is closed to sources INVALID_FIELD; a caller that registers a source says
    /// INVALID_FIELD for all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn verify_source(&self, spec: &SourceSpec, prefix: &str) -> Result<Violations, StoreError> {
        let table = self.inspect_table(&spec.schema, &spec.table).await?;
        Ok(differences(spec, table.as_ref(), prefix))
    }
}
