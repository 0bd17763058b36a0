//! Limits, fairness, pause and drain under many claimers at once. What is counted is read from the rows.
#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use mltraining_domain::{FailureClass, JobId, JobKind, ProjectId, WorkerId};
use mltraining_store::Store;
use mltraining_store::claims::{ClaimRequest, ClaimedJob};
use mltraining_store::jobs::CreatedJob;
use mltraining_store::projects::{Limits, QuotaChange, QuotaOutcome};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::workers::NewWorker;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use support::{Fixture, LEASE, Wish};

async fn claim_as(store: &Store, worker: WorkerId) -> Option<ClaimedJob> {
    let request = ClaimRequest {
        queue: DEFAULT_QUEUE,
        worker,
        lease: LEASE,
        kinds: &[JobKind::Train],
        max_spec_version: mltraining_domain::spec::train::SPEC_VERSION,
        free_memory_bytes: u64::MAX,
        large_worker_grace: LEASE,
    };
    store.claim_job(&request).await.unwrap()
}

async fn count(fixture: &Fixture, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    sqlx::query_scalar(sql)
        .fetch_one(&fixture.sql().await)
        .await
        .unwrap()
}

async fn running(fixture: &Fixture, project: &ProjectId) -> i64 {
    count(
        fixture,
        &format!("select count(*) from job where state = 'RUNNING' and project = '{project}'"),
    )
    .await
}

/// Jobs of the project that wait, by one statement, older than those of projects filled later.
async fn fill(fixture: &Fixture, project: &ProjectId, jobs: u32) {
    let sql = format!(
        "with made as (
           insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                            created_by, event_seq)
           select gen_random_uuid(), '{project}', 'default', 'TRAIN', '{{}}', 1, 'pump', 'candles', now(), now() + interval '1 day',
                  '10 min', 'test', 1 from generate_series(1, {jobs}) returning id)
         insert into job_event (job_id, seq, lease_epoch, kind, payload)
         select id, 1, 0, 'state', '{{\"state\": \"QUEUED\"}}' from made"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&fixture.sql().await)
        .await
        .unwrap();
}

/// Ends so many running jobs of the project.
async fn end(fixture: &Fixture, project: &ProjectId, jobs: i64) {
    let ids: Vec<(uuid::Uuid, i64)> = sqlx::query_as(
        "select id, lease_epoch from job where state = 'RUNNING' and project = $1 order by id limit $2",
    )
    .bind(project.as_str())
    .bind(jobs)
    .fetch_all(&fixture.sql().await)
    .await
    .unwrap();
    assert_eq!(ids.len() as i64, jobs);
    for (id, epoch) in ids {
        fail(
            fixture,
            mltraining_store::claims::Lease {
                job: JobId(id),
                epoch: mltraining_domain::Epoch(epoch),
            },
        )
        .await;
    }
}

async fn fail(fixture: &Fixture, lease: mltraining_store::claims::Lease) {
    let failure = support::failure(FailureClass::User);
    fixture.store.fail_job(lease, &failure).await.unwrap();
}

/// Many claimers that never end a job: were a limit passed at any commit, it would still be passed afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn no_number_of_claimers_runs_more_of_a_project_than_it_may() {
    let fixture = Fixture::new().await;
    let mut projects = Vec::new();
    for (name, limit) in [("one", 1), ("three", 3), ("seven", 7)] {
        let project = fixture.project(name, limit, 1000).await;
        fill(&fixture, &project, 100).await;
        projects.push((project, i64::from(limit)));
    }
    for round in 0..5_i64 {
        let claimers = (0..20).map(|_| async {
            for _ in 0..4 {
                claim_as(&fixture.store, support::worker()).await;
            }
        });
        join_all(claimers).await;
        for (project, limit) in &projects {
            assert_eq!(
                running(&fixture, project).await,
                *limit,
                "round {round}, {project}"
            );
            end(&fixture, project, (*limit + round) % *limit + 1).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_limit_of_waiting_jobs_waits_for_the_request_that_is_under_way() {
    let fixture = Fixture::new().await;
    let project = fixture.project("tight", 1, 5).await;
    let mut under_way = fixture.sql().await.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('job.create ' || $1, 0))")
        .bind(project.as_str())
        .execute(&mut *under_way)
        .await
        .unwrap();
    let change = |max_running, max_queued| {
        let (store, project) = (fixture.store.clone(), project.clone());
        let change = QuotaChange {
            max_running,
            max_queued,
        };
        tokio::spawn(async move { store.update_quota(&project, change, None).await.unwrap() })
    };
    let lower = change(None, Some(0));
    let waiting = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
                    where datname = current_database() and locktype = 'advisory' and not granted";
    support::until("the change waits", async || count(&fixture, waiting).await == 1).await;
    let other = change(Some(3), None).await.unwrap();
    assert!(matches!(other, QuotaOutcome::Done(quota) if quota.limits.max_running == 3));
    assert!(!lower.is_finished());
    under_way.commit().await.unwrap();
    let lower = lower.await.unwrap();
    assert!(matches!(lower, QuotaOutcome::Done(quota) if quota.limits.max_queued == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_requests_at_once_as_many_are_queued_as_may_be() {
    let fixture = Fixture::new().await;
    let project = fixture.project("tight", 0, 17).await;
    let wish = Wish {
        project: project.clone(),
        ..Wish::default()
    };
    let outcomes = join_all((0..50).map(|_| fixture.try_create(&wish))).await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, CreatedJob::Created(_)));
    assert_eq!(made.count(), 17);
    let refused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, CreatedJob::QueueFull { max_queued: 17 }));
    assert_eq!(refused.count(), 33);
    let quota = fixture.store.quota(&project).await.unwrap();
    assert_eq!((quota.running, quota.queued), (0, 17));
}

/// Claimers that go on until told; counts their tries.
struct Storm {
    stop: Arc<AtomicBool>,
    tries: Arc<AtomicUsize>,
    claimers: Vec<tokio::task::JoinHandle<()>>,
}

impl Storm {
    fn begin(fixture: &Fixture, worker: WorkerId) -> Self {
        let (stop, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let claimers = (0..8).map(|_| {
            let (store, stop, tries) = (fixture.store.clone(), stop.clone(), tries.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    claim_as(&store, worker).await;
                    tries.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let claimers = claimers.collect();
        Self {
            stop,
            tries,
            claimers,
        }
    }

    /// Waits for so many more tries.
    async fn go_on(&self, tries: usize) {
        let enough = self.tries.load(Ordering::Relaxed) + tries;
        while self.tries.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        join_all(self.claimers).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_answer_to_a_pause_on_nothing_is_claimed_until_the_queue_is_resumed() {
    let fixture = Fixture::new().await;
    for name in ["a", "b", "c"] {
        let project = fixture.project(name, 100_000, 100_000).await;
        fill(&fixture, &project, 2000).await;
    }
    let attempts = "select count(*) from job_attempt";
    let storm = Storm::begin(&fixture, support::worker());
    for round in 0..10 {
        storm.go_on(16).await;
        let paused = fixture.store.pause_queue(DEFAULT_QUEUE).await.unwrap();
        let before = count(&fixture, attempts).await;
        let again = fixture.store.pause_queue(DEFAULT_QUEUE).await.unwrap();
        assert_eq!(again, paused, "a second pause changes nothing");
        storm.go_on(40).await;
        assert_eq!(count(&fixture, attempts).await, before, "round {round}");
        let resumed = fixture.store.resume_queue(DEFAULT_QUEUE).await.unwrap();
        assert_eq!(resumed.paused_at, None);
        storm.go_on(16).await;
        assert!(
            count(&fixture, attempts).await > before,
            "nothing was claimed again"
        );
    }
    storm.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_answer_to_a_drain_on_the_worker_claims_nothing_and_others_do() {
    let fixture = Fixture::new().await;
    let project = fixture.project("a", 100_000, 100_000).await;
    fill(&fixture, &project, 2000).await;
    for round in 0..5 {
        let new = NewWorker {
            id: support::worker(),
            hostname: "host".to_owned(),
            version: "0.1.0".to_owned(),
            slots: 1000,
            memory_bytes: 1 << 30,
        };
        fixture.store.register_worker(&new).await.unwrap();
        let attempts = format!("select count(*) from job_attempt where worker_id = '{}'", new.id);
        let storm = Storm::begin(&fixture, new.id);
        storm.go_on(24).await;
        let drained = fixture.store.drain_worker(new.id).await.unwrap();
        let before = count(&fixture, &attempts).await;
        assert_eq!(drained.running.len() as i64, before, "round {round}");
        storm.go_on(24).await;
        assert_eq!(count(&fixture, &attempts).await, before, "round {round}");
        storm.end().await;
    }
    assert!(claim_as(&fixture.store, support::worker()).await.is_some());
}

/// Claims until each of the projects had `rounds` turns, and looks that none has its next before all others had theirs.
async fn turns(fixture: &Fixture, projects: usize, rounds: usize, ends: Ends) {
    for round in 0..rounds {
        let mut served: BTreeMap<ProjectId, usize> = BTreeMap::new();
        for _ in 0..projects {
            let job = fixture.claim().await;
            *served.entry(job.project.clone()).or_default() += 1;
            if ends == Ends::AtOnce {
                fail(fixture, job.lease).await;
            }
        }
        assert_eq!(served.len(), projects, "round {round}, {ends:?}: {served:?}");
    }
}

/// When jobs end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// Before the next is claimed: as with one worker of one slot.
    AtOnce,
    /// Not while the test looks.
    Later,
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_nine_small_projects_take_turns_with_one_that_has_five_thousand_jobs() {
    let fixture = Fixture::new().await;
    let large = fixture.project("large", 1000, 10_000).await;
    fill(&fixture, &large, 5000).await;
    for n in 1..100 {
        let small = fixture.project(&format!("small{n}"), 1000, 1000).await;
        fill(&fixture, &small, 50).await;
    }
    turns(&fixture, 100, 2, Ends::Later).await;
    turns(&fixture, 100, 2, Ends::AtOnce).await;
}

#[tokio::test]
async fn within_a_project_jobs_start_by_priority_and_then_by_age() {
    let fixture = Fixture::new().await;
    fixture.store.set_quota(&fixture.project, 100, 100).await.unwrap();
    let mut expected = Vec::new();
    for n in 0..20_i32 {
        let wish = Wish {
            priority: n * 7 % 5,
            ..Wish::default()
        };
        let job = fixture.create(&wish).await;
        expected.push((wish.priority, n, job.id));
    }
    expected.sort_unstable();
    for (priority, _, id) in expected {
        assert_eq!(fixture.claim().await.lease.job, id, "priority {priority}");
    }
}

#[tokio::test]
async fn a_lowered_limit_stops_nothing_that_runs_and_lets_none_start_until_fewer_do() {
    let fixture = Fixture::new().await;
    let project = fixture.project("p", 5, 100).await;
    fill(&fixture, &project, 20).await;
    for _ in 0..5 {
        fixture.claim().await;
    }
    let lower = QuotaChange {
        max_running: Some(2),
        max_queued: None,
    };
    let QuotaOutcome::Done(quota) = fixture.store.update_quota(&project, lower, None).await.unwrap() else {
        panic!("refused")
    };
    let limits = Limits {
        max_running: 2,
        max_queued: 100,
    };
    assert_eq!((quota.limits, quota.running, quota.queued), (limits, 5, 15));
    for left in [5, 4, 3, 2] {
        assert_eq!(running(&fixture, &project).await, left);
        assert!(fixture.try_claim(LEASE).await.is_none(), "{left} run, 2 may");
        end(&fixture, &project, 1).await;
    }
    fixture.claim().await;
    assert!(fixture.try_claim(LEASE).await.is_none());
}

#[tokio::test]
async fn limits_are_changed_only_when_they_are_as_expected() {
    let fixture = Fixture::new().await;
    let expected = |max_running, max_queued| {
        Some(Limits {
            max_running,
            max_queued,
        })
    };
    let change = QuotaChange {
        max_running: None,
        max_queued: Some(5),
    };
    let store = &fixture.store;
    let stale = store.update_quota(&fixture.project, change, expected(4, 5)).await;
    assert!(matches!(stale.unwrap(), QuotaOutcome::Mismatch(quota) if quota.limits.max_queued == 1000));
    let done = store
        .update_quota(&fixture.project, change, expected(4, 1000))
        .await;
    assert!(matches!(done.unwrap(), QuotaOutcome::Done(quota) if quota.limits.max_queued == 5));
    let nowhere = "nowhere".parse().unwrap();
    assert!(store.update_quota(&nowhere, change, None).await.is_err());
}
