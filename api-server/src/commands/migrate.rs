//! `api-server migrate`: the step of a deployment before the new processes start.

use super::coded;
use crate::context;
use mltraining_runtime::config::ApiConfig;
use mltraining_store::Store;
use std::io::Write;
use std::time::Duration;

/// Longest time that all migrations together may take.
const LONGEST: Duration = Duration::from_secs(3600);

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Take migrations back until N is the newest one left (0: none). Drops the data that they made room for.
    #[arg(long, value_name = "N", conflicts_with = "status", value_parser = clap::value_parser!(i64).range(0..))]
    down: Option<i64>,
    /// Only tell the version that is there and the one that this build needs.
    #[arg(long)]
    status: bool,
}

/// Migrates up to this build's version, down to the one named, or tells the versions. Holds an advisory lock: of several
/// at once, one works and the others find nothing to do.
///
/// # Errors
/// Exit code 69 when Postgres is away. When a migration fails, its transaction is rolled back.
pub async fn migrate(config: ApiConfig, arguments: Arguments) -> anyhow::Result<()> {
    let store = context::open_store(&config)?.with_call_timeout(LONGEST);
    if let Some(target) = arguments.down {
        return tell("took back", &store.migrate_down(target).await.map_err(coded)?);
    }
    if arguments.status {
        let (found, needed) = (
            store.schema_version().await.map_err(coded)?,
            Store::expected_schema_version(),
        );
        let word = if found < needed {
            "old: run `api-server migrate`"
        } else {
            "current"
        };
        let mut out = std::io::stdout().lock();
        return Ok(writeln!(
            out,
            "schema version {found}, this build needs {needed}: {word}"
        )?);
    }
    tell("applied", &store.migrate_up().await.map_err(coded)?)
}

fn tell(what: &str, versions: &[i64]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if versions.is_empty() {
        return Ok(writeln!(out, "nothing to do")?);
    }
    let versions: Vec<String> = versions.iter().map(i64::to_string).collect();
    Ok(writeln!(out, "{what} {}", versions.join(", "))?)
}
