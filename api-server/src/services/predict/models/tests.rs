//! Models in memory: read once, bounded, and never damaged ones.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::services::predict::scoring::say;
use bytes::Bytes;
use futures::future::join_all;
use mltraining_domain::{AlgorithmSpec, GaussianNbSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{Header, encode};
use std::sync::atomic::AtomicBool;
use uuid::Uuid;

/// A model of one feature, whose file differs by its seed.
fn model(seed: u64) -> ModelFile {
    let x = Matrix::new(vec!["close".to_owned()], vec![(0..40u8).map(f32::from).collect()]).unwrap();
    let labels: Vec<u8> = (0..40).map(|row| u8::from(row >= 20)).collect();
    let rows: Vec<u32> = (0..40).collect();
    let spec = AlgorithmSpec::GaussianNb(GaussianNbSpec::default());
    let header = Header {
        spec_hash: "ab".repeat(32),
        source_fingerprint: "cd".repeat(32),
        feature_names: x.names().to_vec(),
        label: serde_json::json!({}),
        threshold: Some(0.5),
        calibration: None,
        seed,
        service_version: "0.1.0".to_owned(),
    };
    ModelFile {
        header,
        model: fit(&spec, &x, &rows, &labels, seed, &Control::none()).unwrap(),
    }
}

async fn put(artifacts: &Artifacts, content: Vec<u8>) -> ModelFileRow {
    let key = Key::new("p", Uuid::now_v7(), 1, "model.mlts").unwrap();
    let put = artifacts.put(&key, Bytes::from(content)).await.unwrap();
    ModelFileRow {
        storage_key: key.to_string(),
        sha256: put.sha256.0,
        size_bytes: put.size,
    }
}

async fn get(models: &Models, file: &ModelFileRow) -> Result<Arc<ModelFile>, Arc<Unread>> {
    let reading = models.read(file);
    let kept = models.kept.try_get_with(Sha256(file.sha256), reading).await;
    kept.map(|kept| kept.model)
}

#[tokio::test]
async fn all_who_ask_at_once_get_one_model_and_one_that_is_kept_needs_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::local(folder.path()).unwrap();
    let models = Models::new(artifacts.clone(), 1 << 20);
    let file = put(&artifacts, encode(&model(1))).await;
    let found = join_all((0..8).map(|_| get(&models, &file))).await;
    let first = found[0].clone().unwrap();
    assert!(found.iter().all(|one| Arc::ptr_eq(one.as_ref().unwrap(), &first)));
    artifacts
        .delete(&file.storage_key.parse().unwrap())
        .await
        .unwrap();
    assert!(Arc::ptr_eq(&get(&models, &file).await.unwrap(), &first));
}

#[tokio::test]
async fn models_together_take_no_more_than_they_may() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::local(folder.path()).unwrap();
    let size = encode(&model(1)).len() as u64 * WIDER;
    let models = Models::new(artifacts.clone(), 3 * size.next_multiple_of(UNIT));
    for seed in 1..=8 {
        let file = put(&artifacts, encode(&model(seed))).await;
        assert_eq!(get(&models, &file).await.unwrap().header.seed, seed);
        models.kept.run_pending_tasks().await;
        assert!(models.kept.weighted_size() * UNIT <= models.most_bytes);
    }
    assert!((1..=3).contains(&models.kept.entry_count()));
}

#[tokio::test]
async fn damaged_files_give_no_model_and_are_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::local(folder.path()).unwrap();
    let models = Models::new(artifacts.clone(), 1 << 20);
    let whole = put(&artifacts, encode(&model(1))).await;
    let other = put(&artifacts, b"no model".to_vec()).await;
    let longer = ModelFileRow {
        size_bytes: whole.size_bytes + 1,
        ..whole.clone()
    };
    let swapped = ModelFileRow {
        storage_key: other.storage_key.clone(),
        size_bytes: other.size_bytes,
        ..whole.clone()
    };
    for file in [&other, &longer, &swapped] {
        let unread = get(&models, file).await.unwrap_err();
        assert!(matches!(*unread, Unread::Corrupt(_)), "{unread}");
    }
    assert!(get(&models, &whole).await.is_ok());
}

#[test]
fn a_row_without_any_value_gets_no_score_and_others_their_own() {
    let said = say(
        &model(1),
        vec![vec![39.0, f32::NAN, 0.0]],
        &AtomicBool::new(false),
    )
    .unwrap();
    assert!(said[0].outcome.unwrap() > 0.9 && said[2].outcome.unwrap() < 0.1);
    assert!(said[1].outcome.is_err());
    assert!(say(&model(1), vec![vec![1.0]], &AtomicBool::new(true)).is_none());
}
