//! What all benches share: a row of a report, the table on the screen, the file beside it, and the CPU clock.

pub mod api;
mod attempt;
pub mod cpu;
pub mod data;
pub mod job;
mod label;
pub mod lists;
pub mod matrices;
pub mod memory;
pub mod peers;
pub mod previews;
pub mod queue;
pub mod report;
pub mod service;
mod stats;

pub use report::{Goal, Row, conclude, write_report};
