//! The sample files in deploy/config.
#![allow(clippy::unwrap_used, missing_docs)]

use mltraining_runtime::config::{
    ApiConfig, KEYS, Kind, Owner, Settings, Sources, WorkerConfig, load, print,
};
use std::collections::HashMap;
use std::path::PathBuf;

fn sample(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../deploy/config", name]
        .iter()
        .collect()
}

fn environment() -> HashMap<String, String> {
    HashMap::from([("MLTS_DATABASE__URL".to_owned(), "postgres://u:p@h/d".to_owned())])
}

/// A line with the key that it shows as a comment, if it does.
fn uncommented(line: &str) -> &str {
    let is_key = |key: &str| key.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
    match line.strip_prefix("# ") {
        Some(key) if key.split_once(" = ").is_some_and(|(key, _)| is_key(key)) => key,
        _ => line,
    }
}

/// Loads a sample as it is, and with every commented key as well.
fn loads<C: Settings>(name: &str) {
    let file = Some(sample(name));
    let environment = environment();
    let config: C = load(&Sources { file, environment }).unwrap();
    let defaults: C = load(&Sources {
        file: None,
        environment: self::environment(),
    })
    .unwrap();
    assert_eq!(
        print(&config),
        print(&defaults),
        "the sample does not tell the defaults"
    );
    let text = std::fs::read_to_string(sample(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join(name);
    let lines: Vec<_> = text.lines().map(uncommented).collect();
    std::fs::write(&all, lines.join("\n")).unwrap();
    let file = Some(all);
    load::<C>(&Sources {
        file,
        environment: HashMap::new(),
    })
    .unwrap();
}

/// Checks that a sample names each key of its process with effect and range, and the secrets as comments.
fn names_every_key(name: &str, other: Owner) {
    let text = std::fs::read_to_string(sample(name)).unwrap();
    for key in KEYS.iter().filter(|key| key.owner != other) {
        let (section, leaf) = key.path.rsplit_once('.').unwrap();
        let body = text.split(&format!("[{section}]\n")).nth(1).unwrap();
        let mut lines = body.split("\n[").next().unwrap().lines();
        let told = format!("# {}. Form: {}.", key.effect.trim_end_matches('.'), key.kind);
        assert!(lines.any(|line| line == told), "{name} lacks: {told}");
        let given = lines.next().unwrap();
        assert!(
            uncommented(given).starts_with(&format!("{leaf} = ")),
            "{}: {given}",
            key.path
        );
        let secret = matches!(key.kind, Kind::Secret(_));
        assert!(!secret || given.starts_with("# "), "{}: {given}", key.path);
    }
}

#[test]
fn the_sample_of_api_server_loads_and_names_every_key_with_its_default() {
    loads::<ApiConfig>("api-server.toml");
    names_every_key("api-server.toml", Owner::Worker);
}

#[test]
fn the_sample_of_worker_loads_and_names_every_key_with_its_default() {
    loads::<WorkerConfig>("worker.toml");
    names_every_key("worker.toml", Owner::Api);
}
