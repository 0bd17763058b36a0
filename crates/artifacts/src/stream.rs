//! Reading a file piece by piece.

use crate::error::of_store;
use crate::{ArtifactError, Artifacts, Key, PutReceipt, Sha256};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt, unfold};
use object_store::ObjectStoreExt;
use sha2::Digest;

/// Bytes of a piece; the last one may have fewer.
pub const CHUNK_BYTES: u64 = 256 * 1024;

/// A file on its way.
pub struct Download {
    /// Bytes of the whole file, whatever the offset.
    pub size: u64,
    /// The pieces from the offset to the end, in order.
    pub chunks: BoxStream<'static, Result<Bytes, ArtifactError>>,
}

impl Artifacts {
    /// The content from byte `offset` on. At the very end: no pieces. The pieces are not checked: whoever has read all
    /// compares the sha256 of all.
    ///
    /// # Errors
    /// [`ArtifactError::NotFound`], [`ArtifactError::OutOfRange`], [`ArtifactError::Unavailable`]; the last one and
    /// `NotFound` also within the stream, which then ends.
    pub async fn stream(&self, key: &Key, offset: u64) -> Result<Download, ArtifactError> {
        let path = key.path();
        let size = self
            .store
            .head(&path)
            .await
            .map_err(|error| of_store(key.as_str(), error))?
            .size;
        if offset > size {
            return Err(ArtifactError::OutOfRange {
                key: key.to_string(),
                offset,
                size,
            });
        }
        let (store, key) = (self.store.clone(), key.clone());
        let starts = unfold(offset, move |start| async move {
            (start < size).then(|| (Ok(start), start.saturating_add(CHUNK_BYTES)))
        });
        let chunks = starts.and_then(move |start| {
            let (store, path, key) = (store.clone(), path.clone(), key.clone());
            async move {
                let range = start..size.min(start.saturating_add(CHUNK_BYTES));
                store
                    .get_range(&path, range)
                    .await
                    .map_err(|error| of_store(key.as_str(), error))
            }
        });
        Ok(Download {
            size,
            chunks: until_error(chunks.boxed()),
        })
    }

    /// What is stored under a key: size and sha256 of its bytes, read piece by piece.
    ///
    /// # Errors
    /// [`ArtifactError::NotFound`], [`ArtifactError::Unavailable`].
    pub async fn measure(&self, key: &Key) -> Result<PutReceipt, ArtifactError> {
        let mut download = self.stream(key, 0).await?;
        let mut hash = sha2::Sha256::default();
        while let Some(piece) = download.chunks.try_next().await? {
            hash.update(&piece);
        }
        Ok(PutReceipt {
            sha256: Sha256(hash.finalize().into()),
            size: download.size,
        })
    }
}

/// Ends a stream after its first error.
fn until_error(
    chunks: BoxStream<'static, Result<Bytes, ArtifactError>>,
) -> BoxStream<'static, Result<Bytes, ArtifactError>> {
    unfold(Some(chunks), |chunks| async move {
        let mut chunks = chunks?;
        let chunk = chunks.next().await?;
        let rest = chunk.is_ok().then_some(chunks);
        Some((chunk, rest))
    })
    .boxed()
}
