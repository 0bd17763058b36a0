//! Which files there are, whatever the rows say: for the sweep, which looks for those that no row names.

use crate::error::of_store;
use crate::place::{Place, remove_file};
use crate::{ArtifactError, Artifacts, Key};
use futures::stream::{BoxStream, StreamExt, TryStreamExt, unfold};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStoreExt};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::sync::mpsc;
use uuid::Uuid;
use walkdir::{DirEntry, WalkDir};

/// Files that are found ahead of the reader.
const AHEAD: usize = 256;

/// A file of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Below the store's folder.
    path: PathBuf,
    /// What it is, by its name.
    pub kind: FileKind,
    /// When it was written, by the clock of the storage.
    pub modified: SystemTime,
}

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileKind {
    /// A whole file under its key.
    Whole(Key),
    /// What a put of this key has written so far, or has left behind when it was cut short.
    Unfinished(Key),
    /// Of a look whether the store can be written.
    Probe,
    /// Nothing that this service writes.
    Foreign,
}

impl StoredFile {
    /// Where it lies below the store's folder, or in its bucket.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Artifacts {
    /// All files, in no order, as they are found; what cannot be listed is an error in between.
    pub fn list(&self) -> BoxStream<'static, Result<StoredFile, ArtifactError>> {
        self.below(String::new())
    }

    /// The files of one job, as [`list`](Self::list); none when it has none.
    pub fn list_job(
        &self,
        project: &str,
        job: Uuid,
    ) -> BoxStream<'static, Result<StoredFile, ArtifactError>> {
        match Key::folder_of_job(project, job) {
            Ok(below) => self.below(below),
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        }
    }

    /// Removes a listed file, and the folders of its job that are empty without it. One that is gone is no error.
    ///
    /// # Errors
    /// [`ArtifactError::Unavailable`].
    pub async fn remove(&self, file: &StoredFile) -> Result<(), ArtifactError> {
        let path = file.path.clone();
        match &self.place {
            Place::Folder(folder) => {
                let folder = folder.clone();
                let removed = tokio::task::spawn_blocking(move || remove_file(&folder, &path));
                removed
                    .await
                    .unwrap_or_else(|error| Err(ArtifactError::Unavailable(error.to_string())))
            }
            Place::Bucket(_) => {
                let key = path.to_string_lossy();
                match self.store.delete(&ObjectPath::from(&*key)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(of_store(&key, error)),
                }
            }
        }
    }

    fn below(&self, below: String) -> BoxStream<'static, Result<StoredFile, ArtifactError>> {
        match &self.place {
            Place::Folder(folder) => walk(folder.clone(), folder.join(below)),
            Place::Bucket(_) => {
                let prefix = (!below.is_empty()).then(|| ObjectPath::from(below));
                let listed = self.store.list(prefix.as_ref());
                listed
                    .map_ok(|object| listed_object(&object))
                    .map_err(|error| of_store("of the list", error))
                    .boxed()
            }
        }
    }
}

/// An object of a bucket.
fn listed_object(object: &ObjectMeta) -> StoredFile {
    let path = PathBuf::from(object.location.as_ref());
    StoredFile {
        kind: kind_of(&path),
        path,
        modified: object.last_modified.into(),
    }
}

/// The files of a folder of the store's `folder`.
fn walk(folder: PathBuf, from: PathBuf) -> BoxStream<'static, Result<StoredFile, ArtifactError>> {
    let (found, reader) = mpsc::channel(AHEAD);
    // Ends when the reader is dropped.
    tokio::task::spawn_blocking(move || {
        for entry in WalkDir::new(from).follow_links(true) {
            let file = match entry {
                Ok(entry) => stored_file(&folder, &entry).map(Ok),
                Err(error) => failure(&folder, &error).map(Err),
            };
            if let Some(file) = file
                && found.blocking_send(file).is_err()
            {
                return;
            }
        }
    });
    unfold(reader, |mut reader| async move {
        let file = reader.recv().await?;
        Some((file, reader))
    })
    .boxed()
}

/// `None` for what is no file, and for one that went away meanwhile.
fn stored_file(folder: &Path, entry: &DirEntry) -> Option<StoredFile> {
    if !entry.file_type().is_file() {
        return None;
    }
    let path = entry.path().strip_prefix(folder).ok()?.to_owned();
    let modified = entry.metadata().ok()?.modified().ok()?;
    Some(StoredFile {
        kind: kind_of(&path),
        path,
        modified,
    })
}

fn kind_of(path: &Path) -> FileKind {
    let Some(text) = path.to_str() else {
        return FileKind::Foreign;
    };
    let (name, part) = match text.rsplit_once('#') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            (name, true)
        }
        _ => (text, false),
    };
    if let Ok(key) = name.parse::<Key>() {
        return if part {
            FileKind::Unfinished(key)
        } else {
            FileKind::Whole(key)
        };
    }
    let probe = name
        .strip_prefix(crate::probe::FOLDER)
        .and_then(|rest| rest.strip_prefix('/'));
    match probe {
        Some(id) if Uuid::try_parse(id).is_ok() => FileKind::Probe,
        _ => FileKind::Foreign,
    }
}

/// `None` for what went away meanwhile.
fn failure(folder: &Path, error: &walkdir::Error) -> Option<ArtifactError> {
    let gone = error.io_error().is_some_and(|e| e.kind() == ErrorKind::NotFound);
    if gone {
        return None;
    }
    let place = error.path().and_then(|path| path.strip_prefix(folder).ok());
    Some(unavailable(place.unwrap_or_else(|| Path::new("")), error))
}

fn unavailable(path: &Path, error: &dyn std::fmt::Display) -> ArtifactError {
    ArtifactError::Unavailable(format!("{}: {error}", path.display()))
}
