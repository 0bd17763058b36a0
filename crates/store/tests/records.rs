//! Lists, look-ups and changes as clients see them.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::{TimeDelta, Utc};
use mltraining_domain::{
    Checked, DuplicateRule, JobId, JobKind, JobState, Priority, ProjectId, Reason, Role, SourcePhase, Span,
    TrainSpec,
};
use mltraining_store::api_keys::NewApiKey;
use mltraining_store::jobs::{CreatedJob, JobFilter, JobView, NewJob, NewSpec};
use mltraining_store::models::{Deleted, Model, ModelChange, ModelFilter, UpdateOutcome};
use mltraining_store::queues::DEFAULT_QUEUE;
use mltraining_store::sources::{CreatedSource, NewSource};
use mltraining_store::workers::{NewWorker, Wanted};
use mltraining_store::{Store, StoreConfig, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;
use support::{Fixture, Wish, idempotency, new_source, source_id};
use uuid::Uuid;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

async fn ids(fixture: &Fixture, filter: &JobFilter) -> Vec<JobId> {
    let jobs = fixture
        .store
        .list_jobs(&fixture.project, filter, None, 100, JobView::Basic)
        .await
        .unwrap();
    jobs.jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn a_list_of_jobs_is_newest_first_and_whole_over_its_pages() {
    let fixture = Fixture::new().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.insert(0, fixture.create(&Wish::default()).await.id);
    }
    let other = fixture.project("other", 4, 100).await;
    fixture
        .create(&Wish {
            project: other,
            ..Wish::default()
        })
        .await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let filter = JobFilter::default();
        let page = fixture
            .store
            .list_jobs(&fixture.project, &filter, after, 3, JobView::Basic)
            .await
            .unwrap()
            .jobs;
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        assert!(
            page.iter().all(|job| job.spec.is_none()),
            "a basic view has no spec"
        );
        seen.extend(page.iter().map(|job| job.id));
    }
    assert_eq!(seen, made);
}

fn job_filter(set: impl FnOnce(&mut JobFilter)) -> JobFilter {
    let mut filter = JobFilter::default();
    set(&mut filter);
    filter
}

#[tokio::test]
async fn each_part_of_a_filter_of_jobs_holds() {
    let fixture = Fixture::new().await;
    let wish = Wish {
        labels: labels(&[("team", "a"), ("env", "x")]),
        priority: 0,
        ..Wish::default()
    };
    let a = fixture.create(&wish).await.id;
    let second = fixture
        .create(&Wish {
            labels: labels(&[("team", "b")]),
            model: "dump",
            ..Wish::default()
        })
        .await;
    let (b, b_at) = (second.id, second.created_at);
    assert_eq!(
        fixture.claim().await.lease.job,
        a,
        "the first priority goes first"
    );
    let cases = [
        (job_filter(|f| f.states = Some(vec![JobState::Running])), vec![a]),
        (
            job_filter(|f| f.states = Some(vec![JobState::Running, JobState::Failed])),
            vec![a],
        ),
        (job_filter(|f| f.states = Some(vec![])), vec![]),
        (job_filter(|f| f.model = Some("dump".parse().unwrap())), vec![b]),
        (
            job_filter(|f| f.priorities = Some(vec![Priority::new(0).unwrap()])),
            vec![a],
        ),
        (job_filter(|f| f.kinds = Some(vec![])), vec![]),
        (job_filter(|f| f.kinds = Some(vec![JobKind::Train])), vec![b, a]),
        (job_filter(|f| f.labels = labels(&[("team", "a")])), vec![a]),
        (
            job_filter(|f| f.labels = labels(&[("team", "a"), ("env", "y")])),
            vec![],
        ),
        (
            job_filter(|f| f.labels_not = vec![("team".to_owned(), "a".to_owned())]),
            vec![b],
        ),
        (job_filter(|f| f.created_by = Some("nobody".to_owned())), vec![]),
        (job_filter(|f| f.created_by_not = vec!["test".to_owned()]), vec![]),
        (job_filter(|f| f.created_before = Some(b_at)), vec![a]),
        (job_filter(|f| f.created_from = Some(b_at)), vec![b]),
    ];
    for (filter, expected) in cases {
        assert_eq!(ids(&fixture, &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_another_projects_job_is_not_found() {
    let fixture = Fixture::new().await;
    let a = fixture.create(&Wish::default()).await.id;
    let b = fixture.create(&Wish::default()).await.id;
    let other = fixture.project("other", 4, 100).await;
    let foreign = fixture
        .create(&Wish {
            project: other.clone(),
            ..Wish::default()
        })
        .await
        .id;
    let batch = fixture
        .store
        .batch_get_jobs(&fixture.project, &[b, foreign, a], JobView::Full)
        .await
        .unwrap();
    assert_eq!(batch.iter().map(|job| job.id).collect::<Vec<_>>(), [b, a]);
    let hidden = fixture.store.job(&fixture.project, foreign, JobView::Full).await;
    assert!(
        matches!(hidden, Err(StoreError::NotFound { what: "job", .. })),
        "{hidden:?}"
    );
}

fn new_job<'a>(
    project: &'a ProjectId,
    spec: &'a Checked<TrainSpec>,
    labels: &'a BTreeMap<String, String>,
) -> NewJob<'a> {
    NewJob {
        id: JobId(Uuid::now_v7()),
        project,
        queue: DEFAULT_QUEUE,
        spec: NewSpec::Train(spec),
        idempotency: None,
        request_id: None,
        traceparent: None,
        created_by: "test",
        priority: Priority::DEFAULT,
        labels,
        timeout: None,
    }
}

/// Reason and field of a refusal.
fn refusal<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> (Reason, &'static str) {
    match answer {
        Err(StoreError::Conflict { reason, field, .. }) => (reason, field),
        other => panic!("not refused by a rule: {other:?}"),
    }
}

#[tokio::test]
async fn a_job_that_breaks_a_rule_of_the_rows_gets_a_clear_error() {
    let fixture = Fixture::new().await;
    let (spec, none) = (support::spec("pump"), BTreeMap::new());
    let elsewhere: ProjectId = "elsewhere".parse().unwrap();
    let unknown = fixture.store.create_job(&new_job(&elsewhere, &spec, &none)).await;
    assert!(
        matches!(unknown, Err(StoreError::NotFound { what: "project", .. })),
        "{unknown:?}"
    );
    fixture.store.ensure_project(&elsewhere).await.unwrap();
    let no_source = fixture.store.create_job(&new_job(&elsewhere, &spec, &none)).await;
    assert_eq!(refusal(no_source), (Reason::NotFound, "spec.source"));
    let usual = new_job(&fixture.project, &spec, &none);
    let long = NewJob {
        timeout: Some(Span::from_mins(8 * 24 * 60)),
        ..usual.clone()
    };
    assert_eq!(
        refusal(fixture.store.create_job(&long).await),
        (Reason::InvalidField, "timeout")
    );
    let strange = NewJob {
        request_id: Some("a\nb"),
        ..usual.clone()
    };
    assert_eq!(
        refusal(fixture.store.create_job(&strange).await),
        (Reason::InvalidField, "x-request-id")
    );
    assert!(
        ids(&fixture, &JobFilter::default()).await.is_empty(),
        "nothing was made"
    );
    assert!(matches!(
        fixture.store.create_job(&usual).await,
        Ok(CreatedJob::Created(_))
    ));
}

#[tokio::test]
async fn a_source_reads_back_as_it_was_entered() {
    let fixture = Fixture::new().await;
    let mut source = new_source(&fixture.project, "coins");
    source.spec.phase_column = Some("phase".to_owned());
    source.spec.duplicate_rule = DuplicateRule::KeepLast;
    source.spec.phases = vec![
        SourcePhase {
            id: 1,
            display_name: "bonding".to_owned(),
            bar_interval: Span::from_secs(5),
        },
        SourcePhase {
            id: 99,
            display_name: String::new(),
            bar_interval: Span::ZERO,
        },
    ];
    let CreatedSource::Created(made) = fixture.store.create_source(&source).await.unwrap() else {
        panic!()
    };
    assert_eq!((&made.spec, made.revision), (&source.spec, 1));
    assert_eq!(
        fixture
            .store
            .source(&fixture.project, &source_id("coins"))
            .await
            .unwrap(),
        made
    );
    let names = |sources: Vec<mltraining_store::sources::Source>| {
        sources.iter().map(|s| s.id.to_string()).collect::<Vec<_>>()
    };
    let all = fixture
        .store
        .list_sources(&fixture.project, None, 10)
        .await
        .unwrap();
    assert_eq!(names(all), ["candles", "coins"]);
    let rest = fixture
        .store
        .list_sources(&fixture.project, Some(&source_id("candles")), 10)
        .await
        .unwrap();
    assert_eq!(names(rest), ["coins"]);
    assert!(matches!(
        fixture.store.source(&fixture.project, &source_id("none")).await,
        Err(StoreError::NotFound { .. })
    ));
}

#[tokio::test]
async fn entering_a_source_again_is_safe() {
    let fixture = Fixture::new().await;
    let source = NewSource {
        idempotency: Some(idempotency(1)),
        ..new_source(&fixture.project, "coins")
    };
    let answers = futures::future::join_all((0..20).map(|_| fixture.store.create_source(&source))).await;
    let created = answers
        .iter()
        .filter(|a| matches!(a, Ok(CreatedSource::Created(_))))
        .count();
    let existing = answers
        .iter()
        .filter(|a| matches!(a, Ok(CreatedSource::Existing(_))))
        .count();
    assert_eq!((created, existing), (1, 19), "{answers:?}");
    let mut other = source.clone();
    other.idempotency.as_mut().unwrap().request_hash = [2; 32];
    assert_eq!(
        fixture.store.create_source(&other).await.unwrap(),
        CreatedSource::KeyReused
    );
}

#[tokio::test]
async fn a_source_that_breaks_a_rule_of_the_rows_gets_a_clear_error() {
    let fixture = Fixture::new().await;
    let taken = fixture
        .store
        .create_source(&new_source(&fixture.project, "candles"))
        .await;
    assert_eq!(refusal(taken), (Reason::AlreadyExists, "source_id"));
    let mut bad = new_source(&fixture.project, "bad");
    bad.spec.bar_interval = Span::ZERO;
    assert_eq!(
        refusal(fixture.store.create_source(&bad).await),
        (Reason::InvalidField, "source.bar_interval")
    );
    let nowhere = fixture
        .store
        .create_source(&new_source(&"nowhere".parse().unwrap(), "x"))
        .await;
    assert_eq!(refusal(nowhere), (Reason::NotFound, "parent"));
}

fn done(outcome: Result<UpdateOutcome, StoreError>) -> Model {
    match outcome {
        Ok(UpdateOutcome::Done(model)) => model,
        other => panic!("not done: {other:?}"),
    }
}

#[tokio::test]
async fn a_model_is_changed_under_its_revision() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (store, project, id) = (&fixture.store, &fixture.project, "pump".parse().unwrap());
    let model = store.model(project, &id).await.unwrap();
    let change = ModelChange {
        description: Some("rises".to_owned()),
        labels: Some(labels(&[("team", "a")])),
        ..ModelChange::default()
    };
    let changed = done(
        store
            .update_model(project, &id, &change, Some(model.revision))
            .await,
    );
    assert_eq!(
        (changed.description.as_str(), changed.display_name.as_str()),
        ("rises", "pump")
    );
    assert_eq!((changed.revision, changed.labels.len()), (model.revision + 1, 1));
    let stale = store
        .update_model(project, &id, &change, Some(model.revision))
        .await
        .unwrap();
    assert_eq!(stale, UpdateOutcome::RevisionMismatch(changed));
    let long = ModelChange {
        display_name: Some("x".repeat(101)),
        ..ModelChange::default()
    };
    let refused = store.update_model(project, &id, &long, None).await;
    assert_eq!(refusal(refused), (Reason::InvalidField, "model.display_name"));
}

#[tokio::test]
async fn a_model_is_deleted_and_undeleted() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (store, project, id) = (&fixture.store, &fixture.project, "pump".parse().unwrap());
    let wrong = |outcome| matches!(outcome, Ok(UpdateOutcome::WrongState(_)));
    assert!(wrong(store.undelete_model(project, &id, None).await));
    let deleted = done(store.delete_model(project, &id, None).await);
    assert_eq!(
        deleted.expire_at.unwrap() - deleted.deleted_at.unwrap(),
        TimeDelta::days(30)
    );
    assert!(wrong(store.delete_model(project, &id, None).await));
    assert!(wrong(
        store
            .update_model(project, &id, &ModelChange::default(), None)
            .await
    ));
    let back = done(store.undelete_model(project, &id, Some(deleted.revision)).await);
    assert_eq!((back.deleted_at, back.expire_at), (None, None));
    let unknown = store.delete_model(project, &"none".parse().unwrap(), None).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "model", .. })));
}

#[tokio::test]
async fn a_model_is_not_undeleted_after_thirty_days() {
    let fixture = Fixture::new().await;
    fixture.succeeded().await;
    let (store, project, id) = (&fixture.store, &fixture.project, "pump".parse().unwrap());
    let deleted = done(store.delete_model(project, &id, None).await);
    let late = "update model set deleted_at = deleted_at - interval '30 days', expire_at = expire_at - interval '30 days'";
    sqlx::query(late).execute(&fixture.sql().await).await.unwrap();
    for revision in [None, Some(deleted.revision)] {
        let gone = store.undelete_model(project, &id, revision).await;
        assert!(
            matches!(gone, Err(StoreError::NotFound { what: "model", .. })),
            "{gone:?}"
        );
    }
}

fn model_filter(set: impl FnOnce(&mut ModelFilter)) -> ModelFilter {
    let mut filter = ModelFilter::default();
    set(&mut filter);
    filter
}

/// Models m1 to m6, the last one the newest; m4 is deleted.
async fn six_models() -> Fixture {
    let fixture = Fixture::new().await;
    let insert = "insert into model (project, id, display_name, labels, created_at) select 'default', 'm' || n, 'name ' || n,
        jsonb_build_object('even', (n % 2 = 0)::text), now() + n * interval '1 second' from generate_series(1, 6) n";
    sqlx::query(insert).execute(&fixture.sql().await).await.unwrap();
    done(
        fixture
            .store
            .delete_model(&fixture.project, &"m4".parse().unwrap(), None)
            .await,
    );
    fixture
}

fn model_names(models: &[Model]) -> Vec<&str> {
    models.iter().map(|m| m.id.as_str()).collect()
}

#[tokio::test]
async fn each_part_of_a_filter_of_models_holds() {
    let fixture = six_models().await;
    let (store, project) = (&fixture.store, &fixture.project);
    let m5_at = store
        .model(project, &"m5".parse().unwrap())
        .await
        .unwrap()
        .created_at;
    let cases = [
        (model_filter(|_| ()), vec!["m6", "m5", "m3", "m2", "m1"]),
        (
            model_filter(|f| f.deleted = Deleted::Shown),
            vec!["m6", "m5", "m4", "m3", "m2", "m1"],
        ),
        (
            model_filter(|f| f.labels = labels(&[("even", "true")])),
            vec!["m6", "m2"],
        ),
        (
            model_filter(|f| f.labels_not = vec![("even".to_owned(), "true".to_owned())]),
            vec!["m5", "m3", "m1"],
        ),
        (
            model_filter(|f| f.display_name = Some("name 5".to_owned())),
            vec!["m5"],
        ),
        (
            model_filter(|f| f.display_name_not = vec!["name 5".to_owned(), "name 6".to_owned()]),
            vec!["m3", "m2", "m1"],
        ),
        (model_filter(|f| f.created_from = Some(m5_at)), vec!["m6", "m5"]),
        (
            model_filter(|f| f.created_before = Some(m5_at)),
            vec!["m3", "m2", "m1"],
        ),
    ];
    for (filter, expected) in cases {
        let models = store
            .list_models(project, &filter, None, 100)
            .await
            .unwrap()
            .models;
        assert_eq!(model_names(&models), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_list_of_models_is_newest_first_and_a_batch_keeps_its_order() {
    let fixture = six_models().await;
    let (store, project, all) = (&fixture.store, &fixture.project, ModelFilter::default());
    let first = store.list_models(project, &all, None, 2).await.unwrap().models;
    assert_eq!(model_names(&first), ["m6", "m5"]);
    let next = store
        .list_models(project, &all, Some(&first[1].cursor()), 2)
        .await
        .unwrap()
        .models;
    assert_eq!(model_names(&next), ["m3", "m2"]);
    let wanted = [
        "m2".parse().unwrap(),
        "none".parse().unwrap(),
        "m6".parse().unwrap(),
    ];
    assert_eq!(
        model_names(&store.batch_get_models(project, &wanted).await.unwrap()),
        ["m2", "m6"]
    );
}

fn new_key(project: &ProjectId, short_id: &str) -> NewApiKey {
    NewApiKey {
        id: Uuid::now_v7(),
        short_id: short_id.to_owned(),
        secret_hash: [9; 32],
        display_name: "ci".to_owned(),
        project: project.clone(),
        role: Role::Trainer,
        created_by: "test".to_owned(),
        expires_at: None,
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_short_id_until_it_is_revoked() {
    let fixture = Fixture::new().await;
    let (store, project) = (&fixture.store, &fixture.project);
    let made = store.create_api_key(&new_key(project, "abcdef12")).await.unwrap();
    assert!(made.is_live && made.last_used_at.is_none());
    let found = store.find_api_key("abcdef12").await.unwrap().unwrap();
    assert_eq!(
        (found.role, found.secret_hash, found.is_live),
        (Role::Trainer, [9; 32], true)
    );
    let used = store
        .find_api_key("abcdef12")
        .await
        .unwrap()
        .unwrap()
        .last_used_at;
    assert!(used.is_some(), "its use is noted");
    assert_eq!(
        store
            .find_api_key("abcdef12")
            .await
            .unwrap()
            .unwrap()
            .last_used_at,
        used,
        "at most once a minute"
    );
    let revoked = store.revoke_api_key(project, "abcdef12").await.unwrap();
    assert!(!revoked.is_live && revoked.revoked_at.is_some());
    assert!(!store.find_api_key("abcdef12").await.unwrap().unwrap().is_live);
    assert_eq!(store.list_api_keys(project, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_breaks_a_rule_gets_a_clear_error() {
    let fixture = Fixture::new().await;
    let (store, project) = (&fixture.store, &fixture.project);
    store.create_api_key(&new_key(project, "abcdef12")).await.unwrap();
    let taken = store.create_api_key(&new_key(project, "abcdef12")).await;
    assert_eq!(refusal(taken), (Reason::AlreadyExists, "api_key"));
    let ended = NewApiKey {
        expires_at: Some(Utc::now() - TimeDelta::days(1)),
        ..new_key(project, "old00000")
    };
    assert_eq!(
        refusal(store.create_api_key(&ended).await),
        (Reason::InvalidField, "expire_time")
    );
    let elsewhere = store
        .revoke_api_key(&"elsewhere".parse().unwrap(), "abcdef12")
        .await;
    assert!(matches!(elsewhere, Err(StoreError::NotFound { .. })));
    assert!(store.find_api_key("nobody00").await.unwrap().is_none());
}

#[tokio::test]
async fn a_worker_comes_is_drained_and_goes() {
    let fixture = Fixture::new().await;
    let id = support::worker();
    assert_eq!(fixture.store.worker_heartbeat(id).await.unwrap(), Wanted::Entry);
    assert!(matches!(
        fixture.store.drain_worker(id).await,
        Err(StoreError::NotFound { what: "worker", .. })
    ));
    let new = NewWorker {
        id,
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        slots: 2,
        memory_bytes: 1 << 30,
    };
    fixture.store.register_worker(&new).await.unwrap();
    assert_eq!(fixture.store.worker_heartbeat(id).await.unwrap(), Wanted::Work);
    assert_eq!(fixture.store.live_workers().await.unwrap()[0].slots, 2);
    let fresh = Duration::from_secs(60);
    assert_eq!(fixture.store.largest_worker(fresh).await.unwrap(), 1 << 30);
    let drained = fixture.store.drain_worker(id).await.unwrap();
    assert!(drained.worker.draining_at.is_some() && drained.stopped_at.is_none());
    assert_eq!(fixture.store.worker_heartbeat(id).await.unwrap(), Wanted::Drain);
    let again = fixture.store.drain_worker(id).await.unwrap();
    assert_eq!(again.worker.draining_at, drained.worker.draining_at);
    assert_eq!(
        fixture.store.largest_worker(fresh).await.unwrap(),
        1 << 30,
        "a successor may come"
    );
    fixture.store.stop_worker(id).await.unwrap();
    assert!(fixture.store.live_workers().await.unwrap().is_empty());
    let without = NewWorker {
        slots: 0,
        id: support::worker(),
        ..new
    };
    assert!(matches!(
        fixture.store.register_worker(&without).await,
        Err(StoreError::Conflict { field: "slots", .. })
    ));
}

#[tokio::test]
async fn a_quota_is_set_and_an_unknown_project_is_not_found() {
    let fixture = Fixture::new().await;
    let project = fixture.store.set_quota(&fixture.project, 2, 3).await.unwrap();
    assert_eq!((project.max_running, project.max_queued), (2, 3));
    assert_eq!(fixture.store.project(&fixture.project).await.unwrap(), project);
    let negative = fixture.store.set_quota(&fixture.project, -1, 3).await;
    assert!(
        matches!(
            negative,
            Err(StoreError::Conflict {
                field: "max_running",
                ..
            })
        ),
        "{negative:?}"
    );
    let unknown = fixture.store.project(&"nowhere".parse().unwrap()).await;
    assert!(matches!(
        unknown,
        Err(StoreError::NotFound { what: "project", .. })
    ));
}

#[tokio::test]
async fn a_call_that_waits_too_long_ends_with_a_timeout_and_the_store_serves_on() {
    let fixture = Fixture::new().await;
    let sql = fixture.sql().await;
    let mut holder = sql.begin().await.unwrap();
    sqlx::query("lock table model")
        .execute(&mut *holder)
        .await
        .unwrap();
    let hasty = fixture.store.with_call_timeout(Duration::from_millis(50));
    let late = hasty.model(&fixture.project, &"pump".parse().unwrap()).await;
    assert!(
        matches!(late, Err(StoreError::Timeout { call: "models.get" })),
        "{late:?}"
    );
    assert!(late.unwrap_err().is_transient());
    holder.rollback().await.unwrap();
    for _ in 0..30 {
        fixture.store.ping().await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_no_error_shows_the_password() {
    let config = StoreConfig {
        acquire_timeout: Duration::from_secs(1),
        ..StoreConfig::new("postgres://someone:hush-hush@127.0.0.1:1/nothing", "test")
    };
    let store = Store::open(&config).unwrap();
    let error = store.ping().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.is_transient());
    let bad = Store::open(&StoreConfig::new("not a url hush-hush", "test")).unwrap_err();
    for text in [
        format!("{config:?}"),
        format!("{store:?}"),
        format!("{error:?} {error}"),
        format!("{bad:?} {bad}"),
    ] {
        assert!(!text.contains("hush-hush"), "{text}");
    }
}

#[tokio::test]
async fn an_old_schema_is_not_current() {
    let database = mltraining_store::testing::TestDatabase::empty().await;
    let store = database.store().await;
    assert!(!store.schema_is_current().await.unwrap());
    store.migrate_up().await.unwrap();
    assert!(store.schema_is_current().await.unwrap());
}

#[tokio::test]
async fn a_database_without_the_schema_says_so_once_and_what_to_run() {
    let database = mltraining_store::testing::TestDatabase::empty().await;
    let store = database.store().await;
    let error = store.project(&ProjectId::default_project()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let sentence = "the database has no schema of this version; run `api-server migrate`";
    assert_eq!(error.to_string(), sentence);
}
