//! The copy of the checkout in which mutants live, with a target folder of its own that is kept between runs.

use super::{Effort, Mutant};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A copy of the checkout.
pub struct Tree {
    root: PathBuf,
    target: PathBuf,
    server: String,
    schema: String,
}

impl Tree {
    /// Copies what has changed since the last time. The folders lie below `.dev/mutants`; `server` is the URL of a database on the
    /// server that tests use.
    pub fn refresh(checkout: &Path, server: &str) -> Result<Self, String> {
        let home = checkout.join(".dev/mutants");
        let tree = Self {
            root: home.join("tree"),
            target: home.join("target"),
            server: server.to_owned(),
            schema: format!("mutants_{}", std::process::id()),
        };
        let files = tracked(checkout)?;
        for file in &files {
            copy(&checkout.join(file), &tree.root.join(file)).map_err(|e| format!("{file}: {e}"))?;
        }
        if tree.root.join("Cargo.toml").exists() {
            tree.remove_others(&files.iter().map(String::as_str).collect());
        }
        tree.seed(checkout)?;
        Ok(tree)
    }

    /// What tests were built from outside is not built again: only crates of the checkout depend on its path.
    fn seed(&self, checkout: &Path) -> Result<(), String> {
        let (from, to) = (checkout.join("target/debug"), self.target.join("debug"));
        if to.exists() || !from.exists() {
            return Ok(());
        }
        std::fs::create_dir_all(&to).map_err(|e| e.to_string())?;
        let mut copy = Command::new("cp");
        copy.args(["-a", "--reflink=auto"])
            .args([".fingerprint", "build", "deps"].map(|part| from.join(part)))
            .arg(&to);
        succeed(&mut copy).map(drop)
    }

    fn remove_others(&self, files: &HashSet<&str>) {
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path
                    .strip_prefix(&self.root)
                    .is_ok_and(|p| files.contains(&*p.to_string_lossy()))
                {
                    let _ = std::fs::remove_file(path);
                }
            }
        }
    }

    /// Applies the mutation. Returns what stood in the file.
    pub(super) fn mutate(&self, mutant: &Mutant) -> Result<String, String> {
        let path = self.root.join(mutant.file);
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", mutant.file))?;
        let places = text.matches(mutant.from).count();
        if places != 1 {
            return Err(format!(
                "{}: what is to be changed stands there {places} times",
                mutant.file
            ));
        }
        std::fs::write(&path, text.replace(mutant.from, mutant.to)).map_err(|e| e.to_string())?;
        Ok(text)
    }

    pub(super) fn restore(&self, mutant: &Mutant, original: &str) {
        let _ = std::fs::write(self.root.join(mutant.file), original);
    }

    /// A fresh database with the tree's migrations, which SQL is checked against while it is compiled: `.sqlx/` knows only the
    /// statements of the checkout.
    pub(super) fn refresh_schema(&self) -> Result<(), String> {
        self.drop_schema();
        self.psql(&self.server, &["-c", &format!("CREATE DATABASE {}", self.schema)])?;
        let mut migrations: Vec<PathBuf> = std::fs::read_dir(self.root.join("migrations"))
            .map_err(|e| e.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with(".up.sql"))
            .collect();
        migrations.sort();
        for file in migrations {
            self.psql(&self.url(), &["-1", "-f", &file.to_string_lossy()])?;
        }
        Ok(())
    }

    fn drop_schema(&self) {
        let text = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.schema);
        let _ = self.psql(&self.server, &["-c", &text]);
    }

    fn psql(&self, url: &str, arguments: &[&str]) -> Result<Output, String> {
        succeed(
            Command::new("psql")
                .args([url, "-qX", "-v", "ON_ERROR_STOP=1"])
                .args(arguments),
        )
    }

    /// The database of this tree's schema, on the tests' server.
    fn url(&self) -> String {
        let (head, query) = self
            .server
            .split_once('?')
            .map_or((self.server.as_str(), None), |(h, q)| (h, Some(q)));
        let (root, _) = head.rsplit_once('/').unwrap_or((head, ""));
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{root}/{}{query}", self.schema)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command
            .args(arguments)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("SQLX_OFFLINE", "false")
            .env("DATABASE_URL", self.url());
        command
    }

    pub(super) fn build_store_tests(&self) -> Result<(), String> {
        // The macros read statements and migrations that cargo does not watch.
        let touched = self.root.join("crates/store/src/lib.rs");
        let text = std::fs::read(&touched).map_err(|e| e.to_string())?;
        std::fs::write(&touched, text).map_err(|e| e.to_string())?;
        succeed(&mut self.cargo(&[
            "test",
            "-q",
            "-p",
            "mltraining-store",
            "--test",
            "claims",
            "--test",
            "endings",
            "--no-run",
        ]))
        .map(drop)
    }

    /// The store's tests that are red.
    pub(super) fn red_tests_of_store(&self) -> Vec<String> {
        let mut command = self.cargo(&[
            "test",
            "-p",
            "mltraining-store",
            "--no-fail-fast",
            "--test",
            "claims",
            "--test",
            "endings",
        ]);
        let out = command.output().expect("cargo runs");
        let text = String::from_utf8_lossy(&out.stdout);
        let red: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"))
            .map(str::to_owned)
            .collect();
        if red.is_empty() && !out.status.success() {
            return vec!["the store's tests ended without a verdict".to_owned()];
        }
        red
    }

    pub(super) fn build_system(&self) -> Result<(), String> {
        succeed(&mut self.cargo(&[
            "build",
            "-q",
            "-p",
            "api-server",
            "-p",
            "worker",
            "-p",
            "mltraining-tests",
            "--bins",
        ]))
        .map(drop)
    }

    /// The scenarios that are red, in their short form.
    pub(super) fn red_scenarios(&self, scenarios: &[&str], effort: Effort) -> Vec<String> {
        let mut red = Vec::new();
        for scenario in scenarios {
            let passed = Command::new(self.target.join("debug/faults"))
                .args(["--short", scenario])
                .env("DATABASE_URL", &self.server)
                .output()
                .is_ok_and(|out| out.status.success());
            if !passed {
                red.push((*scenario).to_owned());
                if effort == Effort::First {
                    break;
                }
            }
        }
        red
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.drop_schema();
    }
}

/// Files of the checkout, those that git does not know yet included, by their paths from its root.
fn tracked(checkout: &Path) -> Result<Vec<String>, String> {
    let mut list = Command::new("git");
    list.current_dir(checkout)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let out = succeed(&mut list)?;
    let names = String::from_utf8_lossy(&out.stdout).into_owned();
    let names = names
        .split('\0')
        .filter(|name| !name.is_empty() && checkout.join(name).is_file());
    Ok(names.map(str::to_owned).collect())
}

/// Copies a file unless the copy has the same content: an untouched file is not compiled again.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let content = std::fs::read(from)?;
    if std::fs::read(to).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(from, to).map(drop)
}

fn succeed(command: &mut Command) -> Result<Output, String> {
    let out = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if out.status.success() {
        return Ok(out);
    }
    let said = String::from_utf8_lossy(&out.stderr);
    let tail: Vec<&str> = said.lines().rev().take(15).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(format!(
        "{}:\n{}",
        command.get_program().to_string_lossy(),
        tail.join("\n")
    ))
}
