//! How long previews take, for a client of the API.

mod calls;
mod filled;
mod report;

pub use calls::measure;
pub use filled::Filled;
pub use report::{Report, Timing, write_report};
