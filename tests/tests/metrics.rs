//! Metrics of real processes: every one that is declared is told, and the queries of rules and dashboard find them.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::probe::{self, PROBES};
use mltraining_tests::system::System;
use mltraining_tests::wait;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const QUICK: &[(&str, &str)] = &[
    ("MLTS_WORKER__POLL_MIN", "50ms"),
    ("MLTS_WORKER__POLL_MAX", "100ms"),
    ("MLTS_READINESS__INTERVAL", "100ms"),
];

/// Told only when something goes wrong, or by kinds of job that this run has none of.
const SILENT: &[&str] = &[
    "mltraining_hints_total",
    "mltraining_cache_reads_total",
    "mltraining_leases_lost_total",
    "mltraining_leases_expired_total",
    "mltraining_stale_writes_total",
];

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// What `GET path` answers: the status line, and the body.
fn get(address: &str, path: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.lines().next()?.to_owned(), body.to_owned()))
}

fn numbers(address: &str) -> String {
    get(address, "/metrics").map_or_else(String::new, |(_, body)| body)
}

/// The names of the table in docs/METRICS.md, which a test keeps the same as the declarations.
fn declared() -> Vec<String> {
    let manual = std::fs::read_to_string(house("docs/METRICS.md")).unwrap();
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

fn house(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

/// The metrics of `# TYPE` lines.
fn told(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|rest| rest.split(' ').next().unwrap().to_owned())
        .collect()
}

/// Every word of a query that is the name of a metric of this service.
fn names_in(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let ours = words.filter(|word| word.starts_with("mltraining_") || word.starts_with("process_"));
    let series = |word: &str| {
        let suffixes = ["_bucket", "_sum", "_count"];
        let base = suffixes.iter().find_map(|suffix| word.strip_suffix(suffix));
        base.unwrap_or(word).to_owned()
    };
    ours.map(series).collect()
}

/// Runs promtool, where there is one: what it says on failure.
fn promtool(arguments: &[&str], input: &str) -> Option<Result<(), String>> {
    let program = std::env::var("TEST_PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let mut out = std::io::stderr();
        writeln!(
            out,
            "skipped: no promtool (Debian package prometheus, or TEST_PROMTOOL)"
        )
        .unwrap();
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Some(if output.status.success() {
        Ok(())
    } else {
        Err(said)
    })
}

/// Every query of the rules and of the dashboard, with where it stands.
fn queries() -> Vec<(String, String)> {
    let rules = std::fs::read_to_string(house("deploy/prometheus/rules.yaml")).unwrap();
    let rules = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("expr: "));
    let mut queries: Vec<_> = rules
        .map(|expr| ("rules.yaml".to_owned(), expr.to_owned()))
        .collect();
    let dashboard = std::fs::read_to_string(house("deploy/grafana/dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expr = target["expr"].as_str().unwrap().to_owned();
            queries.push((panel["title"].as_str().unwrap().to_owned(), expr));
        }
    }
    queries
}

#[tokio::test]
async fn real_processes_tell_every_metric_and_every_query_finds_its_series() {
    let (of_api, of_worker) = (free_address(), free_address());
    let settings = [QUICK, &[("MLTS_METRICS__LISTEN", of_api.as_str())]].concat();
    let mut system = System::start_with(&settings).await;
    let listen = ("MLTS_METRICS__LISTEN", of_worker.as_str());
    system.add_worker_with(&[PROBES, listen]).await;
    let steps = json!([{"do": "sleep", "millis": 10}]);
    let good = probe::submit(&system.database, &json!({"steps": steps, "artifact_bytes": 300}));
    probe::until_state(&system.database, &good, "SUCCEEDED").await;
    let bad = probe::submit(&system.database, &json!({"steps": [{"do": "sing"}]}));
    let failed = || async {
        numbers(&of_worker)
            .contains("mltraining_job_failures_total{")
            .then_some(())
    };
    wait::until("the failure is counted", failed).await;
    let request = pb::GetJobRequest {
        name: format!("projects/default/jobs/{bad}"),
        ..pb::GetJobRequest::default()
    };
    system.caller().jobs.clone().get_job(request).await.unwrap();

    let all = || async {
        let text = numbers(&of_api) + &numbers(&of_worker);
        let told = told(&text);
        let missing = declared().into_iter().filter(|name| !told.contains(name));
        let missing: Vec<_> = missing.filter(|name| !SILENT.contains(&name.as_str())).collect();
        missing.is_empty().then_some(text)
    };
    let text = wait::until("every metric is told", all).await;
    let unknown: Vec<_> = told(&text)
        .into_iter()
        .filter(|name| !declared().contains(name))
        .collect();
    assert!(unknown.is_empty(), "told and not declared: {unknown:?}");
    assert!(
        !text.contains(&good) && !text.contains("projects/"),
        "no label is an id"
    );
    for part in [
        r#"mltraining_rpc_duration_seconds_count{grpc_code="OK",rpc_method="mltraining.v1.JobService/GetJob",rpc_shape="unary"} 1"#,
        r#"mltraining_job_attempt_duration_seconds_count{kind="PROBE",outcome="succeeded"} 1"#,
        r#"mltraining_artifact_written_bytes_total{kind="PROBE"} 300"#,
        r#"mltraining_dependency_up{dependency="redis"} 1"#,
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let known: BTreeSet<String> = declared().into_iter().collect();
    for (place, query) in queries() {
        for name in names_in(&query) {
            assert!(
                known.contains(&name),
                "{place} asks for {name}, which nobody tells: {query}"
            );
        }
    }
    for address in [&of_api, &of_worker] {
        if let Some(Err(said)) = promtool(&["check", "metrics"], &numbers(address)) {
            panic!("promtool: {said}");
        }
        assert!(get(address, "/other").unwrap().0.contains("404"));
    }
}

#[test]
fn rules_are_well_formed_pass_their_tests_and_each_alert_has_a_runbook() {
    let (rules, tests) = (
        house("deploy/prometheus/rules.yaml"),
        house("deploy/prometheus/tests.yaml"),
    );
    for (verb, file) in [("check", &rules), ("test", &tests)] {
        if let Some(Err(said)) = promtool(&[verb, "rules", file.to_str().unwrap()], "") {
            panic!("promtool {verb} rules: {said}");
        }
    }
    let rules = std::fs::read_to_string(rules).unwrap();
    let runbooks = std::fs::read_to_string(house("docs/ALERTS.md")).unwrap();
    let alerts = rules.matches("- alert: ").count();
    let links: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runbook_url: "))
        .collect();
    assert_eq!(alerts, links.len(), "every alert has a runbook");
    for alert in rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
    {
        assert!(
            runbooks.contains(&format!("\n## {alert}\n")),
            "docs/ALERTS.md has no entry {alert}"
        );
        let anchor = format!("docs/ALERTS.md#{}", alert.to_lowercase());
        assert!(links.contains(&anchor.as_str()), "{alert} points to {anchor}");
    }
}
