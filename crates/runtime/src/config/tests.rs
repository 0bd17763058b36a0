#![allow(clippy::unwrap_used)]

use super::check::leaves;
use super::*;
use secrecy::ExposeSecret;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

const URL: &str = "postgres://ada:hush-hush@db:5432/ml?sslmode=require";

fn sources(variables: &[(&str, &str)]) -> Sources {
    let mut environment = HashMap::from([("MLTS_DATABASE__URL".to_owned(), URL.to_owned())]);
    environment.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    Sources {
        file: None,
        environment,
    }
}

fn api(variables: &[(&str, &str)]) -> Result<ApiConfig, ConfigError> {
    load(&sources(variables))
}

fn worker(variables: &[(&str, &str)]) -> Result<WorkerConfig, ConfigError> {
    load(&sources(variables))
}

fn api_of_file(text: &str) -> Result<ApiConfig, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api-server.toml");
    std::fs::write(&file, text).unwrap();
    load(&Sources {
        file: Some(file),
        ..sources(&[])
    })
}

/// The one problem of a configuration.
fn problem<C: std::fmt::Debug>(outcome: Result<C, ConfigError>) -> (String, String) {
    let mut problems = outcome.unwrap_err().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    let Problem { field, message } = problems.remove(0);
    (field, message)
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(
        &file,
        "[log]\nlevel = \"warn\"\nformat = \"text\"\n[server]\nmax_message_bytes = 2048\n",
    )
    .unwrap();
    let config: ApiConfig = load(&Sources {
        file: Some(file),
        ..sources(&[("MLTS_LOG__LEVEL", "debug")])
    })
    .unwrap();
    assert_eq!(config.log.level, "debug");
    assert_eq!(config.log.format, LogFormat::Text);
    assert_eq!(config.server.max_message_bytes, 2048);
    assert_eq!(config.server.request_timeout, Duration::from_secs(30));
}

#[test]
fn every_form_of_value_can_be_given_by_the_environment() {
    let config = api(&[
        ("MLTS_SERVER__LISTEN", "[::1]:7000"),
        ("MLTS_SERVER__AUTH__MODE", "none"),
        ("MLTS_SERVER__INSECURE_NO_AUTH", "true"),
        ("MLTS_TELEMETRY__SAMPLE_RATIO", "0.25"),
        ("MLTS_TELEMETRY__OTLP_ENDPOINT", "http://collector:4317"),
        ("MLTS_READINESS__INTERVAL", "250ms"),
        ("MLTS_LOG__FORMAT", ""), // empty is unset
    ])
    .unwrap();
    assert_eq!(config.server.listen, "[::1]:7000".parse().unwrap());
    assert_eq!(config.server.auth.mode, AuthMode::None);
    assert!(config.server.insecure_no_auth);
    assert!((config.telemetry.sample_ratio - 0.25).abs() < 1e-12);
    assert_eq!(
        config.telemetry.otlp_endpoint.as_deref(),
        Some("http://collector:4317")
    );
    assert_eq!(config.readiness.interval, Duration::from_millis(250));
    assert_eq!(config.log.format, LogFormat::Json);
    let config = worker(&[
        ("MLTS_WORKER__THREADS", "3"),
        ("MLTS_HEALTH__LISTEN", "127.0.0.1:0"),
    ])
    .unwrap();
    assert_eq!(config.worker.threads, Some(3));
    assert_eq!(config.health.listen.port(), 0);
}

#[test]
fn an_unknown_variable_is_refused_with_the_one_that_was_meant() {
    let (field, message) = problem(api(&[("MLTS_DATABASE__MAX_CONECTIONS", "5")]));
    assert_eq!(field, "MLTS_DATABASE__MAX_CONECTIONS");
    assert!(
        message.contains("did you mean MLTS_DATABASE__MAX_CONNECTIONS?"),
        "{message}"
    );
    let (field, message) = problem(api(&[("MLTS_DATABASE_URL", "x")])); // one underscore
    assert_eq!(field, "MLTS_DATABASE_URL");
    assert!(message.contains("did you mean MLTS_DATABASE__URL?"), "{message}");
    problem(api(&[("MLTS_zzz", "5")]));
}

#[test]
fn a_variable_of_the_other_process_or_of_the_client_is_passed_over() {
    api(&[
        ("MLTS_WORKER__SLOTS", "nonsense"),
        ("MLTS_API_KEY", "mlts_x"),
        ("OTHER", "x"),
    ])
    .unwrap();
    worker(&[("MLTS_SERVER__LISTEN", "nonsense"), ("MLTS_ENDPOINT", "http://x")]).unwrap();
}

#[test]
fn an_unknown_key_of_the_file_is_refused_with_the_one_that_was_meant() {
    let (field, message) = problem(api_of_file("[server]\nlisten_on = \"127.0.0.1:1\"\n"));
    assert_eq!(field, "server.listen_on");
    assert!(message.contains("did you mean server.listen?"), "{message}");
    let (field, _) = problem(api_of_file("[worker]\nslots = 2\n"));
    assert_eq!(field, "worker.slots", "the worker's key is none of api-server's");
}

#[test]
fn all_problems_are_told_at_once() {
    let fields: Vec<String> = worker(&[
        ("MLTS_WORKER__SLOTS", "0"),
        ("MLTS_WORKER__POLL_MIN", "9s"),
        ("MLTS_WORKER__HEARTBEAT", "30s"),
        ("MLTS_REDIS__STREAM", "a b"),
    ])
    .unwrap_err()
    .problems
    .into_iter()
    .map(|problem| problem.field)
    .collect();
    assert_eq!(
        fields,
        [
            "worker.slots",
            "redis.stream",
            "worker.poll_min",
            "worker.heartbeat"
        ]
    );
}

/// Variable, value, the key that is told, and a part of what is said.
#[rustfmt::skip]
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("MLTS_SERVER__LISTEN", "localhost", "server.listen", "socket address"),
    ("MLTS_SERVER__MAX_CONNECTIONS", "many", "server.max_connections", "a whole number from 1"),
    ("MLTS_SERVER__MAX_CONNECTIONS", "-1", "server.max_connections", ""),
    ("MLTS_SERVER__REQUEST_TIMEOUT", "30", "server.request_timeout", "10s, 5m"),
    ("MLTS_SERVER__REQUEST_TIMEOUT", "1ms", "server.request_timeout", "from 100ms to 10m, is \"1ms\""),
    ("MLTS_SERVER__AUTH__MODE", "open", "server.auth.mode", "open"),
    ("MLTS_SERVER__INSECURE_NO_AUTH", "perhaps", "server.insecure_no_auth", "true or false"),
    ("MLTS_TELEMETRY__SAMPLE_RATIO", "1.5", "telemetry.sample_ratio", "from 0 to 1"),
    ("MLTS_TELEMETRY__SAMPLE_RATIO", "NaN", "telemetry.sample_ratio", "from 0 to 1"),
    ("MLTS_TELEMETRY__OTLP_ENDPOINT", "collector:4317", "telemetry.otlp_endpoint", "http://host:4317"),
    ("MLTS_TELEMETRY__OTLP_ENDPOINT", "http://u:p@h:4317", "telemetry.otlp_endpoint", "without user"),
    ("MLTS_TELEMETRY__SERVICE_NAME", "A B", "telemetry.service_name", "1 to 63"),
    ("MLTS_LOG__LEVEL", "loud", "log.level", "off, error, warn"),
    ("MLTS_LOG__OUTPUT", "file", "log.output", "file"),
    ("MLTS_ARTIFACTS__DIR", "here", "artifacts.dir", "absolute"),
    ("MLTS_ARTIFACTS__S3__BUCKET", "No Name", "artifacts.s3.bucket", "3 to 63"),
    ("MLTS_ARTIFACTS__S3__ENDPOINT", "http://h:9000", "artifacts.s3.bucket", "is missing"),
    ("MLTS_ARTIFACTS__S3__REGION", "EU", "artifacts.s3.region", "a-z 0-9"),
];

#[test]
fn a_role_for_sources_has_a_name_that_postgres_takes() {
    let set = |role: &str| api(&[("MLTS_DATABASE__SOURCE_ROLE", role)]);
    assert_eq!(
        set("features_ro").unwrap().database.source_role.as_deref(),
        Some("features_ro")
    );
    let (found, message) = problem(set(&"x".repeat(64)));
    assert_eq!(found, "database.source_role");
    assert!(message.contains("1 to 63"), "{message}");
}

#[test]
fn a_bucket_has_a_key_with_both_parts_or_none_and_its_secret_is_never_printed() {
    let given = [
        ("MLTS_ARTIFACTS__S3__BUCKET", "results"),
        ("MLTS_ARTIFACTS__S3__ENDPOINT", "http://storage:9000"),
        ("MLTS_ARTIFACTS__S3__ACCESS_KEY_ID", "id"),
        ("MLTS_ARTIFACTS__S3__SECRET_ACCESS_KEY", "hush"),
    ];
    let config = api(&given).unwrap();
    let expected = Some(("id".to_owned(), "hush".to_owned()));
    assert_eq!(config.artifacts.s3.access_key(), expected);
    assert!(!format!("{config:?}{}", super::print(&config)).contains("hush"));
    let (found, message) = problem(api(&given[..3]));
    assert_eq!(found, "artifacts.s3.secret_access_key");
    assert!(message.contains("both or none"), "{message}");
    assert_eq!(api(&given[..2]).unwrap().artifacts.s3.access_key(), None);
    let wrong = [given[0], ("MLTS_ARTIFACTS__S3__ENDPOINT", "storage:9000")];
    assert_eq!(problem(api(&wrong)).0, "artifacts.s3.endpoint");
    let wrong = [given[0], ("MLTS_ARTIFACTS__S3__PREFIX", "/a")];
    assert_eq!(problem(api(&wrong)).0, "artifacts.s3.prefix");
}

#[test]
fn a_folder_for_scratch_files_is_named_whole() {
    let settings = [("MLTS_WORKER__SCRATCH_DIR", "here")];
    let (found, message) = problem(worker(&settings));
    assert_eq!(found, "worker.scratch_dir");
    assert!(message.contains("absolute"), "{message}");
    assert_eq!(worker(&[]).unwrap().worker.scratch_dir, None);
    let set = worker(&[("MLTS_WORKER__SCRATCH_DIR", "/var/tmp")]).unwrap();
    assert_eq!(set.worker.scratch_dir, Some("/var/tmp".into()));
}

#[test]
fn a_value_of_the_wrong_form_is_told_by_its_key() {
    for (name, value, field, part) in WRONG {
        let (found, message) = problem(api(&[(*name, *value)]));
        assert_eq!(found, *field, "{message}");
        assert!(message.contains(part), "{field}: {message}");
    }
}

#[test]
fn rows_of_workers_are_kept_for_ever_or_long_enough_for_a_live_one() {
    let kept = |age| worker(&[("MLTS_RETENTION__WORKERS", age)]);
    let (field, message) = problem(kept("59m"));
    assert_eq!(field, "retention.workers");
    assert!(message.contains("at least 1h"), "{message}");
    kept("0ms").unwrap();
    kept("1h").unwrap();
}

#[test]
fn a_missing_database_is_told_with_the_ways_to_give_it() {
    let (field, message) = problem(load::<ApiConfig>(&Sources::default()));
    assert_eq!(field, "database.url");
    assert!(message.contains("MLTS_DATABASE__URL_FILE"), "{message}");
}

#[test]
fn without_authentication_the_server_listens_on_loopback_only_and_only_when_told_twice() {
    let none = ("MLTS_SERVER__AUTH__MODE", "none");
    let meant = ("MLTS_SERVER__INSECURE_NO_AUTH", "true");
    assert_eq!(problem(api(&[none])).0, "server.auth.mode");
    for open in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1"] {
        assert_eq!(
            problem(api(&[none, meant, ("MLTS_SERVER__LISTEN", open)])).0,
            "server.listen"
        );
        let admin = ("MLTS_ADMIN__LISTEN", open);
        assert_eq!(problem(api(&[none, meant, admin])).0, "admin.listen");
        api(&[none, meant, admin, ("MLTS_ADMIN__ENABLED", "false")]).unwrap();
    }
    api(&[none, meant]).unwrap();
    api(&[meant, ("MLTS_SERVER__LISTEN", "0.0.0.0:1")]).unwrap();
}

#[test]
fn a_secret_comes_from_its_file_without_the_trailing_newline() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, format!("{URL}\n")).unwrap();
    let path = file.to_str().unwrap();
    let environment = HashMap::from([("MLTS_DATABASE__URL_FILE".to_owned(), path.to_owned())]);
    let config: ApiConfig = load(&Sources {
        file: None,
        environment,
    })
    .unwrap();
    assert_eq!(config.database.url.expose_secret(), URL);
    let again = config.database.url_source().unwrap();
    assert_eq!(again().unwrap(), URL);
    std::fs::write(&file, "another\n").unwrap();
    assert_eq!(again().unwrap(), "another");
    std::fs::remove_file(&file).unwrap();
    assert!(again().unwrap_err().contains(path));
    assert!(api(&[]).unwrap().database.url_source().is_none());
}

#[test]
fn a_secret_given_twice_or_unreadable_is_refused_by_its_key() {
    let (field, message) = problem(api(&[("MLTS_DATABASE__URL_FILE", "/nowhere")]));
    assert_eq!(field, "database.url");
    assert!(message.contains("both given"), "{message}");
    let (field, message) = problem(api(&[("MLTS_REDIS__URL_FILE", "/nowhere")]));
    assert_eq!(field, "redis.url");
    assert!(
        message.contains("MLTS_REDIS__URL_FILE = /nowhere cannot be read"),
        "{message}"
    );
}

#[test]
fn no_secret_is_ever_shown() {
    let redis = "redis://:whisper@cache:6379/1";
    let config = api(&[("MLTS_REDIS__URL", redis)]).unwrap();
    let shown = [print(&config), format!("{config:?}")];
    assert!(
        shown[0].contains("url = \"postgres://ada:***@db:5432/ml\""),
        "{}",
        shown[0]
    );
    assert!(
        shown[0].contains("url = \"redis://:***@cache:6379/1\""),
        "{}",
        shown[0]
    );
    let bad = [
        api(&[("MLTS_DATABASE__URL", "mysql://ada:hush-hush@db/ml")])
            .unwrap_err()
            .to_string(),
        api(&[("MLTS_REDIS__URL", "rediss//:whisper@")])
            .unwrap_err()
            .to_string(),
        api_of_file("[database]\nmax_connections = 5\nurl = postgres://ada:hush-hush@db/ml\n")
            .unwrap_err()
            .to_string(),
        api_of_file("[redis.url]\nhush-hush = \"whisper\"\n")
            .unwrap_err()
            .to_string()
            .replace("redis.url.hush-hush", ""),
    ];
    for text in shown.iter().chain(&bad) {
        assert!(!text.contains("hush") && !text.contains("whisper"), "{text}");
    }
    assert!(bad[2].contains("line 3"), "{}", bad[2]);
    let odd = api(&[("MLTS_DATABASE__URL", "postgres:///ml?password=hush")]).unwrap();
    assert!(print(&odd).contains("url = \"<set>\""));
    assert!(print(&ApiConfig::default()).contains("url = \"<unset>\""));
}

#[test]
fn the_printed_configuration_is_toml_that_can_be_loaded() {
    let config = worker(&[
        ("MLTS_WORKER__SLOTS", "4"),
        ("MLTS_LOG__LEVEL", "info,worker=\"x\""),
    ]);
    assert_eq!(problem(config).0, "log.level");
    let config = worker(&[
        ("MLTS_WORKER__SLOTS", "4"),
        ("MLTS_WORKER__MEMORY_LIMIT_BYTES", "100000000"),
    ])
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("printed.toml");
    std::fs::write(&file, print(&config)).unwrap();
    let again: WorkerConfig = load(&Sources {
        file: Some(file),
        ..sources(&[])
    })
    .unwrap();
    assert_eq!(print(&again), print(&config));
    assert_eq!(again.worker.slots, 4);
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_name() {
    let missing = Sources {
        file: Some(PathBuf::from("/nowhere/x.toml")),
        ..sources(&[])
    };
    let (field, message) = problem(load::<ApiConfig>(&missing));
    assert_eq!(field, "/nowhere/x.toml");
    assert!(message.contains("cannot be read"), "{message}");
}

#[test]
fn the_table_of_keys_is_complete_and_tells_the_true_defaults() {
    let mut defaults: BTreeMap<String, serde_json::Value> = leaves(&ApiConfig::default());
    defaults.extend(leaves(&WorkerConfig::default()));
    let listed: BTreeSet<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
    assert_eq!(listed.len(), KEYS.len(), "a key is listed twice");
    assert_eq!(listed, defaults.keys().cloned().collect());
    for key in KEYS {
        let found = match &defaults[key.path] {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) if text == "<unset>" => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(found, key.default, "{}", key.path);
    }
}

#[test]
fn every_key_belongs_to_the_processes_that_have_it() {
    let (of_api, of_worker) = (leaves(&ApiConfig::default()), leaves(&WorkerConfig::default()));
    for key in KEYS {
        let holders = (of_api.contains_key(key.path), of_worker.contains_key(key.path));
        let owners = (key.owner.includes(Owner::Api), key.owner.includes(Owner::Worker));
        assert_eq!(holders, owners, "{}", key.path);
    }
}
