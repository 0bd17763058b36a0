//! Reading a source as a panel by binary COPY.

mod arriving;
mod batches;
mod copy_binary;
mod copying;
mod numeric;
mod panel;
mod part;
mod read;
mod reading;
mod sample;

/// Opens the one snapshot that all statements of a read see. Sent as the statement that begins: a prepared `set transaction`
/// would be a round trip more, and is counted by pg_stat_statements only once in each session.
pub(crate) const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use copy_binary::fuzzing::copy_stream;

pub use batches::{Batches, PanelBatch, PanelSummary, Place};
pub use panel::{
    PanelQuery, PanelRead, PanelRows, ReadError, ReadProgress, copy_statement, ordered_copy_statement,
};
pub use sample::{OnSample, PanelSample, SampleStep};
