//! Lists of models, newest first, page by page.

use super::Model;
use super::read::fetch;
use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{ModelId, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use std::collections::BTreeMap;

/// Whether deleted models are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deleted {
    /// They are left out.
    #[default]
    Hidden,
    /// They are listed as well.
    Shown,
}

/// Which models to list. `None` and empty mean no limit.
#[derive(Debug, Clone, Default)]
pub struct ModelFilter {
    /// Deleted ones too, or not.
    pub deleted: Deleted,
    /// With this display name.
    pub display_name: Option<String>,
    /// With none of these display names.
    pub display_name_not: Vec<String>,
    /// Made at this time or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Made before this time.
    pub created_before: Option<DateTime<Utc>>,
    /// With all of these labels.
    pub labels: BTreeMap<String, String>,
    /// With none of these labels.
    pub labels_not: Vec<(String, String)>,
}

/// The last model of a page; the next page starts after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCursor {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: ModelId,
}

impl Model {
    /// The cursor of a page that ends with this model.
    pub fn cursor(&self) -> ModelCursor {
        ModelCursor {
            created_at: self.created_at,
            id: self.id.clone(),
        }
    }
}

fn each_label(labels: &[(String, String)]) -> Vec<Value> {
    labels
        .iter()
        .map(|(key, value)| serde_json::json!({ key: value }))
        .collect()
}

async fn live(
    connection: &mut PgConnection,
    project: &ProjectId,
    filter: &ModelFilter,
    after: Option<&ModelCursor>,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_file_scalar!(
        "sql/models/list.sql",
        project.as_str(),
        after.map(|c| c.created_at),
        after.map(|c| c.id.as_str()),
        limit,
        filter.created_from,
        filter.created_before,
        filter.display_name,
        &filter.display_name_not,
        stored::to_json(&filter.labels),
        &each_label(&filter.labels_not)
    );
    Ok(rows.fetch_all(connection).await?)
}

async fn all(
    connection: &mut PgConnection,
    project: &ProjectId,
    filter: &ModelFilter,
    after: Option<&ModelCursor>,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_file_scalar!(
        "sql/models/list_all.sql",
        project.as_str(),
        after.map(|c| c.created_at),
        after.map(|c| c.id.as_str()),
        limit,
        filter.created_from,
        filter.created_before,
        filter.display_name,
        &filter.display_name_not,
        stored::to_json(&filter.labels),
        &each_label(&filter.labels_not)
    );
    Ok(rows.fetch_all(connection).await?)
}

impl Store {
    /// The models of a project that pass the filter, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_models(
        &self,
        project: &ProjectId,
        filter: &ModelFilter,
        after: Option<&ModelCursor>,
        limit: i64,
    ) -> Result<Vec<Model>, StoreError> {
        self.within("models.list", async {
            let mut session = self.session().await?;
            let ids = match filter.deleted {
                Deleted::Hidden => live(&mut session, project, filter, after, limit).await?,
                Deleted::Shown => all(&mut session, project, filter, after, limit).await?,
            };
            let models = fetch(&mut session, project, &ids).await?;
            session.release();
            Ok(models)
        })
        .await
    }
}
