//! Writing, reading and deleting whole files.

use crate::error::of_store;
use crate::parts::{WHOLE_BYTES, ranges};
use crate::place::Place;
use crate::{ArtifactError, Key, Sha256};
use bytes::{Bytes, BytesMut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use std::path::PathBuf;
use std::sync::Arc;

/// What was stored; goes into the artifact's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutReceipt {
    /// Of the whole content.
    pub sha256: Sha256,
    /// Bytes of the content.
    pub size: u64,
}

/// The store of artifacts. Clones share it.
#[derive(Debug, Clone)]
pub struct Artifacts {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) place: Place,
}

impl Artifacts {
    /// The store in a local folder, which is made when it is missing.
    ///
    /// A put writes a temporary file beside the final one, syncs it, links it to its final name and syncs the folder: after
    /// a crash the file is there whole or not at all, and a put that returned is durable.
    ///
    /// # Errors
    /// [`ArtifactError::Unavailable`] when the folder cannot be made or entered.
    pub fn local(folder: &std::path::Path) -> Result<Self, ArtifactError> {
        let unusable = |error: &dyn std::fmt::Display| {
            ArtifactError::Unavailable(format!("folder {}: {error}", folder.display()))
        };
        std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
        let store = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| unusable(&error))?
            .with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            place: Place::Folder(folder.to_owned()),
        })
    }

    /// Stores `content` under a new key. The same content under the key again is no error: a put can be repeated when
    /// its outcome is unknown.
    ///
    /// # Errors
    /// [`ArtifactError::Conflict`] when other content is there, [`ArtifactError::NoSpace`],
    /// [`ArtifactError::Unavailable`].
    pub async fn put(&self, key: &Key, content: Bytes) -> Result<PutReceipt, ArtifactError> {
        let receipt = PutReceipt {
            sha256: digest(&content).await,
            size: content.len() as u64,
        };
        let path = key.path();
        let put = match &self.place {
            Place::Bucket(parts) if receipt.size > WHOLE_BYTES => parts.put(&path, &content).await,
            Place::Bucket(_) | Place::Folder(_) => {
                let put = self.store.put_opts(&path, content.into(), PutMode::Create.into());
                put.await.map(|_| ())
            }
        };
        match put {
            Ok(()) => Ok(receipt),
            Err(object_store::Error::AlreadyExists { .. }) => {
                let same = self.measure(key).await? == receipt;
                same.then_some(receipt)
                    .ok_or_else(|| ArtifactError::Conflict(key.to_string()))
            }
            Err(error) => Err(of_store(key.as_str(), error)),
        }
    }

    /// The whole content, after its sha256 was found to be `expected`.
    ///
    /// # Errors
    /// [`ArtifactError::NotFound`], [`ArtifactError::Corrupt`], [`ArtifactError::Unavailable`].
    pub async fn get(&self, key: &Key, expected: Sha256) -> Result<Bytes, ArtifactError> {
        let content = self.read(key.as_str(), &key.path()).await?;
        let found = digest(&content).await;
        if found == expected {
            return Ok(content);
        }
        Err(ArtifactError::Corrupt {
            key: key.to_string(),
            expected,
            found,
        })
    }

    /// Removes a file, and the folders of its job that are empty without it. One that is not there is no error.
    ///
    /// # Errors
    /// [`ArtifactError::Unavailable`].
    pub async fn delete(&self, key: &Key) -> Result<(), ArtifactError> {
        match self.store.delete(&key.path()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(of_store(key.as_str(), error)),
        }
        self.place.tidy(PathBuf::from(key.as_str())).await;
        Ok(())
    }

    async fn read(&self, key: &str, path: &Path) -> Result<Bytes, ArtifactError> {
        let read = async {
            let found = self.store.get(path).await?;
            let size = found.meta.size;
            if size <= WHOLE_BYTES || matches!(self.place, Place::Folder(_)) {
                return found.bytes().await;
            }
            drop(found);
            // One after another, since a single request for all of it may take longer than a request may.
            let mut content = BytesMut::with_capacity(size as usize);
            for range in ranges(size) {
                content.extend_from_slice(&self.store.get_range(path, range).await?);
            }
            Ok(content.freeze())
        };
        read.await.map_err(|error| of_store(key, error))
    }
}

/// The digest, computed off the runtime's threads: a model of a gigabyte takes seconds.
async fn digest(content: &Bytes) -> Sha256 {
    let shared = content.clone();
    let hashed = tokio::task::spawn_blocking(move || Sha256::of(&shared)).await;
    hashed.unwrap_or_else(|_| Sha256::of(content)) // the runtime is ending
}
