use super::{install, violations_of_rows};
use crate::database::Database;
use crate::scenarios::probe::Probe;
use crate::system::System;

/// A migrated database with recorders and one job of epoch 1 that has succeeded, as a worker leaves it.
async fn succeeded() -> (System, String) {
    let system = System::start().await;
    install(&system.database);
    let job = Probe::nothing().submit_one(&system.database);
    system.database.sql(&claim(&job, 1));
    system.database.sql(&succeed(&job, 1));
    (system, job)
}

fn claim(job: &str, epoch: i64) -> String {
    format!(
        "UPDATE job SET state = 'RUNNING', lease_epoch = lease_epoch + 1, worker_id = gen_random_uuid(), started_at = now(),
                heartbeat_at = now(), lease_expires_at = now() + interval '1 hour', deadline_at = now() + interval '1 hour',
                error_class = null, error_code = null, error_message = null
          WHERE id = '{job}';
         INSERT INTO job_attempt (job_id, lease_epoch, worker_id, started_at)
         SELECT id, {epoch}, worker_id, started_at FROM job WHERE id = '{job}'"
    )
}

fn succeed(job: &str, epoch: i64) -> String {
    format!(
        "BEGIN;
         INSERT INTO result (id, job_id, lease_epoch, project, state, committed_at)
         SELECT gen_random_uuid(), id, {epoch}, project, 'COMMITTED', now() FROM job WHERE id = '{job}';
         INSERT INTO artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
         SELECT id, 'probe.json', 'default/{job}/{epoch}/probe.json', 'application/json', 2, sha256('ab')
           FROM result WHERE job_id = '{job}' AND lease_epoch = {epoch};
         UPDATE job_attempt SET ended_at = now(), outcome = 'SUCCEEDED' WHERE job_id = '{job}' AND lease_epoch = {epoch};
         UPDATE job SET state = 'SUCCEEDED', finished_at = now(), worker_id = null, heartbeat_at = null,
                lease_expires_at = null, deadline_at = null,
                result_id = (SELECT id FROM result WHERE job_id = '{job}' AND lease_epoch = {epoch}) WHERE id = '{job}';
         COMMIT"
    )
}

fn broken(database: &Database) -> Vec<String> {
    let mut found: Vec<String> = violations_of_rows(database)
        .into_iter()
        .map(|violation| violation.invariant)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Breaks the rows by `sql`, with the product's own guards taken away, and says which invariants notice.
async fn noticed(sql: &str) -> Vec<String> {
    let (system, job) = succeeded().await;
    assert_eq!(
        broken(&system.database),
        Vec::<String>::new(),
        "a good job breaks nothing"
    );
    system.database.sql(
        "DROP TRIGGER job_guard ON job; DROP INDEX result_one_committed_uq;
         ALTER TABLE job DROP CONSTRAINT job_result_iff_succeeded, DROP CONSTRAINT job_finished_iff_final,
           DROP CONSTRAINT job_lost_count_in_budget, DROP CONSTRAINT job_error_if_bad, DROP CONSTRAINT job_cancel_states,
           DROP CONSTRAINT job_lease_iff_running;
         ALTER TABLE result DROP CONSTRAINT result_attempt_uq",
    );
    system.database.sql(&sql.replace("$job", &format!("'{job}'")));
    broken(&system.database)
}

#[tokio::test]
async fn each_broken_invariant_is_noticed() {
    let cases = [
        (
            "I1 I2",
            "INSERT INTO result (id, job_id, lease_epoch, project, state, committed_at)
             SELECT gen_random_uuid(), id, 1, project, 'COMMITTED', now() FROM job;
             DELETE FROM artifact",
        ),
        ("I2", "UPDATE result SET state = 'ORPHANED', committed_at = null"),
        ("I2 I3", "UPDATE job_attempt SET ended_at = null, outcome = null"),
        (
            "I4",
            "INSERT INTO job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
             VALUES ($job, 7, gen_random_uuid(), now(), now(), 'LOST')",
        ),
        (
            "I2 I5",
            "UPDATE job SET state = 'QUEUED', result_id = null, finished_at = null",
        ),
        ("I2 I4 I5", "UPDATE job SET lease_epoch = 0, started_at = null"),
        ("I9", "UPDATE job SET max_lost = 1, lost_count = 2"),
        (
            "EVENTS",
            "DELETE FROM job_event WHERE seq = (SELECT max(seq) FROM job_event)",
        ),
    ];
    for (expected, sql) in cases {
        assert_eq!(noticed(sql).await.join(" "), expected, "{sql}");
    }
}

#[tokio::test]
async fn a_success_after_a_cancel_is_noticed_and_one_after_a_retry_is_not() {
    let system = System::start().await;
    install(&system.database);
    let database = &system.database;
    database.sql("ALTER TABLE job DROP CONSTRAINT job_cancel_states");
    let job = Probe::nothing().submit_one(database);
    database.sql(&claim(&job, 1));
    database.sql(&format!(
        "UPDATE job SET state = 'CANCELLED', cancel_requested_at = now(), finished_at = now(), worker_id = null,
                heartbeat_at = null, lease_expires_at = null, deadline_at = null, error_code = 'CANCELLED', error_message = ''
          WHERE id = '{job}';
         UPDATE job_attempt SET ended_at = now(), outcome = 'CANCELLED';
         UPDATE job SET state = 'QUEUED', cancel_requested_at = null, finished_at = null WHERE id = '{job}'"
    ));
    database.sql(&claim(&job, 2));
    database.sql(&succeed(&job, 2));
    assert_eq!(broken(database), Vec::<String>::new());
    let job = Probe::nothing().submit_one(database);
    database.sql(&claim(&job, 1));
    database.sql(&format!(
        "UPDATE job SET cancel_requested_at = now() WHERE id = '{job}'"
    ));
    database.sql(&succeed(&job, 1));
    assert_eq!(broken(database), ["I6"]);
}

#[tokio::test]
async fn a_commit_that_runs_more_jobs_than_a_project_may_is_noticed_though_it_is_over() {
    let system = System::start().await;
    install(&system.database);
    let database = &system.database;
    database.sql("UPDATE project SET max_running = 1");
    for job in Probe::nothing().submit(database, 2) {
        database.sql(&claim(&job, 1));
    }
    for job in database.sql("SELECT id FROM job").lines() {
        database.sql(&succeed(job, 1));
    }
    assert_eq!(broken(database), ["I7"]);
}
