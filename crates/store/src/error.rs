//! What can go wrong between the service and Postgres, in the terms a caller acts on.

use crate::constraint;
use mltraining_domain::{Epoch, JobId, Reason};
use std::error::Error;

/// Why a call to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres cannot be reached, went away, has no connection free, or no schema of this version. The call may or may not have taken effect.
    #[error("{}", unavailable(source.as_ref()))]
    Unavailable {
        /// What the driver says, or that the schema is missing. Raw, so that it is no [`Error::source`]: the text above has it.
        r#source: Box<dyn Error + Send + Sync>,
    },
    /// The call took longer than it may. It may or may not have taken effect.
    #[error("{call} took longer than it may")]
    Timeout {
        /// The call, named as its statement.
        call: &'static str,
    },
    /// The rows refuse it: a rule, named by its reason, and the field that breaks it.
    #[error("{field}: {message}")]
    Conflict {
        /// The machine-readable reason.
        reason: Reason,
        /// The field of the request that is at fault; empty when none is.
        field: &'static str,
        /// What is wrong and the way out, in one sentence.
        message: String,
    },
    /// No such row, or not in this project.
    #[error("{what} `{name}` does not exist")]
    NotFound {
        /// The kind of thing, e.g. `job`.
        what: &'static str,
        /// Its id.
        name: String,
    },
    /// The job is no longer this worker's under this epoch: stop, and write nothing.
    #[error("the lease of job {job} at epoch {epoch} is lost")]
    LeaseLost {
        /// The job.
        job: JobId,
        /// The epoch that was held.
        epoch: Epoch,
    },
    /// A stored value that this version cannot read.
    #[error("the stored {what} cannot be read: {detail}")]
    Corrupt {
        /// Which value, as `table.column`.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A statement that Postgres refuses although the service should never send such a one.
    #[error("Postgres refuses a statement: {source}")]
    Statement {
        /// What the driver says. Raw, as above.
        r#source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// True when the call may succeed if it is made again, and may have taken effect already.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Timeout { .. })
    }

    /// The error of a driver's error: the only place that looks inside one. For statements on tables of other people; those on the
    /// service's own tables come in by [`From`].
    pub(crate) fn from_sqlx(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return Self::from_driver(error);
        };
        let code = database.code().unwrap_or_default().into_owned();
        if let Some(rule) = database.constraint().and_then(constraint::rule) {
            return Self::Conflict {
                reason: rule.reason,
                field: rule.field,
                message: rule.sentence.to_owned(),
            };
        }
        match code.as_str() {
            // statement_timeout and lock_timeout
            "57014" | "55P03" => Self::Timeout { call: "statement" },
            code if ends_session(code) => Self::Unavailable { source: error.into() },
            _ => Self::Statement { source: error.into() },
        }
    }

    fn from_driver(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::RowNotFound => Self::Statement { source: error.into() },
            _ => Self::Unavailable { source: error.into() },
        }
    }
}

/// Classes of SQLSTATE after which another try can succeed: connection, insufficient resources, operator intervention,
/// serialisation and deadlock, login while starting up.
fn ends_session(code: &str) -> bool {
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57P")
        || code.starts_with("40")
        || code.starts_with("28")
}

/// The service's own tables are not there, or not as this version knows them.
#[derive(Debug, thiserror::Error)]
#[error("the database has no schema of this version; run `api-server migrate`")]
struct NoSchema;

fn unavailable(source: &(dyn Error + Send + Sync + 'static)) -> String {
    if source.is::<NoSchema>() {
        return source.to_string();
    }
    format!("Postgres cannot answer now: {source}")
}

impl From<sqlx::Error> for StoreError {
    /// The error of a statement on the service's own tables.
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        // undefined table, undefined column, undefined schema
        if matches!(code.as_deref(), Some("42P01" | "42703" | "3F000")) {
            return Self::Unavailable {
                source: Box::new(NoSchema),
            };
        }
        Self::from_sqlx(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_says_a_thing_once() {
        for error in [sqlx::Error::PoolTimedOut, sqlx::Error::RowNotFound] {
            let text = error.to_string();
            let error = StoreError::from_sqlx(error);
            assert!(error.to_string().ends_with(&text), "{error}");
            assert!(error.source().is_none(), "a chain of causes would say it again");
        }
    }
}
