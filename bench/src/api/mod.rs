//! The API server under a load at fixed rates, on 64 connections, with a thousand watchers, while two workers train; GetJob in turn
//! with a bare tonic server that makes the same SELECT.

mod bare;
mod load;
mod watchers;

use crate::label::rise;
use crate::service::Service;
use crate::stats::Percentiles;
use crate::{Goal, Row};
use anyhow::ensure;
pub use bare::serve;
use load::Seen;
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;
use mltraining_tests::process::{Process, memory_kib};
use mltraining_tests::system::free_port;
use mltraining_tests::wait;
use prost_types::Timestamp;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Connections of the clients.
const CONNECTIONS: usize = 64;
/// Streams that are open meanwhile.
pub(crate) const WATCHERS: usize = 1_000;
/// The server may have grown by this part from the first quarter of the run to its end.
const GROWTH: f64 = 1.1;

/// What the server is told, so that the load is not refused as one caller's too many.
pub const SETTINGS: [(&str, &str); 6] = [
    ("MLTS_SERVER__MAX_WATCHES_PER_CALLER", "1000"),
    ("MLTS_SERVER__MAX_CONCURRENT_REQUESTS", "2000"),
    ("MLTS_SERVER__MAX_REQUESTS_PER_CONNECTION", "100"),
    ("MLTS_SERVER__RATE__KEY_PER_SECOND", "100000"),
    ("MLTS_SERVER__RATE__ADDRESS_PER_SECOND", "100000"),
    ("MLTS_SERVER__RATE__TOTAL_PER_SECOND", "100000"),
];

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Seconds in all.
    pub seconds: u64,
    /// GetJob a second.
    pub gets: f64,
    /// ListJobs a second.
    pub lists: f64,
    /// TrainModel a second.
    pub submits: f64,
}

/// Rounds of GetJob at the service and at the bare server.
const ROUNDS: u32 = 5;

/// Measures.
///
/// # Errors
/// When a worker or a server does not start, or a watch cannot be opened.
pub async fn measure(service: &Service, url: &str, wish: Wish) -> anyhow::Result<Vec<Row>> {
    ensure!(wish.seconds >= 10, "--seconds wants at least 10");
    let bare = Bare::start(url).await?;
    let callers: Arc<[Caller]> = (0..CONNECTIONS).map(|_| service.caller()).collect();
    let _workers = [(); 2].map(|()| service.worker(&[("MLTS_WORKER__THREADS", "1")]));
    let names = submit(&callers[0], 20).await?;
    let newest: watchers::Names = Arc::new(Mutex::new(names.to_vec()));
    let watching = watchers::open(&callers, &newest).await?;
    let seconds = Duration::from_secs(wish.seconds);
    let slice = seconds / (2 * ROUNDS);
    let submits = load::run(wish.submits, seconds, {
        let (callers, newest) = (Arc::clone(&callers), Arc::clone(&newest));
        move |n| {
            let mut training = callers[n as usize % CONNECTIONS].training.clone();
            let newest = Arc::clone(&newest);
            async move {
                let job = training.train_model(training_request()).await?.into_inner();
                newest
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(job.name);
                Ok(())
            }
        }
    });
    let lists = load::run(wish.lists, seconds, {
        let callers = Arc::clone(&callers);
        move |n| {
            let mut jobs = callers[n as usize % CONNECTIONS].jobs.clone();
            async move { jobs.list_jobs(v1::ListJobsRequest::default()).await.map(drop) }
        }
    });
    let gets = async {
        let (mut ours, mut theirs) = (Seen::default(), Seen::default());
        for _ in 0..ROUNDS {
            ours.extend(gets(wish.gets, slice, &callers, &names).await);
            theirs.extend(gets(wish.gets, slice, &bare.callers, &names).await);
        }
        (ours, theirs)
    };
    let memory = grown(service.id(), seconds);
    let (submits, lists, (ours, theirs), growth) = tokio::join!(submits, lists, gets, memory);
    let watched = watching.end().await?;
    Ok(Load {
        submits,
        lists,
        ours,
        theirs,
        watched,
        growth,
    }
    .rows(wish))
}

/// What was seen.
struct Load {
    submits: Seen,
    lists: Seen,
    ours: Seen,
    theirs: Seen,
    /// Messages of watches.
    watched: u64,
    growth: Growth,
}

impl Load {
    fn rows(self, wish: Wish) -> Vec<Row> {
        let all = [&self.submits, &self.lists, &self.ours, &self.theirs];
        let errors: Vec<&String> = all.into_iter().flat_map(|seen| &seen.errors).collect();
        if let Some(first) = errors.first() {
            say(&format!("{} errors, the first: {first}", errors.len()));
        }
        let failed = errors.len() as f64;
        say(&format!("{WATCHERS} watchers got {} messages", self.watched));
        let mut rows = beside(
            wish,
            &Percentiles::of(self.ours.took),
            &Percentiles::of(self.theirs.took),
        );
        for (what, rate, seen) in [
            ("ListJobs", wish.lists, self.lists),
            ("TrainModel", wish.submits, self.submits),
        ] {
            let took = Percentiles::of(seen.took);
            for (name, value) in [("p50", took.p50), ("p95", took.p95), ("p99", took.p99)] {
                let name = format!("{what}, {rate} a second, {name}");
                rows.push(Row::new(name, "ms", value, None, NO_GOAL));
            }
        }
        rows.push(Row::new(
            "memory of the server, end vs first quarter",
            "MiB",
            self.growth.end,
            Some(self.growth.first),
            Goal::AtMost(GROWTH),
        ));
        rows.push(Row::new(
            "calls that failed",
            "",
            failed,
            Some(1.0),
            Goal::AtMost(0.0),
        ));
        rows
    }
}

/// Of what is shown and not judged.
const NO_GOAL: Goal = Goal::AtMost(f64::INFINITY);

fn beside(wish: Wish, ours: &Percentiles, theirs: &Percentiles) -> Vec<Row> {
    let row = |name: &str, ours, theirs, goal| {
        let name = format!("GetJob, {} a second, {name} vs a bare server", wish.gets);
        Row::new(name, "ms", ours, Some(theirs), goal)
    };
    vec![
        row("p50", ours.p50, theirs.p50, NO_GOAL),
        row("p95", ours.p95, theirs.p95, Goal::AtMost(1.3)),
        row("p99", ours.p99, theirs.p99, NO_GOAL),
    ]
}

async fn gets(rate: f64, lasting: Duration, callers: &Arc<[Caller]>, names: &Arc<[String]>) -> Seen {
    let (callers, names) = (Arc::clone(callers), Arc::clone(names));
    load::run(rate, lasting, move |n| {
        let mut jobs = callers[n as usize % CONNECTIONS].jobs.clone();
        let name = names[n as usize % names.len()].clone();
        async move {
            let request = v1::GetJobRequest {
                name,
                ..v1::GetJobRequest::default()
            };
            jobs.get_job(request).await.map(drop)
        }
    })
    .await
}

/// Memory of the server, MiB.
struct Growth {
    first: f64,
    end: f64,
}

async fn grown(server: u32, lasting: Duration) -> Growth {
    let now = || memory_kib(server, "VmRSS").unwrap_or_default() / 1024.0;
    tokio::time::sleep(lasting / 4).await;
    let first = now();
    tokio::time::sleep(lasting * 3 / 4).await;
    Growth { first, end: now() }
}

/// So many trainings.
async fn submit(caller: &Caller, count: usize) -> anyhow::Result<Arc<[String]>> {
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        let job = caller.training.clone().train_model(training_request()).await?;
        names.push(job.into_inner().name);
    }
    Ok(names.into())
}

/// A training of a part of the rows, which takes a worker some seconds.
fn training_request() -> v1::TrainModelRequest {
    const START: i64 = 1_766_275_200; // 2025-12-21
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    v1::TrainModelRequest {
        model_id: "load".to_owned(),
        spec: Some(v1::TrainSpec {
            range: Some(v1::TimeRange {
                start: at(START),
                end: at(START + 86_400),
            }),
            label: Some(rise(None)),
            ..v1::TrainSpec::default()
        }),
        ..v1::TrainModelRequest::default()
    }
}

/// The bare server as a process, and clients of it.
struct Bare {
    callers: Arc<[Caller]>,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Bare {
    async fn start(url: &str) -> anyhow::Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port());
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--bare", &address, "--url", url]);
        let process = Process::start("bare", command, folder.path());
        wait::until("the bare server listens", || async {
            tokio::net::TcpStream::connect(&address).await.ok()
        })
        .await;
        let endpoint = format!("http://{address}");
        Ok(Self {
            callers: (0..CONNECTIONS).map(|_| Caller::new(&endpoint, "none")).collect(),
            _process: process,
            _folder: folder,
        })
    }
}

#[expect(clippy::print_stdout, reason = "a bench talks to the person who runs it")]
fn say(text: &str) {
    println!("{text}");
}
