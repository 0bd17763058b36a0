//! Mutations: each takes one safeguard out of a statement, on its way from the unchanged product to Postgres, and asks the tests
//! whether they notice. A safeguard whose loss no test notices is not guarded.

mod list;
mod tests_of_store;

pub use list::{MUTANTS, Mutant};
pub use tests_of_store::TestsOfStore;

use crate::proxy::{Protocol, Proxy, Rewrite};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// What the tests said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Tests were red; these.
    Red(Vec<String>),
    /// All were green.
    Green,
    /// It could not be asked: the mutation does not apply any more, or the statement never came by.
    Unknown(String),
}

/// How much is asked about a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Until the first test is red.
    First,
    /// The store's tests and every scenario of the mutant.
    All,
    /// Only the scenarios: is the fault suite red by itself?
    Scenarios,
}

/// Asks about tests against the Postgres of `server`.
pub struct Judge {
    server: String,
    store: Option<TestsOfStore>,
}

impl Judge {
    /// `server`: the URL of a database on the server that the tests use. Without tests of the store, only scenarios are asked.
    pub fn new(server: &str, store: Option<TestsOfStore>) -> Self {
        Self {
            server: server.to_owned(),
            store,
        }
    }

    /// Asks about a mutant.
    pub fn judge(&self, mutant: &Mutant, effort: Effort) -> Verdict {
        if let Err(reason) = applies(mutant) {
            return Verdict::Unknown(reason);
        }
        let rewrite = Arc::new(Rewrite::new(mutant.from, mutant.to));
        let proxy = Proxy::rewriting(&self.server, &rewrite);
        let verdict = self.ask(&proxy, mutant.scenarios, effort);
        if rewrite.rewritten() == 0 {
            return Verdict::Unknown("the statement never came by".to_owned());
        }
        verdict
    }

    /// Asks about the product as it is, through the same kind of proxy.
    pub fn judge_unchanged(&self, scenarios: &[&str]) -> Verdict {
        self.ask(
            &Proxy::to(&self.server, Protocol::Postgres),
            scenarios,
            Effort::All,
        )
    }

    fn ask(&self, proxy: &Proxy, scenarios: &[&str], effort: Effort) -> Verdict {
        let url = proxy.url(&self.server);
        let mut red = match &self.store {
            Some(tests) if effort != Effort::Scenarios => tests.red(&url),
            _ => Vec::new(),
        };
        for scenario in scenarios {
            if !red.is_empty() && effort == Effort::First {
                break;
            }
            if is_red(scenario, &url) {
                red.push((*scenario).to_owned());
            }
        }
        if red.is_empty() {
            Verdict::Green
        } else {
            Verdict::Red(red)
        }
    }
}

/// Runs a scenario in its short form, in a process of its own.
fn is_red(scenario: &str, url: &str) -> bool {
    let out = Command::new(crate::binaries::path("faults"))
        .args(["--short", "--no-file", scenario])
        .env("DATABASE_URL", url)
        .output()
        .expect("the program was built with this one");
    !out.status.success()
}

/// The text must stand in its file exactly once.
fn applies(mutant: &Mutant) -> Result<(), String> {
    let text =
        std::fs::read_to_string(checkout().join(mutant.file)).map_err(|e| format!("{}: {e}", mutant.file))?;
    match text.matches(mutant.from).count() {
        1 => Ok(()),
        places => Err(format!(
            "{}: what is to be changed stands there {places} times",
            mutant.file
        )),
    }
}

/// The checkout that this was built in.
fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::SCENARIOS;

    #[test]
    fn each_mutation_stands_in_its_file_and_names_scenarios_that_exist() {
        for mutant in MUTANTS {
            assert_eq!(applies(mutant), Ok(()), "{}", mutant.name);
            for scenario in mutant.scenarios {
                assert!(SCENARIOS.iter().any(|s| s.name == *scenario), "{scenario}");
            }
        }
    }
}
