//! Both services as process 1 of a container, where nobody else handles signals or takes over what is left of processes.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use mltraining_tests::data;
use mltraining_tests::process::{Process, Signal};
use mltraining_tests::roles::Login;
use mltraining_tests::system::{System, free_port, ready};
use mltraining_tests::wait;
use std::process::Command;

/// `unshare` that makes a command process 1 of a new process namespace; `None` (with the reason printed) where that is not allowed.
fn as_process_one() -> Option<Vec<&'static str>> {
    let namespaces = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    let mapped: Vec<&str> = ["--user", "--map-root-user"]
        .into_iter()
        .chain(namespaces)
        .collect();
    let allowed = |words: &[&str]| {
        let tried = Command::new("unshare").args(words).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    };
    let found = [namespaces.to_vec(), mapped]
        .into_iter()
        .find(|words| allowed(words));
    if found.is_none() {
        eprintln!(
            "skipped: no process namespace can be made here (unshare, as root or with user namespaces)"
        );
    }
    found
}

/// The same command in a new process namespace.
fn inside(words: &[&str], command: &Command) -> Command {
    let mut outer = Command::new("unshare");
    outer
        .args(words)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        outer.env(name, value.unwrap_or_default());
    }
    outer
}

/// Sends SIGTERM to the process inside, as the runtime of containers does.
fn terminate(outer: &Process) {
    let inner = outer.children();
    assert_eq!(inner.len(), 1, "unshare has one child");
    let sent = Command::new("kill")
        .args(["-TERM", &inner[0].to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn both_services_stop_in_good_order_as_process_one() {
    let Some(words) = as_process_one() else { return };
    let mut system = System::start().await;
    data::make_bars(&system.database, 2, 300);
    data::register_bars(&system.caller()).await;

    let (port, admin) = (free_port(), free_port());
    let mut command = system.command("api-server", Login::Api);
    command
        .arg("serve")
        .env("MLTS_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("MLTS_ADMIN__LISTEN", format!("127.0.0.1:{admin}"));
    let mut server = Process::start("api-server-1", inside(&words, &command), system.folder.path());
    ready(
        &format!("http://127.0.0.1:{port}"),
        "the server is ready as process 1",
    )
    .await;
    terminate(&server);
    assert_eq!(server.exit().await.code(), Some(0), "{}", server.log());

    let port = free_port();
    let mut command = system.command("worker", Login::Worker);
    command
        .env("MLTS_HEALTH__LISTEN", format!("127.0.0.1:{port}"))
        .env("MLTS_WORKER__DRAIN_GRACE", "100ms");
    let mut worker = Process::start("worker-1", inside(&words, &command), system.folder.path());
    ready(
        &format!("http://127.0.0.1:{port}"),
        "the worker is ready as process 1",
    )
    .await;
    let caller = system.caller();
    let job = caller
        .training
        .clone()
        .train_model(data::training("m", 280, 10_000))
        .await;
    let job = job.unwrap().into_inner().name;
    wait::until("the job runs", || async {
        (system.database.sql("SELECT progress ->> 'phase' FROM job") == "FIT").then_some(())
    })
    .await;
    terminate(&worker);
    assert_eq!(worker.exit().await.code(), Some(0), "{}", worker.log());
    let left = system.database.sql(
        "SELECT j.state, a.outcome, w.stopped_at IS NOT NULL FROM job j JOIN job_attempt a ON a.job_id = j.id
           JOIN worker w ON w.id = a.worker_id",
    );
    assert_eq!(
        left, "QUEUED|RELEASED|t",
        "the job was given back, uncharged, and the worker said goodbye: {job}"
    );
    system.stop_api(Signal::Term).await;
}
