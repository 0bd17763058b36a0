//! The services with a real database, called over the wire.
//!
//! Tests run on several threads: at its end a test waits for its database to be dropped, which waits for connections that are
//! just being made, which wait for the test's runtime.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod admin;
mod artifacts;
mod audit;
mod cache;
mod catalog;
mod contexts;
mod hostile;
mod house;
mod idempotency;
mod job_batches;
mod job_changes;
mod job_logs;
mod jobs;
mod leaderboard;
mod leakage;
mod lineage;
mod model_aliases;
mod models;
mod paging;
mod preview;
mod preview_dataset;
mod preview_grid;
mod retention;
mod statements;
mod training;
mod watch;
mod watch_jobs;

#[allow(
    dead_code,
    unreachable_pub,
    reason = "these tests share the server's support and do not need all of it"
)]
#[path = "../server/support/mod.rs"]
mod support;
