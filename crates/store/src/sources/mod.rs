//! The catalogue of sources.

mod closed;
mod coverage;
mod inspect;
mod row;

pub use closed::{Closed, OWN_TABLES, TableOwner, closed};
pub use coverage::{ColumnCoverage, Coverage, Gaps, PhaseCoverage};
pub use inspect::{TableColumn, TableInfo};
pub(crate) use inspect::{differences, inspect, refuse_closed};

use crate::audit::{AuditOutcome, Touched};
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::name::SourceName;
use mltraining_domain::{IdempotencyKey, ProjectId, Reason, SourceId, SourceSpec};
use row::SourceRow;
use sqlx::{Connection, PgConnection};
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

/// What became of an earlier request with the same idempotency key, if there was one.
async fn repeated(
    connection: &mut PgConnection,
    source: &NewSource,
) -> Result<Option<CreatedSource>, StoreError> {
    let Some(idempotency) = source.idempotency else {
        return Ok(None);
    };
    let project = source.project.as_str();
    let row = sqlx::query_file!("sql/sources/find_request.sql", project, idempotency.key.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.request_hash != idempotency.request_hash {
        return Ok(Some(CreatedSource::KeyReused));
    }
    let existing = get(connection, &source.project, &row.id).await?;
    Ok(Some(CreatedSource::Existing(existing)))
}

/// True when the source was entered, false when its name or its key was there already.
async fn insert(connection: &mut PgConnection, source: &NewSource) -> Result<bool, StoreError> {
    let spec = &source.spec;
    let hash = source.idempotency.map(|i| i.request_hash);
    let ids: Vec<i32> = spec.phases.iter().map(|p| p.id).collect();
    let names: Vec<String> = spec.phases.iter().map(|p| p.display_name.clone()).collect();
    let intervals: Vec<i64> = spec.phases.iter().map(|p| p.bar_interval.micros()).collect();
    let contexts = &spec.contexts;
    let context_names: Vec<String> = contexts.iter().map(|c| c.name.clone()).collect();
    let context_sources: Vec<String> = contexts.iter().map(|c| c.source.to_string()).collect();
    let context_entities: Vec<Option<String>> = contexts.iter().map(|c| c.entity.clone()).collect();
    let delays: Vec<i64> = contexts.iter().map(|c| c.availability_delay.micros()).collect();
    let ages: Vec<i64> = contexts.iter().map(|c| c.max_age.micros()).collect();
    let row = sqlx::query_file!(
        "sql/sources/create.sql",
        source.project.as_str(),
        source.id.as_str(),
        source.display_name,
        spec.schema,
        spec.table,
        spec.entity_column,
        spec.time_column,
        spec.phase_column,
        spec.bar_interval.micros(),
        row::rule_word(spec.duplicate_rule),
        stored::to_json(&spec.columns),
        source.idempotency.map(|i| i.key.0),
        hash.as_ref().map(<[u8; 32]>::as_slice),
        source.created_by,
        &ids,
        &names,
        &intervals,
        spec.recorded_time_column,
        &context_names,
        &context_sources,
        &context_entities as &[Option<String>],
        &delays,
        &ages
    )
    .fetch_one(connection)
    .await?;
    Ok(row.created)
}

fn touched(source: &NewSource) -> Touched {
    let name = SourceName {
        project: source.project.clone(),
        source: source.id.clone(),
    };
    Touched::of(&source.project, name, AuditOutcome::Created)
}

async fn get(connection: &mut PgConnection, project: &ProjectId, id: &str) -> Result<Source, StoreError> {
    let row = sqlx::query_file_as!(SourceRow, "sql/sources/get.sql", project.as_str(), id)
        .fetch_optional(connection)
        .await?;
    let missing = || StoreError::NotFound {
        what: "source",
        name: id.to_owned(),
    };
    row.ok_or_else(missing)?.into_source()
}

impl Store {
    /// Enters a source.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the name is taken (ALREADY_EXISTS), the project does not exist, a rule is broken.
    pub async fn create_source(&self, source: &NewSource) -> Result<CreatedSource, StoreError> {
        self.within("sources.create", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let mut outcome = repeated(&mut transaction, source).await?;
            let mut entered = None;
            if outcome.is_none() && insert(&mut transaction, source).await? {
                let made = get(&mut transaction, &source.project, source.id.as_str()).await?;
                outcome = Some(CreatedSource::Created(made));
                entered = Some(touched(source));
            }
            // Not entered: the same request may have been first by a moment, or the name is taken.
            if outcome.is_none() {
                outcome = repeated(&mut transaction, source).await?;
            }
            self.commit(transaction, entered).await?;
            session.release();
            outcome.ok_or_else(|| StoreError::Conflict {
                reason: Reason::AlreadyExists,
                field: "source_id",
                message: format!(
                    "the project has a source `{}` already; choose another name",
                    source.id
                ),
            })
        })
        .await
    }

    /// One source.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn source(&self, project: &ProjectId, id: &SourceId) -> Result<Source, StoreError> {
        self.within("sources.get", async {
            let mut session = self.session().await?;
            let source = get(&mut session, project, id.as_str()).await?;
            session.release();
            Ok(source)
        })
        .await
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
        self.within("sources.list", async {
            let mut session = self.session().await?;
            let after = after.map(SourceId::as_str);
            let rows =
                sqlx::query_file_as!(SourceRow, "sql/sources/list.sql", project.as_str(), after, limit)
                    .fetch_all(&mut *session)
                    .await?;
            session.release();
            rows.into_iter().map(SourceRow::into_source).collect()
        })
        .await
    }
}
