//! The one line of each call.

use super::{named, soon, start};
use serde_json::Value;
use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Log lines of all tests of this process: a subscriber of one thread alone misses lines when others run beside it.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn of_process() -> Self {
        let lines = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(lines.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber)
            .expect("no other test of this crate collects lines");
        lines
    }

    /// The lines in the span of the call with this request id.
    fn of(&self, id: &str) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let lines = String::from_utf8(bytes).unwrap();
        let lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["span"]["request.id"] == id).collect()
    }
}

#[tokio::test]
async fn a_call_has_one_line_with_its_outcome_and_only_a_fault_is_an_error() {
    let lines = Lines::of_process();
    let server = start(|_| {}).await;
    let mut jobs = server.jobs().await;
    for (id, name, outcome, level, reason) in [
        ("log-good", "a".to_owned(), "Ok", "INFO", Value::Null),
        (
            "log-large",
            "x".repeat(2 << 20),
            "ResourceExhausted",
            "INFO",
            "REQUEST_TOO_LARGE".into(),
        ),
        (
            "log-panic",
            "panic".to_owned(),
            "Internal",
            "WARN",
            "INTERNAL".into(),
        ),
    ] {
        let mut request = named(&name);
        request.metadata_mut().insert("x-request-id", id.parse().unwrap());
        let _ = soon(jobs.get_job(request)).await;
        soon(async {
            while lines.of(id).is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let told = lines.of(id);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (&told[0]["fields"]["rpc.outcome"], &told[0]["level"]),
            (&outcome.into(), &level.into())
        );
        assert_eq!(told[0]["span"]["rpc.method"], "GetJob");
        assert_eq!(told[0]["span"]["client.address"], "127.0.0.1");
        assert_eq!(told[0]["fields"]["error.reason"], reason);
        assert!(told[0]["fields"]["duration_ms"].is_number());
    }
}
