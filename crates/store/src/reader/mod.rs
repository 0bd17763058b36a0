//! Reading a source as a panel by binary COPY.

mod panel;

pub use panel::{PanelQuery, PanelRead, PanelRows, ReadError, ReadProgress};
