//! Where the files lie, for what an object store does not do by itself.

use crate::ArtifactError;
use crate::parts::Parts;
use nix::sys::statvfs::statvfs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the files lie.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// In this folder.
    Folder(PathBuf),
    /// In a bucket, which has no folders and does not tell its free space.
    Bucket(Parts),
}

impl Place {
    /// Removes the folders above a removed file that are empty now.
    pub(crate) async fn tidy(&self, removed: PathBuf) {
        if let Self::Folder(folder) = self {
            let folder = folder.clone();
            // Empty folders are in nobody's way: it does not matter whether they could be removed.
            let _ = tokio::task::spawn_blocking(move || tidy(&folder, &removed)).await;
        }
    }

    /// Free bytes of the file system that holds the folder; `None` when it is not known.
    pub(crate) async fn free_bytes(&self) -> Option<u64> {
        let Self::Folder(folder) = self else {
            return None;
        };
        let folder = folder.clone();
        let found = tokio::task::spawn_blocking(move || statvfs(&folder))
            .await
            .ok()?
            .ok()?;
        #[allow(clippy::useless_conversion, reason = "the widths differ between systems")]
        u64::from(found.blocks_available()).checked_mul(u64::from(found.fragment_size()))
    }
}

/// Removes a file of a folder whatever its name, and the folders that are empty without it. One that is gone is no error.
pub(crate) fn remove_file(folder: &Path, path: &Path) -> Result<(), ArtifactError> {
    match std::fs::remove_file(folder.join(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(ArtifactError::Unavailable(format!("{}: {error}", path.display())));
        }
        _ => {}
    }
    tidy(folder, path);
    Ok(())
}

/// Removes the folders above a removed file that are empty now: the attempt's and the job's. A project's stays, since
/// another job may be about to make its own in it.
fn tidy(folder: &Path, removed: &Path) {
    let of_a_job = |above: &&Path| above.components().count() >= 2;
    for above in removed.ancestors().skip(1).take_while(of_a_job) {
        if std::fs::remove_dir(folder.join(above)).is_err() {
            return;
        }
    }
}
