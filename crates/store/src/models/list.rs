//! Lists of models, newest first, page by page.

use super::Model;
use crate::{Store, StoreError};
use chrono::{DateTime, Utc};
use mltraining_domain::{ModelId, ProjectId};
use serde::{Deserialize, Serialize};
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
        let _ = (project, filter, after, limit);
        unimplemented!()
    }
}
