//! The rules of the tables, by the names of their constraints: what to tell a caller who breaks one.

use mltraining_domain::Reason;

/// What a broken rule means to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The machine-readable reason; INTERNAL for what no request can bring about.
    pub(crate) reason: Reason,
    /// The field of the request; empty when none is at fault.
    pub(crate) field: &'static str,
    /// What is wrong and the way out.
    pub(crate) sentence: &'static str,
}

/// `name|reason|field|sentence`, one rule a line.
const RULES: &str = include_str!("constraint.txt");

/// The rule behind the name of a constraint; `None` for a name that no migration of this version made.
pub(crate) fn rule(name: &str) -> Option<Rule> {
    let line = RULES.lines().find(|line| line.split('|').next() == Some(name))?;
    let mut parts = line.splitn(4, '|').skip(1);
    Some(Rule {
        reason: Reason::from_word(parts.next()?)?,
        field: parts.next()?,
        sentence: parts.next()?,
    })
}

#[cfg(test)]
mod tests;
