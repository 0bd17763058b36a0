//! Keys of callers. The store sees only the SHA-256 of a secret.

use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{ProjectId, Role};
use uuid::Uuid;

/// A key to be entered. The secret itself stays with the caller.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// UUID v7.
    pub id: Uuid,
    /// The short part, by which the key is found: 6 to 32 of A-Z, a-z, 0-9.
    pub short_id: String,
    /// SHA-256 of the secret part.
    pub secret_hash: [u8; 32],
    /// Name for people.
    pub display_name: String,
    /// The project that it opens.
    pub project: ProjectId,
    /// What its bearer may do there.
    pub role: Role,
    /// Who made it.
    pub created_by: String,
    /// When it ends; `None` for never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key as its row says.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// The short part.
    pub short_id: String,
    /// SHA-256 of the secret part; compare in constant time.
    pub secret_hash: [u8; 32],
    /// Name for people.
    pub display_name: String,
    /// The project that it opens.
    pub project: ProjectId,
    /// What its bearer may do there.
    pub role: Role,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; `None` for never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Neither revoked nor ended, by the database's clock.
    pub is_live: bool,
}

impl Store {
    /// Enters a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the short id is taken, the project does not exist, a value is out of range.
    pub async fn create_api_key(&self, key: &NewApiKey) -> Result<ApiKey, StoreError> {
        let _ = key;
        unimplemented!()
    }

    /// The key with this short id, live or not; `None` when there is none. Notes its use, at most once a minute.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn find_api_key(&self, short_id: &str) -> Result<Option<ApiKey>, StoreError> {
        let _ = short_id;
        unimplemented!()
    }

    /// Ends a key at once. Revoking a revoked key changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_api_key(&self, project: &ProjectId, short_id: &str) -> Result<ApiKey, StoreError> {
        let _ = (project, short_id);
        unimplemented!()
    }

    /// The keys of a project, newest first, at most 1000.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_api_keys(&self, project: &ProjectId) -> Result<Vec<ApiKey>, StoreError> {
        let _ = project;
        unimplemented!()
    }
}
