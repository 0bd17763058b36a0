//! What the binary does, one file for each command.

pub mod fsck;
pub mod keys;
pub mod migrate;
pub mod serve;

use mltraining_runtime::exit::{Code, Coded};
use mltraining_store::StoreError;

/// The store's error with its exit code: 69 when trying again may help, 64 when the command asks for what cannot be.
fn coded(error: StoreError) -> Coded {
    let code = match &error {
        error if error.is_transient() => Code::Unavailable,
        StoreError::Conflict { .. } | StoreError::NotFound { .. } => Code::Config,
        _ => Code::Internal,
    };
    Coded::new(code, error)
}
