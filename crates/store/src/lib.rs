//! Postgres, the truth: one file per aggregate, every statement in a file of `sql/` and checked at compile time.
//!
//! A [`Store`] is a cheap handle on a pool. Every call has a client-side timeout; a connection that did not answer in time
//! is closed, not reused. Sources are read by binary COPY ([`reader`]); their names reach SQL only through the catalogue.

pub mod api_keys;
pub mod artifacts;
pub mod audit;
pub mod claims;
pub mod error;
pub mod evaluations;
pub mod findings;
pub mod fsck;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod jobs;
pub mod load;
pub mod migrate;
pub mod models;
pub mod overview;
pub mod projects;
pub mod purge;
pub mod queue_stats;
pub mod queues;
pub mod reader;
pub mod retention;
pub mod sources;
pub mod studies;
pub mod sweep;
#[cfg(any(test, feature = "test-support"))]
pub mod testing;
pub mod workers;

mod config;
mod constraint;
mod keyset;
mod login;
mod source_role;
mod source_sql;
mod store;
mod stored;

pub use config::{StoreConfig, UrlSource};
pub use error::StoreError;
pub use store::{CallOutcome, PoolUse, Store};
