//! The catalogue of sources.

mod coverage;
mod inspect;

pub use coverage::{ColumnCoverage, Coverage, Gaps, PhaseCoverage};
pub use inspect::{TableColumn, TableInfo};

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{IdempotencyKey, ProjectId, SourceId, SourceSpec};
use uuid::Uuid;

/// A source to be entered in the catalogue. Check the spec and [`Store::verify_source`] first.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// The project.
    pub project: ProjectId,
    /// The slug.
    pub id: SourceId,
    /// Name for people.
    pub display_name: String,
    /// How its table is read.
    pub spec: SourceSpec,
    /// Makes repeating safe: the key and the SHA-256 of the request.
    pub idempotency: Option<Idempotency>,
    /// Who asks.
    pub created_by: String,
}

/// What makes a request safe to repeat (AIP-155).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idempotency {
    /// Chosen by the client, good within one project.
    pub key: IdempotencyKey,
    /// SHA-256 of what is asked for.
    pub request_hash: [u8; 32],
}

/// A source as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The project.
    pub project: ProjectId,
    /// The slug.
    pub id: SourceId,
    /// Never used again.
    pub uid: Uuid,
    /// Name for people.
    pub display_name: String,
    /// How its table is read; phases in order of their ids.
    pub spec: SourceSpec,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Rises with every change; the etag.
    pub revision: i64,
}

/// What became of a request to enter a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreatedSource {
    /// It was entered.
    Created(Source),
    /// The same request entered it before.
    Existing(Source),
    /// The idempotency key was used for another request.
    KeyReused,
}

impl Store {
    /// Enters a source.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the name is taken (ALREADY_EXISTS), the project does not exist, a rule is broken.
    pub async fn create_source(&self, source: &NewSource) -> Result<CreatedSource, StoreError> {
        let _ = source;
        unimplemented!()
    }

    /// One source.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn source(&self, project: &ProjectId, id: &SourceId) -> Result<Source, StoreError> {
        let _ = (project, id);
        unimplemented!()
    }

    /// The sources of a project after the one named, ordered by name, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_sources(
        &self,
        project: &ProjectId,
        after: Option<&SourceId>,
        limit: i64,
    ) -> Result<Vec<Source>, StoreError> {
        let _ = (project, after, limit);
        unimplemented!()
    }
}
