//! The configuration as TOML, without its secrets.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The configuration in force as TOML, for `--print-config`. Secrets are never in it: a URL keeps its scheme, user, host
/// and path and loses password and query; one that cannot be taken apart is `<set>`, one not given `<unset>`. An unset
/// key stands as a comment.
pub fn print<C: Serialize>(config: &C) -> String {
    let mut text = String::new();
    let value =
        serde_json::to_value(config).expect("the sections hold only texts, numbers, switches and tables");
    if let Value::Object(sections) = value {
        for (name, section) in &sections {
            if let Value::Object(section) = section {
                table(&mut text, name, section);
            }
        }
    }
    text
}

/// Writes one table: its own keys first, then the tables in it, as TOML wants it.
fn table(text: &mut String, name: &str, keys: &Map<String, Value>) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}[{name}]");
    for (key, value) in keys.iter().filter(|(_, value)| !value.is_object()) {
        // A JSON text, number or switch is written like this in TOML too.
        let _ = if value.is_null() {
            writeln!(text, "# {key} is unset")
        } else {
            writeln!(text, "{key} = {value}")
        };
    }
    for (key, value) in keys {
        if let Value::Object(inner) = value {
            table(text, &format!("{name}.{key}"), inner);
        }
    }
}

/// A secret URL as it may be shown.
pub(super) fn redacted(secret: &SecretString) -> String {
    let text = secret.expose_secret();
    if text.is_empty() {
        return "<unset>".to_owned();
    }
    let Some(mut url) = url::Url::parse(text).ok().filter(url::Url::has_host) else {
        return "<set>".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return "<set>".to_owned();
    }
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
