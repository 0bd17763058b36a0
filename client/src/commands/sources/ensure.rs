//! A source for a table that was just loaded: made, or found as it should be.

use super::register;
use crate::connect::Connection;
use crate::errors::CliError;
use mltraining_domain::name::SourceName;
use mltraining_proto::v1;
use std::collections::BTreeSet;

/// The source, made when it is not there yet.
///
/// # Errors
/// [`CliError::Conflict`] when a source of this name reads something else.
pub(crate) async fn ensure(
    connection: &Connection,
    name: &SourceName,
    wanted: v1::Source,
) -> Result<v1::Source, CliError> {
    match find(connection, name).await? {
        Some(found) => same(name, found, &wanted),
        None => register(connection, name, wanted).await,
    }
}

/// Says early, before anything is loaded, that the name of a source is taken by another table.
///
/// # Errors
/// [`CliError::Conflict`] when a source of this name reads something else.
pub(crate) async fn check_free(
    connection: &Connection,
    name: &SourceName,
    wanted: &v1::Source,
) -> Result<(), CliError> {
    match find(connection, name).await? {
        Some(found) => same(name, found, wanted).map(|_| ()),
        None => Ok(()),
    }
}

/// Rows that a source has.
///
/// # Errors
/// What the service says.
pub(crate) async fn rows_of(connection: &Connection, source: &v1::Source) -> Result<i64, CliError> {
    let request = v1::GetSourceCoverageRequest {
        name: source.name.clone(),
        ..v1::GetSourceCoverageRequest::default()
    };
    Ok(connection
        .catalog()
        .get_source_coverage(request)
        .await?
        .into_inner()
        .row_count)
}

async fn find(connection: &Connection, name: &SourceName) -> Result<Option<v1::Source>, CliError> {
    let request = v1::GetSourceRequest {
        name: name.to_string(),
    };
    match connection
        .catalog()
        .get_source(request)
        .await
        .map_err(CliError::from)
    {
        Ok(found) => Ok(Some(found.into_inner())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn same(name: &SourceName, found: v1::Source, wanted: &v1::Source) -> Result<v1::Source, CliError> {
    let key = |source: &v1::Source| {
        let columns: BTreeSet<String> = source.columns.iter().map(|column| column.name.clone()).collect();
        (
            source.schema.clone(),
            source.table.clone(),
            source.entity_column.clone(),
            source.time_column.clone(),
            columns,
        )
    };
    let (there, ours) = (key(&found), key(wanted));
    if there == ours {
        return Ok(found);
    }
    let what = match (there.1 == ours.1 && there.0 == ours.0, there.4 == ours.4) {
        (false, _) => format!("reads the table {}.{}", there.0, there.1),
        (true, false) => "has other columns".to_owned(),
        (true, true) => format!(
            "has the entity column {} and the time column {}",
            there.2, there.3
        ),
    };
    Err(CliError::Conflict(format!(
        "the source {} is there already and {what}; choose another --source",
        name.source
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(table: &str, column: &str) -> v1::Source {
        let column = v1::SourceColumn {
            name: column.to_owned(),
            ..v1::SourceColumn::default()
        };
        v1::Source {
            schema: "public".to_owned(),
            table: table.to_owned(),
            columns: vec![column],
            ..v1::Source::default()
        }
    }

    #[test]
    fn a_source_of_the_same_table_and_columns_is_used_again() {
        let name = SourceName {
            project: "p".parse().unwrap(),
            source: "s".parse().unwrap(),
        };
        assert!(same(&name, source("t", "close"), &source("t", "close")).is_ok());
        let other = same(&name, source("u", "close"), &source("t", "close")).unwrap_err();
        assert!(other.to_string().contains("reads the table public.u"), "{other}");
        let columns = same(&name, source("t", "open"), &source("t", "close")).unwrap_err();
        assert!(columns.to_string().contains("other columns"), "{columns}");
    }
}
