//! The quick start in Python, as docs/PYTHON.md says it, against real processes.
#![allow(clippy::unwrap_used)]

use mltraining_tests::system::System;
use mltraining_tests::{data, others};

#[tokio::test(flavor = "multi_thread")]
async fn the_quick_start_in_python_trains_a_model_and_asks_it() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    data::register_bars(&system.caller()).await;
    system.add_worker().await;
    let folder = tempfile::tempdir().unwrap();
    let told = [
        ("MLTS_ENDPOINT", system.endpoint.as_str()),
        ("MLTS_API_KEY", system.key.as_str()),
    ];
    let Some(said) = others::python_with("quickstart.py", folder.path(), &told) else {
        return;
    };
    for wanted in [
        "projects/default/jobs/",
        "versions/1: ROC AUC 0.",
        "sha256 ",
        "at 2026-01-01T04:00:00Z",
    ] {
        assert!(said.contains(wanted), "no {wanted}: {said}");
    }
}
