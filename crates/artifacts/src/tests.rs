#![allow(clippy::unwrap_used, clippy::print_stdout)]

use super::*;
use bytes::Bytes;
use futures::TryStreamExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

struct Store {
    artifacts: Artifacts,
    folder: tempfile::TempDir,
}

fn store() -> Store {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::local(&folder.path().join("made/when/missing")).unwrap();
    Store { artifacts, folder }
}

fn key() -> Key {
    Key::new("default", Uuid::from_u128(7), 1, "model.json").unwrap()
}

/// `length` bytes that differ from place to place.
fn content(length: usize) -> Bytes {
    (0..length).map(|i| (i * 31 % 251) as u8).collect()
}

/// All files below, whatever their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

impl Store {
    /// The one file in the store.
    fn file(&self) -> PathBuf {
        let files = files(self.folder.path());
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

#[tokio::test]
async fn what_was_put_is_read_back_under_its_key() {
    let store = store();
    let receipt = store.artifacts.put(&key(), content(1_000)).await.unwrap();
    assert_eq!(
        receipt,
        PutReceipt {
            sha256: Sha256::of(&content(1_000)),
            size: 1_000
        }
    );
    assert_eq!(
        store.artifacts.get(&key(), receipt.sha256).await.unwrap(),
        content(1_000)
    );
    assert!(store.file().ends_with(format!("made/when/missing/{}", key())));
}

#[test]
fn what_is_put_is_synced_to_the_disk() {
    // That a crash loses nothing cannot be shown here; that the store was told to sync can.
    assert!(format!("{:?}", store().artifacts).contains("fsync: true"));
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let store = store();
    let receipt = store.artifacts.put(&key(), Bytes::new()).await.unwrap();
    assert_eq!(
        store.artifacts.get(&key(), receipt.sha256).await.unwrap(),
        Bytes::new()
    );
    let download = store.artifacts.stream(&key(), 0).await.unwrap();
    assert_eq!(download.size, 0);
    assert_eq!(
        download.chunks.try_collect::<Vec<_>>().await.unwrap(),
        Vec::<Bytes>::new()
    );
}

#[tokio::test]
async fn a_put_can_be_repeated_and_never_overwrites() {
    let store = store();
    let first = store.artifacts.put(&key(), content(1_000)).await.unwrap();
    assert_eq!(store.artifacts.put(&key(), content(1_000)).await.unwrap(), first);
    let other = store.artifacts.put(&key(), content(999)).await;
    assert!(matches!(other, Err(ArtifactError::Conflict(_))), "{other:?}");
    assert_eq!(
        store.artifacts.get(&key(), first.sha256).await.unwrap(),
        content(1_000)
    );
    store.file(); // nothing temporary is left
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_puts_of_one_key_one_wins_whole() {
    let store = store();
    let puts = (0..16_usize).map(|i| {
        let artifacts = store.artifacts.clone();
        tokio::spawn(async move { artifacts.put(&key(), content(300_000 + i % 4)).await })
    });
    let outcomes: Vec<_> = futures::future::join_all(puts)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let won: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().ok())
        .collect();
    assert_eq!(won.len(), 4, "the winner and those with the same content");
    assert!(won.iter().all(|receipt| receipt.sha256 == won[0].sha256));
    assert!(
        outcomes
            .iter()
            .flat_map(|o| o.as_ref().err())
            .all(|e| matches!(e, ArtifactError::Conflict(_)))
    );
    assert_eq!(
        store.artifacts.get(&key(), won[0].sha256).await.unwrap().len() as u64,
        won[0].size
    );
    store.file();
}

#[tokio::test]
async fn a_corrupt_byte_is_found_and_not_handed_out() {
    let store = store();
    let receipt = store.artifacts.put(&key(), content(1_000)).await.unwrap();
    let mut bytes = std::fs::read(store.file()).unwrap();
    bytes[500] ^= 1;
    std::fs::write(store.file(), &bytes).unwrap();
    match store.artifacts.get(&key(), receipt.sha256).await {
        Err(ArtifactError::Corrupt { expected, found, .. }) => {
            assert_eq!((expected, found), (receipt.sha256, Sha256::of(&bytes)));
        }
        other => panic!("{other:?}"),
    }
    // A repeated put does not take the corrupt file for its own.
    assert!(matches!(
        store.artifacts.put(&key(), content(1_000)).await,
        Err(ArtifactError::Conflict(_))
    ));
}

#[tokio::test]
async fn a_cut_file_is_corrupt() {
    let store = store();
    let receipt = store.artifacts.put(&key(), content(1_000)).await.unwrap();
    std::fs::write(store.file(), content(999)).unwrap();
    assert!(matches!(
        store.artifacts.get(&key(), receipt.sha256).await,
        Err(ArtifactError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_can_be_deleted_twice() {
    let store = store();
    let receipt = store.artifacts.put(&key(), content(10)).await.unwrap();
    store.artifacts.delete(&key()).await.unwrap();
    store.artifacts.delete(&key()).await.unwrap();
    assert!(matches!(
        store.artifacts.get(&key(), receipt.sha256).await,
        Err(ArtifactError::NotFound(_))
    ));
    assert!(matches!(
        store.artifacts.stream(&key(), 0).await,
        Err(ArtifactError::NotFound(_))
    ));
    assert_eq!(files(store.folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_download_can_be_resumed_at_any_byte() {
    let store = store();
    let whole = content(2 * 256 * 1024 + 17);
    store.artifacts.put(&key(), whole.clone()).await.unwrap();
    for offset in [
        0,
        1,
        256 * 1024 - 1,
        256 * 1024,
        500_000,
        whole.len() - 1,
        whole.len(),
    ] {
        let download = store.artifacts.stream(&key(), offset as u64).await.unwrap();
        assert_eq!(download.size, whole.len() as u64);
        let chunks: Vec<Bytes> = download.chunks.try_collect().await.unwrap();
        let (last, full) = chunks
            .split_last()
            .map_or((&[][..], &[][..]), |(last, full)| (&last[..], full));
        assert!(full.iter().all(|chunk| chunk.len() as u64 == CHUNK_BYTES));
        assert!(last.len() as u64 <= CHUNK_BYTES && (!last.is_empty() || offset == whole.len()));
        assert_eq!(chunks.concat(), whole[offset..], "from {offset}");
    }
    let behind = store.artifacts.stream(&key(), whole.len() as u64 + 1).await.err();
    assert!(matches!(behind, Some(ArtifactError::OutOfRange { size, .. }) if size == whole.len() as u64));
}

#[tokio::test]
async fn a_download_of_a_file_deleted_on_the_way_ends_with_one_error() {
    let store = store();
    store
        .artifacts
        .put(&key(), content(3 * 256 * 1024))
        .await
        .unwrap();
    let mut download = store.artifacts.stream(&key(), 0).await.unwrap();
    assert_eq!(
        download.chunks.try_next().await.unwrap().unwrap().len() as u64,
        CHUNK_BYTES
    );
    store.artifacts.delete(&key()).await.unwrap();
    assert!(matches!(
        download.chunks.try_next().await,
        Err(ArtifactError::NotFound(_))
    ));
    assert!(download.chunks.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn the_probe_leaves_nothing_behind_and_tells_the_room() {
    let store = store();
    let room = store.artifacts.check_writable().await.unwrap();
    assert!(room.free_bytes.unwrap() > 0);
    assert_eq!(files(store.folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_store_that_vanished_or_may_not_be_written_is_unavailable() {
    let store = store();
    let root = store.folder.path().join("made/when/missing");
    std::fs::remove_dir(&root).unwrap();
    std::fs::write(&root, "a file now").unwrap();
    assert!(matches!(
        store.artifacts.check_writable().await,
        Err(ArtifactError::Unavailable(_))
    ));
    assert!(matches!(
        store.artifacts.put(&key(), content(1)).await,
        Err(ArtifactError::Unavailable(_))
    ));
    assert!(matches!(
        Artifacts::local(&root),
        Err(ArtifactError::Unavailable(_))
    ));
    if nix::unistd::geteuid().is_root() {
        println!("skipped: root may write everywhere, so a folder without permission cannot be shown");
        return;
    }
    std::fs::remove_file(&root).unwrap();
    std::fs::create_dir(&root).unwrap();
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o500)).unwrap();
    assert!(matches!(
        store.artifacts.check_writable().await,
        Err(ArtifactError::Unavailable(_))
    ));
}

/// A file system of one MiB, unmounted at the end. None, with the reason printed, where it cannot be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(folder.path())
            .output();
        match mount {
            Ok(output) if output.status.success() => return Some(Self(folder)),
            Ok(output) => {
                println!(
                    "skipped: no disk can be mounted: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
            }
            Err(error) => println!("skipped: no disk can be mounted: {error}"),
        }
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_leaves_nothing_half_written() {
    let Some(disk) = SmallDisk::mount() else { return };
    let artifacts = Artifacts::local(&disk.0.path().join("artifacts")).unwrap();
    let kept = Key::new("default", Uuid::from_u128(1), 1, "kept").unwrap();
    let receipt = artifacts.put(&kept, content(600_000)).await.unwrap();
    let before = artifacts.check_writable().await.unwrap().free_bytes.unwrap();

    let outcome = artifacts.put(&key(), content(600_000)).await;
    assert!(matches!(outcome, Err(ArtifactError::NoSpace(_))), "{outcome:?}");
    assert!(matches!(
        artifacts.get(&key(), receipt.sha256).await,
        Err(ArtifactError::NotFound(_))
    ));
    assert_eq!(
        artifacts.get(&kept, receipt.sha256).await.unwrap(),
        content(600_000)
    );
    assert_eq!(files(disk.0.path()).len(), 1, "the temporary file is gone");
    let after = artifacts.check_writable().await.unwrap().free_bytes.unwrap();
    assert!(
        before < 1 << 20 && after + 65_536 > before,
        "{before} bytes were free, now {after}"
    );

    let room = usize::try_from(after).unwrap();
    let filler = Key::new("default", Uuid::from_u128(2), 1, "filler").unwrap();
    std::fs::write(disk.0.path().join("filler"), vec![0; room]).ok();
    assert!(matches!(
        artifacts.put(&filler, content(10)).await,
        Err(ArtifactError::NoSpace(_))
    ));
    assert!(matches!(
        artifacts.check_writable().await,
        Err(ArtifactError::NoSpace(_))
    ));
}

/// Everything that is listed, by path.
async fn listed(artifacts: &Artifacts) -> Vec<StoredFile> {
    let mut files: Vec<StoredFile> = artifacts.list().try_collect().await.unwrap();
    files.sort_by_key(|file| format!("{:?}", file.kind));
    files
}

fn kinds(files: &[StoredFile]) -> Vec<FileKind> {
    files.iter().map(|file| file.kind.clone()).collect()
}

#[tokio::test]
async fn a_list_tells_whole_files_from_unfinished_ones_and_from_what_is_not_ours() {
    let store = store();
    store.artifacts.put(&key(), content(10)).await.unwrap();
    let folder = store.file().parent().unwrap().to_owned();
    let root = store.folder.path().join("made/when/missing");
    std::fs::create_dir(root.join(".probe")).unwrap();
    let probe = format!(".probe/{}#1", Uuid::from_u128(3));
    for path in [
        folder.join("model.json#12"),
        folder.join("model.json#x"),
        folder.join("#1"),
        root.join(probe),
        root.join(".probe/notes"),
        root.join("README"),
    ] {
        std::fs::write(path, "x").unwrap();
    }
    let found = kinds(&listed(&store.artifacts).await);
    use FileKind::{Foreign, Probe, Unfinished, Whole};
    let other = vec![Foreign; 4];
    let expected = [other, vec![Probe, Unfinished(key()), Whole(key())]].concat();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_files_of_a_job_are_listed_alone_and_a_job_without_files_has_none() {
    let store = store();
    let other = Key::new("default", Uuid::from_u128(8), 1, "model.json").unwrap();
    let later = Key::new("default", Uuid::from_u128(7), 2, "model.json").unwrap();
    for key in [&key(), &other, &later] {
        store.artifacts.put(key, content(10)).await.unwrap();
    }
    let list = |job| {
        store
            .artifacts
            .list_job("default", Uuid::from_u128(job))
            .try_collect::<Vec<_>>()
    };
    let mut files = kinds(&list(7).await.unwrap());
    files.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(files, [FileKind::Whole(key()), FileKind::Whole(later)]);
    assert_eq!(list(9).await.unwrap(), []);
    let outside = store.artifacts.list_job("..", Uuid::from_u128(7));
    assert!(matches!(
        outside.try_collect::<Vec<_>>().await,
        Err(ArtifactError::InvalidKey(_))
    ));
}

#[tokio::test]
async fn a_list_of_thousands_of_files_comes_bit_by_bit() {
    let store = store();
    let folder = store
        .folder
        .path()
        .join("made/when/missing")
        .join(format!("default/{}/1", Uuid::from_u128(7)));
    std::fs::create_dir_all(&folder).unwrap();
    for i in 0..3000 {
        std::fs::write(folder.join(format!("f{i}")), "x").unwrap();
    }
    let first = store.artifacts.list().try_next().await.unwrap();
    assert!(first.is_some(), "and the rest of the walk ends with its reader");
    assert_eq!(listed(&store.artifacts).await.len(), 3000);
}

#[tokio::test]
async fn a_removed_file_takes_its_empty_folders_along_and_no_others() {
    let store = store();
    let second = Key::new("default", Uuid::from_u128(7), 2, "model.json").unwrap();
    for key in [&key(), &second] {
        store.artifacts.put(key, content(10)).await.unwrap();
    }
    let root = store.folder.path().join("made/when/missing");
    let files = listed(&store.artifacts).await;
    store.artifacts.remove(&files[0]).await.unwrap();
    store.artifacts.remove(&files[0]).await.unwrap(); // it is gone, which is no error
    let job = root.join("default").join(Uuid::from_u128(7).to_string());
    assert!(!job.join("1").exists() && job.join("2/model.json").exists());
    store.artifacts.delete(&second).await.unwrap();
    assert!(
        !job.exists() && root.join("default").exists(),
        "the project's folder stays"
    );
}
