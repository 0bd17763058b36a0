//! What each role of the database may do, and may not.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::data;
use mltraining_tests::roles::{Login, source_role};
use mltraining_tests::system::System;

/// Who is forbidden what. The processes themselves run as these roles in every test of this folder.
const FORBIDDEN: &[(Login, &str)] = &[
    // Nobody but the migrator changes the schema.
    (Login::Api, "DROP TABLE job"),
    (Login::Api, "ALTER TABLE job ADD COLUMN more text"),
    (Login::Api, "CREATE TABLE more (id int)"),
    (Login::Api, "TRUNCATE job"),
    (Login::Api, "ALTER TABLE job DISABLE TRIGGER job_guard"),
    (Login::Api, "SET session_replication_role = replica"),
    (Login::Api, "DROP FUNCTION claim_job"),
    (Login::Worker, "DROP TABLE job"),
    (Login::Worker, "ALTER TABLE result ADD COLUMN more text"),
    (Login::Worker, "CREATE TABLE more (id int)"),
    (Login::Worker, "TRUNCATE job_event"),
    (Login::Worker, "DROP TRIGGER job_guard ON job"),
    // api-server asks for work and does none.
    (Login::Api, "UPDATE job SET lease_epoch = 9"),
    (Login::Api, "UPDATE job SET worker_id = gen_random_uuid()"),
    (Login::Api, "UPDATE job SET result_id = gen_random_uuid()"),
    (Login::Api, "UPDATE job SET spec = '{}'"),
    (Login::Api, "DELETE FROM job"),
    (Login::Api, "UPDATE job_event SET payload = '{}'"),
    (Login::Api, "DELETE FROM job_event"),
    (
        Login::Api,
        "INSERT INTO job_attempt VALUES (gen_random_uuid(), 1, gen_random_uuid(), now())",
    ),
    (
        Login::Api,
        "UPDATE result SET state = 'COMMITTED', committed_at = now()",
    ),
    (Login::Api, "UPDATE artifact SET sha256 = sha256"),
    (Login::Api, "DELETE FROM artifact"),
    (Login::Api, "UPDATE model_version SET facts = facts"),
    (Login::Api, "DELETE FROM model_version"),
    (Login::Api, "DELETE FROM model"),
    (Login::Api, "UPDATE model SET last_version = 9"),
    (Login::Api, "UPDATE evaluation SET roc_auc = 1"),
    (Login::Api, "INSERT INTO evaluation (project) VALUES ('default')"),
    (Login::Api, "UPDATE promotion SET created_by = 'nobody'"),
    (Login::Api, "DELETE FROM promotion"),
    (Login::Api, "UPDATE project SET served_at = now()"),
    (Login::Api, "UPDATE api_key SET project = 'default'"),
    (Login::Api, "UPDATE audit_event SET outcome = 'CREATED'"),
    (Login::Api, "DELETE FROM audit_event"),
    (Login::Worker, "UPDATE audit_event SET method = method"),
    (
        Login::Worker,
        "INSERT INTO audit_event (caller_key, method, resource, outcome) VALUES ('x', 'x', 'x', 'CREATED')",
    ),
    (Login::Api, "UPDATE api_key SET role = 'admin'"),
    (Login::Api, "DELETE FROM api_key"),
    (Login::Api, "DELETE FROM worker"),
    (Login::Api, "UPDATE _sqlx_migrations SET success = true"),
    // A worker sees no key, and decides nothing about access, quotas and sources.
    (Login::Worker, "SELECT secret_hash FROM api_key"),
    (Login::Worker, "SELECT count(*) FROM api_key"),
    (
        Login::Worker,
        "INSERT INTO api_key (id) VALUES (gen_random_uuid())",
    ),
    (Login::Worker, "UPDATE project SET max_running = 1000"),
    (Login::Worker, "INSERT INTO project (id) VALUES ('more')"),
    (Login::Worker, "UPDATE queue SET paused_at = null"),
    (Login::Worker, "UPDATE source SET table_name = 'api_key'"),
    (
        Login::Worker,
        "INSERT INTO source_phase VALUES ('default', 'bars', 1, 'x', '1 minute')",
    ),
    (Login::Worker, "UPDATE evaluation SET roc_auc = 1"),
    (Login::Worker, "UPDATE model_version SET facts = facts"),
    (Login::Worker, "UPDATE artifact SET sha256 = sha256"),
    (Login::Worker, "UPDATE promotion SET created_by = 'nobody'"),
    (
        Login::Worker,
        "INSERT INTO model_alias (project, model, id, version) VALUES ('default', 'm', 'champion', 1)",
    ),
    (Login::Worker, "UPDATE job_event SET payload = '{}'"),
    (Login::Worker, "DELETE FROM _sqlx_migrations"),
    // The migrator is no superuser.
    (Login::Migrator, "CREATE ROLE more"),
    (Login::Migrator, "SELECT pg_read_file('/etc/passwd')"),
    (Login::Migrator, "COPY project TO PROGRAM 'cat'"),
];

/// What the role that reads sources is forbidden, and so a process while it reads one.
const FORBIDDEN_TO_READERS: &[&str] = &[
    "SELECT * FROM job",
    "SELECT * FROM api_key",
    "SELECT * FROM source",
    "SELECT * FROM secrets_of_others",
    "UPDATE bars SET close = 0",
    "DELETE FROM bars",
    "CREATE TABLE more (id int)",
    "SELECT count(*) FROM claim_job('default', gen_random_uuid(), '1 minute', '{TRAIN}', 1, 1, '1 minute')",
];

#[tokio::test]
async fn processes_do_their_work_as_roles_that_may_do_nothing_else() {
    let mut system = System::start().await;
    data::make_bars(&system.database, 4, 300);
    system.database.sql(&format!(
        "CREATE TABLE secrets_of_others (word text); REVOKE ALL ON secrets_of_others FROM {}",
        source_role()
    ));
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let job = caller.trained(data::training("m", 240, 5)).await;
    assert!(!job.result.unwrap().model_version.is_empty());
    let as_whom = system.database.sql(
        "SELECT DISTINCT application_name, usename FROM pg_stat_activity
          WHERE datname = current_database() AND application_name IN ('api-server', 'worker') ORDER BY 1",
    );
    assert_eq!(as_whom, "api-server|mltest_api\nworker|mltest_worker");
    for (login, text) in FORBIDDEN {
        is_refused(&system, *login, text);
    }
    for login in [Login::Api, Login::Worker] {
        let reads = format!("SET ROLE {}; SELECT count(*) FROM bars", source_role());
        assert_eq!(system.roles.refusal(login, &reads), None);
        for text in FORBIDDEN_TO_READERS {
            is_refused(&system, login, &format!("SET ROLE {}; {text}", source_role()));
        }
    }
}

fn is_refused(system: &System, login: Login, text: &str) {
    let said = system.roles.refusal(login, text);
    let said = said.unwrap_or_else(|| panic!("{login:?} may: {text}"));
    let denied = ["permission denied", "must be owner", "must be superuser"];
    assert!(
        denied.iter().any(|word| said.contains(word)),
        "{login:?}: {text}: {said}"
    );
}

#[tokio::test]
async fn a_source_that_nobody_granted_cannot_be_registered() {
    let system = System::start().await;
    data::make_bars(&system.database, 1, 10);
    system
        .database
        .sql(&format!("REVOKE ALL ON bars FROM {}", source_role()));
    let source = pb::Source {
        table: "bars".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        ..pb::Source::default()
    };
    let request = pb::CreateSourceRequest {
        source_id: "bars".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    let refused = system.caller().catalog.create_source(request).await.unwrap_err();
    assert!(refused.message().contains("bars"), "{refused}");
}

#[tokio::test]
async fn every_table_of_the_schema_is_granted_by_name() {
    let system = System::start().await;
    let grants = include_str!("../../deploy/postgres/grants.sql");
    let tables = system.database.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relowner = 'mltest_owner'::regrole ORDER BY 1",
    );
    let words: Vec<&str> = grants
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    assert!(tables.lines().count() > 15, "{tables}");
    for table in tables.lines() {
        let named = words.iter().filter(|word| **word == table).count();
        assert!(
            named >= 2,
            "deploy/postgres/grants.sql does not revoke and grant {table}"
        );
    }
    let open = system.database.sql(
        "SELECT c.relname, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
          WHERE c.relowner = 'mltest_owner'::regrole AND a.grantee = 0",
    );
    assert_eq!(open, "", "a table is open to everyone");
}
