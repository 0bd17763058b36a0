//! The role that sources are read as: it may be allowed less than the service itself.

use crate::{Store, StoreError};
use sqlx::PgConnection;

impl Store {
    /// Becomes the role that sources are read as, until the end of the transaction; stays what it is when none is set.
    ///
    /// # Errors
    /// [`StoreError::Statement`] when the process's own role is no member of it.
    pub(crate) async fn read_as_source_role(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if let Some(role) = self.source_role() {
            sqlx::query_file!("sql/store/source_role.sql", role)
                .fetch_one(connection)
                .await?;
        }
        Ok(())
    }
}
