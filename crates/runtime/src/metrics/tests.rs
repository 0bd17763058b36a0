#![allow(clippy::unwrap_used)]

use super::list::{By, all};
use super::{Declared, Kind, Unit};
use std::collections::BTreeSet;

fn word(by: By) -> &'static str {
    match by {
        By::Both => "both",
        By::Api => "api-server",
        By::Worker => "worker",
    }
}

fn row(metric: &Declared, by: By) -> String {
    let kind = match metric.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    let name = metric.prometheus_name();
    format!(
        "| `{name}` | {kind} | {} | {} | {} |",
        word(by),
        labels.join(", "),
        metric.text
    )
}

#[test]
fn the_manual_of_metrics_shows_every_metric_as_it_is_declared() {
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/METRICS.md");
    let manual = std::fs::read_to_string(manual).unwrap();
    let shown: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `")).collect();
    let declared: Vec<String> = all().iter().map(|(metric, by)| row(metric, *by)).collect();
    assert_eq!(
        shown,
        declared,
        "docs/METRICS.md should read:\n{}",
        declared.join("\n")
    );
}

#[test]
fn names_are_told_once_and_labels_are_never_ids() {
    let names: BTreeSet<String> = all().iter().map(|(metric, _)| metric.prometheus_name()).collect();
    assert_eq!(names.len(), all().len());
    let closed = [
        "call",
        "dependency",
        "grpc_code",
        "kind",
        "outcome",
        "phase",
        "reason",
        "rpc_method",
        "rpc_shape",
        "service",
        "state",
        "version",
        "write",
    ];
    for (metric, _) in all() {
        for label in metric.labels {
            assert!(
                closed.contains(label),
                "{}: is the set of {label} closed?",
                metric.name
            );
        }
        let is_house = metric.name.starts_with("mltraining.") || metric.name.starts_with("process.");
        assert!(is_house, "{}", metric.name);
    }
}

#[test]
fn the_name_in_prometheus_holds_unit_and_kind() {
    let of = |kind, unit| Declared {
        name: "mltraining.some.thing",
        kind,
        unit,
        text: "",
        labels: &[],
    };
    let seconds = of(Kind::Histogram, Unit::Seconds).prometheus_name();
    assert_eq!(seconds, "mltraining_some_thing_seconds");
    let bytes = of(Kind::Counter, Unit::Bytes).prometheus_name();
    assert_eq!(bytes, "mltraining_some_thing_bytes_total");
    let jobs = of(Kind::Gauge, Unit::Things("job")).prometheus_name();
    assert_eq!(jobs, "mltraining_some_thing");
}
