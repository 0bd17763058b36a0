//! The soak: a whole system under a steady load and random faults for as long as one likes, watched for growth.

mod faults;
mod growth;
mod load;
mod sample;
pub(crate) mod watcher;

pub use growth::{Growth, Series, Tolerance, TooFew};

use crate::database::Database;
use crate::invariants::{self, Violation};
use crate::scenarios;
use crate::servers::{OwnPostgres, OwnRedis};
use faults::Faults;
use load::Load;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sample::Samples;
use std::time::{Duration, Instant};

/// Time between two samples.
const SAMPLE: Duration = Duration::from_secs(3);

/// What a soak found.
pub struct Soaked {
    /// How long it went on.
    pub time: Duration,
    /// What was done, by name.
    pub counts: Vec<(String, u64)>,
    /// Growth of each watched quantity, or that it was measured too seldom.
    pub growth: Vec<Result<Growth, TooFew>>,
    /// What broke an invariant.
    pub violations: Vec<Violation>,
    /// Servers that could not be taken away, because this machine has no programs for one.
    pub skipped: Vec<&'static str>,
}

/// The servers that a soak takes away and gives back; `None` where the machine has no programs for one.
struct Servers {
    postgres: Option<OwnPostgres>,
    redis: Option<OwnRedis>,
}

impl Servers {
    fn missing(&self) -> Vec<&'static str> {
        let known = [
            ("Postgres", self.postgres.is_some()),
            ("Redis", self.redis.is_some()),
        ];
        known
            .iter()
            .filter(|(_, there)| !there)
            .map(|(name, _)| *name)
            .collect()
    }
}

/// Soaks a system for `time`. The same seed makes the same load and the same faults, as far as processes allow.
pub async fn run(time: Duration, seed: u64) -> Soaked {
    let mut random = StdRng::seed_from_u64(seed);
    let mut servers = Servers {
        postgres: OwnPostgres::start().await,
        redis: OwnRedis::start().await,
    };
    let url = servers.redis.as_ref().map(OwnRedis::url);
    let settings: Vec<(&str, &str)> = [("MLTS_WORKER__SLOTS", "2"), ("MLTS_WORKER__THREADS", "2")]
        .into_iter()
        .chain(scenarios::SWEEPING.iter().copied())
        .chain([("MLTS_RETENTION__JOBS", "90s"), ("MLTS_RETENTION__EVENTS", "30s")])
        .chain(url.as_deref().map(|url| ("MLTS_REDIS__URL", url)))
        .collect();
    let database = match &servers.postgres {
        Some(server) => Database::create_on(&server.url()),
        None => Database::create(),
    };
    let mut system = scenarios::observed(database, &settings).await;
    let mut faults = Faults::start(&mut system).await;
    let mut load = Load::prepare(&system, &faults.server().endpoint).await;
    let mut samples = Samples::default();
    let start = Instant::now();
    let mut sampled = Instant::now();
    while start.elapsed() < time {
        Box::pin(load.step(&system, &mut random)).await;
        faults.step(&mut system, &mut servers, &mut random).await;
        if sampled.elapsed() >= SAMPLE {
            samples.take(&mut system, start.elapsed());
            sampled = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let growth = samples.growth(start.elapsed());
    faults.calm(&mut system, &mut servers).await;
    scenarios::settle(&system, Duration::from_secs(300)).await;
    let mut violations = invariants::violations(&system, Duration::from_secs(60)).await;
    violations.extend(load.end().await);
    let mut counts = load.counts(&system);
    counts.extend(faults.counts());
    Soaked {
        time: start.elapsed(),
        counts,
        growth,
        violations,
        skipped: servers.missing(),
    }
}
