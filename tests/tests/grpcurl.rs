//! Every call of docs/GRPCURL.md, run by a real grpcurl against a real server.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use mltraining_tests::system::System;
use mltraining_tests::{data, wait};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether a call of the document is meant to succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meant {
    Succeeds,
    Fails,
}

/// What the document promises of the answers.
const PROMISED: &[&str] = &[
    "mltraining.v1.JobService",
    "mltraining.v1.JobService.WatchJob",
    "SERVING",
    "rolling_mean",
    "LEAKAGE_CHECK_KNOWN_AT_END",
    "goes with `signal` with a correlation of 1.000000",
    "\"meanOverlap\"",
    "\"sourceFingerprint\"",
    "\"p99\"",
    "\"embargoedRows\"",
    "JOB_STATE_SUCCEEDED",
    "model.mlts",
    "EVALUATION_METRIC_BRIER",
    "roc_auc > 1, found",
    "\"serviceVersion\"",
    "\"predictionSet\"",
    "IMPORTANCE_KIND_PERMUTATION",
    "CURVE_KIND_THRESHOLDS",
    "SLICE_KIND_ENTITY",
    "it goes with its model alone",
    "\"fromVersion\": \"projects/default/models/rise/versions/1\"",
    "JOB_KIND_REPRODUCE",
    "JOB_KIND_EVALUATE",
    "PERIOD_PLACE_AFTER_TRAINING",
    "touches them: let it start at 2026-01-01T03:59:00.000001+00:00 or later",
    "COMPARISON_ANSWER_UNKNOWN",
    "JOB_KIND_TUNE",
    "TRIAL_STATE_SUCCEEDED",
    "NO_PREDICTION_REASON_NO_BAR",
    "mltraining_random_forest",
    "\"totalCount\": \"1\"",
    "maxQueued",
    "\"team\": \"beta\"",
    "\"alreadyFinalCount\"",
    "only a FAILED, DEAD or CANCELLED job can be retried",
    "resumeToken",
    "A rise of 1 % within 10 minutes",
    "spec.range",
    "spec.label.change_at_horizon.horizon",
    "spec.features.features[0]",
    "did you mean `rolling_mean`",
    "type.googleapis.com/google.rpc.BadRequest",
    "Unauthenticated",
    "mltraining.v1.AdminService",
    "SERVER_STATE_READY",
    "QUEUE_STATE_PAUSED",
    "WORKER_STATE_DRAINING",
    "quota-8-1000",
];

/// The blocks of the document that are marked `sh`, or `sh fails`.
fn calls(document: &str) -> Vec<(Meant, String)> {
    let mut calls = Vec::new();
    let mut block: Option<(Meant, String)> = None;
    for line in document.lines() {
        match (&mut block, line) {
            (None, "```sh") => block = Some((Meant::Succeeds, String::new())),
            (None, "```sh fails") => block = Some((Meant::Fails, String::new())),
            (Some(_), "```") => calls.extend(block.take()),
            (Some((_, text)), _) => text.push_str(&format!("{line}\n")),
            (None, _) => {}
        }
    }
    calls
}

/// The tool, where `./dev test` puts it, or on the path.
fn grpcurl() -> Option<PathBuf> {
    let installed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.dev/tools/bin/grpcurl");
    if installed.exists() {
        return Some(installed.canonicalize().unwrap());
    }
    let found = Command::new("grpcurl")
        .arg("--version")
        .output()
        .is_ok_and(|out| out.status.success());
    found.then(|| PathBuf::from("grpcurl"))
}

/// What the tool prints for a call, which must do what it is meant to.
async fn answer(system: &System, tool: &Path, worker: &str, meant: Meant, call: &str) -> String {
    let job = system
        .database
        .sql("SELECT 'projects/default/jobs/' || id FROM job ORDER BY id LIMIT 1");
    let newest = system
        .database
        .sql("SELECT 'projects/default/jobs/' || id FROM job ORDER BY id DESC LIMIT 1");
    let evaluation = system
        .database
        .sql("SELECT 'projects/default/evaluations/' || id FROM evaluation ORDER BY created_at DESC LIMIT 1");
    let study = system
        .database
        .sql("SELECT 'projects/default/jobs/' || id FROM job WHERE kind = 'TUNE' ORDER BY id DESC LIMIT 1");
    let text = format!("grpcurl() {{ command '{}' \"$@\"; }}\n{call}", tool.display());
    let out = tokio::process::Command::new("bash")
        .args(["-c", &text])
        .env("ADDRESS", system.endpoint.trim_start_matches("http://"))
        .env("ADMIN", system.admin_endpoint.trim_start_matches("http://"))
        .env("WORKER", worker)
        .env("KEY", &system.key)
        .env("JOB", job)
        .env("NEWEST", newest)
        .env("STUDY", study)
        .env("EVALUATION", evaluation)
        .output()
        .await
        .unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(
        out.status.success(),
        meant == Meant::Succeeds,
        "{call}\n{printed}"
    );
    printed
}

#[tokio::test]
async fn every_call_of_the_document_does_what_it_says() {
    let Some(tool) = grpcurl() else {
        eprintln!("skipped: grpcurl is not installed; `cargo install --root .dev/tools grpcurl-rs` gives it");
        return;
    };
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/GRPCURL.md")).unwrap();
    let calls = calls(&document);
    assert!(calls.len() >= 15, "the document has lost its calls");
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    system.add_worker().await;
    let worker = wait::until("the worker has entered itself", || async {
        let name = system.database.sql("SELECT 'workers/' || id FROM worker");
        (!name.is_empty()).then_some(name)
    })
    .await;
    let mut answers = String::new();
    for (meant, call) in &calls {
        answers.push_str(&answer(&system, &tool, &worker, *meant, call).await);
    }
    for word in PROMISED {
        assert!(answers.contains(word), "no answer has {word}:\n{answers}");
    }
}
