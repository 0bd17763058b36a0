//! The password of the database changes while the processes run.
#![allow(clippy::unwrap_used)]

use mltraining_tests::data;
use mltraining_tests::database::Database;
use mltraining_tests::roles::{self, Roles};
use mltraining_tests::system::System;
use std::path::Path;
use uuid::Uuid;

/// A login that does everything, as whom the tables belong to.
fn make_login(database: &Database) -> String {
    Roles::make(database);
    let name = format!("mltest_login_{}", Uuid::new_v4().simple());
    let (owner, reader) = (roles::owner_role(), roles::source_role());
    database.sql(&format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'firstword' IN ROLE {owner}, {reader};
         ALTER ROLE {name} SET role TO {owner};"
    ));
    name
}

/// Writes the URL of the login with this password where the processes read it.
fn write(file: &Path, database: &Database, name: &str, password: &str) {
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    std::fs::write(file, format!("{scheme}://{name}:{password}@{place}\n")).unwrap();
}

#[tokio::test]
async fn both_processes_go_on_with_a_new_password_and_so_do_attempts_that_begin_later() {
    let database = Database::create();
    let name = make_login(&database);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    write(&file, &database, &name, "firstword");
    let settings = [
        ("MLTS_DATABASE__URL", ""),
        ("MLTS_DATABASE__URL_FILE", file.to_str().unwrap()),
    ];
    let mut system = System::start_on(database, &settings).await;
    system.add_worker().await;
    data::make_bars(&system.database, 4, 300);
    data::register_bars(&system.caller()).await;
    system.caller().trained(data::training("before", 240, 5)).await;

    system
        .database
        .sql(&format!("ALTER ROLE {name} PASSWORD 'secondword'"));
    write(&file, &system.database, &name, "secondword");
    let kill =
        format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{name}'");
    system.database.sql(&kill);
    let request = data::training("after", 240, 5);
    let job = mltraining_tests::wait::until("a call is answered again", || async {
        let job = system.caller().training.train_model(request.clone()).await;
        job.ok()
    })
    .await;
    let job = system.caller().ended(&job.into_inner().name).await;
    assert!(job.result.is_some(), "{:?}", job.error);

    let renewed = "what the file of database.url says now is used";
    assert!(system.api.is_running() && system.workers[0].is_running());
    for log in [system.api.log(), system.workers[0].log()] {
        assert!(log.contains(renewed), "{log}");
        assert!(!log.contains("firstword") && !log.contains("secondword"), "{log}");
    }
    drop((system.api, system.workers));
    system.database.sql(&kill);
    system.database.sql(&format!("DROP ROLE {name}"));
}
