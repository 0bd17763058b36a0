//! What a process for each attempt costs, against a thread. It only measures: `cargo test --release -p worker --test
//! process_cost -- --ignored --nocapture` prints the table of docs/adr/0010.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 100;

/// A probe without steps, as the worker orders it. It reads no rows.
const ORDER: &str = r#"{"start":{"setup":{"config":{"artifacts":{"dir":"FOLDER"}},"database_url":"postgres://nobody@127.0.0.1:1/nothing"},
    "order":{"job":"01890000-0000-7000-8000-000000000001","epoch":1,"project":"default","kind":"PROBE","spec":{},
    "request_id":null,"traceparent":null,"threads":1,"memory_limit_bytes":1073741824}}}"#;

struct Took {
    first_word: Duration,
    whole: Duration,
}

fn cpu(who: UsageWho) -> Duration {
    let usage = getrusage(who).unwrap();
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// A process from its start to its first word, and to its end.
fn process(folder: &std::path::Path) -> Took {
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_worker"))
        .arg("--attempt")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let order = ORDER
        .replace('\n', " ")
        .replace("FOLDER", folder.to_str().unwrap());
    writeln!(input, "{order}").unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let first_word = begin.elapsed();
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.contains("made"), "{last}");
    assert!(child.wait().unwrap().success());
    Took {
        first_word,
        whole: begin.elapsed(),
    }
}

/// A thread with a pool of one computing thread, which is what an attempt had before.
fn thread() -> Took {
    let begin = Instant::now();
    let (say, hear) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        pool.install(|| say.send(()).unwrap());
    });
    hear.recv().unwrap();
    let first_word = begin.elapsed();
    thread.join().unwrap();
    Took {
        first_word,
        whole: begin.elapsed(),
    }
}

fn row(what: &str, who: UsageWho, mut one: impl FnMut() -> Took) {
    let before = cpu(who);
    let mut took: Vec<Took> = (0..RUNS).map(|_| one()).collect();
    let cpu = (cpu(who) - before) / RUNS as u32;
    took.sort_by_key(|t| t.first_word);
    let (p50, p99) = (took[RUNS / 2].first_word, took[RUNS - 2].first_word);
    took.sort_by_key(|t| t.whole);
    println!(
        "| {what} | {:.2} ms | {:.2} ms | {:.2} ms | {:.2} ms |",
        p50.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3,
        took[RUNS / 2].whole.as_secs_f64() * 1e3,
        cpu.as_secs_f64() * 1e3
    );
}

#[test]
#[ignore = "a measurement, not a test"]
fn a_process_costs_this_much_more_than_a_thread() {
    let folder = tempfile::tempdir().unwrap();
    println!(
        "| {RUNS} attempts without work | first word, p50 | p99 | whole, p50 | CPU |\n|---|---|---|---|---|"
    );
    row("thread", UsageWho::RUSAGE_SELF, thread);
    row("process", UsageWho::RUSAGE_CHILDREN, || process(folder.path()));
}
