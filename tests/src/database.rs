//! A database of its own for one test, reached by psql, so that what tests see is independent of the code they test.

use std::process::{Command, Stdio};
use uuid::Uuid;

/// A database; dropped with its value.
pub struct Database {
    name: String,
    server: String,
}

impl Database {
    /// Creates an empty database on the server that `DATABASE_URL` names.
    pub fn create() -> Self {
        Self::create_on(
            &std::env::var("DATABASE_URL").expect("DATABASE_URL is not set; run the tests with `./dev test`"),
        )
    }

    /// Creates an empty database on the server that `url` names.
    pub fn create_on(url: &str) -> Self {
        let server = url.to_owned();
        let name = format!("system_{}", Uuid::new_v4().simple());
        psql(&server, &format!("CREATE DATABASE {name}"));
        Self { name, server }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let (head, query) = match self.server.split_once('?') {
            Some((head, query)) => (head, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        let authority = head.find("://").map_or(0, |i| i + 3);
        let root = head[authority..]
            .find('/')
            .map_or(head, |i| &head[..authority + i]);
        format!("{root}/{}{query}", self.name)
    }

    /// Runs SQL; rows come as lines, columns joined by `|`.
    pub fn sql(&self, text: &str) -> String {
        psql(&self.url(), text)
    }

    /// Runs SQL that Postgres is expected to refuse, and returns what it says; `None` when it does not refuse. What the SQL
    /// does is undone either way.
    pub fn refusal(&self, text: &str) -> Option<String> {
        refusal_at(&self.url(), text)
    }

    /// Runs SQL that gives one number.
    pub fn count(&self, text: &str) -> i64 {
        let answer = self.sql(text);
        answer
            .parse()
            .unwrap_or_else(|_| panic!("no number: {answer:?} from {text}"))
    }
}

impl Drop for Database {
    /// Does not wait: Postgres drops a database only once every other session of the server has a moment for it.
    fn drop(&mut self) {
        let text = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let mut command = Command::new("psql");
        command
            .args([&self.server, "-qXAtc", &text])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let _ = command.spawn();
    }
}

/// As [`Database::refusal`], for who logs in by `url`.
pub fn refusal_at(url: &str, text: &str) -> Option<String> {
    run(url, &format!("BEGIN; {text}; ROLLBACK")).err()
}

fn psql(url: &str, text: &str) -> String {
    run(url, text).unwrap_or_else(|error| panic!("psql: {error}\n{text}"))
}

/// What the SQL answers, or what psql says against it.
fn run(url: &str, text: &str) -> Result<String, String> {
    let out = Command::new("psql")
        .args([url, "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", text])
        .output();
    let out = out.expect("psql is installed with the server");
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).trim().to_owned())
    }
}
