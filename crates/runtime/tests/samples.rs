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

/// Loads a sample as it is, and with every commented key as well; checks that it names each key of its process.
fn check<C: Settings>(name: &str, other: Owner) {
    let environment = HashMap::from([("MLTS_DATABASE__URL".to_owned(), "postgres://u:p@h/d".to_owned())]);
    let text = std::fs::read_to_string(sample(name)).unwrap();
    let config: C = load(&Sources {
        file: Some(sample(name)),
        environment: environment.clone(),
    })
    .unwrap();
    let defaults: C = load(&Sources {
        file: None,
        environment,
    })
    .unwrap();
    assert_eq!(
        print(&config),
        print(&defaults),
        "the sample does not tell the defaults"
    );

    let folder = tempfile::tempdir().unwrap();
    let all = folder.path().join(name);
    let uncommented = |line: &str| match line.strip_prefix("# ") {
        Some(key)
            if key
                .split(" = ")
                .next()
                .is_some_and(|k| k.bytes().all(|b| b == b'_' || b.is_ascii_lowercase())) =>
        {
            key.to_owned()
        }
        _ => line.to_owned(),
    };
    std::fs::write(&all, text.lines().map(uncommented).collect::<Vec<_>>().join("\n")).unwrap();
    load::<C>(&Sources {
        file: Some(all.clone()),
        environment: HashMap::new(),
    })
    .unwrap();
    let tree = std::fs::read_to_string(all).unwrap();
    for key in KEYS.iter().filter(|key| key.owner != other) {
        let (section, leaf) = key.path.rsplit_once('.').unwrap();
        let body = tree
            .split(&format!("[{section}]\n"))
            .nth(1)
            .unwrap_or_else(|| panic!("no [{section}] in {name}"));
        let body = body.split("\n[").next().unwrap();
        assert!(
            body.lines().any(|line| line.starts_with(&format!("{leaf} = "))),
            "{name} lacks {}",
            key.path
        );
        assert!(
            body.contains(&format!(
                "{}. Form: {}.",
                key.effect.trim_end_matches('.'),
                key.kind
            )),
            "{}",
            key.path
        );
    }
    let secrets = KEYS
        .iter()
        .filter(|key| matches!(key.kind, Kind::Secret(_)))
        .count();
    assert_eq!(
        text.lines().filter(|line| line.starts_with("# url = ")).count(),
        secrets,
        "secrets stand commented"
    );
}

#[test]
fn the_sample_of_api_server_loads_and_names_every_key_with_its_default() {
    check::<ApiConfig>("api-server.toml", Owner::Worker);
}

#[test]
fn the_sample_of_worker_loads_and_names_every_key_with_its_default() {
    check::<WorkerConfig>("worker.toml", Owner::Api);
}
