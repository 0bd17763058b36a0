//! Artifacts in a bucket: the rules that a folder keeps, and a training by real processes. Skipped without a server that speaks S3.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use futures::TryStreamExt;
use mltraining_artifacts::{ArtifactError, Artifacts, Bucket, FileKind, Key, Sha256};
use mltraining_tests::bucket::{BUCKET, Storage};
use mltraining_tests::system::{System, free_port};
use mltraining_tests::{data, wait};
use uuid::Uuid;

/// The bucket behind a prefix.
fn artifacts(endpoint: String, prefix: &str) -> Artifacts {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bucket = Bucket {
        name: BUCKET.to_owned(),
        prefix: prefix.to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        access_key: Some(("id".to_owned(), "hush".to_owned())),
    };
    assert!(!format!("{bucket:?}").contains("hush"));
    Artifacts::bucket(&bucket).unwrap()
}

fn key(job: u128, file: &str) -> Key {
    Key::new("default", Uuid::from_u128(job), 1, file).unwrap()
}

/// `length` bytes that differ from place to place.
fn content(length: usize) -> Bytes {
    (0..length).map(|i| (i * 31 % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_the_rules_that_a_folder_keeps() {
    let Some(storage) = Storage::start().await else {
        return;
    };
    let artifacts = artifacts(storage.endpoint.clone(), "service/a");
    is_read_back(&artifacts).await;
    is_never_overwritten(&artifacts).await;
    goes_piece_by_piece(&artifacts).await;
    is_listed_and_removed(&artifacts).await;
    is_not_handed_out_when_corrupt(&artifacts).await;
    let room = artifacts.check_writable().await.unwrap();
    assert_eq!(room.free_bytes, None, "a bucket does not tell");
    let other = self::artifacts(storage.endpoint.clone(), "service/b");
    assert!(other.list().try_collect::<Vec<_>>().await.unwrap().is_empty());
}

/// 70 MiB: four parts of 16 MiB and a rest.
const LARGE: usize = 70 << 20;

/// Many bytes, made quickly; `first` is the one that differs.
fn large(first: u8) -> Bytes {
    let mut all = content(251).repeat(LARGE / 251 + 1);
    all.truncate(LARGE);
    all[0] = first;
    all.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_up_in_parts_and_is_neither_overwritten_nor_left_unfinished() {
    let Some(storage) = Storage::start().await else {
        return;
    };
    let artifacts = artifacts(storage.endpoint.clone(), "service/a");
    let key = key(1, "predictions.parquet");
    let path = format!("/{BUCKET}/service/a/{key}");
    let receipt = artifacts.put(&key, large(1)).await.unwrap();
    assert_eq!(receipt.size, LARGE as u64);
    let read = artifacts.get(&key, receipt.sha256).await.unwrap();
    assert!(read == large(1), "every part stands in its place");
    // The tag of a file of parts tells how many there were.
    let head = storage.ask("HEAD", &path).await;
    assert!(head.contains("-5\""), "{head}");

    let again = artifacts.put(&key, large(1)).await.unwrap();
    assert_eq!(again, receipt, "the same again is no error");
    let other = artifacts.put(&key, large(9)).await;
    assert!(matches!(other, Err(ArtifactError::Conflict(_))), "{other:?}");
    let kept = artifacts.measure(&key).await.unwrap();
    assert_eq!(kept, receipt);
    loses_a_key_that_was_taken_on_the_way(&storage, &artifacts).await;
    let unfinished = storage.ask("GET", &format!("/{BUCKET}?uploads")).await;
    assert!(unfinished.contains("ListMultipartUploadsResult"), "{unfinished}");
    assert!(
        !unfinished.contains("<UploadId>"),
        "nothing is left: {unfinished}"
    );
}

/// Parts are on their way when another file gets the key: the last step is refused, unless it came first.
async fn loses_a_key_that_was_taken_on_the_way(storage: &Storage, artifacts: &Artifacts) {
    let key = key(2, "predictions.parquet");
    let put = {
        let (artifacts, key) = (artifacts.clone(), key.clone());
        tokio::spawn(async move { artifacts.put(&key, large(2)).await })
    };
    wait::until("the upload has begun", || async {
        let uploads = storage.ask("GET", &format!("/{BUCKET}?uploads")).await;
        (uploads.contains("<UploadId>") || put.is_finished()).then_some(())
    })
    .await;
    let small = artifacts.put(&key, content(1_000)).await;
    let large = put.await.unwrap();
    let lost = match (small, large) {
        (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => lost,
        (small, large) => panic!("one of both has the key: {small:?} {large:?}"),
    };
    assert!(matches!(lost, ArtifactError::Conflict(_)), "{lost}");
}

async fn is_read_back(artifacts: &Artifacts) {
    for (file, length) in [("some.bin", 1_000), ("none.bin", 0)] {
        let key = key(1, file);
        let receipt = artifacts.put(&key, content(length)).await.unwrap();
        assert_eq!(
            (receipt.size, receipt.sha256),
            (length as u64, Sha256::of(&content(length)))
        );
        assert_eq!(
            artifacts.get(&key, receipt.sha256).await.unwrap(),
            content(length)
        );
    }
    let missing = artifacts.get(&key(1, "missing.bin"), Sha256::of(b"")).await;
    assert!(matches!(missing, Err(ArtifactError::NotFound(_))), "{missing:?}");
}

async fn is_never_overwritten(artifacts: &Artifacts) {
    let puts = (0..8_usize).map(|i| {
        let artifacts = artifacts.clone();
        tokio::spawn(async move { artifacts.put(&key(2, "one.bin"), content(50_000 + i % 4)).await })
    });
    let outcomes = futures::future::join_all(puts)
        .await
        .into_iter()
        .map(Result::unwrap);
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
    assert_eq!(
        won.len(),
        2,
        "the winner and the one with the same content: {lost:?}"
    );
    let lost = lost.into_iter().map(Result::unwrap_err);
    assert!(
        lost.into_iter()
            .all(|error| matches!(error, ArtifactError::Conflict(_)))
    );
    let first = won.into_iter().next().unwrap().unwrap();
    assert_eq!(
        artifacts
            .get(&key(2, "one.bin"), first.sha256)
            .await
            .unwrap()
            .len() as u64,
        first.size
    );
}

async fn goes_piece_by_piece(artifacts: &Artifacts) {
    let (key, whole) = (key(3, "long.bin"), content(700_000));
    artifacts.put(&key, whole.clone()).await.unwrap();
    for offset in [0, 300_001, 700_000] {
        let download = artifacts.stream(&key, offset as u64).await.unwrap();
        let pieces: Vec<Bytes> = download.chunks.try_collect().await.unwrap();
        assert_eq!(
            (download.size, pieces.concat().as_slice()),
            (700_000, &whole[offset..])
        );
    }
    let beyond = artifacts.stream(&key, 700_001).await;
    assert!(matches!(beyond.err(), Some(ArtifactError::OutOfRange { .. })));
}

async fn is_listed_and_removed(artifacts: &Artifacts) {
    let names = async || {
        let files: Vec<_> = artifacts.list().try_collect().await.unwrap();
        let mut kinds: Vec<_> = files.into_iter().map(|file| format!("{:?}", file.kind)).collect();
        kinds.sort_unstable();
        kinds
    };
    assert_eq!(names().await.len(), 4);
    let of_job: Vec<_> = artifacts
        .list_job("default", Uuid::from_u128(1))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(of_job.len(), 2);
    let first = of_job
        .iter()
        .find(|file| file.kind == FileKind::Whole(key(1, "some.bin")));
    artifacts.remove(first.unwrap()).await.unwrap();
    artifacts.remove(first.unwrap()).await.unwrap(); // what is gone is no error
    artifacts.delete(&key(1, "none.bin")).await.unwrap();
    artifacts.delete(&key(1, "none.bin")).await.unwrap();
    assert_eq!(names().await.len(), 2);
}

async fn is_not_handed_out_when_corrupt(artifacts: &Artifacts) {
    let key = key(4, "model.mlts");
    let receipt = artifacts.put(&key, content(1_000)).await.unwrap();
    artifacts.delete(&key).await.unwrap();
    artifacts.put(&key, content(999)).await.unwrap();
    let read = artifacts.get(&key, receipt.sha256).await;
    assert!(matches!(read, Err(ArtifactError::Corrupt { .. })), "{read:?}");
}

#[tokio::test]
async fn a_storage_that_is_away_is_unavailable() {
    let artifacts = artifacts(format!("http://127.0.0.1:{}", free_port()), "");
    let put = artifacts.put(&key(1, "a.bin"), content(10)).await;
    assert!(matches!(put, Err(ArtifactError::Unavailable(_))), "{put:?}");
}

#[tokio::test]
async fn a_model_trained_into_a_bucket_is_downloaded_from_it_and_nothing_lies_in_the_folder() {
    let Some(storage) = Storage::start().await else {
        return;
    };
    let settings = [
        ("MLTS_ARTIFACTS__S3__BUCKET", BUCKET),
        ("MLTS_ARTIFACTS__S3__PREFIX", "mlts"),
        ("MLTS_ARTIFACTS__S3__ENDPOINT", storage.endpoint.as_str()),
        ("MLTS_ARTIFACTS__S3__ACCESS_KEY_ID", "id"),
        ("MLTS_ARTIFACTS__S3__SECRET_ACCESS_KEY", "hush"),
    ];
    let mut system = System::start_with(&settings).await;
    data::make_bars(&system.database, 2, 1000);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let job = caller.trained(data::training("m", 1000, 5)).await;
    let folder = tempfile::tempdir().unwrap();
    system.says(
        0,
        &[
            "model",
            "download",
            "m",
            "--output",
            folder.path().to_str().unwrap(),
        ],
    );
    let model = std::fs::read(folder.path().join("model.mlts")).unwrap();
    assert!(!model.is_empty());

    let kept = artifacts(storage.endpoint.clone(), "mlts");
    let id = job.name.rsplit('/').next().unwrap().parse::<Uuid>().unwrap();
    let files: Vec<_> = kept.list_job("default", id).try_collect().await.unwrap();
    assert_eq!(files.len(), 7, "{files:?}");
    assert!(files.iter().all(|file| matches!(file.kind, FileKind::Whole(_))));
    let local = system.folder.path().join("artifacts");
    assert!(!local.exists() || std::fs::read_dir(local).unwrap().next().is_none());
}
