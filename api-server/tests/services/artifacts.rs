//! Files: listed, downloaded, resumed, and never handed out damaged.

use crate::house::{House, PARENT, reason, refused};
use crate::support::requests::JOB;
use crate::support::world::furnish;
use mltraining_proto::v1;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tonic::{Code, Status};

const CONTENT: &[u8] = b"a model";

fn file() -> String {
    format!("{PARENT}/jobs/{JOB}/artifacts/model.mlts")
}

async fn furnished() -> House {
    let house = House::empty().await;
    furnish(
        &house.api.store,
        &house.api.context.artifacts,
        &"default".parse().unwrap(),
    )
    .await;
    house
}

/// The bytes received, and the last message if it came.
async fn download(
    house: &House,
    name: &str,
    offset: i64,
) -> Result<(Vec<u8>, v1::DownloadArtifactResponse), Status> {
    let request = v1::DownloadArtifactRequest {
        name: name.to_owned(),
        offset,
    };
    let mut stream = house.artifacts().download_artifact(request).await?.into_inner();
    let (mut bytes, mut last) = (Vec::new(), None);
    while let Some(message) = stream.message().await? {
        assert_eq!(message.offset, offset + bytes.len() as i64);
        assert!(message.data.len() <= 256 * 1024);
        bytes.extend_from_slice(&message.data);
        last = Some(message);
    }
    Ok((bytes, last.unwrap()))
}

/// Puts a file of a few chunks into the place of the small one.
fn enlarge(house: &House) -> Vec<u8> {
    let content: Vec<u8> = (0..700_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::write(path(house), &content).unwrap();
    let hash: String = Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    house.sql(&format!(
        "update artifact set size_bytes = {}, sha256 = '\\x{hash}'",
        content.len()
    ));
    content
}

fn path(house: &House) -> PathBuf {
    house
        .api
        .context
        .config
        .artifacts
        .dir
        .join(house.sql("select storage_key from artifact"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_listed_and_downloaded_with_its_hash() {
    let house = furnished().await;
    let request = v1::ListArtifactsRequest {
        parent: format!("{PARENT}/jobs/{JOB}"),
        ..v1::ListArtifactsRequest::default()
    };
    let listed = house
        .artifacts()
        .list_artifacts(request)
        .await
        .unwrap()
        .into_inner()
        .artifacts;
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, file().as_str()));
    assert_eq!(listed[0].size_bytes, CONTENT.len() as i64);
    let (bytes, last) = download(&house, &file(), 0).await.unwrap();
    assert_eq!(bytes, CONTENT);
    assert_eq!(
        (last.sha256, last.size_bytes),
        (listed[0].sha256.clone(), CONTENT.len() as i64)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_goes_on_at_any_byte() {
    let house = furnished().await;
    let content = enlarge(&house);
    for offset in [0, 1, 262_143, 262_144, 262_145, 524_288, 699_999, 700_000] {
        let (bytes, last) = download(&house, &file(), offset).await.unwrap();
        assert_eq!(bytes, content[offset as usize..], "from {offset}");
        assert_eq!((last.sha256.len(), last.size_bytes), (64, 700_000));
    }
    for offset in [-1, 700_001] {
        let status = download(&house, &file(), offset).await.unwrap_err();
        refused(&status, Code::InvalidArgument, "INVALID_FIELD", &["offset"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_ends_in_an_error_and_not_in_its_hash() {
    let house = furnished().await;
    let mut content = enlarge(&house);
    content[5] ^= 1;
    std::fs::write(path(&house), &content).unwrap();
    // Also for a client that has the damaged byte already.
    for offset in [0, 400_000] {
        let status = download(&house, &file(), offset).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::DataLoss, "ARTIFACT_CORRUPT")
        );
    }
    std::fs::write(path(&house), b"short").unwrap();
    assert_eq!(
        download(&house, &file(), 0).await.unwrap_err().code(),
        Code::DataLoss
    );
    std::fs::remove_file(path(&house)).unwrap();
    assert_eq!(
        download(&house, &file(), 0).await.unwrap_err().code(),
        Code::DataLoss
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let house = furnished().await;
    let none = format!("{PARENT}/jobs/{JOB}/artifacts/none.json");
    assert_eq!(
        download(&house, &none, 0).await.unwrap_err().code(),
        Code::NotFound
    );
    let outside = format!("{PARENT}/jobs/{JOB}/artifacts/../../secret");
    assert_eq!(
        download(&house, &outside, 0).await.unwrap_err().code(),
        Code::InvalidArgument
    );
    let request = v1::ListArtifactsRequest {
        parent: format!("{PARENT}/jobs/01890a5d-ac96-774b-bcce-000000000000"),
        ..v1::ListArtifactsRequest::default()
    };
    assert_eq!(
        house
            .artifacts()
            .list_artifacts(request)
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
}
