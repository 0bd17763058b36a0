//! What goes by age, and what never does.
#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use mltraining_domain::{FailureClass, JobId};
use mltraining_store::retention::ExpiredJob;
use std::collections::BTreeSet;
use std::time::Duration;
use support::{Fixture, Wish, failure};
use uuid::Uuid;

const NOW: Duration = Duration::ZERO;
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// `count` jobs that failed in their first attempt, `age` ago, with an event each.
const FAILED: &str = "
    with job_ids as (select gen_random_uuid() as id from generate_series(1, $1)),
    jobs as (
      insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by,
                       state, event_seq, lease_epoch, started_at, finished_at, error_code, error_message)
      select id, 'default', 'default', 'TRAIN', '{}', 1, 'pump', 'candles', 'epoch', now(), '1 s', 'test',
             'FAILED', 1, 1, now() - $2, now() - $2, 'INTERNAL', 'x' from job_ids
      returning id)
    select id from jobs";
const THEIRS: &str = "
    with attempts as (
      insert into job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
      select id, 1, id, finished_at, finished_at, 'FAILED' from job where id = any($1))
    insert into job_event (job_id, seq, at, lease_epoch, kind, payload)
    select id, 1, finished_at, 1, 'log', '{}' from job where id = any($1)";

impl Fixture {
    async fn execute(&self, text: &'static str) {
        sqlx::raw_sql(text).execute(&self.sql().await).await.unwrap();
    }

    async fn number(&self, text: &'static str) -> i64 {
        sqlx::query_scalar(text)
            .fetch_one(&self.sql().await)
            .await
            .unwrap()
    }

    async fn failed_ago(&self, count: i32, age: Duration) -> Vec<Uuid> {
        let sql = self.sql().await;
        let jobs: Vec<Uuid> = sqlx::query_scalar(FAILED)
            .bind(count)
            .bind(age)
            .fetch_all(&sql)
            .await
            .unwrap();
        sqlx::query(THEIRS).bind(&jobs).execute(&sql).await.unwrap();
        jobs
    }

    async fn expired(&self, age: Duration) -> Vec<ExpiredJob> {
        let page = self.store.expired_jobs(age, None, 10_000).await.unwrap();
        assert_eq!(page.next, None);
        page.jobs
    }

    async fn remove(&self, age: Duration, jobs: &[ExpiredJob]) -> u64 {
        let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
        self.store.remove_expired_jobs(age, &ids).await.unwrap()
    }

    /// A job of a kind without models that SUCCEEDED with one file.
    async fn succeeded_without_version(&self) -> JobId {
        self.execute(
            "alter table job drop constraint job_kind_known;
             begin;
             insert into job (id, project, queue, kind, spec, spec_version, created_by, event_seq)
               values ('00000000-0000-7000-8000-000000000001', 'default', 'default', 'PROBE', '{}', 1, 'test', 0);
             update job set state = 'RUNNING', lease_epoch = 1, worker_id = id, started_at = now(), heartbeat_at = now(),
               lease_expires_at = now(), deadline_at = now() where kind = 'PROBE';
             insert into job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
               select id, 1, id, now(), now(), 'SUCCEEDED' from job where kind = 'PROBE';
             insert into result (id, job_id, lease_epoch, project, state, committed_at)
               select gen_random_uuid(), id, 1, 'default', 'COMMITTED', now() from job where kind = 'PROBE';
             insert into artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
               select id, 'probe.json', 'default/probe.json', 'application/json', 2, sha256('{}') from result
                where job_id = '00000000-0000-7000-8000-000000000001';
             update job j set state = 'SUCCEEDED', finished_at = now(), worker_id = null, heartbeat_at = null,
               lease_expires_at = null, deadline_at = null, result_id = r.id from result r where r.job_id = j.id and kind = 'PROBE';
             commit",
        )
        .await;
        JobId(Uuid::from_u128(0x7000_8000_0000_0000_0001))
    }
}

#[tokio::test]
async fn a_thousand_old_jobs_go_in_batches_and_a_ten_minutes_old_one_stays() {
    let fixture = Fixture::new().await;
    let old = fixture.failed_ago(1000, 2 * HOUR).await;
    let young = fixture.failed_ago(1, Duration::from_secs(600)).await[0];
    let (mut gone, mut batches, mut after) = (BTreeSet::new(), 0, None);
    loop {
        let page = fixture.store.expired_jobs(HOUR, after, 300).await.unwrap();
        assert!(page.jobs.len() <= 300);
        assert_eq!(fixture.remove(HOUR, &page.jobs).await, page.jobs.len() as u64);
        gone.extend(page.jobs.iter().map(|job| job.id.0));
        batches += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((gone, batches), (old.into_iter().collect(), 4));
    let left: Vec<Uuid> = sqlx::query_scalar("select id from job")
        .fetch_all(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(left, [young]);
    let orphans = "select (select count(*) from job_attempt) + (select count(*) from job_event)";
    assert_eq!(
        fixture.number(orphans).await,
        2,
        "its attempt and its event stay with it"
    );
}

#[tokio::test]
async fn a_job_to_which_a_model_version_goes_back_outlives_any_age_but_not_its_events() {
    let fixture = Fixture::new().await;
    let (job, result) = fixture.succeeded().await;
    assert_eq!(fixture.expired(NOW).await, []);
    assert_eq!(fixture.store.remove_expired_jobs(NOW, &[job]).await.unwrap(), 0);
    assert_eq!(fixture.store.orphaned_results(NOW, None, 10).await.unwrap(), []);
    assert_eq!(fixture.store.remove_expired_events(NOW, 100).await.unwrap(), 3);
    assert_eq!(fixture.store.events_after(job, 0, 10).await.unwrap(), []);
    let kept = fixture.job(job).await;
    assert_eq!(kept.result.map(|result| result.id), Some(result));
    let files = fixture
        .store
        .list_artifacts(&fixture.project, job, None, 10)
        .await;
    assert_eq!(files.unwrap().len(), 2);
}

#[tokio::test]
async fn a_job_that_is_not_final_keeps_everything_however_old() {
    let fixture = Fixture::new().await;
    let waiting = fixture.create(&Wish::default()).await;
    let running = fixture.claim().await.lease;
    assert_eq!(waiting.id, running.job);
    fixture.create(&Wish::default()).await;
    fixture
        .execute("update job_event set at = now() - interval '1 year'")
        .await;
    assert_eq!(fixture.expired(NOW).await, []);
    assert_eq!(fixture.store.remove_expired_events(NOW, 100).await.unwrap(), 0);
    assert_eq!(
        fixture
            .store
            .remove_events_of(NOW, &[running.job], 100)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        fixture
            .store
            .remove_expired_jobs(NOW, &[running.job])
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn a_job_that_waits_again_meanwhile_stays() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    fixture
        .store
        .fail_job(lease, &failure(FailureClass::User))
        .await
        .unwrap();
    let expired = fixture.expired(NOW).await;
    assert_eq!(expired.len(), 1);
    let sql = fixture.sql().await;
    let mut retry = sql.begin().await.unwrap();
    let again = "update job set state = 'QUEUED', finished_at = null, error_class = null, error_code = null,
        error_message = null, error_phase = null";
    sqlx::query(again).execute(&mut *retry).await.unwrap();
    assert_eq!(fixture.remove(NOW, &expired).await, 0, "it is locked");
    assert_eq!(fixture.store.remove_expired_events(NOW, 100).await.unwrap(), 0);
    assert_eq!(
        fixture
            .store
            .remove_events_of(NOW, &[lease.job], 100)
            .await
            .unwrap(),
        0
    );
    retry.commit().await.unwrap();
    assert_eq!(fixture.remove(NOW, &expired).await, 0, "it waits");
    assert_eq!(
        fixture.job(lease.job).await.state,
        mltraining_domain::JobState::Queued
    );
}

#[tokio::test]
async fn an_orphaned_result_goes_before_its_job() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    let result = fixture.stage(lease).await;
    fixture
        .store
        .fail_job(lease, &failure(FailureClass::User))
        .await
        .unwrap();
    assert_eq!(fixture.expired(NOW).await, []);
    assert_eq!(
        fixture
            .store
            .remove_expired_jobs(NOW, &[lease.job])
            .await
            .unwrap(),
        0
    );
    fixture.store.remove_orphaned_results(&[result]).await.unwrap();
    let expired = fixture.expired(NOW).await;
    assert_eq!((expired[0].id, expired[0].storage_keys.len()), (lease.job, 0));
    assert_eq!(fixture.remove(NOW, &expired).await, 1);
}

#[tokio::test]
async fn a_succeeded_job_without_a_version_goes_with_its_committed_files() {
    let fixture = Fixture::new().await;
    let job = fixture.succeeded_without_version().await;
    assert_eq!(fixture.expired(DAY).await, []);
    let expired = fixture.expired(NOW).await;
    assert_eq!((expired.len(), expired[0].id), (1, job));
    assert_eq!(expired[0].storage_keys, ["default/probe.json"]);
    assert_eq!(
        fixture.remove(DAY, &expired).await,
        0,
        "its age is looked at once more"
    );
    assert_eq!(fixture.remove(NOW, &expired).await, 1);
    let rest =
        "select (select count(*) from job) + (select count(*) from result) + (select count(*) from artifact)
        + (select count(*) from job_attempt) + (select count(*) from job_event)";
    assert_eq!(fixture.number(rest).await, 0);
}

#[tokio::test]
async fn a_succeeded_job_stays_whose_result_a_version_or_an_evaluation_names() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let job = fixture.succeeded_without_version().await;
    fixture
        .execute("update evaluation set result_id = (select id from result where job_id = '00000000-0000-7000-8000-000000000001')")
        .await;
    assert_eq!(fixture.expired(NOW).await, []);
    assert_eq!(fixture.store.remove_expired_jobs(NOW, &[job]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_job_that_stays_does_not_stand_in_the_way_of_those_behind_it() {
    let fixture = Fixture::new().await;
    let lease = fixture.running().await;
    fixture.stage(lease).await; // and its orphan is not swept
    fixture
        .store
        .fail_job(lease, &failure(FailureClass::User))
        .await
        .unwrap();
    let behind = fixture.failed_ago(1, NOW).await[0];
    let first = fixture.store.expired_jobs(NOW, None, 1).await.unwrap();
    assert_eq!(first.jobs, []);
    let second = fixture.store.expired_jobs(NOW, first.next, 1).await.unwrap();
    assert_eq!(second.jobs[0].id.0, behind);
    assert_eq!(fixture.expired(NOW).await, second.jobs);
}

#[tokio::test]
async fn events_go_oldest_first_in_batches_and_those_of_jobs_that_ended_lately_stay() {
    let fixture = Fixture::new().await;
    let oldest = fixture.failed_ago(50, 3 * DAY).await;
    fixture.failed_ago(50, 2 * DAY).await;
    fixture.failed_ago(1, HOUR).await;
    assert_eq!(fixture.store.remove_expired_events(DAY, 50).await.unwrap(), 50);
    let left: i64 = sqlx::query_scalar("select count(*) from job_event where job_id = any($1)")
        .bind(&oldest)
        .fetch_one(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let of_jobs: Vec<JobId> = fixture.expired(DAY).await.iter().map(|job| job.id).collect();
    assert_eq!(
        fixture.store.remove_events_of(DAY, &of_jobs, 30).await.unwrap(),
        30
    );
    assert_eq!(
        fixture.store.remove_events_of(DAY, &of_jobs, 30).await.unwrap(),
        20
    );
    assert_eq!(fixture.store.remove_expired_events(DAY, 50).await.unwrap(), 0);
    assert_eq!(fixture.number("select count(*) from job_event").await, 1);
}

#[tokio::test]
async fn sweeps_at_the_same_time_do_each_other_no_harm() {
    let fixture = Fixture::new().await;
    fixture.failed_ago(200, DAY).await;
    let sweep = || async {
        let mut removed = 0;
        fixture.store.remove_expired_events(HOUR, 40).await.unwrap();
        let mut after = None;
        loop {
            let page = fixture.store.expired_jobs(HOUR, after, 30).await.unwrap();
            removed += fixture.remove(HOUR, &page.jobs).await;
            after = page.next;
            if after.is_none() {
                return removed;
            }
        }
    };
    let removed: u64 = join_all((0..8).map(|_| sweep())).await.into_iter().sum();
    assert_eq!(
        (removed, fixture.number("select count(*) from job").await),
        (200, 0)
    );
}

#[tokio::test]
async fn workers_go_that_stopped_or_vanished_long_ago_and_live_ones_stay() {
    let fixture = Fixture::new().await;
    fixture
        .execute(
            "insert into worker (id, hostname, version, slots, started_at, heartbeat_at, stopped_at)
             select gen_random_uuid(), name, '1', 1, now() - interval '9 days', now() - heard, now() - stopped
               from (values ('live', interval '1 s', null), ('vanished', interval '8 days', null),
                            ('stopped long ago', interval '8 days', interval '8 days'),
                            ('stopped lately', interval '2 hours', interval '2 hours')) w (name, heard, stopped)",
        )
        .await;
    assert_eq!(fixture.store.remove_gone_workers(7 * DAY, 100).await.unwrap(), 2);
    let left: Vec<String> = sqlx::query_scalar("select hostname from worker order by 1")
        .fetch_all(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(left, ["live", "stopped lately"]);
}

/// Whoever adds a table that points at jobs, attempts or results says in `retention` and `sweep` what becomes of its rows.
#[tokio::test]
async fn nothing_points_at_a_job_or_a_result_that_retention_does_not_know() {
    let fixture = Fixture::new().await;
    let names: Vec<String> = sqlx::query_scalar(
        "select conname::text from pg_constraint where contype = 'f'
            and confrelid in ('job'::regclass, 'job_attempt'::regclass, 'result'::regclass) order by 1",
    )
    .fetch_all(&fixture.sql().await)
    .await
    .unwrap();
    let known = [
        "artifact_result_fk",
        "evaluation_result_fk",
        "job_attempt_job_fk",
        "job_event_job_fk",
        "job_parent_fk", // unset: a job of trials outlives its study
        "job_result_fk",
        "job_version_job_fk",
        "model_version_job_fk",
        "model_version_result_fk",
        "result_attempt_fk",
        "trial_study_fk",
    ];
    assert_eq!(names, known);
}

impl Fixture {
    /// A trained version, evaluated once more by a job of its own and promoted, of a model that is deleted since `age`.
    async fn deleted_ago(&self, age: &'static str) -> (JobId, JobId) {
        let (job, _) = self.succeeded().await;
        let evaluated = self.succeeded_without_version().await;
        self.execute(
            "insert into evaluation (project, model, version, result_id, body, overall, rows, positives)
             select e.project, e.model, e.version, r.id, e.body, e.overall, e.rows, e.positives
               from evaluation e, result r where r.job_id = '00000000-0000-7000-8000-000000000001';
             insert into model_alias (project, model, id, version) select project, model, 'champion', version from model_version;
             insert into promotion (project, model, number, alias, to_version, created_by)
             select project, model, 1, 'champion', version, 'test' from model_version;
             update model set deleted_at = now() - interval '31 days', expire_at = now() + interval '1 day'",
        )
        .await;
        let expire = format!("update model set expire_at = now() - interval '{age}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(expire))
            .execute(&self.sql().await)
            .await
            .unwrap();
        (job, evaluated)
    }

    async fn rows_of_models(&self) -> i64 {
        self.number(
            "select (select count(*) from model) + (select count(*) from model_version) + (select count(*) from evaluation)
                  + (select count(*) from model_alias) + (select count(*) from promotion) + (select count(*) from result)
                  + (select count(*) from artifact) + (select count(*) from job) + (select count(*) from job_event)",
        )
        .await
    }
}

#[tokio::test]
async fn a_model_that_can_no_longer_be_undeleted_goes_with_all_that_came_of_it_and_its_name_is_free() {
    let fixture = Fixture::new().await;
    let (job, evaluated) = fixture.deleted_ago("1 s").await;
    let versions = fixture.store.expired_versions(10).await.unwrap();
    assert_eq!((versions.len(), versions[0].job), (1, job));
    let mut jobs: Vec<JobId> = versions[0].jobs.iter().map(|job| job.id).collect();
    jobs.sort();
    let mut both = vec![job, evaluated];
    both.sort();
    assert_eq!(jobs, both);
    let files: usize = versions[0].jobs.iter().map(|job| job.storage_keys.len()).sum();
    assert_eq!(files, 3);
    let remove = async |jobs: &[JobId]| fixture.store.remove_expired_versions(&[job], jobs).await.unwrap();
    assert_eq!(remove(&[job]).await, 0, "files of the other job are left");
    assert_eq!(
        fixture.store.remove_expired_models(10).await.unwrap(),
        0,
        "it has a version"
    );
    assert_eq!(remove(&jobs).await, 1);
    assert_eq!(fixture.store.expired_versions(10).await.unwrap(), []);
    assert_eq!(fixture.store.remove_expired_models(10).await.unwrap(), 1);
    assert_eq!(fixture.rows_of_models().await, 0);
    fixture.succeeded().await;
    let again = fixture.number("select version::bigint from model_version").await;
    assert_eq!(again, 1, "the name begins anew");
}

#[tokio::test]
async fn the_next_version_of_a_name_is_not_told_of_jobs_that_named_the_one_before() {
    let fixture = Fixture::new().await;
    let (job, evaluated) = fixture.deleted_ago("1 s").await;
    let other = Wish {
        model: "other",
        ..Wish::default()
    };
    let stays = fixture.create(&other).await.id;
    let named = "insert into job_version (project, model, version, created_at, job_id)
                 select v.project, v.model, v.version, j.created_at, j.id from model_version v, job j where j.id = $1";
    let sql = fixture.sql().await;
    sqlx::query(named).bind(stays.0).execute(&sql).await.unwrap();
    let gone = fixture
        .store
        .remove_expired_versions(&[job], &[job, evaluated])
        .await;
    assert_eq!(gone.unwrap(), 1);
    assert_eq!(fixture.number("select count(*) from job_version").await, 0);
    let left = fixture.number("select count(*) from job").await;
    assert_eq!(left, 1, "the job that named it is kept");
}

#[tokio::test]
async fn a_model_that_can_still_be_undeleted_and_one_that_was_never_deleted_keep_everything() {
    let fixture = Fixture::new().await;
    let (job, evaluated) = fixture.deleted_ago("-1 hour").await;
    let before = fixture.rows_of_models().await;
    let spared = async || {
        assert_eq!(fixture.store.expired_versions(10).await.unwrap(), []);
        let removed = fixture
            .store
            .remove_expired_versions(&[job], &[job, evaluated])
            .await;
        assert_eq!(removed.unwrap(), 0);
        assert_eq!(fixture.store.remove_expired_models(10).await.unwrap(), 0);
        assert_eq!(fixture.rows_of_models().await, before);
    };
    spared().await;
    fixture
        .execute("update model set deleted_at = null, expire_at = null")
        .await;
    spared().await;
}

#[tokio::test]
async fn a_version_stays_until_the_orphans_of_its_job_are_swept() {
    let fixture = Fixture::new().await;
    let (job, evaluated) = fixture.deleted_ago("1 s").await;
    fixture
        .execute(
            "insert into job_attempt (job_id, lease_epoch, worker_id, started_at, ended_at, outcome)
             select job_id, 7, job_id, now(), now(), 'LOST' from model_version;
             insert into result (id, job_id, lease_epoch, project, state)
             select gen_random_uuid(), job_id, 7, project, 'ORPHANED' from model_version",
        )
        .await;
    let remove = async || {
        let removed = fixture
            .store
            .remove_expired_versions(&[job], &[job, evaluated])
            .await;
        removed.unwrap()
    };
    assert_eq!(remove().await, 0);
    fixture
        .execute("delete from result where state = 'ORPHANED'")
        .await;
    assert_eq!(remove().await, 1);
}
