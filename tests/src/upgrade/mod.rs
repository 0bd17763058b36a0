//! A rolling upgrade: the processes of an old build are replaced by those of this one, one by one, while callers go on.

mod fleet;
mod load;

pub use fleet::{Build, this_build};
pub use load::Calls;

use crate::caller::Caller;
use crate::data;
use crate::database::Database;
use crate::wait;
use fleet::{Fleet, Version};
use load::{Load, Told};
use mltraining_proto::v1 as pb;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long jobs that are there may take to end.
const SETTLE: Duration = Duration::from_secs(240);
/// Jobs that each phase waits for, of each version that works in it.
const JOBS: i64 = 12;

/// One phase of an upgrade.
#[derive(Debug)]
pub struct Phase {
    /// What was done.
    pub name: &'static str,
    /// How long it took.
    pub time: Duration,
    /// Calls of the load.
    pub calls: Calls,
    /// Jobs that old workers began and have done.
    pub by_old: i64,
    /// Jobs that new workers began and have done.
    pub by_new: i64,
}

/// What an upgrade found.
#[derive(Debug)]
pub struct Upgraded {
    /// The number of the newest migration before and after.
    pub schema: (i64, i64),
    /// Its phases, in order.
    pub phases: Vec<Phase>,
    /// Jobs that were made.
    pub jobs: usize,
    /// What went wrong.
    pub problems: Vec<String>,
}

/// A phase that has begun.
struct Begun {
    name: &'static str,
    /// The clock of the database.
    at: String,
    since: Instant,
}

/// An upgrade under way.
struct Course {
    fleet: Fleet,
    load: Load,
    begun: Vec<Begun>,
    problems: Vec<String>,
}

/// Upgrades a service of two API servers and two workers under load.
///
/// # Panics
/// When a process does not start, does not drain, or jobs do not end.
pub async fn run(old: Build, new: Build) -> Upgraded {
    let mut fleet = Fleet::open(old, new);
    let before = schema(&fleet.database);
    for _ in 0..2 {
        fleet.add_server(Version::Old).await;
        fleet.add_worker(Version::Old).await;
    }
    let key = fleet.key(Version::Old);
    data::make_bars(&fleet.database, 4, 300);
    data::register_bars(&Caller::new(&fleet.servers[0].endpoint, &key)).await;
    let endpoints: Vec<&str> = fleet
        .servers
        .iter()
        .map(|server| server.endpoint.as_str())
        .collect();
    let load = Load::begin(Arc::clone(&fleet.database), &endpoints, &key, "old alone");
    let mut course = Course {
        load,
        fleet,
        begun: Vec::new(),
        problems: Vec::new(),
    };
    course.begin("old alone");
    course.jobs_by(&[Version::Old]).await;
    course.replace(&key).await;
    let schema = (before, schema(&course.fleet.database));
    course.end(schema).await
}

fn schema(database: &Database) -> i64 {
    database.count("SELECT max(version) FROM _sqlx_migrations")
}

impl Course {
    fn begin(&mut self, name: &'static str) {
        self.load.phase(name);
        self.begun.push(Begun {
            name,
            at: self.fleet.database.sql("SELECT clock_timestamp()"),
            since: Instant::now(),
        });
    }

    /// The upgrade, in the order of the runbook but for the second server, which goes last: so both versions are mixed everywhere.
    async fn replace(&mut self, key: &str) {
        self.begin("migrated");
        self.fleet.migrate(Version::New);
        for index in 0..2 {
            self.expect_answers(index, key).await;
        }
        self.jobs_by(&[Version::Old]).await;
        self.begin("one new api-server");
        self.fleet.replace_server(0).await;
        self.jobs_by(&[Version::Old]).await;
        self.expect_answers(1, key).await;
        self.begin("one new worker");
        self.replace_worker().await;
        self.jobs_by(&[Version::Old, Version::New]).await;
        self.begin("two new workers");
        self.replace_worker().await;
        self.jobs_by(&[Version::New]).await;
        self.expect_answers(1, key).await;
        self.begin("new alone");
        self.fleet.replace_server(1).await;
        self.jobs_by(&[Version::New]).await;
    }

    /// A server answers by itself, with nobody to take its place.
    async fn expect_answers(&mut self, index: usize, key: &str) {
        let caller = Caller::new(&self.fleet.servers[index].endpoint, key);
        let job = self
            .fleet
            .database
            .sql("SELECT id FROM job ORDER BY created_at LIMIT 1");
        let request = pb::GetJobRequest {
            name: format!("projects/default/jobs/{job}"),
            ..pb::GetJobRequest::default()
        };
        if let Err(status) = caller.jobs.clone().get_job(request).await {
            let phase = self.begun.last().map_or("", |phase| phase.name);
            self.problems
                .push(format!("in `{phase}`: server {index} alone: {status}"));
        }
    }

    /// A new worker in the place of an old one, which ends what it holds.
    async fn replace_worker(&mut self) {
        for job in self.fleet.drain_old_worker().await {
            let told = self
                .fleet
                .database
                .sql(&format!("SELECT state, lease_epoch FROM job WHERE id = '{job}'"));
            if told != "SUCCEEDED|1" {
                let problem = format!("job {job} was held by a worker that was told to end, and is {told}");
                self.problems.push(problem);
            }
        }
        self.fleet.add_worker(Version::New).await;
    }

    /// Waits until each of these versions has done some jobs that it began in this phase.
    async fn jobs_by(&self, versions: &[Version]) {
        let since = &self.begun.last().expect("a phase has begun").at;
        for version in versions {
            let what = format!("{} workers do jobs", version.word());
            wait::until(&what, || async {
                (self.done(*version, since, "infinity") >= JOBS).then_some(())
            })
            .await;
        }
    }

    /// Jobs that workers of a version began in a time and have done.
    fn done(&self, version: Version, from: &str, to: &str) -> i64 {
        let known = self.fleet.known.iter().filter(|(_, of)| *of == version);
        let ids: Vec<String> = known.map(|(id, _)| format!("'{id}'")).collect();
        if ids.is_empty() {
            return 0;
        }
        self.fleet.database.count(&format!(
            "SELECT count(*) FROM job_attempt WHERE worker_id IN ({}) AND outcome = 'SUCCEEDED'
                AND started_at >= '{from}' AND started_at < '{to}'",
            ids.join(",")
        ))
    }

    /// Waits for the jobs that are there, and holds all against what must be.
    async fn end(mut self, schema: (i64, i64)) -> Upgraded {
        let watchers = self.load.quiet().await;
        let end = (
            self.fleet.database.sql("SELECT clock_timestamp()"),
            Instant::now(),
        );
        wait::until_within(SETTLE, "all jobs have ended", || async {
            let open = self
                .fleet
                .database
                .count("SELECT count(*) FROM job WHERE finished_at IS NULL");
            (open == 0).then_some(())
        })
        .await;
        self.check_rows();
        let mut phases = Vec::new();
        for (place, begun) in self.begun.iter().enumerate() {
            let next = self.begun.get(place + 1);
            let (to, until) = next.map_or((&end.0, end.1), |next| (&next.at, next.since));
            phases.push(Phase {
                name: begun.name,
                time: until - begun.since,
                calls: Calls::default(),
                by_old: self.done(Version::Old, &begun.at, to),
                by_new: self.done(Version::New, &begun.at, to),
            });
        }
        let Self {
            fleet,
            load,
            mut problems,
            ..
        } = self;
        let Told {
            calls,
            submitted,
            failures,
        } = load.told(watchers).await;
        for phase in &mut phases {
            phase.calls = calls.get(phase.name).copied().unwrap_or_default();
        }
        problems.extend(failures);
        let there = fleet.database.sql("SELECT id FROM job");
        let there: std::collections::BTreeSet<&str> = there.lines().collect();
        let lost = submitted.iter().filter(|job| !there.contains(job.as_str()));
        problems.extend(lost.map(|job| format!("job {job} is lost")));
        Upgraded {
            schema,
            phases,
            jobs: submitted.len(),
            problems,
        }
    }

    /// Every job has succeeded, in its first attempt.
    fn check_rows(&mut self) {
        let database = &self.fleet.database;
        let failed = database.sql(
            "SELECT 'job ' || id || ' of kind ' || kind || ' is ' || state FROM job WHERE state <> 'SUCCEEDED'",
        );
        let lost = database.sql(
            "SELECT 'attempt ' || lease_epoch || ' of job ' || job_id || ' is ' || coalesce(outcome, 'open')
               FROM job_attempt WHERE outcome IS DISTINCT FROM 'SUCCEEDED'",
        );
        let rows = failed.lines().chain(lost.lines());
        self.problems.extend(rows.map(str::to_owned));
    }
}
