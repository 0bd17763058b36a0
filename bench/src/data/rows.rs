//! The rows: half a million by the shared generator, and copies of them under other names.

use anyhow::{Context, ensure};
use mltraining_tests::database::Database;
use std::process::Command;
use uuid::Uuid;

/// The Python that makes the rows and runs the peers.
pub(crate) fn python() -> Command {
    Command::new(std::env::var_os("BENCH_PYTHON").unwrap_or_else(|| "python3".into()))
}

/// A database with `copies` times half a million rows of `coin_metrics`, vacuumed.
pub(crate) fn make(copies: u32) -> anyhow::Result<Database> {
    let script = crate::report::shared().join("data/gen.py");
    ensure!(script.exists(), "the generator {} is absent", script.display());
    let database = Database::create();
    let role = Role::make(&database)?;
    generate(&script, &database.url(), &role.password)?;
    drop(role);
    multiply(&database, copies);
    database.sql("VACUUM ANALYZE coin_metrics");
    Ok(database)
}

/// Adds copies of every row, the entity under another name.
fn multiply(database: &Database, copies: u32) {
    let columns = database.sql(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
          WHERE attrelid = 'coin_metrics'::regclass AND attnum > 1 AND NOT attisdropped",
    );
    database.sql(&format!(
        "INSERT INTO coin_metrics (mint, {columns})
         SELECT n || mint, {columns} FROM coin_metrics, generate_series(2, {copies}) n"
    ));
}

/// The generator logs in as `postgres`: a role of that name, as long as this value lives.
struct Role<'a> {
    database: &'a Database,
    password: String,
}

impl<'a> Role<'a> {
    /// # Errors
    /// When the server has such a role, whose password is not ours to change.
    fn make(database: &'a Database) -> anyhow::Result<Self> {
        let there = database.count("SELECT count(*) FROM pg_roles WHERE rolname = 'postgres'");
        ensure!(
            there == 0,
            "this server has a role postgres, as which the generator logs in; use the one that ./dev starts, or drop the role if \
             a bench that was killed left it there"
        );
        let password = Uuid::new_v4().simple().to_string();
        database.sql(&format!(
            "CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '{password}'"
        ));
        Ok(Self { database, password })
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        self.database
            .sql("REASSIGN OWNED BY postgres TO CURRENT_USER; DROP OWNED BY postgres; DROP ROLE postgres");
    }
}

fn generate(script: &std::path::Path, url: &str, password: &str) -> anyhow::Result<()> {
    let (server, name) = url.rsplit_once('/').context("a URL ends with its database")?;
    let port = server.rsplit_once(':').context("a URL has a port")?.1;
    let output = python()
        .arg(script)
        .args(["--db", name, "--port", port])
        .env("PGPASSWORD", password)
        .output()
        .context("python3 cannot be started")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the rows were not made (BENCH_PYTHON names a Python with numpy and pandas): {}",
        error.lines().last().unwrap_or("no word of why")
    );
    Ok(())
}
