//! Sends one file in pieces and holds it against its hash.

use crate::error::ApiError;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt, try_unfold};
use mltraining_artifacts::{ArtifactError, Artifacts, Key, Sha256};
use mltraining_domain::Reason;
use mltraining_domain::name::ArtifactName;
use mltraining_proto::v1;
use mltraining_store::artifacts::Artifact;
use sha2::Digest;
use tonic::Status;

type Pieces = BoxStream<'static, Result<Bytes, ArtifactError>>;

/// The messages of a download that begins at `offset`. The file is read from its first byte, also when the client has the
/// beginning already: only so is the last message, with the hash, said of bytes that were seen.
///
/// # Errors
/// INVALID_FIELD for an offset outside of the file, ARTIFACT_CORRUPT when the stored file is gone or of another size.
pub(super) async fn open(
    artifacts: &Artifacts,
    name: &ArtifactName,
    file: &Artifact,
    offset: i64,
) -> Result<BoxStream<'static, Result<v1::DownloadArtifactResponse, Status>>, ApiError> {
    if !(0..=file.size_bytes).contains(&offset) {
        let text = format!(
            "{offset} is none of 0 to {}, the size of the file",
            file.size_bytes
        );
        return Err(ApiError::invalid("offset", text));
    }
    let key: Key = file.storage_key.parse()?;
    let stored = artifacts
        .stream(&key, 0)
        .await
        .map_err(|error| refuse(error, name))?;
    if i64::try_from(stored.size) != Ok(file.size_bytes) {
        return Err(corrupt(name));
    }
    let sending = Sending {
        pieces: Some(stored.chunks),
        hash: sha2::Sha256::new(),
        read: 0,
        offset,
        expected: Sha256(file.sha256),
        name: name.clone(),
    };
    let messages = try_unfold(sending, |mut sending| async move {
        let message = sending.next().await?;
        Ok(message.map(|message| (message, sending)))
    });
    Ok(messages.map_err(|error: ApiError| Status::from(error)).boxed())
}

fn corrupt(name: &ArtifactName) -> ApiError {
    let text = format!("{name} is damaged; train the model again");
    ApiError::new(Reason::ArtifactCorrupt, text).with("name", name)
}

/// A committed file that is not there is as damaged as one with other bytes.
fn refuse(error: ArtifactError, name: &ArtifactName) -> ApiError {
    match error {
        ArtifactError::NotFound(_) => corrupt(name),
        other => other.into(),
    }
}

/// A file on its way. `pieces` is `None` after the last message.
struct Sending {
    pieces: Option<Pieces>,
    hash: sha2::Sha256,
    read: i64,
    offset: i64,
    expected: Sha256,
    name: ArtifactName,
}

impl Sending {
    async fn next(&mut self) -> Result<Option<v1::DownloadArtifactResponse>, ApiError> {
        loop {
            let Some(pieces) = &mut self.pieces else {
                return Ok(None);
            };
            let Some(piece) = pieces
                .try_next()
                .await
                .map_err(|error| refuse(error, &self.name))?
            else {
                self.pieces = None;
                return self.last().map(Some);
            };
            if let Some(message) = self.take(&piece) {
                return Ok(Some(message));
            }
        }
    }

    /// The part of a piece that the client lacks, if there is one.
    fn take(&mut self, piece: &Bytes) -> Option<v1::DownloadArtifactResponse> {
        self.hash.update(piece);
        let start = self.read;
        self.read += i64::try_from(piece.len()).expect("a piece has at most 256 KiB");
        if self.read <= self.offset {
            return None;
        }
        let known = usize::try_from((self.offset - start).max(0)).expect("less than the piece");
        Some(v1::DownloadArtifactResponse {
            data: piece.slice(known..),
            offset: start.max(self.offset),
            ..v1::DownloadArtifactResponse::default()
        })
    }

    fn last(&mut self) -> Result<v1::DownloadArtifactResponse, ApiError> {
        let hash = std::mem::take(&mut self.hash).finalize();
        if Sha256(hash.into()) != self.expected {
            return Err(corrupt(&self.name));
        }
        Ok(v1::DownloadArtifactResponse {
            data: Bytes::new(),
            offset: self.read,
            sha256: self.expected.to_string(),
            size_bytes: self.read,
        })
    }
}
