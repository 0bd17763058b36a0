//! The room that is left where artifacts are kept.

use mltraining_runtime::metrics::list;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the last check of the artifact storage that succeeded has found. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FreeSpace(Arc<Mutex<Option<u64>>>);

impl FreeSpace {
    /// Notes what a check has found, in bytes; `None` for a storage that does not tell.
    pub(crate) fn note(&self, free_bytes: Option<u64>) {
        if let Some(free) = free_bytes {
            list::ARTIFACT_FREE.set(free as f64, &[]);
        }
        *self.lock() = free_bytes;
    }

    /// In bytes; `None` before the first check that succeeded, and when the storage does not tell.
    pub(crate) fn read(&self) -> Option<u64> {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
