//! Whether values make sense: known keys, ranges of [`KEYS`], and what single keys cannot say.

use super::{
    ApiConfig, AuthMode, ConfigError, KEYS, Key, Kind, Owner, Problem, Settings, WorkerConfig, span,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::collections::BTreeMap;

/// Rules that tie keys together, or need the value itself.
pub(super) trait CrossChecks {
    fn cross_checks(&self, problems: &mut Vec<Problem>);
}

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
            Problem::new(
                path,
                format!("no such key{}", nearest(path, known.iter().copied())),
            )
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ConfigError { problems })
    }
}

/// The dotted paths of all leaves.
fn paths(prefix: &str, value: &::config::Value, found: &mut Vec<String>) {
    match &value.kind {
        ::config::ValueKind::Table(table) => {
            let mut keys: Vec<_> = table.iter().collect();
            keys.sort_by_key(|(name, _)| name.as_str());
            for (name, inner) in keys {
                let path = if prefix.is_empty() {
                    name.clone()
                } else {
                    format!("{prefix}.{name}")
                };
                paths(&path, inner, found);
            }
        }
        _ => found.push(prefix.to_owned()),
    }
}

/// `; did you mean X?` or nothing.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| {
            format!(", did you mean {candidate}?")
        })
}

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
    if problems.is_empty() {
        Ok(())
    } else {
        Err(ConfigError { problems })
    }
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
            Value::Object(table) => open.extend(table.into_iter().map(|(name, inner)| {
                (
                    if prefix.is_empty() {
                        name
                    } else {
                        format!("{prefix}.{name}")
                    },
                    inner,
                )
            })),
            leaf => drop(found.insert(prefix, leaf)),
        }
    }
    found
}

fn out_of_range(key: &Key, value: &Value) -> Option<Problem> {
    let fits = match key.kind {
        _ if value.is_null() => true,
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

impl CrossChecks for ApiConfig {
    fn cross_checks(&self, problems: &mut Vec<Problem>) {
        shared(&self.database.url, &self.redis, &self.artifacts.dir, problems);
        texts(&self.log.level, &self.telemetry, problems);
        let server = &self.server;
        if server.auth.mode != AuthMode::None {
            return;
        }
        if !server.insecure_no_auth {
            let message = "none lets everyone do everything: set server.insecure_no_auth = true as well if this is meant";
            problems.push(Problem::new("server.auth.mode", message));
        } else if !server.listen.ip().is_loopback() {
            let message = format!(
                "without authentication the server listens on a loopback address only, not on {}: set server.auth.mode = api_key, or listen on 127.0.0.1",
                server.listen
            );
            problems.push(Problem::new("server.listen", message));
        }
    }
}

impl CrossChecks for WorkerConfig {
    fn cross_checks(&self, problems: &mut Vec<Problem>) {
        shared(&self.database.url, &self.redis, &self.artifacts.dir, problems);
        texts(&self.log.level, &self.telemetry, problems);
        let worker = &self.worker;
        if worker.poll_min > worker.poll_max {
            problems.push(Problem::new(
                "worker.poll_min",
                "must not be longer than worker.poll_max",
            ));
        }
        if worker.heartbeat * 3 > worker.lease {
            problems.push(Problem::new(
                "worker.heartbeat",
                "must be at most a third of worker.lease",
            ));
        }
    }
}

fn shared(
    database: &SecretString,
    redis: &super::RedisConfig,
    dir: &std::path::Path,
    problems: &mut Vec<Problem>,
) {
    if database.expose_secret().is_empty() {
        let message =
            "is missing: set MLTS_DATABASE__URL, MLTS_DATABASE__URL_FILE, or url in [database] of the file";
        problems.push(Problem::new("database.url", message));
    } else if !has_scheme(database, &["postgres", "postgresql"]) {
        problems.push(must_be("database.url"));
    }
    if !has_scheme(&redis.url, &["redis"]) {
        problems.push(must_be("redis.url"));
    }
    let of_stream = |c: char| c.is_ascii_alphanumeric() || ":_.-".contains(c);
    if redis.stream.is_empty() || redis.stream.len() > 100 || !redis.stream.chars().all(of_stream) {
        problems.push(must_be("redis.stream"));
    }
    if !dir.is_absolute() {
        problems.push(must_be("artifacts.dir"));
    }
}

fn texts(level: &str, telemetry: &super::TelemetryConfig, problems: &mut Vec<Problem>) {
    if crate::telemetry::level::parse(level).is_none() {
        problems.push(must_be("log.level"));
    }
    let plain = |text: &String| {
        url::Url::parse(text).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme()) && url.username().is_empty() && url.password().is_none()
        })
    };
    if telemetry.otlp_endpoint.as_ref().is_some_and(|text| !plain(text)) {
        problems.push(must_be("telemetry.otlp_endpoint"));
    }
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let named = |name: &String| !name.is_empty() && name.len() <= 63 && name.chars().all(of_name);
    if telemetry.service_name.as_ref().is_some_and(|name| !named(name)) {
        problems.push(must_be("telemetry.service_name"));
    }
}

fn has_scheme(secret: &SecretString, schemes: &[&str]) -> bool {
    url::Url::parse(secret.expose_secret()).is_ok_and(|url| schemes.contains(&url.scheme()))
}

/// The range of a key in words. The value is not repeated: it may be a secret.
fn must_be(path: &'static str) -> Problem {
    let kind = KEYS
        .iter()
        .find(|key| key.path == path)
        .map(|key| key.kind.to_string())
        .unwrap_or_default();
    Problem::new(path, format!("must be {kind}"))
}
