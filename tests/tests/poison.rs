//! Jobs that bring down the process they run in take nothing else with them.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::process::{self, Signal};
use mltraining_tests::system::System;
use mltraining_tests::wait;
use serde_json::{Value, json};

/// Two slots, so that another job runs beside the bad one; leases so long that none runs out within a test.
const SETTINGS: &[(&str, &str)] = &[
    PROBES,
    ("MLTS_WORKER__SLOTS", "2"),
    ("MLTS_WORKER__MEMORY_LIMIT_BYTES", "67108864"),
    ("MLTS_WORKER__LEASE", "10m"),
    ("MLTS_WORKER__HEARTBEAT", "300ms"),
    ("MLTS_WORKER__POLL_MIN", "50ms"),
    ("MLTS_WORKER__POLL_MAX", "100ms"),
];

/// Violations of what holds at every moment: one committed result for each SUCCEEDED job, of its last epoch; no attempt open but a
/// running one; as many attempts as the epoch says.
const VIOLATIONS: &str = "
    SELECT (SELECT count(*) FROM job j WHERE (j.state = 'SUCCEEDED') <> EXISTS (
              SELECT 1 FROM result r WHERE r.id = j.result_id AND r.state = 'COMMITTED' AND r.lease_epoch = j.lease_epoch))
         + (SELECT count(*) FROM job_attempt a JOIN job j ON j.id = a.job_id
              WHERE a.ended_at IS NULL AND NOT (j.state = 'RUNNING' AND a.lease_epoch = j.lease_epoch))
         + (SELECT count(*) FROM job j WHERE j.lease_epoch <> (SELECT count(*) FROM job_attempt a WHERE a.job_id = j.id))";

async fn system() -> System {
    let mut system = System::start_with(SETTINGS).await;
    system.add_worker().await;
    system
}

/// Runs `poison` beside a good job and returns its end as `state|error_code|lost_count|error_message`. The good one still runs
/// after the bad one's first end, and succeeds at its first attempt, in the same worker.
async fn beside_a_good_one(system: &mut System, poison: &Value) -> String {
    let worker = system.workers[0].id();
    let good = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "sleep", "millis": 12_000}]}),
    );
    probe::until_state(&system.database, &good, "RUNNING").await;
    let bad = probe::submit(&system.database, poison);
    wait::until("the bad one's first attempt ends", || async {
        let ended =
            format!("SELECT count(*) FROM job_attempt WHERE job_id = '{bad}' AND ended_at IS NOT NULL");
        (system.database.count(&ended) > 0).then_some(())
    })
    .await;
    let row = system
        .database
        .sql(&format!("SELECT state, lease_epoch FROM job WHERE id = '{good}'"));
    assert_eq!(row, "RUNNING|1", "the good one goes on");
    let columns = "state, error_code, lost_count, error_message";
    let end = probe::ended_soon(&system.database, &bad, columns).await;
    let row = probe::ended(
        &system.database,
        &good,
        "state, lease_epoch, failures + infra_failures + lost_count",
    )
    .await;
    assert_eq!(row, "SUCCEEDED|1|0", "the good one");
    assert!(system.workers[0].is_running(), "the worker lives");
    assert_eq!(system.workers[0].id(), worker);
    assert_eq!(system.database.count(VIOLATIONS), 0);
    end
}

#[tokio::test]
async fn a_job_that_aborts_is_dead_after_three_attempts_and_harms_no_other() {
    let mut system = system().await;
    let end = beside_a_good_one(&mut system, &json!({"steps": [{"do": "abort"}]})).await;
    assert!(end.starts_with("DEAD|POISON|3|lost 3 times"), "{end}");
    assert!(
        end.contains("SIGABRT (signal 6)") && end.contains(" in READ"),
        "{end}"
    );
}

#[tokio::test]
async fn a_job_that_overflows_its_stack_harms_no_other() {
    let mut system = system().await;
    let poison = json!({"steps": [{"do": "work", "millis": 10}, {"do": "overflow_stack"}], "until_epoch": 1});
    let end = beside_a_good_one(&mut system, &poison).await;
    assert_eq!(end, "SUCCEEDED||1|", "it is tried again, and does well this time");
    let error = system
        .database
        .sql("SELECT error_class, error_code, error_message FROM job_attempt WHERE error_code IS NOT NULL");
    assert!(
        error.starts_with("LOST|ATTEMPT_CRASHED|the process of the attempt was ended by SIG"),
        "{error}"
    );
}

#[tokio::test]
async fn a_job_that_takes_too_much_memory_ends_its_own_process_alone() {
    let mut system = system().await;
    let poison = json!({"steps": [{"do": "allocate", "bytes": 8u64 << 30}], "until_epoch": 2});
    let end = beside_a_good_one(&mut system, &poison).await;
    assert_eq!(end, "SUCCEEDED||2|");
    let errors = system
        .database
        .sql("SELECT count(*) FROM job_attempt WHERE error_message LIKE '%SIGABRT%'");
    assert_eq!(errors, "2", "it gets no more than the worker's limit");
}

#[tokio::test]
async fn a_job_that_ends_its_process_has_no_result_whatever_its_exit_code_says() {
    let mut system = system().await;
    for code in [0, 3] {
        let poison = json!({"steps": [{"do": "exit", "code": code}], "until_epoch": 1});
        let end = beside_a_good_one(&mut system, &poison).await;
        assert_eq!(end, "SUCCEEDED||1|");
        let said = format!(
            "SELECT count(*) FROM job_attempt WHERE error_message LIKE '%without a result and with exit code {code} in%'"
        );
        assert_eq!(system.database.count(&said), 1);
    }
}

#[tokio::test]
async fn a_job_that_never_yields_is_cancelled_all_the_same() {
    let mut system = system().await;
    let good = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "sleep", "millis": 15_000}]}),
    );
    let bad = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "spin", "millis": 600_000}]}),
    );
    probe::until_state(&system.database, &good, "RUNNING").await;
    probe::until_state(&system.database, &bad, "RUNNING").await;
    let request = pb::CancelJobRequest {
        name: format!("projects/default/jobs/{bad}"),
        ..Default::default()
    };
    system.caller().jobs.clone().cancel_job(request).await.unwrap();
    assert_eq!(
        probe::ended(&system.database, &bad, "state, lost_count").await,
        "CANCELLED|0"
    );
    assert_eq!(
        probe::ended(&system.database, &good, "state, lease_epoch").await,
        "SUCCEEDED|1"
    );
    assert!(system.workers[0].is_running());
    wait::until("no process is left behind", || async {
        system.workers[0].children().is_empty().then_some(())
    })
    .await;
    assert_eq!(system.database.count(VIOLATIONS), 0);
}

/// A job that spins in its first attempt, and the process that does it, which has begun.
async fn spinning(system: &System) -> (String, u32) {
    let spec = json!({"steps": [{"do": "spin", "millis": 600_000}], "until_epoch": 1});
    let id = probe::submit(&system.database, &spec);
    probe::until_state(&system.database, &id, "RUNNING").await;
    let child = wait::until("the attempt has its process", || async {
        system.workers[0].children().first().copied()
    })
    .await;
    wait::until("the process has begun", || async {
        let tasks = std::fs::read_dir(format!("/proc/{child}/task")).ok()?;
        let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
        // Its progress is told from when it has begun.
        tasks
            .flatten()
            .filter_map(name)
            .any(|name| name.trim() == "progress")
            .then_some(())
    })
    .await;
    (id, child)
}

#[tokio::test]
async fn no_attempt_outlives_its_worker() {
    let mut system = system().await;
    let (_, child) = spinning(&system).await;
    system.workers[0].signal(Signal::Kill);
    system.workers[0].exit().await;
    wait::until("the attempt's process is gone too", || async {
        process::parent_of(child).is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_attempt_whose_process_is_killed_is_tried_again_long_before_its_lease_is_over() {
    let mut system = system().await;
    let (id, child) = spinning(&system).await;
    process::kill(child);
    let row = probe::ended_soon(&system.database, &id, "state, lease_epoch, lost_count, failures").await;
    assert_eq!(row, "SUCCEEDED|2|1|0");
    let error = system
        .database
        .sql("SELECT error_message FROM job_attempt WHERE lease_epoch = 1");
    assert!(error.contains("SIGKILL (signal 9)"), "{error}");
    assert!(system.workers[0].is_running());
    assert_eq!(system.database.count(VIOLATIONS), 0);
}

#[tokio::test]
async fn what_ends_the_worker_in_good_order_does_not_end_its_attempts() {
    let mut system = system().await;
    let id = probe::submit(
        &system.database,
        &json!({"steps": [{"do": "sleep", "millis": 3000}]}),
    );
    probe::until_state(&system.database, &id, "RUNNING").await;
    let child = wait::until("the attempt has its process", || async {
        system.workers[0].children().first().copied()
    })
    .await;
    wait::until("the process heeds its worker alone", || async {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        let mask = u64::from_str_radix(caught.trim(), 16).ok()?;
        (mask & (1 << 14) != 0 && mask & (1 << 1) != 0).then_some(()) // SIGTERM is 15, SIGINT is 2
    })
    .await;
    for signal in ["-TERM", "-INT"] {
        let sent = std::process::Command::new("kill")
            .args([signal, &child.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
    system.workers[0].signal(Signal::Term);
    assert_eq!(system.workers[0].exit().await.code(), Some(0));
    let row = system.database.sql("SELECT state, lease_epoch FROM job");
    assert_eq!(row, "SUCCEEDED|1", "it had its grace");
}

#[tokio::test]
async fn a_file_of_settings_that_is_broken_meanwhile_touches_no_attempt() {
    let mut system = System::start_with(SETTINGS).await;
    let file = system.folder.path().join("worker.toml");
    std::fs::write(&file, "[log]\nlevel = \"info,worker=debug\"\n").unwrap();
    let path = file.to_str().unwrap().to_owned();
    system.add_worker_with(&[("MLTS_CONFIG", &path)]).await;
    std::fs::write(&file, "[worker]\nno_such_key = 1\n").unwrap();
    let id = probe::submit(&system.database, &json!({"steps": []}));
    let row = probe::ended_soon(&system.database, &id, "state, lease_epoch").await;
    assert_eq!(row, "SUCCEEDED|1");
    assert!(system.workers[0].is_running());
}

#[tokio::test]
async fn an_attempt_lists_no_settings_in_its_command_line_or_its_environment() {
    let system = system().await;
    let (_, child) = spinning(&system).await;
    for list in ["cmdline", "environ"] {
        let listed = std::fs::read(format!("/proc/{child}/{list}")).unwrap();
        let listed = String::from_utf8_lossy(&listed).into_owned();
        assert!(
            !listed.contains("MLTS_") && !listed.contains("--config"),
            "{list}: {listed}"
        );
    }
}
