//! The roles of `deploy/postgres`, made in a test's database, so that every process of a test may do what it may do in production.
//!
//! Roles belong to the server, not to a database: all tests of one server share them, and one at a time makes them.

use crate::database::{self, Database};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the names of the roles begin with.
const PREFIX: &str = "mltest_";

/// Who logs in.
#[derive(Debug, Clone, Copy)]
pub enum Login {
    Migrator,
    Api,
    Worker,
}

impl Login {
    fn name(self) -> &'static str {
        match self {
            Self::Migrator => "migrator",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

/// The roles in one database.
#[derive(Debug, Clone)]
pub struct Roles {
    url: String,
}

impl Roles {
    /// Makes the roles, as deploy/postgres/roles.sql does. Tables that the test makes itself are open to the processes: they are sources, or
    /// tell what was written.
    ///
    /// # Panics
    /// When the user of `DATABASE_URL` may make no roles.
    pub fn make(database: &Database) -> Self {
        let roles = Self { url: database.url() };
        let lock = std::env::temp_dir().join("mltraining-roles-of-tests.lock");
        let lock = File::create(lock).expect("the folder for temporary files is writable");
        lock.lock().expect("a file can be locked");
        script(&roles.url, &scripts().join("roles.sql"), &[]);
        let (api, worker, reader) = (role("api"), role("worker"), role("features_ro"));
        database.sql(&format!(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {api}, {worker};
             ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO {api}, {worker};
             ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {reader};"
        ));
        roles
    }

    /// Says what each role may do, as deploy/postgres/grants.sql does, once the schema is there.
    ///
    /// # Panics
    /// When psql refuses.
    pub fn grant(&self) {
        self.grant_by(&scripts());
    }

    /// The same by the scripts in `folder`, which are those of another version.
    ///
    /// # Panics
    /// When psql refuses.
    pub fn grant_by(&self, folder: &Path) {
        script(&self.url(Login::Migrator), &folder.join("grants.sql"), &["-1"]);
    }

    /// The URL of the database for one of them.
    pub fn url(&self, login: Login) -> String {
        let (scheme, rest) = self.url.split_once("://").expect("a URL has a scheme");
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let (name, password) = (role(login.name()), password(&self.url));
        format!("{scheme}://{name}:{password}@{place}")
    }

    /// What Postgres says to SQL of one of them that it is expected to refuse; `None` when it does not refuse. What the SQL does is
    /// undone either way.
    pub fn refusal(&self, login: Login, text: &str) -> Option<String> {
        database::refusal_at(&self.url(login), text)
    }
}

/// The role that sources are read as.
pub fn source_role() -> String {
    role("features_ro")
}

/// The role that owns the tables.
pub fn owner_role() -> String {
    role("owner")
}

fn role(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The password of the roles: that of the server's own user, which nobody else knows.
fn password(url: &str) -> &str {
    let credentials = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    let password = credentials.and_then(|(user, _)| user.split_once(':'));
    password.map_or("of-tests", |(_, password)| password)
}

/// The scripts of this checkout.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/postgres")
}

fn script(url: &str, file: &Path, more: &[&str]) {
    let mut command = Command::new("psql");
    command.args([url, "-qXAt", "-v", "ON_ERROR_STOP=1"]).args(more);
    command
        .args(["-v", &format!("prefix={PREFIX}")])
        .arg("-f")
        .arg(file);
    for variable in ["MIGRATOR_PASSWORD", "API_PASSWORD", "WORKER_PASSWORD"] {
        command.env(variable, password(url));
    }
    let out = command.output().expect("psql is installed with the server");
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {error}", file.display());
}
