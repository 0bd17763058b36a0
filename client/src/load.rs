//! Tables of sources, made and filled by `import` and `demo-data` through the loader of the store (docs/adr/0004).

use crate::errors::CliError;
use clap::{Args, ValueEnum};
use mltraining_store::load::{MadeTable, TableDefinition};
use mltraining_store::{Store, StoreConfig, StoreError};
use secrecy::{ExposeSecret, SecretString};

/// Which database rows are loaded into.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub(crate) struct DatabaseArgs {
    /// The database that the service reads sources from: postgres://user:password@host/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
}

/// What to do with a table that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IfExists {
    /// Stop.
    Refuse,
    /// Add the rows to it.
    Append,
    /// Leave it as it is, if it has rows.
    Keep,
}

/// What is to be done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// Rows go in.
    Yes,
    /// It stays as it is.
    No,
}

/// A connection to the database of sources.
pub(crate) struct Loader {
    store: Store,
}

impl Loader {
    /// Connects.
    ///
    /// # Errors
    /// [`CliError::Usage`] without a URL, [`CliError::Unavailable`] when the database does not answer.
    pub(crate) async fn open(args: &DatabaseArgs) -> Result<Self, CliError> {
        let Some(url) = &args.database_url else {
            let text = "rows are loaded into the database itself: give --database-url or DATABASE_URL";
            return Err(CliError::Usage(text.to_owned()));
        };
        let config = StoreConfig::new(url.expose_secret(), "mlts");
        let store = Store::connect(&config).await.map_err(refused)?;
        Ok(Self { store })
    }

    /// Makes a table, or says what to do with the one that is there.
    ///
    /// # Errors
    /// [`CliError::Conflict`] for a table that is there and may not be used.
    pub(crate) async fn make(&self, table: &TableDefinition, if_exists: IfExists) -> Result<Fill, CliError> {
        let made = self.store.create_table(table).await.map_err(refused)?;
        match (made, if_exists) {
            (MadeTable::Created, _) | (MadeTable::Existing, IfExists::Append) => Ok(Fill::Yes),
            (MadeTable::Existing, IfExists::Keep) => Ok(Fill::No),
            (MadeTable::Existing, IfExists::Refuse) => Err(CliError::Conflict(format!(
                "the table {}.{} is there already; --if-exists append adds the rows to it, --if-exists keep leaves it as it is",
                table.schema, table.table
            ))),
        }
    }

    /// Fills a table with lines of CSV: all of them or none. Returns how many there were.
    ///
    /// # Errors
    /// [`CliError::Invalid`] when a line does not fit the table.
    pub(crate) async fn fill<I>(&self, table: &TableDefinition, lines: I) -> Result<u64, CliError>
    where
        I: IntoIterator<Item = String> + Send,
        I::IntoIter: Send,
    {
        let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        self.store
            .copy_csv(&table.schema, &table.table, &columns, lines)
            .await
            .map_err(refused)
    }
}

fn refused(error: StoreError) -> CliError {
    match error {
        StoreError::Unavailable { .. } | StoreError::Timeout { .. } => {
            CliError::Unavailable(format!("the database: {error}"))
        }
        StoreError::Conflict { message, .. } => CliError::Conflict(message),
        StoreError::Statement { .. } => CliError::Invalid(format!("the database: {error}")),
        other => CliError::Other(other.into()),
    }
}

/// A field of CSV text, quoted so that any text is just text.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_stays_one_field() {
        assert_eq!(quoted("x\"; drop table job; --"), "\"x\"\"; drop table job; --\"");
        assert_eq!(quoted("a,b\nc"), "\"a,b\nc\"");
    }
}
