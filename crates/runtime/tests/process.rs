//! A process from outside: what it says, how it follows signals, how it ends.
#![allow(clippy::unwrap_used, missing_docs)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(30);

fn command(variables: &[(&str, &str)]) -> Command {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap().parent().unwrap();
    let idle = folder.join("examples/idle");
    assert!(
        idle.exists(),
        "{} is missing: cargo build -p mltraining-runtime --examples",
        idle.display()
    );
    let mut command = Command::new(idle);
    command
        .env_clear()
        .env("MLTS_DATABASE__URL", "postgres://ada:hush@127.0.0.1/ml");
    command.envs(variables.iter().copied());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A running process and the log lines it writes. Every line must be a JSON object.
struct Process {
    child: Child,
    lines: Receiver<Value>,
}

impl Process {
    fn start(variables: &[(&str, &str)]) -> Self {
        let mut child = command(variables).spawn().unwrap();
        let lines = follow(child.stdout.take().unwrap());
        let process = Self { child, lines };
        process.until("listening");
        process
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Reads on until a line with this message, and gives it with those before it.
    fn until(&self, message: &str) -> Vec<Value> {
        let mut seen = Vec::new();
        while seen.last().is_none_or(|line: &Value| line["message"] != message) {
            seen.push(
                self.lines
                    .recv_timeout(DEADLINE)
                    .unwrap_or_else(|_| panic!("no `{message}` after {seen:?}")),
            );
        }
        seen
    }

    fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        (status, errors)
    }
}

fn follow(output: ChildStdout) -> Receiver<Value> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let line = line.unwrap();
            let value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            if send.send(value).is_err() {
                return;
            }
        }
    });
    lines
}

fn messages(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap())
        .collect()
}

#[test]
fn sigterm_and_sigint_drain_and_end_with_0() {
    for name in ["TERM", "INT"] {
        let mut process = Process::start(&[]);
        process.signal(name);
        process.until("stopping: no new work, running work has its grace");
        process.tell("bye");
        let last = process.until("ended").pop().unwrap();
        assert_eq!(last["drained"], true);
        assert_eq!(process.wait().0.code(), Some(0));
    }
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let process = Process::start(&[]);
    process.signal("TERM");
    process.until("stopping: no new work, running work has its grace");
    process.signal("TERM");
    assert_eq!(process.wait().0.code(), Some(143));
}

#[test]
fn sigusr1_raises_the_level_and_sigusr2_restores_it() {
    let mut process = Process::start(&[]);
    process.tell("say");
    assert_eq!(messages(&process.until("done")), ["done"]);
    process.signal("USR1");
    process.until("the level of log lines was changed");
    process.tell("say");
    let lines = process.until("done");
    assert_eq!(messages(&lines), ["said", "done"]);
    assert!(
        lines
            .iter()
            .all(|line| line["request.id"] == "say" && line["trace.id"].is_string()),
        "{lines:?}"
    );
    process.signal("USR2");
    process.until("the level of log lines was changed");
    process.tell("say");
    assert_eq!(messages(&process.until("done")), ["done"]);
    process.tell("bye");
    assert_eq!(process.wait().0.code(), Some(0));
}

#[test]
fn a_panic_is_one_log_line_with_the_ids_of_its_span() {
    let mut process = Process::start(&[]);
    process.tell("panic");
    let line = process.until("panicked").pop().unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["request.id"], "panic");
    assert_eq!(line["panic.message"], "on purpose");
    assert!(
        line["panic.location"].as_str().unwrap().contains("idle.rs"),
        "{line}"
    );
    process.tell("bye");
    assert_eq!(process.wait().1, "", "nothing is said beside the log lines");
}

#[test]
fn a_failure_is_told_on_standard_error_and_ends_with_70() {
    let mut process = Process::start(&[]);
    process.tell("fail");
    let (status, errors) = process.wait();
    assert_eq!(status.code(), Some(70));
    assert_eq!(errors, "as told\n");
}

#[test]
fn a_wrong_configuration_ends_with_64_and_the_names_of_its_fields() {
    let variables = [("MLTS_WORKER__SLOTS", "0"), ("MLTS_REDIS__STREAM", "a b")];
    let output = command(&variables).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "configuration: worker.slots: must be a whole number from 1 to 256, is 0\n\
         configuration: redis.stream: must be 1 to 100 of a-z A-Z 0-9 : _ . -\n"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn lines_can_go_to_standard_error() {
    let variables = [("MLTS_LOG__OUTPUT", "stderr")];
    let mut child = command(&variables).spawn().unwrap();
    drop(child.stdin.take()); // end of input ends it
    let output = child.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .lines()
            .all(|line| line.starts_with('{'))
    );
}
