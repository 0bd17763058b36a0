//! Removing files one after the other: what came of it is told once, however many they are.

use mltraining_artifacts::{ArtifactError, Artifacts, FileKind, Key, StoredFile};
use mltraining_domain::{Epoch, JobId};
use mltraining_store::sweep::{AttemptFile, FileVerdict};
use mltraining_store::{Store, StoreError};
use std::collections::HashSet;

/// The removing of files in one pass.
#[derive(Debug)]
pub(crate) struct Removal<'a> {
    artifacts: &'a Artifacts,
    /// Files that went.
    pub removed: u64,
    /// Files of attempts that this database never had; they are left alone.
    pub unknown: u64,
    failed: u64,
    first: Option<String>,
}

impl<'a> Removal<'a> {
    pub(crate) fn new(artifacts: &'a Artifacts) -> Self {
        Self {
            artifacts,
            removed: 0,
            unknown: 0,
            failed: 0,
            first: None,
        }
    }

    /// Removes the files under these keys. True when none of them is left.
    pub(crate) async fn keys(&mut self, storage_keys: &[String]) -> bool {
        let mut all = true;
        for text in storage_keys {
            let removed = match text.parse::<Key>() {
                Ok(key) => self.artifacts.delete(&key).await,
                Err(error) => Err(error),
            };
            all &= self.count(removed);
        }
        all
    }

    /// Removes those of the files that no row names and none ever will, and probes. Returns the jobs of which one is left.
    pub(crate) async fn rowless(
        &mut self,
        store: &Store,
        files: &[StoredFile],
    ) -> Result<HashSet<JobId>, StoreError> {
        let (of_attempts, asked): (Vec<&StoredFile>, Vec<AttemptFile>) = files
            .iter()
            .filter_map(|file| Some((file, of_attempt(file)?)))
            .unzip();
        let verdicts = store.judge_files(&asked).await?;
        let mut left = HashSet::new();
        for ((file, asked), verdict) in of_attempts.into_iter().zip(&asked).zip(verdicts) {
            match verdict {
                FileVerdict::Rowless => {
                    let removed = self.artifacts.remove(file).await;
                    if !self.count(removed) {
                        left.insert(asked.job);
                    }
                }
                FileVerdict::Unknown => self.unknown += 1,
                FileVerdict::Named | FileVerdict::Awaited => {}
            }
        }
        for probe in files.iter().filter(|file| file.kind == FileKind::Probe) {
            let removed = self.artifacts.remove(probe).await;
            self.count(removed);
        }
        Ok(left)
    }

    /// Notes that something in the storage could not be read.
    pub(crate) fn unread(&mut self, error: &ArtifactError) {
        self.failed += 1;
        self.first.get_or_insert_with(|| error.to_string());
    }

    /// Says what could not be done, if anything.
    pub(crate) fn tell(&self) {
        if let Some(error) = &self.first {
            tracing::warn!(
                files = self.failed,
                error,
                "files cannot be removed now; the next sweep tries again"
            );
        }
        if self.unknown > 0 {
            tracing::warn!(
                files = self.unknown,
                "files of jobs that this database never had are left alone; do two services share the folder?"
            );
        }
    }

    fn count(&mut self, removed: Result<(), ArtifactError>) -> bool {
        match removed {
            Ok(()) => {
                self.removed += 1;
                true
            }
            Err(error) => {
                self.unread(&error);
                false
            }
        }
    }
}

/// `None` for what is not an attempt's.
fn of_attempt(file: &StoredFile) -> Option<AttemptFile> {
    let (key, storage_key) = match &file.kind {
        FileKind::Whole(key) => (key, Some(key.as_str().to_owned())),
        FileKind::Unfinished(key) => (key, None),
        FileKind::Probe | FileKind::Foreign => return None,
    };
    Some(AttemptFile {
        storage_key,
        job: JobId(key.job_id()),
        epoch: Epoch(key.epoch()),
    })
}
