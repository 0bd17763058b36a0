//! Keys that do not exist, and those that were meant.

use super::{ConfigError, KEYS, Owner, Problem};

/// Refuses keys that the process does not know, each with the nearest that it does.
pub(super) fn known_keys(tree: &::config::Config, owner: Owner) -> Result<(), ConfigError> {
    let known: Vec<&str> = KEYS
        .iter()
        .filter(|key| key.owner.includes(owner))
        .map(|key| key.path)
        .collect();
    let mut found = Vec::new();
    paths("", &tree.cache, &mut found);
    let problems: Vec<Problem> = found
        .iter()
        .filter(|path| !known.contains(&path.as_str()))
        .map(|path| {
            let hint = nearest(path, known.iter().copied());
            Problem::new(path, format!("no such key{hint}"))
        })
        .collect();
    ConfigError::unless_none(problems)
}

/// The dotted paths of all leaves.
fn paths(prefix: &str, value: &::config::Value, found: &mut Vec<String>) {
    match &value.kind {
        ::config::ValueKind::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(name, _)| name.as_str());
            for (name, inner) in keys {
                paths(&below(prefix, name), inner, found);
            }
        }
        _ => found.push(prefix.to_owned()),
    }
}

/// The dotted path of `name` in the table `prefix`; the root's is empty.
pub(super) fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        return name.to_owned();
    }
    format!("{prefix}.{name}")
}

/// `, did you mean X?` or nothing.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| {
            format!(", did you mean {candidate}?")
        })
}
