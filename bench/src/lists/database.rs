//! A database with many jobs.

use anyhow::{Context, ensure};
use mltraining_store::{Store, StoreConfig};
use mltraining_tests::database::Database;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILL: &str = include_str!("fill.sql");

/// A filled database.
pub struct Filled {
    /// Dropped with this value; none when the caller named one.
    _own: Option<Database>,
    /// Its URL.
    pub url: String,
    /// A handle on it.
    pub store: Store,
    /// How long filling took.
    pub fill_seconds: f64,
}

impl Filled {
    /// Makes a database and fills it with so many jobs and what belongs to them; or takes the one at `given`, which an earlier
    /// fill left.
    ///
    /// # Errors
    /// When Postgres or psql refuse.
    pub async fn make(jobs: u32, given: Option<String>) -> anyhow::Result<Self> {
        let own = given.is_none().then(Database::create);
        let url = given.or_else(|| own.as_ref().map(Database::url));
        let url = url.context("a database is either given or made")?;
        let store = Store::connect(&StoreConfig {
            call_timeout: Duration::from_secs(60),
            ..StoreConfig::new(&url, "bench")
        })
        .await?;
        let start = Instant::now();
        if own.is_some() {
            store.migrate_up().await?;
            fill(&url, jobs)?;
        }
        Ok(Self {
            _own: own,
            url,
            store,
            fill_seconds: start.elapsed().as_secs_f64(),
        })
    }
}

fn fill(url: &str, jobs: u32) -> anyhow::Result<()> {
    let mut psql = Command::new("psql")
        .args([url, "-qX", "-v", &format!("jobs={jobs}"), "-f", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .context("psql is installed with the server")?;
    let mut input = psql.stdin.take().context("psql has an input")?;
    input.write_all(FILL.as_bytes())?;
    drop(input);
    ensure!(psql.wait()?.success(), "the database could not be filled");
    Ok(())
}
