//! The variables of the environment: which are ours, which name a secret's file, which are mistakes.

use super::known::nearest;
use super::{ConfigError, KEYS, Key, Owner, Problem};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// `MLTS_` variables that are no keys: the config file's, the command line client's, the tests'.
const OTHERS: &[&str] = &[
    "MLTS_CONFIG",
    "MLTS_ENDPOINT",
    "MLTS_ADMIN_ENDPOINT",
    "MLTS_API_KEY",
    "MLTS_API_KEY_FILE",
    "MLTS_CA_CERT",
    "MLTS_CLIENT_CERT",
    "MLTS_CLIENT_KEY",
    "MLTS_PROJECT",
    "MLTS_SHARED_DIR",
];

/// The variables of one process's keys, secrets read from their files.
pub(super) struct Variables {
    /// Values by the variable's name.
    pub(super) values: HashMap<String, String>,
    /// Files of secrets by their key.
    pub(super) files: HashMap<&'static str, PathBuf>,
}

/// What a variable's name means.
enum Meaning {
    Value(&'static Key),
    File(&'static Key),
}

/// Sorts the variables out. Empty ones count as unset.
pub(super) fn read(environment: &HashMap<String, String>, owner: Owner) -> Result<Variables, ConfigError> {
    let mut values = HashMap::new();
    let mut files = HashMap::new();
    let mut problems = Vec::new();
    let mut ours: Vec<_> = environment
        .iter()
        .filter(|(name, value)| {
            name.starts_with("MLTS_") && !value.is_empty() && !OTHERS.contains(&name.as_str())
        })
        .collect();
    ours.sort();
    for (name, value) in ours {
        let outcome = match meaning(name) {
            None => Err(unknown(name)),
            Some(Meaning::Value(key) | Meaning::File(key)) if !key.owner.includes(owner) => continue,
            Some(Meaning::Value(key)) => Ok((key.variable(), value.clone())),
            Some(Meaning::File(key)) => {
                files.insert(key.path, PathBuf::from(value));
                secret_of(key, value, environment).map(|secret| (key.variable(), secret))
            }
        };
        match outcome {
            Ok((variable, value)) => drop(values.insert(variable, value)),
            Err(problem) => problems.push(problem),
        }
    }
    ConfigError::unless_none(problems).map(|()| Variables { values, files })
}

fn meaning(name: &str) -> Option<Meaning> {
    KEYS.iter().find_map(|key| match name {
        _ if name == key.variable() => Some(Meaning::Value(key)),
        _ if key.file_variable().as_deref() == Some(name) => Some(Meaning::File(key)),
        _ => None,
    })
}

fn unknown(name: &str) -> Problem {
    let names: Vec<_> = KEYS
        .iter()
        .flat_map(|key| [Some(key.variable()), key.file_variable()])
        .flatten()
        .collect();
    let hint = nearest(name, names.iter().map(String::as_str));
    Problem::new(name, format!("no such variable{hint}; unset it"))
}

/// Reads a secret's file, without its trailing newline.
fn secret_of(key: &Key, path: &str, environment: &HashMap<String, String>) -> Result<String, Problem> {
    let variable = key.variable();
    if environment.get(&variable).is_some_and(|value| !value.is_empty()) {
        return Err(Problem::new(
            key.path,
            format!("{variable} and {variable}_FILE are both given; unset one"),
        ));
    }
    secret_in(Path::new(path)).map_err(|why| Problem::new(key.path, format!("{variable}_FILE = {why}")))
}

/// What stands in a secret's file, without its trailing newline.
pub(super) fn secret_in(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let secret = text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    if secret.is_empty() {
        return Err(format!("{shown} is empty"));
    }
    Ok(secret.to_owned())
}

impl Owner {
    /// Whether a process of kind `process` reads keys of this owner.
    pub(super) fn includes(self, process: Owner) -> bool {
        self == Owner::Both || self == process
    }
}
