//! Changing, deleting and undeleting models.

use super::Model;
use crate::{Store, StoreError};
use mltraining_domain::{ModelId, ProjectId};
use std::collections::BTreeMap;

/// New values of a model; `None` leaves the field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelChange {
    /// Name for people, 1 to 100 characters.
    pub display_name: Option<String>,
    /// At most 4000 characters.
    pub description: Option<String>,
    /// The whole map.
    pub labels: Option<BTreeMap<String, String>>,
}

/// What became of a change to a model.
#[derive(Debug, Clone, PartialEq)]
pub enum UpdateOutcome {
    /// Done; the model as it is now.
    Done(Model),
    /// It changed since the client read it (ETAG_MISMATCH).
    RevisionMismatch(Model),
    /// It is deleted (for update and delete) or not deleted (for undelete).
    WrongState(Model),
}

impl Store {
    /// Changes a model that is not deleted. `expected_revision`: only if it is still the model's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] for a value that breaks a rule.
    pub async fn update_model(
        &self,
        project: &ProjectId,
        id: &ModelId,
        change: &ModelChange,
        expected_revision: Option<i64>,
    ) -> Result<UpdateOutcome, StoreError> {
        let _ = (project, id, change, expected_revision);
        unimplemented!()
    }

    /// Deletes a model; for 30 days it can be undeleted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_model(
        &self,
        project: &ProjectId,
        id: &ModelId,
        expected_revision: Option<i64>,
    ) -> Result<UpdateOutcome, StoreError> {
        let _ = (project, id, expected_revision);
        unimplemented!()
    }

    /// Takes back a delete.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn undelete_model(
        &self,
        project: &ProjectId,
        id: &ModelId,
        expected_revision: Option<i64>,
    ) -> Result<UpdateOutcome, StoreError> {
        let _ = (project, id, expected_revision);
        unimplemented!()
    }
}
