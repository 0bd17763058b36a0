//! The full fault suite: `faults [--short] [--no-file] [--allow-skips] [NAME...]`. Prints a table, writes
//! `.dev/faults/faults.json`, and ends with `skipped: N` and `violations: N`; exit code 0 only when every scenario passed. One that
//! cannot be done on this machine has not, unless `--allow-skips` is given. `faults --list` names the scenarios.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use mltraining_tests::report::{self, Row, Skips};
use mltraining_tests::scenarios::{SCENARIOS, Scale, Scenario};
use std::process::ExitCode;
use std::time::Instant;

#[tokio::main]
async fn main() -> ExitCode {
    let (flags, names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    if flags.iter().any(|flag| flag == "--list") {
        SCENARIOS
            .iter()
            .for_each(|scenario| println!("{}", scenario.name));
        return ExitCode::SUCCESS;
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| !SCENARIOS.iter().any(|s| s.name == **name))
    {
        println!("no scenario {unknown}; `./dev faults --list` names them");
        return ExitCode::FAILURE;
    }
    let scale = if flags.iter().any(|flag| flag == "--short") {
        Scale::Short
    } else {
        Scale::Full
    };
    let chosen = SCENARIOS
        .iter()
        .filter(|s| names.is_empty() || names.iter().any(|name| name == s.name));
    let mut rows = Vec::new();
    println!("{}", report::head());
    for scenario in chosen {
        let row = run(scenario, scale).await;
        println!("{row}");
        rows.push(row);
    }
    if !flags.iter().any(|flag| flag == "--no-file") {
        report::write(&rows);
    }
    let skips = if flags.iter().any(|flag| flag == "--allow-skips") {
        Skips::Allowed
    } else {
        Skips::Fail
    };
    println!("skipped: {}", report::skipped(&rows));
    println!("violations: {}", report::violations(&rows));
    if report::is_green(&rows, skips) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs one scenario in a task of its own, so that its panic is a row of the table.
async fn run(scenario: &Scenario, scale: Scale) -> Row {
    let start = Instant::now();
    let done = tokio::spawn((scenario.run)(scale)).await;
    let outcome = done.map_err(|error| {
        let panic = error.into_panic();
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or_default()
    });
    Row {
        scenario: scenario.name,
        outcome,
        wall: start.elapsed(),
    }
}
