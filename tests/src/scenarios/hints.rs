//! A Redis that forgets, is away, or says strange things; and an API server that dies before it could tell Redis anything.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, system};
use crate::process::Signal;
use crate::proxy::{Action, Protocol, Proxy, When};
use crate::scenarios::probe::{Probe, work};
use crate::servers::{OwnRedis, say};
use crate::system::{System, free_port};
use crate::{data, wait};
use std::time::Duration;
use uuid::Uuid;

const NO_SERVER: &str = "this machine has no program of a Redis server";

/// A poll that never comes within the patience of a scenario: only a hint starts a job.
const NO_POLL: &[(&str, &str)] = &[("MLTS_WORKER__POLL_MIN", "9m"), ("MLTS_WORKER__POLL_MAX", "10m")];

/// Adds the hint of a job to the stream, as the API server does.
fn hint(url: &str, stream: &str, job: &str) -> bool {
    let words = ["XADD", stream, "*", "v", "1", "job_id", job, "queue", "default"];
    say(url, &words.map(str::as_bytes)).is_some_and(|answer| answer.starts_with('$'))
}

/// FLUSHALL every now and then: first with polls, under load; then without, where each hint after a flush must start its job.
pub(super) async fn flushall(scale: Scale) -> Outcome {
    let Some(redis) = OwnRedis::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let (flushes, pause) = scale.of((6, 300), (30, 2000));
    let url = redis.url();
    let mut system = system(&[("MLTS_REDIS__URL", &url)]).await;
    system.add_worker().await;
    for _ in 0..flushes {
        for job in Probe::doing(&[work(20)]).submit(&system.database, 5) {
            hint(&url, system.stream(), &job);
        }
        assert_eq!(redis.say(&["FLUSHALL"]).as_deref(), Some("+OK"));
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    super::all_ended(&system.database, wait::PATIENCE).await;
    system.workers.clear();
    system.add_worker_with(NO_POLL).await;
    for _ in 0..scale.of(3, 10) {
        assert_eq!(redis.say(&["FLUSHALL"]).as_deref(), Some("+OK"));
        let job = Probe::nothing().submit_one(&system.database);
        assert!(hint(&url, system.stream(), &job), "Redis takes the hint");
        super::all_ended(&system.database, wait::PATIENCE).await;
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, flushes).await
}

/// Redis is away all the time, and then it is killed and started again and again: jobs are found by polling.
pub(super) async fn redis_away(scale: Scale) -> Outcome {
    let dead = format!("redis://127.0.0.1:{}/0", free_port());
    let mut system = system(&[("MLTS_REDIS__URL", &dead)]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker().await;
    let jobs = scale.of(10, 100);
    Probe::doing(&[work(10)]).submit(&system.database, jobs);
    caller
        .training
        .clone()
        .train_model(data::training("poll", 240, 2))
        .await
        .expect("the job is taken without Redis");
    super::all_ended(&system.database, wait::PATIENCE).await;
    let Some(mut redis) = OwnRedis::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let url = redis.url();
    system.workers.clear();
    system.add_worker_with(&[("MLTS_REDIS__URL", &url)]).await;
    for _ in 0..scale.of(2, 10) {
        for job in Probe::nothing().submit(&system.database, 5) {
            hint(&url, system.stream(), &job);
        }
        redis.kill().await;
        super::all_ended(&system.database, wait::PATIENCE).await;
        redis.restart().await;
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, 1).await
}

/// Each hint comes ten times, between malformed ones and such for jobs that nobody knows: each job is done once, and the
/// worker hears the next hint.
pub(super) async fn strange_hints(scale: Scale) -> Outcome {
    let Some(redis) = OwnRedis::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let url = redis.url();
    let mut system = system(&[("MLTS_REDIS__URL", &url)]).await;
    system.add_worker_with(NO_POLL).await;
    system.add_worker_with(NO_POLL).await;
    let jobs = scale.of(10, 200);
    for job in Probe::doing(&[work(10)]).submit(&system.database, jobs) {
        for _ in 0..10 {
            hint(&url, system.stream(), &job);
        }
        strange(&url, &system);
    }
    super::all_ended(&system.database, wait::PATIENCE).await;
    for _ in 0..5 {
        strange(&url, &system);
        let job = Probe::nothing().submit_one(&system.database);
        assert!(hint(&url, system.stream(), &job));
        super::all_ended(&system.database, wait::PATIENCE).await;
    }
    assert!(system.workers.iter_mut().all(crate::process::Process::is_running));
    assert_all_succeeded(&system);
    assert_eq!(
        system.database.sql("SELECT max(lease_epoch) FROM job"),
        "1",
        "each job is done once"
    );
    Outcome::of(&system, jobs as u32).await
}

/// Entries that are no hint, or a hint for nobody.
fn strange(url: &str, system: &System) {
    let stream = system.stream().as_bytes();
    let unknown = Uuid::new_v4().to_string();
    let long = "x".repeat(100_000);
    let entries: [&[&[u8]]; 6] = [
        &[b"v", b"1", b"job_id", unknown.as_bytes(), b"queue", b"default"],
        &[b"v", b"1", b"job_id", b"no uuid", b"queue", b"default"],
        &[b"v", b"99", b"job_id", unknown.as_bytes(), b"queue", b"default"],
        &[b"\xff\xfe", b"\x00\xff", b"v", b"\xc3\x28"],
        &[b"v", b"1", b"job_id", long.as_bytes(), b"queue", b"default"],
        &[b"queue", b""],
    ];
    for entry in entries {
        let words = [&[b"XADD" as &[u8], stream, b"*"], entry].concat();
        say(url, &words);
    }
}

/// The API server is killed after the commit of a job and before its hint left: the job is done, and the client that asks
/// again with the same request id gets the same job.
pub(super) async fn api_killed_before_hint(scale: Scale) -> Outcome {
    let Some(redis) = OwnRedis::start().await else {
        return Outcome::skipped(NO_SERVER);
    };
    let rounds = scale.of(2, 10);
    let url = redis.url();
    let proxy = Proxy::to(&url, Protocol::Redis);
    let mut system = system(&[("MLTS_REDIS__URL", &proxy.url(&url))]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    system.add_worker_with(&[("MLTS_REDIS__URL", &url)]).await;
    for round in 0..rounds {
        let trap = proxy.trap("XADD", When::Before, Action::Hold);
        let mut request = data::training(&format!("m{round}"), 240, 2);
        request.request_id = Uuid::new_v4().to_string();
        let (asked, mut client) = (request.clone(), caller.training.clone());
        let call = tokio::spawn(async move { client.train_model(asked).await });
        trap.sprung().await;
        system.api.signal(Signal::Kill);
        system.api.exit().await;
        proxy.cut();
        drop(trap);
        let _ = call.await;
        let made = format!("SELECT id FROM job WHERE model = 'm{round}'");
        let job = system.database.sql(&made);
        super::all_ended(&system.database, wait::PATIENCE).await;
        system.start_api().await;
        let again = system.caller().training.clone().train_model(request).await;
        let again = again.expect("the same request is taken again").into_inner();
        assert_eq!(again.uid, job, "the same request is the same job");
        assert_eq!(system.database.sql(&made), job, "and makes no other");
    }
    assert_all_succeeded(&system);
    Outcome::of(&system, rounds).await
}
