//! Keys by call: made, used, rotated, revoked, expired; and by whom.

use crate::support::{Api, project, short_id, until};
use chrono::{TimeDelta, Utc};
use mltraining_domain::Role;
use mltraining_proto::v1;
use prost_types::{Duration, Timestamp};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use v1::api_key_service_client::ApiKeyServiceClient;
use v1::job_service_client::JobServiceClient;

/// A server with its clients.
struct Door {
    api: Api,
    channel: Channel,
}

fn with<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {key}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    request
}

impl Door {
    async fn open() -> Self {
        let api = Api::start().await;
        let channel = api.channel().await;
        Self { api, channel }
    }

    fn keys(&self) -> ApiKeyServiceClient<Channel> {
        ApiKeyServiceClient::new(self.channel.clone())
    }

    /// What a look at the jobs of the project `own` is answered with.
    async fn try_key(&self, key: &str) -> Result<(), Status> {
        let request = v1::ListJobsRequest {
            parent: "projects/own".to_owned(),
            ..v1::ListJobsRequest::default()
        };
        let mut jobs = JobServiceClient::new(self.channel.clone());
        jobs.list_jobs(with(key, request)).await.map(|_| ())
    }

    /// Waits until the key is no longer taken.
    async fn ends(&self, key: &str) {
        until("the key is refused", || async {
            let refused = self.try_key(key).await.err();
            refused.is_some_and(|status| status.code() == Code::Unauthenticated)
        })
        .await;
    }

    async fn create(
        &self,
        by: &str,
        parent: &str,
        role: v1::Role,
        end: Option<Timestamp>,
    ) -> Result<v1::CreateApiKeyResponse, Status> {
        let key = v1::ApiKey {
            display_name: "of a test".to_owned(),
            role: role.into(),
            expire_time: end,
            ..v1::ApiKey::default()
        };
        let request = v1::CreateApiKeyRequest {
            parent: parent.to_owned(),
            api_key: Some(key),
        };
        let made = self.keys().create_api_key(with(by, request)).await;
        made.map(tonic::Response::into_inner)
    }

    async fn rotate(
        &self,
        by: &str,
        name: &str,
        overlap: Option<Duration>,
    ) -> Result<v1::RotateApiKeyResponse, Status> {
        let request = v1::RotateApiKeyRequest {
            name: name.to_owned(),
            overlap,
        };
        let rotated = self.keys().rotate_api_key(with(by, request)).await;
        rotated.map(tonic::Response::into_inner)
    }

    async fn revoke(&self, by: &str, name: &str) -> Result<v1::ApiKey, Status> {
        let request = v1::RevokeApiKeyRequest {
            name: name.to_owned(),
        };
        let revoked = self.keys().revoke_api_key(with(by, request)).await;
        revoked.map(tonic::Response::into_inner)
    }

    async fn list(&self, by: &str, parent: &str, size: i32, token: &str) -> v1::ListApiKeysResponse {
        let request = v1::ListApiKeysRequest {
            parent: parent.to_owned(),
            page_size: size,
            page_token: token.to_owned(),
        };
        let listed = self.keys().list_api_keys(with(by, request)).await;
        listed.unwrap().into_inner()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_used_rotated_with_two_good_at_a_time_and_revoked() {
    let door = Door::open().await;
    let admin = door.api.key(&project("own"), Role::Admin).await;
    let made = door.create(&admin, "projects/own", v1::Role::Trainer, None).await;
    let made = made.unwrap();
    let (key, first) = (made.api_key.unwrap(), made.secret);
    assert_eq!(key.name, format!("projects/own/apiKeys/{}", short_id(&first)));
    assert_eq!(
        (key.created_by.as_str(), key.role()),
        (short_id(&admin), v1::Role::Trainer)
    );
    door.try_key(&first).await.unwrap();
    let beyond = door.create(&first, "projects/own", v1::Role::Admin, None).await;
    assert_eq!(
        beyond.unwrap_err().code(),
        Code::PermissionDenied,
        "a trainer makes no keys"
    );

    let rotated = door.rotate(&admin, &key.name, None).await.unwrap();
    let second = rotated.secret;
    assert!(rotated.api_key.unwrap().previous_expire_time.is_some());
    assert_eq!(short_id(&second), short_id(&first), "it is the same key");
    door.try_key(&first).await.unwrap();
    door.try_key(&second).await.unwrap();

    // A third secret: the second stays good, the first does not.
    let third = door.rotate(&admin, &key.name, None).await.unwrap().secret;
    door.ends(&first).await;
    door.try_key(&second).await.unwrap();
    door.try_key(&third).await.unwrap();
    let at_once = Some(Duration::default());
    let fourth = door.rotate(&admin, &key.name, at_once).await.unwrap().secret;
    door.ends(&second).await;
    door.ends(&third).await;
    door.try_key(&fourth).await.unwrap();

    let revoked = door.revoke(&admin, &key.name).await.unwrap();
    assert_eq!(revoked.state(), v1::ApiKeyState::Revoked);
    door.ends(&fourth).await;
    let again = door.revoke(&admin, &key.name).await.unwrap();
    assert_eq!(
        again.revoke_time, revoked.revoke_time,
        "a second call changes nothing"
    );
    let ended = door.rotate(&admin, &key.name, None).await.unwrap_err();
    assert_eq!(ended.code(), Code::FailedPrecondition);
    // Made, rotated three times, revoked once.
    assert_eq!(door.api.audited().await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_more_than_he_has_and_admins_of_the_service_have_every_project() {
    let door = Door::open().await;
    let own = door.api.key(&project("own"), Role::Admin).await;
    let service = door.api.key(&project("default"), Role::Admin).await;
    let strange = door.api.key(&project("strange"), Role::Admin).await;
    // A key of the project `default` would be one of the service.
    for parent in ["projects/default", "projects/strange", "projects/nowhere", ""] {
        let refused = door.create(&own, parent, v1::Role::Viewer, None).await;
        assert_eq!(refused.unwrap_err().code(), Code::NotFound, "{parent}");
    }
    let name = format!("projects/strange/apiKeys/{}", short_id(&strange));
    let disguised = format!("projects/own/apiKeys/{}", short_id(&strange));
    for name in [&name, &disguised] {
        assert_eq!(door.revoke(&own, name).await.unwrap_err().code(), Code::NotFound);
        let refused = door.rotate(&own, name, None).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    assert_eq!(door.api.audited().await, 0, "what is refused changes nothing");
    let made = door.create(&service, "projects/own", v1::Role::Admin, None).await;
    let made = made.unwrap();
    door.try_key(&made.secret).await.unwrap();
    let nowhere = door
        .create(&service, "projects/nowhere", v1::Role::Viewer, None)
        .await;
    assert_eq!(nowhere.unwrap_err().code(), Code::NotFound);
    let page = door.list(&service, "projects/own", 1, "").await;
    assert_eq!(page.api_keys[0].name, made.api_key.unwrap().name, "newest first");
    let rest = door
        .list(&service, "projects/own", 5, &page.next_page_token)
        .await;
    assert_eq!(rest.api_keys.len(), 1);
    assert_eq!(rest.next_page_token, "");
    door.revoke(&service, &name).await.unwrap();
    door.ends(&strange).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_at_its_time_and_a_wrong_one_is_refused_with_every_fault() {
    let door = Door::open().await;
    let admin = door.api.key(&project("own"), Role::Admin).await;
    let end = Utc::now() + TimeDelta::seconds(2);
    let end = Timestamp {
        seconds: end.timestamp(),
        nanos: 999_000_000,
    };
    let made = door
        .create(&admin, "projects/own", v1::Role::Viewer, Some(end))
        .await
        .unwrap();
    door.ends(&made.secret).await;
    let listed = door.list(&admin, "projects/own", 0, "").await;
    assert_eq!(listed.api_keys[0].state(), v1::ApiKeyState::Expired);
    let name = made.api_key.unwrap().name;
    let ended = door.rotate(&admin, &name, None).await.unwrap_err();
    assert_eq!(ended.code(), Code::FailedPrecondition);
    let past = Some(Timestamp::default());
    let refused = door.create(&admin, "projects/own", v1::Role::Viewer, past).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    let refused = door
        .create(&admin, "projects/own", v1::Role::Unspecified, None)
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    let long = Some(Duration {
        seconds: 31 * 86_400,
        nanos: 0,
    });
    let refused = door.rotate(&admin, &name, long).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
