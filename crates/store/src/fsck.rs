//! What the rows say of files, for the check of rows against files. Changes nothing.

use crate::{Store, StoreError, stored};
use uuid::Uuid;

/// A file of a committed result, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Where it lies.
    pub storage_key: String,
    /// Its bytes.
    pub size_bytes: i64,
    /// Of its content.
    pub sha256: [u8; 32],
    cursor: FileCursor,
}

/// The last file of a page; the next page begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCursor {
    result: Uuid,
    file_name: String,
}

impl CommittedFile {
    /// The cursor of a page that ends with this one.
    pub fn cursor(&self) -> &FileCursor {
        &self.cursor
    }
}

impl Store {
    /// At most `limit` files of committed results after `after`, in the order of their rows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn committed_files(
        &self,
        after: Option<&FileCursor>,
        limit: i64,
    ) -> Result<Vec<CommittedFile>, StoreError> {
        self.within("fsck.files", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/fsck/files.sql",
                after.map(|cursor| cursor.result),
                after.map(|cursor| cursor.file_name.as_str()),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let files = rows.into_iter().map(|row| {
                Ok(CommittedFile {
                    storage_key: row.storage_key,
                    size_bytes: row.size_bytes,
                    sha256: stored::hash("artifact.sha256", &row.sha256)?,
                    cursor: FileCursor {
                        result: row.result_id,
                        file_name: row.file_name,
                    },
                })
            });
            files.collect()
        })
        .await
    }

    /// Which of these keys a committed result names now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn still_named(&self, storage_keys: &[String]) -> Result<Vec<String>, StoreError> {
        self.within("fsck.still_named", async {
            let mut session = self.session().await?;
            let named = sqlx::query_file_scalar!("sql/fsck/still_named.sql", storage_keys)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            Ok(named)
        })
        .await
    }
}
