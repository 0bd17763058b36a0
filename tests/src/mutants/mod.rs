//! Mutations: each takes one safeguard out of a copy of the tree and asks the tests whether they notice. A safeguard whose loss no
//! test notices is not guarded.

mod list;
mod tree;

pub use list::{MUTANTS, Mutant};
pub use tree::Tree;

use std::path::PathBuf;

/// What the tests said of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Tests were red; these.
    Red(Vec<String>),
    /// All were green.
    Green,
    /// It could not be asked: the mutation does not apply any more, or the tree does not build.
    Unknown(String),
}

/// How much is asked about a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Until the first test is red.
    First,
    /// The store's tests and every scenario of the mutant.
    All,
}

impl Tree {
    /// Makes the mutant, asks, and takes the mutation back.
    pub fn judge(&self, mutant: &Mutant, effort: Effort) -> Verdict {
        let original = match self.mutate(mutant) {
            Ok(original) => original,
            Err(reason) => return Verdict::Unknown(reason),
        };
        let verdict = self.ask(mutant.scenarios, effort);
        self.restore(mutant, &original);
        verdict
    }

    /// Asks about the tree as it stands.
    pub fn ask(&self, scenarios: &[&str], effort: Effort) -> Verdict {
        if let Err(reason) = self.refresh_schema().and_then(|()| self.build_store_tests()) {
            return Verdict::Unknown(reason);
        }
        let mut red = self.red_tests_of_store();
        if red.is_empty() || effort == Effort::All {
            if let Err(reason) = self.build_system() {
                return Verdict::Unknown(reason);
            }
            red.extend(self.red_scenarios(scenarios, effort));
        }
        if red.is_empty() {
            Verdict::Green
        } else {
            Verdict::Red(red)
        }
    }
}

/// The checkout that this was built in.
pub fn checkout() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the checkout is where it was built")
}
