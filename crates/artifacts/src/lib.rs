//! The files of results, each known by its key and sha256. The only place of object_store.
//!
//! A file is written once: whole, durable and under its final name in one step, or not at all. Nothing is ever
//! overwritten. What is read as a whole is checked against its sha256.

mod bucket;
mod digest;
mod error;
mod key;
mod list;
mod parts;
mod place;
mod probe;
mod store;
mod stream;

#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use digest::Sha256;
pub use error::ArtifactError;
pub use key::Key;
pub use list::{FileKind, StoredFile};
pub use probe::Room;
pub use store::{Artifacts, PutReceipt};
pub use stream::{CHUNK_BYTES, Download};
