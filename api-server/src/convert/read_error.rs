//! Why a source could not be read, told to a client.

use crate::error::ApiError;
use chrono::DateTime;
use mltraining_domain::Reason;
use mltraining_panel::PanelError;
use mltraining_store::StoreError;
use mltraining_store::reader::{PanelRows, ReadError};

/// The refusal of a request whose rows could not be read.
pub(crate) fn refuse(error: ReadError) -> ApiError {
    let reason = error.reason();
    match error {
        ReadError::Store(error @ StoreError::Statement { .. }) => {
            tracing::warn!(error = %error, "a source cannot be read");
            ApiError::new(
                reason,
                "the table of the source cannot be read; is it there, and may the service read it?",
            )
        }
        ReadError::Store(error) => error.into(),
        ReadError::SchemaChanged(violations) => violations.into(),
        ReadError::RowLimitExceeded { rows, limit } => too_many_rows(rows, limit),
        ReadError::Panel(PanelError::DuplicateKeys {
            count,
            ref entity,
            time_micros,
        }) => {
            let time = DateTime::from_timestamp_micros(time_micros).map(|time| time.to_rfc3339());
            let refusal = ApiError::new(reason, error.to_string())
                .with("duplicates", count)
                .with("entity", entity);
            refusal.with("time", time.unwrap_or_default())
        }
        other => ApiError::new(reason, other.to_string()),
    }
}

/// The refusal of a request for more rows than it allows.
pub(crate) fn too_many_rows(rows: PanelRows, limit: u64) -> ApiError {
    let all = rows.total();
    let text =
        format!("{all} rows, max_rows is {limit}; shorten the range, name entities, or raise max_rows");
    ApiError::new(Reason::RowLimitExceeded, text)
        .with("rows", all)
        .with("max_rows", limit)
}
