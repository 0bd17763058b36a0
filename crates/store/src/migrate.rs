//! Migrations: a step of the deployment, never of a process's start.

use crate::store::Session;
use crate::{Store, StoreError};
use sqlx::migrate::{MigrateError, MigrationType, Migrator};
use std::future::Future;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

impl Store {
    /// Brings the schema up to this build's version, under an advisory lock; returns the versions that were applied. The
    /// call timeout covers them all: take a store [`with_call_timeout`](Store::with_call_timeout).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Statement`] when a migration fails (its transaction is rolled back).
    pub async fn migrate_up(&self) -> Result<Vec<i64>, StoreError> {
        let before = self.schema_version().await?;
        self.bounded("migrate.up", async {
            let mut session = self.patient_session().await?;
            MIGRATIONS.run(&mut *session).await.map_err(failed)
        })
        .await?;
        Ok(versions().filter(|version| *version > before).collect())
    }

    /// Takes migrations back until `target` is the newest one that is applied (0: none).
    ///
    /// # Errors
    /// As [`migrate_up`](Self::migrate_up).
    pub async fn migrate_down(&self, target: i64) -> Result<Vec<i64>, StoreError> {
        let before = self.schema_version().await?;
        self.bounded("migrate.down", async {
            let mut session = self.patient_session().await?;
            MIGRATIONS.undo(&mut *session, target).await.map_err(failed)
        })
        .await?;
        let undone = versions().filter(|version| *version > target && *version <= before);
        Ok(undone.collect::<Vec<_>>().into_iter().rev().collect())
    }

    /// The newest migration that is applied, 0 for none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.within("migrate.version", async {
            let mut session = self.session().await?;
            let exists = sqlx::query_file_scalar!("sql/migrate/exists.sql")
                .fetch_one(&mut *session)
                .await?;
            if !exists {
                session.release();
                return Ok(0);
            }
            // Not checked at compile time: the table is made by the first migration's run, not by a migration.
            let version = sqlx::query_scalar::<_, i64>(include_str!("../sql/migrate/version.sql"))
                .fetch_one(&mut *session)
                .await?;
            session.release();
            Ok(version)
        })
        .await
    }

    /// True when the schema is the one that this build was made for, or a newer one. Neither process is ready before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        Ok(self.schema_version().await? >= Self::expected_schema_version())
    }

    /// As `within`, for the migrator, whose futures cannot be sent to another thread.
    async fn bounded(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        match tokio::time::timeout(self.call_timeout(), work).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Timeout { call }),
        }
    }

    /// A connection without a limit of time on the server, since a migration may wait for another one and may build an index. It is
    /// closed after use.
    async fn patient_session(&self) -> Result<Session, StoreError> {
        let mut session = self.session().await?;
        sqlx::query_file!("sql/migrate/be_patient.sql")
            .execute(&mut *session)
            .await?;
        Ok(session)
    }

    /// The newest migration of this build.
    pub fn expected_schema_version() -> i64 {
        versions().last().unwrap_or(0)
    }
}

/// The versions of this build, rising.
fn versions() -> impl Iterator<Item = i64> {
    let up = |m: &&sqlx::migrate::Migration| m.migration_type != MigrationType::ReversibleDown;
    MIGRATIONS.iter().filter(up).map(|migration| migration.version)
}

fn failed(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            StoreError::from_sqlx(error)
        }
        other => StoreError::Statement { source: other.into() },
    }
}
