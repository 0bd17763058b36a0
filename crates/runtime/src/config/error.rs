//! What is wrong with a configuration.

use std::fmt;

/// One thing that is wrong, told so that it can be put right without the source code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The dotted key (`server.listen`), or the name of the environment variable or file when there is no such key.
    pub field: String,
    /// What is wrong and what would be right. Never holds the value of a secret.
    pub message: String,
}

/// Everything that is wrong with a configuration. A binary that meets one exits with [`crate::exit::Code::Config`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl Problem {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl ConfigError {
    pub(super) fn unless_none(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self { problems })
        }
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let lead = if i == 0 {
                "configuration: "
            } else {
                "\nconfiguration: "
            };
            write!(f, "{lead}{}: {}", problem.field, problem.message)?;
        }
        Ok(())
    }
}
