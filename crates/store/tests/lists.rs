//! Lists of jobs whose filters few jobs pass.
#![allow(clippy::unwrap_used, clippy::disallowed_types)]

mod support;

use mltraining_domain::{JobId, Priority};
use mltraining_store::jobs::{Job, JobFilter, JobView};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use support::{Fixture, Wish};

async fn sql(fixture: &Fixture, text: &str) -> u64 {
    let mut connection = PgConnection::connect(fixture.database.url()).await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    done.rows_affected()
}

/// Copies the one job that there is, each copy a second younger than the one before.
async fn copies(fixture: &Fixture, count: u32, labels: &str) {
    let copy = format!(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by,
                          created_at, labels)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                created_by, created_at + n * interval '1 second', '{labels}'
           from job cross join generate_series(1, {count}) n"
    );
    assert_eq!(sql(fixture, &copy).await, u64::from(count));
}

/// Every job that passes, page by page, and how many pages it took.
async fn all(fixture: &Fixture, filter: &JobFilter) -> (Vec<JobId>, usize) {
    let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        pages += 1;
        let page = fixture
            .store
            .list_jobs(&fixture.project, filter, after, 100, JobView::Basic)
            .await
            .unwrap();
        found.extend(page.jobs.iter().map(|job| job.id));
        let full = page.jobs.len() == 100;
        after = page
            .searched_to
            .or(page.jobs.last().filter(|_| full).map(Job::cursor));
        if after.is_none() {
            return (found, pages);
        }
    }
}

#[tokio::test]
async fn a_search_for_a_rare_job_ends_early_and_says_where() {
    let fixture = Fixture::new().await;
    let wish = Wish {
        priority: 0,
        labels: [("team".to_owned(), "a".to_owned())].into(),
        ..Wish::default()
    };
    let rare = fixture.create(&wish).await.id;
    copies(&fixture, 4_100, r#"{"team": "a"}"#).await;
    let first = JobFilter {
        priorities: Some(vec![Priority::new(0).unwrap()]),
        ..JobFilter::default()
    };
    // 4,101 jobs, 2,000 at a time by the newest, the model and the caller, 500 at a time by a label.
    let by_model = JobFilter {
        model: Some("pump".parse().unwrap()),
        ..first.clone()
    };
    let by_caller = JobFilter {
        created_by: Some("test".to_owned()),
        ..first.clone()
    };
    let by_state = JobFilter {
        states: Some(vec![mltraining_domain::JobState::Queued]),
        ..first.clone()
    };
    for filter in [&first, &by_model, &by_caller, &by_state] {
        assert_eq!(all(&fixture, filter).await, (vec![rare], 3), "{filter:?}");
    }
    let by_label = JobFilter {
        labels: [("team".to_owned(), "a".to_owned())].into(),
        ..first
    };
    assert_eq!(all(&fixture, &by_label).await, (vec![rare], 9));
    let (every, pages) = all(&fixture, &JobFilter::default()).await;
    assert_eq!(
        (every.len(), pages),
        (4_101, 42),
        "what passes is never cut short"
    );
}

#[tokio::test]
async fn jobs_are_found_by_the_labels_that_they_have_now() {
    let fixture = Fixture::new().await;
    let with = |value: &str| JobFilter {
        labels: [("team".to_owned(), value.to_owned())].into(),
        ..JobFilter::default()
    };
    let wish = Wish {
        labels: [("team", "a"), ("run", "1")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        ..Wish::default()
    };
    let job = fixture.create(&wish).await.id;
    assert_eq!(all(&fixture, &with("a")).await.0, [job]);
    sql(&fixture, r#"update job set labels = '{"team": "b"}'"#).await;
    assert_eq!(all(&fixture, &with("a")).await.0, []);
    assert_eq!(all(&fixture, &with("b")).await.0, [job]);
    assert_eq!(sql(&fixture, "delete from job_label where key = 'run'").await, 0);
    sql(&fixture, "delete from job").await;
    assert_eq!(
        sql(&fixture, "delete from job_label").await,
        0,
        "labels go with their job"
    );
}
