//! Callers by token: taken, refused, named, counted, and keys of the issuer that come and go. The table of methods is in access.rs.

use crate::support::issuer::{Issuer, KEY, Signer, claims, header, with};
use crate::support::{Api, project, until};
use api_server::access::Port;
use api_server::context::Context;
use mltraining_domain::Role;
use mltraining_proto::v1;
use mltraining_runtime::config::ApiConfig;
use mltraining_store::audit::AuditFilter;
use mltraining_store::testing::TestDatabase;
use serde_json::json;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;
use v1::admin_service_client::AdminServiceClient;
use v1::api_key_service_client::ApiKeyServiceClient;
use v1::job_service_client::JobServiceClient;

/// A server that takes the tokens of an issuer, with the project `own`.
struct Door {
    api: Api,
    channel: Channel,
    issuer: Issuer,
}

fn bearing<T>(text: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {text}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

impl Door {
    async fn open(change: impl FnOnce(&mut ApiConfig)) -> Self {
        let issuer = Issuer::new();
        let database = TestDatabase::migrated().await;
        let api = Api::start_on(database, |config| {
            issuer.enter(config);
            change(config);
        })
        .await;
        api.store.ensure_project(&project("own")).await.unwrap();
        let channel = api.channel().await;
        Self { api, channel, issuer }
    }

    /// What a look at the jobs of the project `own` is answered with.
    async fn look(&self, text: &str) -> Result<(), Status> {
        let request = v1::ListJobsRequest {
            parent: "projects/own".to_owned(),
            ..v1::ListJobsRequest::default()
        };
        let mut jobs = JobServiceClient::new(self.channel.clone());
        jobs.list_jobs(bearing(text, request)).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_wholly_right_is_refused_in_the_words_of_a_bad_key() {
    let door = Door::open(|_| {}).await;
    let visible = |status: &Status| {
        let info = status.get_details_error_info().unwrap();
        (
            status.code(),
            status.message().to_owned(),
            info.reason,
            info.domain,
        )
    };
    let of_key = visible(&door.look("mlts_x").await.unwrap_err());
    assert_eq!(of_key.0, Code::Unauthenticated);
    let mut bad = door.issuer.bad("own");
    bad.extend(door.issuer.worse("own"));
    for (what, token) in bad {
        let refused = door.look(&token).await.expect_err(what);
        assert_eq!(visible(&refused), of_key, "{what}");
    }
    door.look(&door.issuer.good("eve", "own", Role::Admin))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_an_issuer_takes_no_token_and_one_with_it_takes_keys_as_well() {
    let door = Door::open(|_| {}).await;
    let key = door.api.key(&project("own"), Role::Viewer).await;
    door.look(&key).await.unwrap();
    let closed = Api::start().await;
    closed.store.ensure_project(&project("own")).await.unwrap();
    let closed = Door {
        channel: closed.channel().await,
        api: closed,
        issuer: door.issuer,
    };
    let refused = closed.look(&closed.issuer.good("eve", "own", Role::Admin)).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changes_something_by_token_stands_in_the_audit_row() {
    let door = Door::open(|_| {}).await;
    let token = door.issuer.good("auth0|eve@example.com", "own", Role::Admin);
    let key = v1::ApiKey {
        display_name: "of a test".to_owned(),
        role: v1::Role::Viewer.into(),
        ..v1::ApiKey::default()
    };
    let request = v1::CreateApiKeyRequest {
        parent: "projects/own".to_owned(),
        api_key: Some(key),
    };
    let mut keys = ApiKeyServiceClient::new(door.channel.clone());
    let made = keys.create_api_key(bearing(&token, request)).await.unwrap();
    let by = "jwt:auth0|eve@example.com";
    assert_eq!(made.into_inner().api_key.unwrap().created_by, by);
    let filter = AuditFilter::default();
    let rows = door.api.store.list_audit_events(&filter, None, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].caller_key.as_str()), (1, by));
    assert_eq!(rows[0].caller_role, Some(Role::Admin));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_one_subject_are_counted_together_and_those_of_another_apart() {
    let door = Door::open(|config| {
        config.server.rate.key_per_second = 1;
        config.server.rate.key_burst = 1;
    })
    .await;
    let mut left = 1_000;
    let limited = loop {
        // A new token each time: it is who he is that counts.
        let answer = door.look(&door.issuer.good("eve", "own", Role::Viewer)).await;
        left -= 1;
        assert!(left > 0, "nobody counts");
        if let Err(status) = answer {
            break status;
        }
    };
    assert_eq!(limited.code(), Code::ResourceExhausted);
    door.look(&door.issuer.good("adam", "own", Role::Viewer))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_issuer_is_taken_while_the_server_runs_and_a_removed_one_is_not() {
    let mut door = Door::open(|_| {}).await;
    let first = door.issuer.good("eve", "own", Role::Viewer);
    let edwards = Signer::ed25519();
    let of_edwards = with(&header("second"), "alg", &json!("EdDSA"));
    let second = edwards.token(&of_edwards, &claims("eve", "own", Role::Viewer));
    door.look(&first).await.unwrap();
    assert_eq!(
        door.look(&second).await.unwrap_err().code(),
        Code::Unauthenticated
    );
    door.issuer.add("second", edwards);
    until("the new key is taken", || async {
        door.look(&second).await.is_ok()
    })
    .await;
    door.look(&first).await.unwrap();
    door.issuer.remove(KEY);
    until("the removed key is refused", || async {
        let refused = door.look(&first).await.err();
        refused.is_some_and(|status| status.code() == Code::Unauthenticated)
    })
    .await;
    door.look(&second).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_unusable_keys_refuses_the_old_ones_and_the_server_says_why() {
    let mut door = Door::open(|config| config.server.jwt.algorithms = "ES256".to_owned()).await;
    let token = door.issuer.good("eve", "own", Role::Viewer);
    door.look(&token).await.unwrap();
    let key = door.api.key(&project("default"), Role::Admin).await;
    let keys = async || {
        let mut admin = AdminServiceClient::new(door.api.channel_to(Port::Admin).await);
        let info = admin.get_server_info(bearing(&key, v1::GetServerInfoRequest {}));
        let known = info.await.unwrap().into_inner().dependencies;
        known
            .into_iter()
            .find(|known| known.name == "token_keys")
            .unwrap()
    };
    until("the file was looked at", || async {
        keys().await.state() == v1::DependencyState::Up
    })
    .await;
    // A set that can be read, of one key whose signatures are not pinned.
    door.issuer.replace("second", Signer::ed25519());
    until("the old key is refused", || async {
        door.look(&token).await.is_err()
    })
    .await;
    until("the server says so", || async {
        keys().await.state() == v1::DependencyState::Down
    })
    .await;
    let told = keys().await;
    assert!(!told.required, "callers by key need it not");
    assert!(
        told.last_error.contains("none of its keys can be used"),
        "{}",
        told.last_error
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_without_the_keys_of_its_issuer() {
    let issuer = Issuer::new();
    let mut config = ApiConfig::default();
    issuer.enter(&mut config);
    config.server.jwt.jwks_file = Some("/nowhere/jwks.json".into());
    let folder = tempfile::tempdir().unwrap();
    config.artifacts.dir = folder.path().join("artifacts");
    config.database.url = "postgres://nobody@127.0.0.1:1/none".into();
    let refused = Context::open(config).err().unwrap();
    assert!(
        format!("{refused:#}").contains("server.jwt.jwks_file"),
        "{refused:#}"
    );
}
