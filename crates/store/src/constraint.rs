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
mod tests {
    use super::{RULES, rule};

    #[test]
    fn every_line_of_the_table_is_a_rule() {
        let lines = RULES
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut names: Vec<&str> = lines
            .map(|line| line.split('|').next().unwrap_or_default())
            .collect();
        assert!(names.len() > 100, "{} rules", names.len());
        for name in &names {
            let rule = rule(name).unwrap_or_else(|| panic!("the line of {name} is no rule"));
            assert!(!rule.sentence.is_empty(), "{name} says nothing");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(
            names.len(),
            RULES.lines().filter(|l| l.contains('|')).count(),
            "a name stands twice"
        );
    }
}
