//! Lists of models, newest first, page by page.

use super::Model;
use super::read::fetch;
use crate::keyset::beginning;
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

/// Models of a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelList {
    /// Those that pass the filter, newest first.
    pub models: Vec<Model>,
    /// Set when there are fewer than asked for and the search ended early: older models than this one were not looked at.
    pub searched_to: Option<ModelCursor>,
}

/// A model of a list, or, when it does not pass, the one where the search ended.
struct Seen {
    id: String,
    created_at: DateTime<Utc>,
    passes: bool,
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
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    let rows = sqlx::query_file_as!(
        Seen,
        "sql/models/list.sql",
        project.as_str(),
        after.map(|(created_at, _)| created_at),
        after.map(|(_, id)| id),
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
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Seen>, StoreError> {
    let rows = sqlx::query_file_as!(
        Seen,
        "sql/models/list_all.sql",
        project.as_str(),
        after.map(|(created_at, _)| created_at),
        after.map(|(_, id)| id),
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
    /// The models of a project that pass the filter, newest first, after the cursor, at most `limit`. One call looks at
    /// 2,000 models at most and says where it ended, so that no filter makes it slow.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_models(
        &self,
        project: &ProjectId,
        filter: &ModelFilter,
        after: Option<&ModelCursor>,
        limit: i64,
    ) -> Result<ModelList, StoreError> {
        self.within("models.list", async {
            let mut session = self.session().await?;
            let after = after.map(|c| (c.created_at, c.id.as_str()));
            let after = beginning(filter.created_before, after, "");
            let seen = match filter.deleted {
                Deleted::Hidden => live(&mut session, project, filter, after, limit).await?,
                Deleted::Shown => all(&mut session, project, filter, after, limit).await?,
            };
            let stop = seen.iter().find(|seen| !seen.passes);
            let searched_to = stop
                .map(|stop| {
                    Ok::<_, StoreError>(ModelCursor {
                        created_at: stop.created_at,
                        id: stored::parse("model.id", &stop.id)?,
                    })
                })
                .transpose()?;
            let passing = seen.into_iter().filter(|seen| seen.passes);
            let ids: Vec<String> = passing.map(|seen| seen.id).collect();
            let models = fetch(&mut session, project, &ids).await?;
            session.release();
            Ok(ModelList { models, searched_to })
        })
        .await
    }
}
