//! What people do with jobs besides making and reading them: retry, change, cancel many, count, look at queues and logs.
#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod support;

use mltraining_domain::{DisplayState, FailureClass, JobId, JobKind, JobState, Priority, ProjectId};
use mltraining_store::StoreError;
use mltraining_store::claims::{Finished, Lease};
use mltraining_store::jobs::{
    Cancelled, CreatedJob, JobChange, JobFilter, JobGrouping, JobUpdate, JobView, LogFilter, LogSeverity,
    RetryOutcome,
};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::workers::NewWorker;
use sqlx::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use support::{Fixture, Wish, failure, worker};
use tokio::task::JoinSet;
use uuid::Uuid;

impl Fixture {
    async fn failed(&self) -> Lease {
        let lease = self.running().await;
        self.store
            .fail_job(lease, &failure(FailureClass::User))
            .await
            .unwrap();
        lease
    }

    async fn retry(&self, id: JobId) -> RetryOutcome {
        self.store.retry_job(&self.project, id, None).await.unwrap()
    }

    async fn labelled(&self, key: &str, value: &str) -> JobId {
        let labels = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        self.create(&Wish {
            labels,
            ..Wish::default()
        })
        .await
        .id
    }

    async fn run_sql(&self, text: &str) {
        let pool = self.sql().await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    }
}

#[tokio::test]
async fn a_retried_job_waits_with_full_budgets_and_its_old_epoch_and_can_succeed() {
    let fixture = Fixture::new().await;
    let lease = fixture.failed().await;
    let before = fixture.job(lease.job).await;
    let RetryOutcome::Retried(job) = fixture.retry(lease.job).await else {
        panic!("a FAILED job can be retried")
    };
    assert_eq!((job.state, job.epoch), (JobState::Queued, before.epoch));
    assert_eq!((job.error, job.finished_at, job.cancel), (None, None, None));
    assert!(job.revision > before.revision && job.event_seq == before.event_seq + 1);
    let budgets: (i32, i32, i32) = sqlx::query_as("select failures, infra_failures, lost_count from job")
        .fetch_one(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(budgets, (0, 0, 0));
    let again = fixture.claim().await.lease;
    assert_eq!((again.job, again.epoch.0), (lease.job, lease.epoch.0 + 1));
    let stale = fixture.store.fail_job(lease, &failure(FailureClass::User)).await;
    assert!(matches!(stale, Err(StoreError::LeaseLost { .. })), "{stale:?}");
    let result = fixture.stage(again).await;
    assert!(matches!(
        fixture.finish(again, result).await,
        Ok(Finished::Succeeded { .. })
    ));
}

#[tokio::test]
async fn only_jobs_that_ended_without_success_can_be_retried() {
    let fixture = Fixture::new().await;
    let waiting = fixture.create(&Wish::default()).await.id;
    assert!(matches!(
        fixture.retry(waiting).await,
        RetryOutcome::NotRetryable(_)
    ));
    let running = fixture.claim().await.lease;
    assert!(matches!(
        fixture.retry(running.job).await,
        RetryOutcome::NotRetryable(_)
    ));
    fixture.store.release_job(running).await.unwrap();
    fixture
        .store
        .cancel_job(&fixture.project, waiting, "ann", "", None)
        .await
        .unwrap();
    assert!(matches!(fixture.retry(waiting).await, RetryOutcome::Retried(_)));
    fixture
        .store
        .cancel_job(&fixture.project, waiting, "ann", "", None)
        .await
        .unwrap();
    let (done, _) = fixture.succeeded().await;
    assert!(matches!(fixture.retry(done).await, RetryOutcome::NotRetryable(_)));
    let stale = fixture
        .store
        .retry_job(&fixture.project, waiting, Some(1))
        .await
        .unwrap();
    assert!(matches!(stale, RetryOutcome::RevisionMismatch(_)));
    let other: ProjectId = "other".parse().unwrap();
    let foreign = fixture.store.retry_job(&other, waiting, None).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_retry_for_a_deleted_model_is_refused() {
    let fixture = Fixture::new().await;
    let lease = fixture.failed().await;
    fixture.succeeded().await;
    let model = "pump".parse().unwrap();
    fixture
        .store
        .delete_model(&fixture.project, &model, None)
        .await
        .unwrap();
    assert!(matches!(
        fixture.retry(lease.job).await,
        RetryOutcome::ModelDeleted(_)
    ));
    fixture
        .store
        .undelete_model(&fixture.project, &model, None)
        .await
        .unwrap();
    assert!(matches!(fixture.retry(lease.job).await, RetryOutcome::Retried(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_and_new_jobs_at_once_never_exceed_the_limit_of_waiting_jobs() {
    let fixture = Arc::new(Fixture::new().await);
    let project = fixture.project("tight", 100, 100).await;
    let wish = Wish {
        project: project.clone(),
        ..Wish::default()
    };
    let mut ended = Vec::new();
    for _ in 0..20 {
        ended.push(fixture.create(&wish).await.id);
    }
    for id in &ended {
        fixture
            .store
            .cancel_job(&project, *id, "ann", "", None)
            .await
            .unwrap();
    }
    fixture.store.set_quota(&project, 100, 10).await.unwrap();
    let mut calls = JoinSet::new();
    for id in ended {
        let (fixture, project, wish) = (fixture.clone(), project.clone(), wish.clone());
        calls.spawn(async move {
            let retried = fixture.store.retry_job(&project, id, None).await.unwrap();
            let made = fixture.try_create(&wish).await;
            let full = matches!(retried, RetryOutcome::QueueFull { max_queued: 10 });
            assert!(full || matches!(retried, RetryOutcome::Retried(_)), "{retried:?}");
            i64::from(!full) + i64::from(matches!(made, CreatedJob::Created(_)))
        });
    }
    let taken: i64 = calls.join_all().await.into_iter().sum();
    let queued: i64 = sqlx::query_scalar("select count(*) from job where state = 'QUEUED'")
        .fetch_one(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!((taken, queued), (10, 10));
}

fn change(priority: Option<i32>, labels: Option<&[(&str, &str)]>) -> JobChange {
    let pairs = |pairs: &[(&str, &str)]| {
        let owned = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        owned.collect::<BTreeMap<_, _>>()
    };
    JobChange {
        priority: priority.map(|p| Priority::new(p).unwrap()),
        labels: labels.map(pairs),
    }
}

#[tokio::test]
async fn a_job_with_a_better_priority_goes_first() {
    let fixture = Fixture::new().await;
    let first = fixture.create(&Wish::default()).await;
    let second = fixture.create(&Wish::default()).await;
    let update = fixture
        .store
        .update_job(&fixture.project, second.id, &change(Some(0), None), None)
        .await;
    let JobUpdate::Done(job) = update.unwrap() else {
        panic!("it waits")
    };
    assert_eq!((job.priority.value(), job.labels), (0, second.labels));
    assert!(job.revision > second.revision);
    assert_eq!(fixture.claim().await.lease.job, second.id);
    assert_eq!(fixture.claim().await.lease.job, first.id);
}

#[tokio::test]
async fn labels_change_at_any_time_and_the_priority_only_while_a_job_waits() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let update = async |change: JobChange, revision| {
        fixture
            .store
            .update_job(&fixture.project, lease.job, &change, revision)
            .await
            .unwrap()
    };
    let both = update(change(Some(1), Some(&[("team", "alpha")])), None).await;
    assert!(
        matches!(both, JobUpdate::NotQueued(job) if job.labels.is_empty()),
        "nothing changes"
    );
    let JobUpdate::Done(job) = update(change(Some(2), Some(&[("team", "alpha")])), None).await else {
        panic!("2 is its priority already")
    };
    assert_eq!(job.labels["team"], "alpha");
    let stale = update(change(None, Some(&[])), Some(job.revision - 1)).await;
    assert!(matches!(stale, JobUpdate::RevisionMismatch(_)));
    assert!(matches!(
        update(change(None, Some(&[])), Some(job.revision)).await,
        JobUpdate::Done(_)
    ));
    let wrong = change(None, Some(&[("Team", "x")]));
    let refused = fixture
        .store
        .update_job(&fixture.project, lease.job, &wrong, None)
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { field: "labels", .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn many_jobs_are_cancelled_each_by_its_state() {
    let fixture = Fixture::new().await;
    let (done, _) = fixture.succeeded().await;
    let running = fixture.running().await.job;
    let waiting = fixture.create(&Wish::default()).await.id;
    let absent = JobId(Uuid::now_v7());
    let ids = [done, running, waiting, absent];
    let mut outcome = fixture
        .store
        .cancel_jobs(&fixture.project, &ids, "ann", "why")
        .await
        .unwrap();
    outcome.sort_by_key(|(id, _)| ids.iter().position(|other| other == id));
    let expected = [
        (done, Cancelled::AlreadyFinal),
        (running, Cancelled::Asked),
        (waiting, Cancelled::AtOnce),
    ];
    assert_eq!(outcome, expected);
    let job = fixture.job(waiting).await;
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(job.error.unwrap().message, "cancelled by ann: why");
    let cancel = fixture.job(running).await.cancel.unwrap();
    let again = fixture
        .store
        .cancel_jobs(&fixture.project, &[running], "bob", "other")
        .await
        .unwrap();
    assert_eq!(again, [(running, Cancelled::Asked)]);
    assert_eq!(
        fixture.job(running).await.cancel.unwrap(),
        cancel,
        "the first cancel stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_another_statement_holds_is_cancelled_as_soon_as_it_is_free() {
    let fixture = Arc::new(Fixture::new().await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(fixture.create(&Wish::default()).await.id);
    }
    let mut other = sqlx::PgConnection::connect(fixture.database.url()).await.unwrap();
    let mut held = other.begin().await.unwrap();
    sqlx::query("select from job where id = $1 for update")
        .bind(ids[2].0)
        .execute(&mut *held)
        .await
        .unwrap();
    let cancelling = {
        let (fixture, ids) = (fixture.clone(), ids.clone());
        tokio::spawn(async move { fixture.store.cancel_jobs(&fixture.project, &ids, "ann", "").await })
    };
    // The others do not wait for the one that is held.
    support::until("four are cancelled", async || {
        let count: i64 = sqlx::query_scalar("select count(*) from job where state = 'CANCELLED'")
            .fetch_one(&fixture.sql().await)
            .await
            .unwrap();
        count == 4
    })
    .await;
    held.rollback().await.unwrap();
    let outcome = cancelling.await.unwrap().unwrap();
    assert_eq!(outcome.len(), 5);
    assert!(
        outcome
            .iter()
            .all(|(_, cancelled)| *cancelled == Cancelled::AtOnce)
    );
}

#[tokio::test]
async fn open_jobs_are_those_that_wait_and_then_those_that_run() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let running = fixture.running().await.job;
    let alpha = fixture.labelled("team", "alpha").await;
    let beta = fixture.labelled("team", "beta").await;
    let open = async |filter: JobFilter, limit| {
        let open = fixture
            .store
            .open_jobs(&fixture.project, &filter, limit)
            .await
            .unwrap();
        open.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(open(JobFilter::default(), 10).await, [beta, alpha, running]);
    assert_eq!(open(JobFilter::default(), 1).await, [beta]);
    let labels = BTreeMap::from([("team".to_owned(), "alpha".to_owned())]);
    assert_eq!(
        open(
            JobFilter {
                labels,
                ..JobFilter::default()
            },
            10
        )
        .await,
        [alpha]
    );
    let states = Some(vec![JobState::Running, JobState::Failed]);
    assert_eq!(
        open(
            JobFilter {
                states,
                ..JobFilter::default()
            },
            10
        )
        .await,
        [running]
    );
}

#[tokio::test]
async fn jobs_are_counted_in_groups() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    fixture.running().await;
    for team in ["alpha", "alpha", "beta"] {
        fixture.labelled("team", team).await;
    }
    let count = async |filter: JobFilter, grouping: JobGrouping| {
        fixture
            .store
            .count_jobs(&fixture.project, &filter, &grouping, 100)
            .await
            .unwrap()
    };
    let all = count(JobFilter::default(), JobGrouping::default()).await;
    assert_eq!(
        (all.len(), all[0].jobs, all[0].state, all[0].kind),
        (1, 5, None, None)
    );
    let grouping = JobGrouping {
        state: true,
        kind: true,
        labels: vec!["team".to_owned()],
    };
    let groups = count(JobFilter::default(), grouping.clone()).await;
    let shown: Vec<_> = groups
        .iter()
        .map(|group| (group.state.unwrap(), group.labels[0].as_deref(), group.jobs))
        .collect();
    let expected = [
        (JobState::Queued, Some("alpha"), 2),
        (JobState::Queued, Some("beta"), 1),
        (JobState::Running, None, 1),
        (JobState::Succeeded, None, 1),
    ];
    assert_eq!(shown, expected);
    assert!(groups.iter().all(|group| group.kind == Some(JobKind::Train)));
    let model = Some("pump".parse().unwrap());
    assert_eq!(
        count(
            JobFilter {
                model,
                ..JobFilter::default()
            },
            grouping
        )
        .await,
        groups
    );
    let model = Some("none".parse().unwrap());
    let none = count(
        JobFilter {
            model,
            ..JobFilter::default()
        },
        JobGrouping::default(),
    )
    .await;
    assert_eq!(none.iter().map(|group| group.jobs).sum::<i64>(), 0);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_queue_tells_its_depth_its_workers_and_how_long_jobs_take() {
    let fixture = Fixture::new().await;
    let other = fixture.project("other", 4, 100).await;
    let stats = async || {
        fixture
            .store
            .queue_stats(&fixture.project, DEFAULT_QUEUE)
            .await
            .unwrap()
    };
    let empty = stats().await;
    assert_eq!(
        (empty.depth.len(), empty.workers, empty.mean_run, empty.paused_at),
        (0, 0, None, None)
    );
    fixture.succeeded().await;
    fixture.running().await;
    let late = fixture
        .create(&Wish {
            priority: 1,
            ..Wish::default()
        })
        .await
        .id;
    fixture.create(&Wish::default()).await;
    let scheduled = fixture.create(&Wish::default()).await.id;
    fixture
        .run_sql(&format!(
            "update job set run_at = now() + interval '1 hour' where id = '{scheduled}';
         update job set run_at = now() - interval '10 minutes' where id = '{late}'"
        ))
        .await;
    for slots in [2, 3] {
        let new = NewWorker {
            id: worker(),
            hostname: "h".into(),
            version: "1".into(),
            slots,
            memory_bytes: 1 << 30,
        };
        fixture.store.register_worker(&new).await.unwrap();
        if slots == 3 {
            fixture.store.drain_worker(new.id).await.unwrap();
        }
    }
    let dead = NewWorker {
        id: worker(),
        hostname: "h".into(),
        version: "1".into(),
        slots: 8,
        memory_bytes: 1 << 30,
    };
    fixture.store.register_worker(&dead).await.unwrap();
    fixture
        .run_sql(&format!(
            "update worker set heartbeat_at = now() - interval '1 hour' where id = '{}'",
            dead.id
        ))
        .await;
    fixture
        .create(&Wish {
            project: other,
            ..Wish::default()
        })
        .await;
    let full = stats().await;
    assert_eq!((full.workers, full.draining, full.slots), (2, 1, 2));
    assert_eq!((full.others_running, full.other_projects), (0, 0));
    assert!(full.mean_run.is_some());
    let shown: Vec<_> = full
        .depth
        .iter()
        .map(|d| (d.state, d.priority.value(), d.is_due, d.jobs))
        .collect();
    let expected = [
        (DisplayState::Queued, 1, true, 1),
        (DisplayState::Queued, 2, true, 1),
        (DisplayState::Scheduled, 2, false, 1),
        (DisplayState::Running, 2, false, 1),
    ];
    assert_eq!(shown, expected);
    assert!(full.depth[0].oldest >= Duration::from_secs(600));
    assert_eq!(full.depth[2].oldest, Duration::ZERO);
    fixture.store.pause_queue(DEFAULT_QUEUE).await.unwrap();
    assert!(stats().await.paused_at.is_some());
    let unknown = fixture.store.queue_stats(&fixture.project, "none").await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "queue", .. })));
}

#[tokio::test]
async fn a_search_of_a_long_log_ends_early_and_goes_on_where_it_ended() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let first = fixture.store.events_after(lease.job, 0, 100).await.unwrap().len() as i64 + 1;
    sqlx::query(
        "insert into job_event (job_id, seq, lease_epoch, kind, payload)
         select $1, n, 1, 'log', jsonb_build_object('severity', case n when $2 + 4500 then 'ERROR' else 'INFO' end, 'message', 'x')
           from generate_series($2::bigint, $2 + 4500) n",
    )
    .bind(lease.job.0)
    .bind(first)
    .execute(&fixture.sql().await)
    .await
    .unwrap();
    let grave = LogFilter {
        least: LogSeverity::Error,
        ..LogFilter::default()
    };
    let (mut after, mut ends) = (0, Vec::new());
    let found = loop {
        let page = fixture
            .store
            .job_logs(lease.job, &grave, after, 50)
            .await
            .unwrap();
        let Some(end) = page.searched_to else {
            break page.lines;
        };
        assert_eq!(page.lines, [], "the only error is the last line");
        ends.push(end);
        after = end;
    };
    assert_eq!(ends, [first + 1999, first + 3999]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].seq, first + 4500);
}

#[tokio::test]
async fn a_log_is_read_by_attempt_severity_time_and_place() {
    let fixture = Fixture::new().await;
    let first = fixture.running().await;
    for (severity, text) in [(LogSeverity::Debug, "a"), (LogSeverity::Warn, "b")] {
        fixture.store.append_log(first, severity, text).await.unwrap();
    }
    fixture.store.release_job(first).await.unwrap();
    let second = fixture.claim().await.lease;
    fixture
        .store
        .append_log(second, LogSeverity::Error, "c")
        .await
        .unwrap();
    let read = async |filter: LogFilter, after, limit| {
        let lines = fixture
            .store
            .job_logs(first.job, &filter, after, limit)
            .await
            .unwrap();
        lines
            .lines
            .into_iter()
            .map(|line| (line.message, line.seq))
            .collect::<Vec<_>>()
    };
    let texts = |lines: Vec<(String, i64)>| lines.into_iter().map(|(text, _)| text).collect::<String>();
    assert_eq!(texts(read(LogFilter::default(), 0, 10).await), "abc");
    let head = read(LogFilter::default(), 0, 2).await;
    assert_eq!(texts(read(LogFilter::default(), head[1].1, 2).await), "c");
    let grave = LogFilter {
        least: LogSeverity::Warn,
        ..LogFilter::default()
    };
    assert_eq!(texts(read(grave.clone(), 0, 10).await), "bc");
    let of_first = LogFilter {
        attempt: Some(first.epoch),
        ..grave
    };
    assert_eq!(texts(read(of_first.clone(), 0, 10).await), "b");
    let events = fixture.store.events_after(first.job, 0, 100).await.unwrap();
    let lines: Vec<_> = events
        .iter()
        .filter_map(mltraining_store::jobs::LogLine::of)
        .collect();
    assert_eq!(lines.iter().filter(|line| of_first.passes(line)).count(), 1);
    let since = Some(lines[2].at);
    assert_eq!(
        texts(
            read(
                LogFilter {
                    since,
                    ..LogFilter::default()
                },
                0,
                10
            )
            .await
        ),
        "c"
    );
}

#[tokio::test]
async fn recent_jobs_are_those_of_the_projects_with_events_since_then() {
    let fixture = Fixture::new().await;
    let other = fixture.project("other", 4, 100).await;
    let old = fixture.running().await;
    fixture
        .run_sql("update job_event set at = now() - interval '1 hour'")
        .await;
    let before = fixture.store.now().await.unwrap();
    let new = fixture.labelled("team", "alpha").await;
    fixture
        .create(&Wish {
            project: other,
            ..Wish::default()
        })
        .await;
    let found = fixture
        .store
        .jobs_with_events(std::slice::from_ref(&fixture.project), before)
        .await
        .unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|job| (job.id, job.first_seq, job.last_seq))
        .collect();
    assert_eq!(shown, [(new, 1, 1)]);
    fixture
        .store
        .append_log(old, LogSeverity::Info, "x")
        .await
        .unwrap();
    let found = fixture
        .store
        .jobs_with_events(std::slice::from_ref(&fixture.project), before)
        .await
        .unwrap();
    let seqs = found
        .iter()
        .find(|job| job.id == old.job)
        .map(|job| (job.first_seq, job.last_seq));
    assert_eq!(seqs, Some((3, 3)));
}

/// The filter in Rust and the filter in SQL say the same of every job.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_filter_passes_the_jobs_that_its_list_shows() {
    let fixture = Fixture::new().await;
    let since = fixture.store.now().await.unwrap();
    for (model, priority, team) in [
        ("pump", 0, "alpha"),
        ("pump", 2, "beta"),
        ("dump", 2, "alpha"),
        ("dump", 4, ""),
    ] {
        let labels = match team {
            "" => BTreeMap::new(),
            team => BTreeMap::from([("team".to_owned(), team.to_owned())]),
        };
        fixture
            .create(&Wish {
                model,
                priority,
                labels,
                ..Wish::default()
            })
            .await;
    }
    let jobs = fixture
        .store
        .jobs_with_events(std::slice::from_ref(&fixture.project), since)
        .await
        .unwrap();
    assert_eq!(jobs.len(), 4);
    let middle = jobs.iter().map(|job| job.facts.created_at).max();
    let team = |value: &str| ("team".to_owned(), value.to_owned());
    let filters = [
        JobFilter::default(),
        JobFilter {
            model: Some("pump".parse().unwrap()),
            ..JobFilter::default()
        },
        JobFilter {
            priorities: Some(vec![Priority::DEFAULT]),
            ..JobFilter::default()
        },
        JobFilter {
            labels: [team("alpha")].into(),
            ..JobFilter::default()
        },
        JobFilter {
            labels_not: vec![team("alpha")],
            ..JobFilter::default()
        },
        JobFilter {
            created_by: Some("test".to_owned()),
            ..JobFilter::default()
        },
        JobFilter {
            created_by_not: vec!["test".to_owned()],
            ..JobFilter::default()
        },
        JobFilter {
            created_from: middle,
            ..JobFilter::default()
        },
        JobFilter {
            created_before: middle,
            ..JobFilter::default()
        },
        JobFilter {
            kinds: Some(Vec::new()),
            ..JobFilter::default()
        },
    ];
    let mut told_apart = 0;
    for filter in filters {
        let listed = fixture
            .store
            .list_jobs(&fixture.project, &filter, None, 100, JobView::Basic)
            .await
            .unwrap()
            .jobs;
        assert!(listed.iter().all(|job| filter.selects(job)));
        let mut listed: Vec<JobId> = listed.iter().map(|job| job.id).collect();
        let passing = jobs.iter().filter(|job| filter.passes(&job.facts));
        let mut passing: Vec<JobId> = passing.map(|job| job.id).collect();
        listed.sort();
        passing.sort();
        assert_eq!(listed, passing, "{filter:?}");
        told_apart += usize::from(!listed.is_empty() && listed.len() < 4);
    }
    assert!(told_apart >= 6, "{told_apart}");
}
