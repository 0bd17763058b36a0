//! Changing, deleting and undeleting models.

use super::Model;
use super::read::{fetch, unknown};
use crate::audit::{AuditOutcome, Touched};
use crate::{Store, StoreError, stored};
use mltraining_domain::name::ModelName;
use mltraining_domain::{ModelId, ProjectId};
use sqlx::{Connection, PgConnection};
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

impl UpdateOutcome {
    fn touched(&self, outcome: AuditOutcome) -> Option<Touched> {
        let Self::Done(model) = self else { return None };
        let name = ModelName {
            project: model.project.clone(),
            model: model.id.clone(),
        };
        Some(Touched::of(&name.project, &name, outcome))
    }
}

/// The state that a change asks of a model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Live,
    Deleted,
}

async fn outcome(
    connection: &mut PgConnection,
    project: &ProjectId,
    id: &ModelId,
    changed: u64,
    wanted: Wanted,
) -> Result<UpdateOutcome, StoreError> {
    let found = fetch(connection, project, &[id.to_string()]).await?;
    let model = found.into_iter().next().ok_or_else(|| unknown(id))?;
    if changed == 1 {
        return Ok(UpdateOutcome::Done(model));
    }
    let state = if model.deleted_at.is_some() {
        Wanted::Deleted
    } else {
        Wanted::Live
    };
    Ok(if state == wanted {
        UpdateOutcome::RevisionMismatch(model)
    } else {
        UpdateOutcome::WrongState(model)
    })
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
        self.within("models.update", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/models/update.sql",
                project.as_str(),
                id.as_str(),
                change.display_name,
                change.description,
                change.labels.as_ref().map(stored::to_json),
                expected_revision
            )
            .execute(&mut *transaction)
            .await?;
            let outcome = outcome(&mut transaction, project, id, done.rows_affected(), Wanted::Live).await?;
            self.commit(transaction, outcome.touched(AuditOutcome::Changed))
                .await?;
            session.release();
            Ok(outcome)
        })
        .await
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
        self.within("models.delete", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/models/delete.sql",
                project.as_str(),
                id.as_str(),
                expected_revision
            )
            .execute(&mut *transaction)
            .await?;
            let outcome = outcome(&mut transaction, project, id, done.rows_affected(), Wanted::Live).await?;
            self.commit(transaction, outcome.touched(AuditOutcome::Removed))
                .await?;
            session.release();
            Ok(outcome)
        })
        .await
    }

    /// Takes back a delete, within its 30 days.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when they are over.
    pub async fn undelete_model(
        &self,
        project: &ProjectId,
        id: &ModelId,
        expected_revision: Option<i64>,
    ) -> Result<UpdateOutcome, StoreError> {
        self.within("models.undelete", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let done = sqlx::query_file!(
                "sql/models/undelete.sql",
                project.as_str(),
                id.as_str(),
                expected_revision
            )
            .execute(&mut *transaction)
            .await?;
            let outcome = outcome(
                &mut transaction,
                project,
                id,
                done.rows_affected(),
                Wanted::Deleted,
            )
            .await?;
            self.commit(transaction, outcome.touched(AuditOutcome::Changed))
                .await?;
            session.release();
            match outcome {
                // The revision was right, so it is the time that was not.
                UpdateOutcome::RevisionMismatch(model)
                    if expected_revision.is_none_or(|expected| expected == model.revision) =>
                {
                    Err(unknown(id))
                }
                outcome => Ok(outcome),
            }
        })
        .await
    }
}
