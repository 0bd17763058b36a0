//! What all benches share: a row of a report, the table on the screen, the file beside it, and the CPU clock.

pub mod cpu;
pub mod matrices;
pub mod peers;
pub mod report;

pub use report::{Goal, Row, write_report};
