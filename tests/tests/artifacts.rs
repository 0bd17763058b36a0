//! The files that a training leaves, as others see them: listed, downloaded, opened by a browser, read by Python.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use mltraining_proto::v1 as pb;
use mltraining_tests::system::System;
use mltraining_tests::{data, others};
use sha2::{Digest, Sha256};
use std::path::Path;

const MINUTES: u32 = 2000;

const FILES: [(&str, &str); 7] = [
    ("metrics.json", "application/json"),
    ("model.mlts", "application/vnd.mltraining.model"),
    ("model.onnx", "application/onnx"),
    ("model_card.md", "text/markdown; charset=utf-8"),
    ("predictions.parquet", "application/vnd.apache.parquet"),
    ("report.html", "text/html; charset=utf-8"),
    ("source_days.jsonl", "application/jsonl"),
];

/// A system with a model `m`, calibrated, and the job that made it.
async fn with_model() -> (System, pb::Job) {
    let mut system = System::start().await;
    data::make_bars(&system.database, 3, MINUTES);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let mut request = data::training("m", MINUTES.into(), 20);
    let spec = request.spec.as_mut().unwrap();
    spec.set_calibration(pb::Calibration::Platt);
    let job = caller.trained(request).await;
    (system, job)
}

fn hash(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[tokio::test]
async fn a_training_leaves_a_model_its_report_and_its_predictions_which_others_can_read() {
    let (system, job) = with_model().await;
    let request = pb::ListArtifactsRequest {
        parent: job.name.clone(),
        ..pb::ListArtifactsRequest::default()
    };
    let listed = system
        .caller()
        .artifacts
        .clone()
        .list_artifacts(request)
        .await
        .unwrap()
        .into_inner()
        .artifacts;
    let kinds: Vec<(&str, &str)> = listed
        .iter()
        .map(|file| (file.name.rsplit('/').next().unwrap(), file.media_type.as_str()))
        .collect();
    assert_eq!(kinds, FILES);

    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let said = system.says(0, &["report", "m", "--no-open", "--output", into]);
    let page = folder.path().join("report.html");
    assert!(said.contains(page.to_str().unwrap()), "{said}");
    system.says(0, &["model", "download", "m", "--output", into]);
    for (listed, (file, _)) in listed.iter().zip(FILES) {
        let path = folder.path().join(file);
        let size = std::fs::metadata(&path).unwrap().len() as i64;
        assert_eq!(
            (size, &hash(&path)),
            (listed.size_bytes, &listed.sha256),
            "{file}"
        );
    }

    let metrics: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("metrics.json")).unwrap()).unwrap();
    let largest = metrics["onnx"]["kept"]["largest_difference"].as_f64().unwrap();
    eprintln!("model.onnx differs from model.mlts by {largest:e}");
    assert!(largest <= 1e-9, "{}", metrics["onnx"]);
    let written = std::fs::read_to_string(&page).unwrap();
    let skill = metrics["evaluation"]["skill"]
        .as_f64()
        .map(|skill| format!("{:.3}", skill.abs()))
        .unwrap();
    for told in [
        &skill,
        metrics["facts"]["model_sha256"].as_str().unwrap(),
        "the close rises by",
    ] {
        assert!(written.contains(told), "{told} is not in the report");
    }
    others::python("artifacts.py", folder.path());
    open_in_browser(&page, &written);
}

/// The browser finds every chart and every table, and complains of nothing.
fn open_in_browser(page: &Path, written: &str) {
    let Some(browser) = others::browser() else {
        return;
    };
    let profile = tempfile::tempdir().unwrap();
    let (dom, complaints) = others::opened(&browser, page, profile.path());
    assert_eq!(complaints, Vec::<String>::new());
    for tag in ["<svg", "<table", "<section", "<path"] {
        assert_eq!(dom.matches(tag).count(), written.matches(tag).count(), "{tag}");
    }
    eprintln!(
        "{}: {} charts and {} tables",
        browser.display(),
        dom.matches("<svg").count(),
        dom.matches("<table").count()
    );
}

#[tokio::test]
async fn a_model_of_before_there_were_reports_is_said_to_have_none() {
    let (system, _) = with_model().await;
    system
        .database
        .sql("DELETE FROM artifact WHERE file_name = 'report.html'");
    let (code, said) = system.say(&["report", "m", "--no-open"]);
    assert!(
        code != Some(0) && said.contains("version 1 has no report.html"),
        "{said}"
    );
}
