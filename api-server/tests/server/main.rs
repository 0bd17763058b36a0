//! The server with a real database, called over the wire.
#![allow(clippy::unwrap_used, unreachable_pub, missing_docs)]

mod access;
mod command_line;
mod health;
mod hostile;
mod keys;
mod support;
mod tokens;
