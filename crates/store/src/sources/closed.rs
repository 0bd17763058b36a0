//! What no source may read: the service's own tables hold the rows of all projects, and Postgres's show everybody's work.

use super::TableInfo;

/// Every table and view that the migrations make, and the one that keeps account of them.
pub const OWN_TABLES: &[&str] = &[
    "_sqlx_migrations",
    "api_key",
    "artifact",
    "audit_event",
    "evaluation",
    "job",
    "job_attempt",
    "job_event",
    "job_label",
    "job_version",
    "model",
    "model_alias",
    "model_version",
    "project",
    "promotion",
    "queue",
    "result",
    "source",
    "source_context",
    "source_phase",
    "trial",
    "worker",
];

/// Whose a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableOwner {
    /// The service: one of [`OWN_TABLES`], where the service's statements find it.
    Service,
    /// Anybody else.
    User,
}

/// Why a table is closed to sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The field at fault, below the source: `schema` or `table`.
    pub part: &'static str,
    /// What is wrong and the way out, in one sentence.
    pub message: String,
}

/// Why no source may read this table; `None` when one may. A view over such a table is open: whoever made it has rights of his own
/// in the database.
pub fn closed(schema: &str, table: &str, found: Option<&TableInfo>) -> Option<Closed> {
    if schema.starts_with("pg_") || schema == "information_schema" {
        let message = format!("\"{schema}\" belongs to Postgres itself; name the schema of a table of yours");
        return Some(Closed {
            part: "schema",
            message,
        });
    }
    if found.is_some_and(|found| found.owner == TableOwner::Service) {
        let message =
            format!("\"{schema}\".\"{table}\" belongs to the service itself; name a table of yours");
        return Some(Closed {
            part: "table",
            message,
        });
    }
    None
}
