//! Whether values are of the form and in the range that [`KEYS`] says.

use super::known::below;
use super::{ConfigError, KEYS, Key, Kind, Owner, Problem, Settings, span};
use serde_json::Value;
use std::collections::BTreeMap;

/// A value whose form the key cannot take. A secret's value is not repeated.
pub(super) fn wrong_form(path: &str, found: &str) -> Problem {
    match KEYS.iter().find(|key| key.path == path) {
        Some(Key {
            kind: kind @ Kind::Secret(_),
            ..
        }) => Problem::new(path, format!("must be {kind}")),
        Some(Key { kind, .. }) => Problem::new(path, format!("must be {kind}, found {found}")),
        None => Problem::new(path, format!("must be a table of keys, found {found}")),
    }
}

/// Checks every value against its range in [`KEYS`], then the rules between keys.
pub(super) fn values<C: Settings>(config: &C, owner: Owner) -> Result<(), ConfigError> {
    let shown = leaves(config);
    let mut problems: Vec<Problem> = KEYS
        .iter()
        .filter(|key| key.owner.includes(owner))
        .filter_map(|key| out_of_range(key, shown.get(key.path)?))
        .collect();
    config.cross_checks(&mut problems);
    ConfigError::unless_none(problems)
}

/// Every key with its value as [`super::print`] shows it.
pub(super) fn leaves<C: Settings>(config: &C) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut open = vec![(
        String::new(),
        serde_json::to_value(config).expect("the sections hold plain values"),
    )];
    while let Some((prefix, value)) = open.pop() {
        match value {
            Value::Object(table) => {
                open.extend(
                    table
                        .into_iter()
                        .map(|(name, inner)| (below(&prefix, &name), inner)),
                );
            }
            leaf => drop(found.insert(prefix, leaf)),
        }
    }
    found
}

fn out_of_range(key: &Key, value: &Value) -> Option<Problem> {
    let fits = match key.kind {
        _ if value.is_null() => key.default.is_empty(), // unset, or NaN
        Kind::Span(from, to) => {
            let value = value.as_str().and_then(span::parse);
            value >= span::parse(from) && value <= span::parse(to)
        }
        Kind::Integer(from, to) => value.as_u64().is_some_and(|n| (from..=to).contains(&n)),
        Kind::Ratio => value.as_f64().is_some_and(|x| (0.0..=1.0).contains(&x)),
        Kind::Switch | Kind::OneOf(_) | Kind::Text(_) | Kind::Secret(_) => true,
    };
    (!fits).then(|| Problem::new(key.path, format!("must be {}, is {value}", key.kind)))
}
