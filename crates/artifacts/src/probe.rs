//! Whether the store can be written.

use crate::error::of_store;
use crate::{ArtifactError, Artifacts};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode};
use uuid::Uuid;

/// No key begins like this, so that no artifact is ever in the way.
pub(crate) const FOLDER: &str = ".probe";

/// What the store has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that this process may still write; None when the store does not know.
    pub free_bytes: Option<u64>,
}

impl Artifacts {
    /// Writes a small file, reads it back and deletes it, and asks for the free space. For readiness.
    ///
    /// # Errors
    /// [`ArtifactError::NoSpace`], [`ArtifactError::Unavailable`].
    pub async fn check_writable(&self) -> Result<Room, ArtifactError> {
        let path = Path::from(format!("{FOLDER}/{}", Uuid::new_v4()));
        let content = Bytes::copy_from_slice(path.as_ref().as_bytes());
        let store = &self.store;
        let outcome = async {
            store
                .put_opts(&path, content.clone().into(), PutMode::Create.into())
                .await?;
            store.get(&path).await?.bytes().await
        }
        .await;
        let deleted = store.delete(&path).await;
        let read = outcome.map_err(|error| of_store(path.as_ref(), error))?;
        deleted.map_err(|error| of_store(path.as_ref(), error))?;
        if read != content {
            return Err(ArtifactError::Unavailable(
                "a file just written reads back otherwise".to_owned(),
            ));
        }
        Ok(Room {
            free_bytes: self.place.free_bytes().await,
        })
    }
}
