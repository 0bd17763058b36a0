//! The harness of whole-system tests: the real binaries as processes of their own, a real Postgres, a real Redis.
//!
//! Each [`System`] has a database, a stream, an artifact folder and ports of its own and takes all of it away again when
//! it is dropped. The servers are those that `DATABASE_URL` and `REDIS_URL` name; `./dev test` sets both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

pub mod binaries;
pub mod bucket;
pub mod caller;
pub mod data;
pub mod database;
pub mod fuzz;
pub mod invariants;
pub mod mutants;
pub mod others;
pub mod probe;
pub mod process;
pub mod proxy;
pub mod report;
pub mod roles;
pub mod scenarios;
pub mod servers;
pub mod soak;
pub mod system;
pub mod upgrade;
pub mod wait;
