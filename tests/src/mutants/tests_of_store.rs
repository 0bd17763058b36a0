//! The store's own tests of claims, as programs that are built once and run against any server.

use super::checkout;
use std::path::PathBuf;
use std::process::Command;

/// The tests of `crates/store/tests` that are about claims, and about what must not be claimed or removed.
const NAMES: [&str; 4] = ["claims", "endings", "quotas", "sweep"];

/// Test programs of the store.
pub struct TestsOfStore(Vec<PathBuf>);

impl TestsOfStore {
    /// Builds them.
    ///
    /// # Errors
    /// What cargo says against it.
    pub fn build() -> Result<Self, String> {
        let mut command = Command::new("cargo");
        command
            .current_dir(checkout()) // The whole workspace, so that they share the build of `./dev test`.
            .args(["test", "--workspace", "--no-run", "--message-format", "json"]);
        for name in NAMES {
            command.args(["--test", name]);
        }
        let out = command.output().map_err(|e| format!("cargo: {e}"))?;
        if !out.status.success() {
            return Err(String::from_utf8_lossy(&out.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let programs: Vec<PathBuf> = text.lines().filter_map(program).collect();
        if programs.len() == NAMES.len() {
            Ok(Self(programs))
        } else {
            Err(format!(
                "cargo built {} test programs, not {}",
                programs.len(),
                NAMES.len()
            ))
        }
    }

    /// The tests that are red against the server of `url`.
    pub(super) fn red(&self, url: &str) -> Vec<String> {
        let mut red = Vec::new();
        for program in &self.0 {
            let out = Command::new(program)
                .current_dir(checkout().join("crates/store"))
                .env("DATABASE_URL", url)
                .output()
                .expect("the program was built");
            let text = String::from_utf8_lossy(&out.stdout);
            let before = red.len();
            red.extend(text.lines().filter_map(failed));
            if red.len() == before && !out.status.success() {
                red.push(format!("{} ended without a verdict", program.display()));
            }
        }
        red
    }
}

/// The program that a line of cargo's messages is about.
fn program(line: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let name = message["target"]["name"].as_str()?;
    let is_ours = NAMES.contains(&name) && message["target"]["kind"][0] == "test";
    message["executable"]
        .as_str()
        .filter(|_| is_ours)
        .map(PathBuf::from)
}

fn failed(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.to_owned())
}
