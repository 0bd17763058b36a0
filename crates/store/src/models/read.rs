//! Reading models.

use super::Model;
use crate::{Store, StoreError};
use mltraining_domain::{ModelId, ProjectId};

impl Store {
    /// One model, also a deleted one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn model(&self, project: &ProjectId, id: &ModelId) -> Result<Model, StoreError> {
        let _ = (project, id);
        unimplemented!()
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
        let _ = (project, ids);
        unimplemented!()
    }
}
