//! docs/CONFIGURATION.md is made of the table of keys: `UPDATE_DOCS=1 ./dev test -p mltraining-runtime --test configuration_doc` writes it
//! anew. And what the files of deploy/ set are keys.
#![allow(clippy::unwrap_used, missing_docs)]

use mltraining_runtime::config::{KEYS, Key, Kind, Owner};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const HEAD: &str = "\
# Configuration

Every key of `api-server` and `worker`. This page is made of the table in `crates/runtime/src/config/keys.rs`, and a test fails when the two differ.

A key gets its value from, the later one winning:

1. its default;
2. the file that `--config` or `MLTS_CONFIG` names: TOML, `deploy/config/api-server.toml` and `deploy/config/worker.toml` are samples with every key;
3. the variable of the environment: `MLTS_`, then the key in capitals with `__` for each dot. An empty variable counts as unset.

A key marked *secret* may also be given as a file: `MLTS_DATABASE__URL_FILE=/run/secrets/database_url` names one with the value, whose last line break is dropped. The file of `database.url` is read again when Postgres refuses a login.
Secrets are never printed.

A key or an `MLTS_` variable that is not in this table is refused with the nearest name, and so is a value out of its range; all that is wrong is told at once, and
the process ends with exit code 64. Keys of the other process are passed over in the environment, so that both may share one, and refused in the file.
`api-server --print-config` and `worker --print-config` show what is in force. A change takes a restart.

Spans of time are written as `250ms`, `10s`, `5m`, `6h`, `90d`.

`mlts` is told by options and by `MLTS_ENDPOINT`, `MLTS_ADMIN_ENDPOINT`, `MLTS_API_KEY` or `MLTS_API_KEY_FILE`, and `MLTS_PROJECT` (`mlts --help`).
";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn section(key: &Key) -> &'static str {
    key.path.rsplit_once('.').unwrap().0
}

/// The page that belongs to the table of keys.
fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut open = "";
    for key in KEYS {
        if section(key) != open {
            open = section(key);
            write!(page, "\n## {open}\n\n| Key, variable | Read by | Default | Form | Effect |\n|---|---|---|---|---|\n").unwrap();
        }
        let read_by = match key.owner {
            Owner::Both => "both",
            Owner::Api => "api-server",
            Owner::Worker => "worker",
        };
        let default = match key.default {
            "" => "unset".to_owned(),
            given => format!("`{given}`"),
        };
        let secret = if matches!(key.kind, Kind::Secret(_)) {
            ", *secret*"
        } else {
            ""
        };
        let (path, variable, kind) = (key.path, key.variable(), key.kind);
        let effect = key.effect.trim_end_matches('.');
        writeln!(
            page,
            "| `{path}`{secret}<br>`{variable}` | {read_by} | {default} | {kind} | {effect} |"
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_of_configuration_names_every_key_with_default_form_and_effect() {
    let file = root("docs/CONFIGURATION.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap();
    assert!(
        found == page(),
        "docs/CONFIGURATION.md is not what the table of keys says; UPDATE_DOCS=1 writes it anew"
    );
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

#[test]
fn every_variable_that_files_and_pages_set_is_a_key() {
    let others = [
        "MLTS_CONFIG",
        "MLTS_ENDPOINT",
        "MLTS_ADMIN_ENDPOINT",
        "MLTS_API_KEY",
        "MLTS_API_KEY_FILE",
    ];
    let built = ["MLTS_GIT_HASH", "MLTS_IMAGE", "MLTS_PROJECT", "MLTS_SHARED_DIR"]; // of builds, compose, the client and tests
    let mut known: Vec<String> = [&others[..], &built]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    known.extend(
        KEYS.iter()
            .flat_map(|key| [Some(key.variable()), key.file_variable()])
            .flatten(),
    );
    let mut looked_at = 0;
    for file in [
        files(&root("deploy")),
        files(&root("docs")),
        vec![root(".env.example"), root("README.md")],
    ]
    .concat()
    {
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words.filter(|word| word.starts_with("MLTS_") && !word.ends_with('_')) {
            looked_at += 1;
            let general = ["MLTS_SECTION__KEY"].contains(&word);
            assert!(
                general || known.iter().any(|name| name == word),
                "{}: {word}",
                file.display()
            );
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}
