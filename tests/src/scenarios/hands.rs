//! Hands in the database: sessions that hold locks for long, and statements that break the rules.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, rows_say, system};
use crate::database::Database;
use crate::scenarios::probe::Probe;
use std::process::{Child, Command, Stdio};

/// A session that holds what a statement has locked, until it is dropped.
struct Holder(Child);

impl Holder {
    async fn of(database: &Database, lock: &str) -> Self {
        let text = format!("BEGIN; {lock}; SELECT pg_sleep(600)");
        let child = Command::new("psql")
            .args([&database.url(), "-qXAtc", &text])
            .env("PGAPPNAME", "holder")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let holder = Self(child.expect("psql is installed"));
        let sleeps = "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep')";
        rows_say(database, "the session holds its lock", sleeps).await;
        holder
    }

    fn let_go(mut self, database: &Database) {
        database.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'holder'",
        );
        let _ = self.0.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A session locks one job, one project or one expired lease and sits on it: everything else goes on.
pub(super) async fn stuck_sessions(_scale: Scale) -> Outcome {
    let mut system = system(&[]).await;
    system.database.sql(
        "INSERT INTO project SELECT (jsonb_populate_record(p, jsonb_build_object('id', 'other'))).* FROM project p",
    );
    // A job that is locked: the project's others are claimed.
    let first = Probe {
        priority: 0,
        ..Probe::nothing()
    }
    .submit_one(&system.database);
    Probe::nothing().submit(&system.database, 3);
    let lock = format!("SELECT FROM job WHERE id = '{first}' FOR UPDATE");
    let holder = Holder::of(&system.database, &lock).await;
    system.add_worker().await;
    rows_say(
        &system.database,
        "the others are done",
        "3 = (SELECT count(*) FROM job WHERE state = 'SUCCEEDED')",
    )
    .await;
    holder.let_go(&system.database);
    super::all_ended(&system.database, crate::wait::PATIENCE).await;
    // A project that is locked: the other project's jobs are claimed.
    let holder = Holder::of(
        &system.database,
        "SELECT FROM project WHERE id = 'default' FOR NO KEY UPDATE",
    )
    .await;
    Probe {
        priority: 0,
        ..Probe::nothing()
    }
    .submit_one(&system.database);
    Probe {
        project: "other".to_owned(),
        ..Probe::nothing()
    }
    .submit(&system.database, 3);
    rows_say(
        &system.database,
        "the other project goes on",
        "3 = (SELECT count(*) FROM job WHERE project = 'other' AND state = 'SUCCEEDED')",
    )
    .await;
    holder.let_go(&system.database);
    expired_beside_a_lock(&mut system).await;
    super::all_ended(&system.database, crate::wait::PATIENCE).await;
    assert_all_succeeded(&system);
    Outcome::of(&system, 3).await
}

/// An expired lease that is locked: the others are taken back.
async fn expired_beside_a_lock(system: &mut crate::system::System) {
    system.workers.clear();
    let jobs = Probe::nothing().submit(&system.database, 3);
    let expire = jobs.iter().map(|job| format!(
        "UPDATE job SET state = 'RUNNING', lease_epoch = 1, worker_id = gen_random_uuid(), started_at = now(), heartbeat_at = now(),
                lease_expires_at = now() - interval '1 second', deadline_at = now() + interval '1 hour' WHERE id = '{job}';
         INSERT INTO job_attempt (job_id, lease_epoch, worker_id, started_at)
         SELECT id, 1, worker_id, started_at FROM job WHERE id = '{job}';"
    ));
    system.database.sql(&expire.collect::<String>());
    let lock = format!("SELECT FROM job WHERE id = '{}' FOR UPDATE", jobs[0]);
    let holder = Holder::of(&system.database, &lock).await;
    system.add_worker().await;
    let question = format!(
        "2 = (SELECT count(*) FROM job WHERE id IN ('{}', '{}') AND state = 'SUCCEEDED')",
        jobs[1], jobs[2]
    );
    rows_say(&system.database, "the other leases are taken back", &question).await;
    holder.let_go(&system.database);
}

/// What no hand may do to a job, with the trigger or constraint that refuses it.
const REFUSED: &[(&str, &str)] = &[
    ("an epoch is reset", "SET lease_epoch = 0 WHERE state = 'RUNNING'"),
    (
        "an epoch is raised",
        "SET lease_epoch = lease_epoch + 1 WHERE state = 'RUNNING'",
    ),
    (
        "an epoch stays on a claim",
        "SET state = 'RUNNING', worker_id = gen_random_uuid(), heartbeat_at = now(), started_at = now(),
      lease_expires_at = now(), deadline_at = now() WHERE state = 'QUEUED'",
    ),
    (
        "a success is undone",
        "SET state = 'QUEUED', result_id = null, finished_at = null WHERE state = 'SUCCEEDED'",
    ),
    (
        "a success gets another end",
        "SET finished_at = now() + interval '1 hour' WHERE state = 'SUCCEEDED'",
    ),
    (
        "a waiting job is dead",
        "SET state = 'DEAD', finished_at = now(), error_code = 'POISON', error_message = 'x' WHERE state = 'QUEUED'",
    ),
    (
        "a job changes its project",
        "SET project = 'other' WHERE state = 'QUEUED'",
    ),
];

/// Statements by hand that would break a job's life are refused, whoever sends them.
pub(super) async fn broken_rules(_scale: Scale) -> Outcome {
    let mut system = system(&[]).await;
    system.database.sql(
        "INSERT INTO project SELECT (jsonb_populate_record(p, jsonb_build_object('id', 'other'))).* FROM project p",
    );
    system.add_worker().await;
    Probe::nothing().submit_one(&system.database);
    super::all_ended(&system.database, crate::wait::PATIENCE).await;
    system.database.sql("UPDATE project SET max_running = 1");
    let running = Probe::doing(&[crate::scenarios::probe::sleep(600_000)]).submit_one(&system.database);
    super::runs_in_epoch(&system.database, &running, 1).await;
    Probe::nothing().submit_one(&system.database);
    for (what, change) in REFUSED {
        let refused = system.database.refusal(&format!("UPDATE job {change}"));
        assert!(refused.is_some(), "{what}: Postgres allowed it");
    }
    system.database.sql(
        "UPDATE job SET cancel_requested_at = now(), cancel_requested_by = 'test' WHERE state = 'RUNNING'",
    );
    super::all_ended(&system.database, crate::wait::PATIENCE).await;
    let ends = system
        .database
        .sql("SELECT string_agg(state, ' ' ORDER BY created_at) FROM job");
    assert_eq!(ends, "SUCCEEDED CANCELLED SUCCEEDED");
    Outcome::of(&system, REFUSED.len() as u32).await
}
