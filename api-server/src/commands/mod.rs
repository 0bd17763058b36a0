//! What the binary does, one file for each command.

pub mod keys;
pub mod migrate;
pub mod serve;
