//! Probes: jobs that do what a test asks for, from the row to the committed result.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::system::System;
use mltraining_tests::wait;
use serde_json::json;

const QUICK: &[(&str, &str)] = &[
    ("MLTS_WORKER__POLL_MIN", "50ms"),
    ("MLTS_WORKER__POLL_MAX", "100ms"),
];

#[tokio::test]
async fn a_probe_is_done_by_a_worker_that_is_told_to_and_by_no_other() {
    let mut system = System::start_with(QUICK).await;
    let steps = json!([{"do": "sleep", "millis": 10}, {"do": "work", "millis": 20}]);
    let id = probe::submit(&system.database, &json!({"steps": steps, "artifact_bytes": 300}));
    let usual = system.add_worker().await;
    let refused = probe::submit(&system.database, &json!({"steps": [{"do": "sing"}]}));
    wait::until("the usual worker has looked for jobs", || async {
        system.workers[usual].log().contains("working").then_some(())
    })
    .await;
    let other = system.add_worker_with(&[PROBES]).await;
    let row = probe::ended(&system.database, &id, "state, lease_epoch, error_code").await;
    assert_eq!(row, "SUCCEEDED|1|", "{}", system.workers[other].log());
    assert!(!system.workers[usual].log().contains(&id), "it claims no probe");

    let request = pb::GetJobRequest {
        name: format!("projects/default/jobs/{id}"),
        view: pb::JobView::Full.into(),
    };
    let caller = system.caller();
    let job = caller.jobs.clone().get_job(request).await.unwrap().into_inner();
    assert_eq!(job.kind(), pb::JobKind::Probe);
    assert_eq!((job.model.as_str(), job.spec), ("", None));
    assert_eq!(job.result.unwrap().model_version, "");
    let files = system.database.sql("SELECT file_name, size_bytes FROM artifact");
    assert_eq!(files, "probe.json|300");
    assert_eq!(system.database.count("SELECT count(*) FROM model_version"), 0);
    assert_eq!(
        system.database.sql("SELECT state, lease_epoch FROM result"),
        "COMMITTED|1"
    );

    let row = probe::ended(&system.database, &refused, "state, error_class").await;
    assert_eq!(
        row, "DEAD|TRANSIENT",
        "a spec that nobody can read is not read by trying again"
    );
}

#[tokio::test]
async fn a_probe_fails_as_it_is_asked_to_and_recovers_after_the_epoch_that_it_names() {
    let mut system = System::start_with(QUICK).await;
    system.add_worker_with(&[PROBES]).await;
    let fail = |class: &str| json!({"steps": [{"do": "fail", "class": class}], "until_epoch": 1});
    for (class, end) in [
        ("USER", "FAILED|1|1"),
        ("RESOURCE", "FAILED|1|0"),
        ("TIMEOUT", "FAILED|1|0"),
    ] {
        let id = probe::submit(&system.database, &fail(class));
        let row = probe::ended(&system.database, &id, "state, lease_epoch, failures").await;
        assert_eq!(row, end, "{class}");
    }
    for (steps, budgets) in [
        (json!([{"do": "fail", "class": "TRANSIENT"}]), "1|0"),
        (json!([{"do": "panic"}]), "1|0"),
        (json!([{"do": "fail", "class": "INFRA"}]), "0|1"),
    ] {
        let id = probe::submit(&system.database, &json!({"steps": steps, "until_epoch": 1}));
        let columns = "state, lease_epoch, failures, infra_failures";
        let row = probe::ended(&system.database, &id, columns).await;
        assert_eq!(row, format!("SUCCEEDED|2|{budgets}"), "{steps}");
    }
}
