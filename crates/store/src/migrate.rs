//! Migrations: a step of the deployment, never of a process's start.

use crate::{Store, StoreError};

impl Store {
    /// Brings the schema up to this build's version, under an advisory lock; returns the versions that were applied.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Statement`] when a migration fails (its transaction is rolled back).
    pub async fn migrate_up(&self) -> Result<Vec<i64>, StoreError> {
        unimplemented!()
    }

    /// Takes migrations back until `target` is the newest one that is applied (0: none).
    ///
    /// # Errors
    /// As [`migrate_up`](Self::migrate_up).
    pub async fn migrate_down(&self, target: i64) -> Result<Vec<i64>, StoreError> {
        let _ = target;
        unimplemented!()
    }

    /// The newest migration that is applied, 0 for none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        unimplemented!()
    }

    /// True when the schema is the one that this build was made for, or a newer one. Neither process is ready before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        Ok(self.schema_version().await? >= Self::expected_schema_version())
    }

    /// The newest migration of this build.
    pub fn expected_schema_version() -> i64 {
        unimplemented!()
    }
}
