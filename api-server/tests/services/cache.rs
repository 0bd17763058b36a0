//! What servers remember, and forget: two of them on one database.

use crate::house::House;
use crate::support::world::{furnish, make_version};
use crate::support::{soon, until};
use api_server::cache::Counts;
use api_server::context::Context;
use api_server::serve::{Listeners, run};
use mltraining_domain::JobId;
use mltraining_proto::v1;
use mltraining_runtime::config::ApiConfig;
use mltraining_signal::{Change, Changed};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;
use v1::job_service_client::JobServiceClient;
use v1::model_service_client::ModelServiceClient;

const NAME: &str = "projects/default/models/x";
/// Longer than any test waits: what is seen sooner was heard of, not aged.
const LONG: Duration = Duration::from_secs(3600);

/// Two servers on one database with model `x`.
struct Pair {
    here: House,
    there: Context,
    channel: Channel,
}

impl Pair {
    async fn start(change: impl FnOnce(&mut ApiConfig)) -> Self {
        let here = House::with(change).await;
        let artifacts = &here.api.context.artifacts;
        furnish(&here.api.store, artifacts, &"default".parse().unwrap()).await;
        let there = Context::open(here.api.context.config.clone()).unwrap();
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = public.local_addr().unwrap();
        let listeners = Listeners {
            public,
            admin: None,
            health: None,
        };
        tokio::spawn(run(listeners, Arc::new(there.clone()), here.api.stop.clone()));
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self { here, there, channel }
    }

    /// With the Redis of `./dev test`; both servers listen.
    async fn with_redis() -> Self {
        let url = std::env::var("REDIS_URL").expect("REDIS_URL is not set: run these tests by ./dev test");
        let pair = Self::start(|config| {
            config.redis.url = SecretString::from(url);
            config.redis.stream = format!("test:{}", Uuid::new_v4());
            config.cache.max_age = LONG;
        })
        .await;
        until("both servers listen for changes", || async {
            pair.here.api.context.cache.counts().flushes > 0 && pair.counts().flushes > 0
        })
        .await;
        pair
    }

    fn counts(&self) -> Counts {
        self.there.cache.counts()
    }

    async fn name_here(&self) -> String {
        name_at(&self.here.channel).await
    }

    async fn name_there(&self) -> String {
        name_at(&self.channel).await
    }

    async fn rename(&self, name: &str) {
        let model = v1::Model {
            name: NAME.to_owned(),
            display_name: name.to_owned(),
            ..v1::Model::default()
        };
        let request = v1::UpdateModelRequest {
            model: Some(model),
            ..v1::UpdateModelRequest::default()
        };
        self.here.models().update_model(request).await.unwrap();
    }
}

async fn model_at(channel: &Channel) -> v1::Model {
    let request = v1::GetModelRequest {
        name: NAME.to_owned(),
    };
    let mut models = ModelServiceClient::new(channel.clone());
    models.get_model(request).await.unwrap().into_inner()
}

async fn name_at(channel: &Channel) -> String {
    model_at(channel).await.display_name
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_through_one_server_is_seen_by_the_other() {
    let pair = Box::pin(Pair::with_redis()).await;
    assert_eq!(pair.name_there().await, "x");
    assert_eq!(pair.name_there().await, "x");
    assert_eq!((pair.counts().misses, pair.counts().hits), (1, 1));
    for name in ["Pump", "Dump"] {
        pair.rename(name).await;
        assert_eq!(pair.name_here().await, name, "whoever changed it sees it at once");
        until("the other server has heard of it", || async {
            pair.name_there().await == name
        })
        .await;
    }
    assert!(pair.counts().invalidations >= 2);
    assert_eq!(pair.counts().flushes, 1, "Redis was there all the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_another_process_tells_is_seen() {
    let pair = Box::pin(Pair::with_redis()).await;
    assert_eq!(pair.name_there().await, "x");
    pair.here
        .sql("update model set display_name = 'Pump', revision = revision + 1 where id = 'x'");
    assert_eq!(pair.name_there().await, "x", "nobody has told it");
    let change = Change {
        kind: Changed::Model,
        project: "default".to_owned(),
        id: "x".to_owned(),
    };
    pair.here.api.context.signal.tell(&change).await.unwrap();
    until("the change is seen", || async {
        pair.name_there().await == "Pump"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_change_elsewhere_is_seen_when_what_is_remembered_has_aged() {
    let pair = Pair::start(|config| config.cache.max_age = Duration::from_millis(300)).await;
    assert_eq!(pair.name_there().await, "x");
    pair.rename("Pump").await;
    assert_eq!(
        pair.name_here().await,
        "Pump",
        "whoever changed it sees it at once"
    );
    until("it has aged", || async { pair.name_there().await == "Pump" }).await;
    let counts = pair.counts();
    assert_eq!((counts.invalidations, counts.flushes), (0, 0), "nobody told it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_no_older_model_than_it_has_shown_in_a_list() {
    let pair = Pair::start(|config| config.cache.max_age = LONG).await;
    assert_eq!(pair.name_there().await, "x");
    pair.rename("Pump").await;
    assert_eq!(pair.name_there().await, "x", "nobody has told it");
    let listed = ModelServiceClient::new(pair.channel.clone())
        .list_models(v1::ListModelsRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.models[0].display_name, "Pump");
    assert_eq!(pair.name_there().await, "Pump");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sees_that_a_job_succeeded_sees_its_version_in_the_model() {
    let pair = Pair::start(|config| config.cache.max_age = LONG).await;
    let context = &pair.here.api.context;
    for version in 2..=3 {
        assert_eq!(model_at(&pair.channel).await.version_count, version - 1);
        let job = JobId(Uuid::now_v7());
        make_version(
            &context.store,
            &context.artifacts,
            &"default".parse().unwrap(),
            job,
        )
        .await;
        assert_eq!(
            model_at(&pair.channel).await.version_count,
            version - 1,
            "nobody has told it"
        );
        let name = format!("projects/default/jobs/{job}");
        let mut jobs = JobServiceClient::new(pair.channel.clone());
        if version == 2 {
            let request = v1::GetJobRequest {
                name,
                ..v1::GetJobRequest::default()
            };
            jobs.get_job(request).await.unwrap();
        } else {
            let request = v1::WatchJobRequest {
                name,
                ..v1::WatchJobRequest::default()
            };
            let mut events = jobs.watch_job(request).await.unwrap().into_inner();
            while events.message().await.unwrap().is_some() {}
        }
        assert_eq!(model_at(&pair.channel).await.version_count, version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_hears_that_a_job_succeeded_sees_its_version_in_the_model() {
    let pair = Pair::start(|config| config.cache.max_age = LONG).await;
    let context = &pair.here.api.context;
    let project = "default".parse().unwrap();
    let mut jobs = JobServiceClient::new(pair.channel.clone());
    let request = v1::WatchJobsRequest::default();
    let mut events = jobs.watch_jobs(request).await.unwrap().into_inner();
    soon(events.message()).await.unwrap().unwrap();
    assert_eq!(model_at(&pair.channel).await.version_count, 1);
    make_version(
        &context.store,
        &context.artifacts,
        &project,
        JobId(Uuid::now_v7()),
    )
    .await;
    let result = loop {
        let message = soon(events.message()).await.unwrap().unwrap();
        if let Some(result) = succeeded(message) {
            break result;
        }
    };
    assert_eq!(result.model_version, format!("{NAME}/versions/2"));
    assert_eq!(model_at(&pair.channel).await.version_count, 2);
    drop(events);
    let job = JobId(Uuid::now_v7());
    make_version(&context.store, &context.artifacts, &project, job).await;
    let request = v1::TailJobLogsRequest {
        name: format!("projects/default/jobs/{job}"),
        follow: true,
        ..v1::TailJobLogsRequest::default()
    };
    let mut lines = jobs.tail_job_logs(request).await.unwrap().into_inner();
    let mut end = None;
    while let Some(message) = soon(lines.message()).await.unwrap() {
        end = message.event;
    }
    let Some(v1::tail_job_logs_response::Event::End(change)) = end else {
        panic!("{end:?} is not the end")
    };
    let result = change.result.expect("a job that SUCCEEDED has a result");
    assert_eq!(result.model_version, format!("{NAME}/versions/3"));
    assert_eq!(model_at(&pair.channel).await.version_count, 3);
}

/// What the message says that a job left behind.
fn succeeded(message: v1::WatchJobsResponse) -> Option<v1::JobResult> {
    let Some(v1::watch_jobs_response::Event::JobEvent(watched)) = message.event else {
        return None;
    };
    match watched.event?.event? {
        v1::job_event::Event::StateChange(change) => change.result,
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etag_is_held_against_postgres_and_not_against_what_is_remembered() {
    let pair = Pair::start(|config| config.cache.max_age = LONG).await;
    let seen_there = model_at(&pair.channel).await;
    pair.rename("Pump").await;
    let request = v1::UpdateModelRequest {
        model: Some(v1::Model {
            display_name: "Dump".to_owned(),
            ..model_at(&pair.channel).await
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["display_name".to_owned()],
        }),
    };
    assert_eq!(
        model_at(&pair.channel).await.etag,
        seen_there.etag,
        "it remembers the old one"
    );
    let mut models = ModelServiceClient::new(pair.channel.clone());
    let late = models.update_model(request).await.unwrap_err();
    assert_eq!(crate::house::reason(&late), "ETAG_MISMATCH");
}
