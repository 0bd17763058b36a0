//! The rules of the tables, by the names of their constraints: what to tell a caller who breaks one.

use mltraining_domain::Reason;

/// What a broken rule means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The machine-readable reason.
    pub(crate) reason: Reason,
    /// The field of the request.
    pub(crate) field: &'static str,
    /// What is wrong and the way out.
    pub(crate) sentence: &'static str,
}

/// The rule behind the name of a constraint; `None` for a name that no migration of this version made.
pub(crate) fn rule(_name: &str) -> Option<Rule> {
    None
}
