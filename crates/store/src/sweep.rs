//! Finding and removing what attempts left behind that no job succeeded with. Blobs go first, then rows: a crash between the
//! two leaves rows, which the next sweep finds.
//!
//! Everything rests on one fact: an attempt that has ended stages and finishes nothing any more. Orphans stay orphans, so any
//! number of sweeps may do the same work at the same time.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{Epoch, JobId, ResultId};
use std::time::Duration;
use uuid::Uuid;

/// A result that was never committed and never will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrphanedResult {
    /// Its id.
    pub id: ResultId,
    /// When it was staged.
    pub created_at: DateTime<Utc>,
    /// Where its files lie.
    pub storage_keys: Vec<String>,
}

/// The last one of a batch; the next batch begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepCursor {
    /// By what the rows are ordered.
    pub at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

impl OrphanedResult {
    /// The cursor of a batch that ends with this one.
    pub fn cursor(&self) -> SweepCursor {
        SweepCursor {
            at: self.created_at,
            id: self.id.0,
        }
    }
}

/// A file of an attempt, as it lies in the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFile {
    /// Its key; `None` for what a put has not finished, which no row names.
    pub storage_key: Option<String>,
    /// The job of the key.
    pub job: JobId,
    /// The attempt of the key.
    pub epoch: Epoch,
}

/// What the rows say about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileVerdict {
    /// A row names it.
    Named,
    /// No row names it yet; its attempt runs, and may be about to enter it.
    Awaited,
    /// No row names it, and none ever will.
    Rowless,
    /// Of an attempt that this database never had, perhaps another database's.
    Unknown,
}

impl Store {
    /// Results that were not committed, of attempts that ended `grace` ago or earlier, by age from `after` on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn orphaned_results(
        &self,
        grace: Duration,
        after: Option<SweepCursor>,
        limit: i64,
    ) -> Result<Vec<OrphanedResult>, StoreError> {
        self.within("sweep.orphaned_results", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/sweep/orphaned_results.sql",
                stored::micros(grace),
                after.map(|cursor| cursor.at),
                after.map(|cursor| cursor.id),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let orphans = rows.into_iter().map(|row| OrphanedResult {
                id: ResultId(row.id),
                created_at: row.created_at,
                storage_keys: row.storage_keys,
            });
            Ok(orphans.collect())
        })
        .await
    }

    /// Removes the rows of orphaned results, whose files are gone. One that is committed, or belongs to a running attempt, or
    /// is another sweep's at the moment, stays. Returns how many went.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn remove_orphaned_results(&self, ids: &[ResultId]) -> Result<u64, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        self.within("sweep.remove_results", async {
            let mut session = self.session().await?;
            let done = sqlx::query_file!("sql/sweep/remove_results.sql", &ids)
                .execute(&mut *session)
                .await?;
            session.release();
            Ok(done.rows_affected())
        })
        .await
    }

    /// What the rows say about each of these files, in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn judge_files(&self, files: &[AttemptFile]) -> Result<Vec<FileVerdict>, StoreError> {
        let keys: Vec<Option<String>> = files.iter().map(|file| file.storage_key.clone()).collect();
        let jobs: Vec<Uuid> = files.iter().map(|file| file.job.0).collect();
        let epochs: Vec<i64> = files.iter().map(|file| file.epoch.0).collect();
        self.within("sweep.judge_files", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!(
                "sql/sweep/judge_files.sql",
                &keys as &[Option<String>],
                &jobs,
                &epochs
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            let verdicts = rows
                .into_iter()
                .map(|row| match (row.named, row.known, row.ended) {
                    (true, ..) => FileVerdict::Named,
                    (false, false, _) => FileVerdict::Unknown,
                    (false, true, false) => FileVerdict::Awaited,
                    (false, true, true) => FileVerdict::Rowless,
                });
            Ok(verdicts.collect())
        })
        .await
    }
}
