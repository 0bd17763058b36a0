//! WatchJobs: the jobs that have not ended first, then every event of every job, also after a broken stream.

use crate::house::{House, PARENT, fields, refused};
use crate::support::soon;
use chrono::Utc;
use mltraining_domain::page;
use mltraining_proto::v1;
use mltraining_store::jobs::LogSeverity;
use secrecy::ExposeSecret;
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use tonic::{Code, Status, Streaming};
use v1::job_event::Event as Happened;
use v1::watch_jobs_response::Event;

type Stream = Streaming<v1::WatchJobsResponse>;

async fn watch(house: &House, filter: &str, token: &str) -> Result<Stream, Status> {
    let request = v1::WatchJobsRequest {
        filter: filter.to_owned(),
        resume_token: token.to_owned(),
        ..v1::WatchJobsRequest::default()
    };
    house
        .jobs()
        .watch_jobs(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn next(stream: &mut Stream) -> v1::WatchJobsResponse {
    soon(stream.message())
        .await
        .unwrap()
        .expect("the stream has no end")
}

/// The whole snapshot: job to sequence; and the token behind it.
async fn snapshot(stream: &mut Stream) -> (BTreeMap<String, i64>, String) {
    let mut jobs = BTreeMap::new();
    loop {
        let message = next(stream).await;
        let Some(Event::Snapshot(part)) = message.event else {
            panic!("the snapshot comes first: {message:?}")
        };
        assert!(part.jobs.len() <= 100);
        for watched in part.jobs {
            let before = jobs.insert(watched.job.unwrap().name, watched.sequence);
            assert_eq!(before, None, "a job is in one part only");
        }
        if part.complete {
            return (jobs, message.resume_token);
        }
    }
}

/// Job, sequence and state (or text) of the next event.
async fn event(stream: &mut Stream) -> (String, i64, String) {
    loop {
        let message = next(stream).await;
        match message.event.unwrap() {
            Event::JobEvent(watched) => {
                let event = watched.event.unwrap();
                return (watched.job, event.sequence, what(&event));
            }
            Event::Heartbeat(_) => {}
            Event::Snapshot(_) => panic!("the snapshot is over"),
        }
    }
}

fn what(event: &v1::JobEvent) -> String {
    match event.event.as_ref().unwrap() {
        Happened::StateChange(change) => change.state().as_str_name().replace("JOB_STATE_", ""),
        Happened::Progress(progress) => progress.message.clone(),
        Happened::Log(line) => line.message.clone(),
        other => panic!("{other:?} is no event of a job"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_what_is_open_and_then_everything_that_happens() {
    let house = House::with_bars().await;
    let ended = house.train().await;
    house.cancel(&ended).await;
    let running = house.train().await;
    let lease = house.claim().await;
    let waiting = house.train().await;
    let mut stream = watch(&house, "", "").await.unwrap();
    let (open, token) = snapshot(&mut stream).await;
    assert_eq!(open, BTreeMap::from([(running.clone(), 2), (waiting.clone(), 1)]));
    assert!(!token.is_empty());
    house.progress(lease, 1).await;
    assert_eq!(
        event(&mut stream).await,
        (running.clone(), 3, "tree 1 of 10".to_owned())
    );
    let later = house.train().await;
    assert_eq!(event(&mut stream).await, (later.clone(), 1, "QUEUED".to_owned()));
    house.cancel(&waiting).await;
    assert_eq!(event(&mut stream).await, (waiting, 2, "CANCELLED".to_owned()));
    house.retry(&ended).await.unwrap();
    assert_eq!(event(&mut stream).await, (ended, 3, "QUEUED".to_owned()));
    house.fail(lease).await;
    assert_eq!(event(&mut stream).await, (running, 4, "FAILED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_only_the_jobs_that_pass_and_only_of_its_project() {
    let house = House::with_bars().await;
    house.train().await;
    let alpha = house.train_with(&[("team", "alpha")]).await;
    let mut stream = watch(&house, "labels.team = alpha", "").await.unwrap();
    let mut none = watch(&house, "model = a AND model = b", "").await.unwrap();
    assert_eq!(snapshot(&mut none).await.0, BTreeMap::new());
    assert_eq!(snapshot(&mut stream).await.0, BTreeMap::from([(alpha, 1)]));
    house.train().await;
    // The other project is watched too, so that the server finds its events.
    house.sql("insert into project (id) values ('other')");
    let request = v1::WatchJobsRequest {
        parent: "projects/other".to_owned(),
        filter: "labels.team = alpha".to_owned(),
        ..v1::WatchJobsRequest::default()
    };
    let mut other = house.jobs().watch_jobs(request).await.unwrap().into_inner();
    assert_eq!(snapshot(&mut other).await.0, BTreeMap::new());
    let foreign = house.sql(
        "with made as (insert into job (id, project, queue, kind, spec, spec_version, created_by, event_seq, labels)
           values (gen_random_uuid(), 'other', 'default', 'PROBE', '{\"steps\": []}', 1, 'x', 1, '{\"team\": \"alpha\"}')
           returning id)
         insert into job_event (job_id, seq, lease_epoch, kind, payload)
           select id, 1, 0, 'state', '{\"state\": \"QUEUED\"}' from made returning 'projects/other/jobs/' || job_id",
    );
    assert_eq!(event(&mut other).await, (foreign, 1, "QUEUED".to_owned()));
    let second = house.train_with(&[("team", "alpha")]).await;
    assert_eq!(event(&mut stream).await, (second, 1, "QUEUED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_of_many_jobs_sends_its_snapshot_in_parts() {
    let house = House::with_bars().await;
    house.train().await;
    house.sql(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                          created_by, event_seq)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                'copy', 0 from (select * from job limit 1) j, generate_series(1, 249)",
    );
    let mut stream = watch(&house, "", "").await.unwrap();
    assert_eq!(snapshot(&mut stream).await.0.len(), 250);
    house.sql(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                          created_by, event_seq)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                'copy', 0 from (select * from job limit 1) j, generate_series(1, 9751)",
    );
    let refusal = watch(&house, "", "").await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["filter"]);
    assert!(watch(&house, "created_by = local", "").await.is_ok());
}

/// A psql beside the service, with its own transaction; killed when dropped.
struct Psql(Child);

impl Psql {
    fn run(house: &House, script: &str) -> Self {
        let url = house.api.context.config.database.url.expose_secret();
        let mut command = Command::new("psql");
        command
            .args([url, "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", script])
            .stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_committed_long_after_its_time_is_not_missed() {
    let house = House::with_bars().await;
    let late = house.train().await;
    let lease = house.claim().await;
    let mut stream = watch(&house, "", "").await.unwrap();
    snapshot(&mut stream).await;
    // Stamped now, seen only after five seconds; meanwhile others are stamped later and seen at once.
    let id = lease.job;
    let mut slow = Psql::run(
        &house,
        &format!(
            "begin; update job set cancel_requested_at = now(), cancel_requested_by = 'slow' where id = '{id}'; select pg_sleep(5); commit"
        ),
    );
    let expected = (late, 3, "RUNNING".to_owned());
    let (mut seen, mut came) = (0, false);
    while slow.is_running() {
        let name = house.train().await;
        let mut found = event(&mut stream).await;
        // It may be committed between the question above and this answer.
        if found == expected {
            came = true;
            found = event(&mut stream).await;
        }
        assert_eq!(found, (name, 1, "QUEUED".to_owned()));
        seen += 1;
    }
    assert!(seen > 3, "only {seen} events came meanwhile");
    if !came {
        assert_eq!(event(&mut stream).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_transaction_of_others_does_not_hold_up_the_watchers() {
    let house = House::with_bars().await;
    let mut stream = watch(&house, "", "").await.unwrap();
    snapshot(&mut stream).await;
    let mut load = Psql::run(
        &house,
        "begin; create table load (n int); insert into load select generate_series(1, 1000); select pg_sleep(600); commit",
    );
    crate::support::until("the load runs", || async {
        house.sql("select count(*) from pg_stat_activity where query ~ 'pg_sleep.600' and backend_xid is not null and pid <> pg_backend_pid()") != "0"
    })
    .await;
    for _ in 0..3 {
        let name = house.train().await;
        assert_eq!(event(&mut stream).await, (name, 1, "QUEUED".to_owned()));
    }
    assert!(load.is_running());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_resumes_misses_nothing() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    let mut stream = watch(&house, "", "").await.unwrap();
    let (_, token) = snapshot(&mut stream).await;
    drop(stream);
    for done in 1..=5 {
        house.progress(lease, done).await;
    }
    house.log(lease, LogSeverity::Warn, "strange").await;
    house.fail(lease).await;
    let later = house.train().await;
    let mut resumed = watch(&house, "", &token).await.unwrap();
    let (open, again) = snapshot(&mut resumed).await;
    assert_eq!(open, BTreeMap::from([(later.clone(), 1)]));
    assert_eq!(again, token, "nothing after it was sent yet");
    let mut seen = BTreeMap::<String, Vec<i64>>::new();
    while seen.get(&name).is_none_or(|seqs| seqs.last() < Some(&9)) {
        let (job, seq, _) = event(&mut resumed).await;
        seen.entry(job).or_default().push(seq);
    }
    // Making and claim lie within the overlap, and come again.
    assert_eq!(seen[&name], (1..=9).collect::<Vec<_>>());
    house.cancel(&later).await;
    loop {
        if event(&mut resumed).await == (later.clone(), 2, "CANCELLED".to_owned()) {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_resumes_tells_what_happened_to_jobs_that_still_run() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let lease = house.claim().await;
    let mut stream = watch(&house, "", "").await.unwrap();
    let (_, token) = snapshot(&mut stream).await;
    drop(stream);
    house.progress(lease, 1).await;
    house.progress(lease, 2).await;
    let mut resumed = watch(&house, "", &token).await.unwrap();
    let (open, _) = snapshot(&mut resumed).await;
    assert_eq!(open, BTreeMap::from([(name.clone(), 4)]));
    for seq in 1..=4 {
        let (job, found, _) = event(&mut resumed).await;
        assert_eq!((job, found), (name.clone(), seq));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_later_message_leaves_out_what_is_long_past() {
    let house = House::with_bars().await;
    let name = house.train().await;
    house.sql("update job_event set at = now() - interval '1 hour'");
    let mut stream = watch(&house, "", "").await.unwrap();
    let (_, first) = snapshot(&mut stream).await;
    house.cancel(&name).await;
    let token = loop {
        let message = next(&mut stream).await;
        if matches!(message.event, Some(Event::JobEvent(_))) {
            break message.resume_token;
        }
    };
    assert!(!token.is_empty() && !first.is_empty());
    let mut resumed = watch(&house, "", &token).await.unwrap();
    assert_eq!(snapshot(&mut resumed).await.0, BTreeMap::new());
    assert_eq!(
        event(&mut resumed).await,
        (name, 2, "CANCELLED".to_owned()),
        "the hour-old event stays away"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_resumes_after_an_hour_walks_through_it_and_misses_nothing() {
    let house = House::with_bars().await;
    let mut expected = BTreeMap::new();
    for _ in 0..3 {
        let name = house.train().await;
        house.claim().await;
        expected.insert(name, vec![1, 2]);
    }
    let hour_ago = Utc::now().timestamp_micros() - 3_600_000_000;
    let token = page::encode(&hour_ago, &["WatchJobs", "default", ""]);
    // The second event of each job is stamped before its first, on the other side of a multiple of five minutes from there.
    house.sql(
        "update job_event e set at = now() - (case seq when 1 then 345 else 375 end + 600 * n) * interval '1 second'
           from (select id, row_number() over (order by created_at) as n from job) j where j.id = e.job_id",
    );
    let mut resumed = watch(&house, "", &token).await.unwrap();
    snapshot(&mut resumed).await;
    let mut seen = BTreeMap::<String, Vec<i64>>::new();
    let mut tokens = BTreeSet::new();
    for _ in 0..6 {
        let message = next(&mut resumed).await;
        let Some(Event::JobEvent(watched)) = message.event else {
            panic!("{message:?} is no event of a job")
        };
        tokens.insert(message.resume_token);
        let sequence = watched.event.unwrap().sequence;
        seen.entry(watched.job).or_default().push(sequence);
    }
    assert_eq!(seen, expected);
    assert_eq!(tokens.len(), 3, "whoever breaks off meanwhile goes on from there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_watch_is_refused_before_it_begins() {
    let house = House::with_bars().await;
    let state = watch(&house, "state = RUNNING", "").await.unwrap_err();
    refused(&state, Code::InvalidArgument, "FILTER_SYNTAX", &["filter"]);
    let mut stream = watch(&house, "", "").await.unwrap();
    let (_, token) = snapshot(&mut stream).await;
    for (filter, token) in [("", "x"), ("kind = TRAIN", token.as_str())] {
        let refusal = watch(&house, filter, token).await.unwrap_err();
        refused(
            &refusal,
            Code::InvalidArgument,
            "PAGE_TOKEN_INVALID",
            &["resume_token"],
        );
    }
    let request = v1::WatchJobsRequest {
        parent: "projects/none".to_owned(),
        ..v1::WatchJobsRequest::default()
    };
    assert_eq!(
        house.jobs().watch_jobs(request).await.unwrap_err().code(),
        Code::NotFound
    );
    let request = v1::WatchJobsRequest {
        parent: format!("{PARENT}/jobs"),
        ..v1::WatchJobsRequest::default()
    };
    assert_eq!(
        fields(&house.jobs().watch_jobs(request).await.unwrap_err()),
        ["parent"]
    );
}
