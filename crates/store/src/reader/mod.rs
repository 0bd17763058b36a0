//! Reading a source as a panel by binary COPY.

mod copy_binary;
mod numeric;
mod panel;
mod read;

pub use panel::{PanelQuery, PanelRead, PanelRows, ReadError, ReadProgress};
