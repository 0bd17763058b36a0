//! `upgrade --old CHECKOUT BINARIES REVISION`: replaces the processes of an older build by those of this one under load. Prints a table,
//! writes `.dev/upgrade/upgrade.json`, and ends with `problems: N`; exit code 0 only when N is 0. `./dev upgrade` builds the older one.
#![allow(clippy::print_stdout, clippy::expect_used)]

use mltraining_tests::upgrade::{self, Build, Upgraded};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[tokio::main(worker_threads = 8)] // psql is waited for
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, checkout, binaries, revision] = &arguments[..] else {
        println!(
            "give the older build: upgrade --old CHECKOUT BINARIES REVISION, or run ./dev upgrade [REV]"
        );
        return ExitCode::FAILURE;
    };
    if flag != "--old" {
        println!("{flag} is not known: upgrade --old CHECKOUT BINARIES REVISION");
        return ExitCode::FAILURE;
    }
    let old = Build {
        binaries: PathBuf::from(binaries),
        checkout: PathBuf::from(checkout),
    };
    let upgraded = Box::pin(upgrade::run(old, upgrade::this_build())).await;
    print(&upgraded);
    write(&upgraded, revision);
    match upgraded.problems.len() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn print(upgraded: &Upgraded) {
    let (before, after) = upgraded.schema;
    println!("schema {before} to {after}, {} jobs\n", upgraded.jobs);
    println!(
        "{:<22}{:>9}{:>9}{:>14}{:>9}{:>14}{:>14}",
        "phase", "s", "calls", "unavailable", "cut", "jobs by old", "jobs by new"
    );
    for phase in &upgraded.phases {
        println!(
            "{:<22}{:>9.1}{:>9}{:>14}{:>9}{:>14}{:>14}",
            phase.name,
            phase.time.as_secs_f64(),
            phase.calls.answered,
            phase.calls.hidden,
            phase.calls.cut,
            phase.by_old,
            phase.by_new
        );
    }
    for problem in &upgraded.problems {
        println!("{problem}");
    }
    println!("problems: {}", upgraded.problems.len());
}

fn write(upgraded: &Upgraded, revision: &str) {
    let phases = upgraded.phases.iter().map(|phase| {
        json!({
            "phase": phase.name, "seconds": phase.time.as_secs_f64(), "calls": phase.calls.answered,
            "unavailable": phase.calls.hidden, "cut": phase.calls.cut, "jobs_by_old": phase.by_old, "jobs_by_new": phase.by_new,
        })
    });
    let text = json!({
        "revision": revision, "schema_before": upgraded.schema.0, "schema_after": upgraded.schema.1,
        "jobs": upgraded.jobs, "phases": phases.collect::<Vec<_>>(), "problems": upgraded.problems,
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/upgrade");
    std::fs::create_dir_all(&folder).expect("the folder of results can be made");
    let text = serde_json::to_string_pretty(&text).expect("numbers and texts are JSON");
    std::fs::write(folder.join("upgrade.json"), text).expect("the result can be written");
}
