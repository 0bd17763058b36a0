//! Each attempt in a process of its own, so that one that aborts, overflows its stack, takes too much memory or never yields
//! ends nothing but itself ([ADR 10](../../../docs/adr/0010-each-attempt-in-a-process-of-its-own.md)).
//!
//! The worker (the parent) claims, renews leases and writes every row. Its child reads the source, computes and stores files.
//! They speak over the child's standard input and output, one JSON value a line: [`message`].

pub(crate) mod child;
mod files;
mod limits;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod parent;
pub(crate) mod program;
mod setup;
