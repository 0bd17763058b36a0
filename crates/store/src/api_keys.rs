//! Keys of callers. The store sees only the SHA-256 of a secret.

use crate::audit::{AuditOutcome, Touched};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::name::ApiKeyName;
use mltraining_domain::{ProjectId, Role, Span};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
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
    /// When it got its present secret, if that is not its first.
    pub rotated_at: Option<DateTime<Utc>>,
    /// The secret before the present one, if there was one.
    pub previous: Option<PreviousSecret>,
    /// Neither revoked nor ended, by the database's clock.
    pub is_live: bool,
    /// Its last use was noted more than a minute ago.
    note_use: bool,
}

/// The secret that a key had before it was rotated.
#[derive(Debug, Clone)]
pub struct PreviousSecret {
    /// SHA-256 of it; compare in constant time.
    pub hash: [u8; 32],
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// That time has not come, by the database's clock.
    pub is_live: bool,
}

/// The last key of a page; the next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyCursor {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

/// What became of the wish to rotate a key.
#[derive(Debug, Clone)]
pub enum RotateOutcome {
    /// It has the new secret.
    Rotated(ApiKey),
    /// It is revoked, or has ended; nothing was changed.
    Ended(ApiKey),
}

impl ApiKey {
    /// The cursor of a page that ends with this key.
    pub fn cursor(&self) -> ApiKeyCursor {
        ApiKeyCursor {
            created_at: self.created_at,
            id: self.id,
        }
    }
}

struct ApiKeyRow {
    id: Uuid,
    short_id: String,
    secret_hash: Vec<u8>,
    display_name: String,
    project: String,
    role: String,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    rotated_at: Option<DateTime<Utc>>,
    previous_secret_hash: Option<Vec<u8>>,
    previous_expires_at: Option<DateTime<Utc>>,
    is_previous_live: bool,
    is_live: bool,
    note_use: bool,
}

impl ApiKeyRow {
    fn into_key(self) -> Result<ApiKey, StoreError> {
        let hash = self.previous_secret_hash.as_deref();
        let hash = hash.map(|hash| stored::hash("api_key.previous_secret_hash", hash));
        let previous = hash.transpose()?.zip(self.previous_expires_at);
        Ok(ApiKey {
            previous: previous.map(|(hash, expires_at)| PreviousSecret {
                hash,
                expires_at,
                is_live: self.is_previous_live,
            }),
            rotated_at: self.rotated_at,
            id: self.id,
            short_id: self.short_id,
            secret_hash: stored::hash("api_key.secret_hash", &self.secret_hash)?,
            display_name: self.display_name,
            project: stored::parse("api_key.project", &self.project)?,
            role: stored::parse("api_key.role", &self.role)?,
            created_by: self.created_by,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            last_used_at: self.last_used_at,
            is_live: self.is_live,
            note_use: self.note_use,
        })
    }
}

fn unknown(short_id: &str) -> StoreError {
    StoreError::NotFound {
        what: "API key",
        name: short_id.to_owned(),
    }
}

/// A key, as the audit names it.
fn touched(key: &ApiKey, outcome: AuditOutcome) -> Touched {
    let name = ApiKeyName {
        project: key.project.clone(),
        key: key.short_id.clone(),
    };
    Touched::of(&key.project, name, outcome)
}

async fn find(connection: &mut PgConnection, short_id: &str) -> Result<Option<ApiKey>, StoreError> {
    let row = sqlx::query_file_as!(ApiKeyRow, "sql/api_keys/find.sql", short_id)
        .fetch_optional(connection)
        .await?;
    row.map(ApiKeyRow::into_key).transpose()
}

impl Store {
    /// Enters a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the short id is taken, the project does not exist, a value is out of range.
    pub async fn create_api_key(&self, key: &NewApiKey) -> Result<ApiKey, StoreError> {
        self.within("api_keys.create", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            sqlx::query_file!(
                "sql/api_keys/create.sql",
                key.id,
                key.short_id,
                key.secret_hash.as_slice(),
                key.display_name,
                key.project.as_str(),
                key.role.as_str(),
                key.created_by,
                key.expires_at
            )
            .execute(&mut *transaction)
            .await?;
            let found = find(&mut transaction, &key.short_id).await?;
            let found = found.ok_or_else(|| unknown(&key.short_id))?;
            self.commit(transaction, Some(touched(&found, AuditOutcome::Created)))
                .await?;
            session.release();
            Ok(found)
        })
        .await
    }

    /// The key with this short id, live or not; `None` when there is none. Notes its use, at most once a minute.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn find_api_key(&self, short_id: &str) -> Result<Option<ApiKey>, StoreError> {
        self.within("api_keys.find", async {
            let mut session = self.session().await?;
            let found = find(&mut session, short_id).await?;
            if found.as_ref().is_some_and(|key| key.is_live && key.note_use) {
                sqlx::query_file!("sql/api_keys/note_use.sql", short_id)
                    .execute(&mut *session)
                    .await?;
            }
            session.release();
            Ok(found)
        })
        .await
    }

    /// Gives a key a new secret. The one up to now stays good for `overlap`, and no other: at most two are good at a time.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn rotate_api_key(
        &self,
        project: &ProjectId,
        short_id: &str,
        secret_hash: &[u8; 32],
        overlap: Span,
    ) -> Result<RotateOutcome, StoreError> {
        self.within("api_keys.rotate", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/api_keys/rotate.sql",
                project.as_str(),
                short_id,
                secret_hash.as_slice(),
                overlap.micros()
            )
            .execute(&mut *transaction)
            .await?;
            let found = find(&mut transaction, short_id).await?;
            let found = found.filter(|key| key.project == *project);
            let found = found.ok_or_else(|| unknown(short_id))?;
            let rotated = done.rows_affected() == 1;
            let changed = rotated.then(|| touched(&found, AuditOutcome::Changed));
            self.commit(transaction, changed).await?;
            session.release();
            Ok(match rotated {
                true => RotateOutcome::Rotated(found),
                false => RotateOutcome::Ended(found),
            })
        })
        .await
    }

    /// Ends a key at once. Revoking a revoked key changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn revoke_api_key(&self, project: &ProjectId, short_id: &str) -> Result<ApiKey, StoreError> {
        self.within("api_keys.revoke", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!("sql/api_keys/revoke.sql", project.as_str(), short_id)
                .execute(&mut *transaction)
                .await?;
            let found = find(&mut transaction, short_id).await?;
            let found = found.filter(|key| key.project == *project);
            let found = found.ok_or_else(|| unknown(short_id))?;
            let revoked = (done.rows_affected() == 1).then(|| touched(&found, AuditOutcome::Removed));
            self.commit(transaction, revoked).await?;
            session.release();
            Ok(found)
        })
        .await
    }

    /// The keys of a project, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_api_keys(
        &self,
        project: &ProjectId,
        after: Option<&ApiKeyCursor>,
        limit: i64,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.within("api_keys.list", async {
            let mut session = self.session().await?;
            let (created_at, id) = after.map(|cursor| (cursor.created_at, cursor.id)).unzip();
            let project = project.as_str();
            let rows =
                sqlx::query_file_as!(ApiKeyRow, "sql/api_keys/list.sql", project, created_at, id, limit)
                    .fetch_all(&mut *session)
                    .await?;
            session.release();
            rows.into_iter().map(ApiKeyRow::into_key).collect()
        })
        .await
    }
}
