//! How long lists take when there are many jobs: of the store, and of a client of the API.

mod database;
mod grpc;
mod questions;
mod store;
mod timing;

pub use database::Filled;
pub use grpc::by_grpc;
pub use store::by_store;
pub use timing::{Report, Timing, write_report};

/// Rows of a page.
const PAGE: i32 = 50;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Jobs in the database.
    pub jobs: u32,
    /// Calls of each list.
    pub samples: u32,
}
