//! Reading models.

use super::Model;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{ModelId, ProjectId};
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

struct ModelRow {
    place: i64,
    project: String,
    id: String,
    uid: Uuid,
    display_name: String,
    description: String,
    labels: Value,
    last_version: i32,
    version_count: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    expire_at: Option<DateTime<Utc>>,
    revision: i64,
    overall: Option<Value>,
    aliases: Option<Value>,
}

impl ModelRow {
    fn into_model(self) -> Result<Model, StoreError> {
        let overall = self.overall;
        Ok(Model {
            project: stored::parse("model.project", &self.project)?,
            id: stored::parse("model.id", &self.id)?,
            uid: self.uid,
            display_name: self.display_name,
            description: self.description,
            labels: stored::json("model.labels", self.labels)?,
            latest_version: self.last_version,
            version_count: self.version_count,
            latest_metrics: overall
                .map(|m| stored::json("evaluation.overall", m))
                .transpose()?,
            aliases: match self.aliases {
                Some(aliases) => stored::json("model_alias.id", aliases)?,
                None => BTreeMap::new(),
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: self.deleted_at,
            expire_at: self.expire_at,
            revision: self.revision,
        })
    }
}

pub(super) fn unknown(id: &ModelId) -> StoreError {
    StoreError::NotFound {
        what: "model",
        name: id.to_string(),
    }
}

/// Models in the order of their ids; one that does not exist is left out.
pub(super) async fn fetch(
    connection: &mut PgConnection,
    project: &ProjectId,
    ids: &[String],
) -> Result<Vec<Model>, StoreError> {
    let mut rows = sqlx::query_file_as!(ModelRow, "sql/models/get.sql", project.as_str(), ids)
        .fetch_all(connection)
        .await?;
    rows.sort_by_key(|row| row.place);
    rows.into_iter().map(ModelRow::into_model).collect()
}

impl Store {
    /// One model, also a deleted one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn model(&self, project: &ProjectId, id: &ModelId) -> Result<Model, StoreError> {
        let models = self.batch_get_models(project, std::slice::from_ref(id)).await?;
        models.into_iter().next().ok_or_else(|| unknown(id))
    }

    /// Several models of a project in the order of the ids, in one statement; one that does not exist is left out.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn batch_get_models(
        &self,
        project: &ProjectId,
        ids: &[ModelId],
    ) -> Result<Vec<Model>, StoreError> {
        self.within("models.get", async {
            let mut session = self.session().await?;
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            let models = fetch(&mut session, project, &ids).await?;
            session.release();
            Ok(models)
        })
        .await
    }
}
