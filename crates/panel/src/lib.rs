//! One source as a columnar panel, and everything that is computed from it: features, labels, splits, previews.
//!
//! This crate is pure: no I/O and no clock. The same rows and spec give the same bytes, on any number of threads.
//! Data flows one way: [`PanelBuilder`] -> [`Panel`] -> [`compute`] (features of a [`catalogue`] plan), [`labels`] ->
//! [`rows`] -> [`split`], [`preview`]. A new family of features is one file in `families/` and its line in the registry
//! there; a new kind of label is one file in `labels/` and its line there.

pub mod catalogue;
pub mod compute;
pub mod labels;
pub mod memory;
pub mod preview;
pub mod rows;
pub mod split;
pub mod targets;
pub mod trips;
pub mod uniqueness;

mod builder;
mod families;
mod fingerprint;
mod outline;
mod panel;
mod sets;
mod window;
mod worlds;

pub use builder::{Duplicates, Gathered, LooseRows, PanelBuilder, PanelError};
pub use fingerprint::{DayHash, Fingerprint};
pub use outline::Outline;
pub use panel::Panel;
pub use worlds::sampled;

/// Times are microseconds since 1970-01-01 UTC.
pub(crate) const MICROS_PER_DAY: i64 = 86_400_000_000;
