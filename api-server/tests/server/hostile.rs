//! Requests that no good client sends.

use crate::support::raw::call;
use crate::support::requests::Contract;
use crate::support::{Api, project, soon};
use api_server::access::{Access, METHODS, Method, Port};
use bytes::Bytes;
use mltraining_domain::Role;
use prost::encoding::{WireType, encode_key, encode_varint};
use tonic::{Code, Status};
use tonic_types::StatusExt;

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
}

/// Keys of an admin: of a project, and of the service as a whole.
struct Keys {
    of_project: String,
    of_service: String,
}

impl Keys {
    async fn of(api: &Api) -> Self {
        Self {
            of_project: api.key(&project("own"), Role::Admin).await,
            of_service: api.key(&project("default"), Role::Admin).await,
        }
    }

    fn fit_for(&self, method: &Method) -> &str {
        if method.is_on(Port::Admin) {
            &self.of_service
        } else {
            &self.of_project
        }
    }
}

/// A good request, and a field of 2 MiB that nobody knows.
fn bloated(request: &[u8]) -> Bytes {
    let mut bytes = request.to_vec();
    encode_key(1_000, WireType::LengthDelimited, &mut bytes);
    encode_varint(2 << 20, &mut bytes);
    bytes.resize(bytes.len() + (2 << 20), b'x');
    bytes.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_refuses_two_mebibytes_with_the_limit() {
    let api = Api::start().await;
    let contract = Contract::read();
    let keys = Keys::of(&api).await;
    for method in METHODS.iter().filter(|method| method.access != Access::Open) {
        let key = keys.fit_for(method);
        // Requests to the service as a whole may name nothing.
        let request = if method.is_on(Port::Admin) {
            Bytes::new()
        } else {
            contract.request(method.path, "own")
        };
        let request = bloated(&request);
        let channel = api.channel_of(method.served).await;
        let refused = soon(call(channel, method.path, Some(key), request))
            .await
            .expect_err(method.path);
        assert_eq!(
            refused.code(),
            Code::ResourceExhausted,
            "{}: {refused:?}",
            method.path
        );
        assert_eq!(reason(&refused), "REQUEST_TOO_LARGE");
        assert_eq!(
            refused.get_details_error_info().unwrap().metadata["limit_bytes"],
            "1048576"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let api = Api::start().await;
    let keys = Keys::of(&api).await;
    for method in METHODS.iter().filter(|method| method.access != Access::Open) {
        let key = keys.fit_for(method);
        let garbage = Bytes::from_static(b"\xff\xff\xff");
        let channel = api.channel_of(method.served).await;
        let refused = call(channel, method.path, Some(key), garbage)
            .await
            .expect_err(method.path);
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::InvalidArgument, "INVALID_FIELD"),
            "{}",
            method.path
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_does_not_exist_is_unimplemented_for_those_with_a_key() {
    let api = Api::start().await;
    let key = api.key(&project("own"), Role::Admin).await;
    for path in [
        "/mltraining.v1.JobService/FindJob",
        "/no.such.Service/Method",
        "/",
    ] {
        let refused = call(api.channel().await, path, Some(&key), Bytes::new())
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unimplemented, "UNIMPLEMENTED"),
            "{path}"
        );
        let stranger = call(api.channel().await, path, None, Bytes::new())
            .await
            .unwrap_err();
        assert_eq!(stranger.code(), Code::Unauthenticated, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_an_invalid_field_and_changes_nothing() {
    let api = Api::start().await;
    let key = api.key(&project("own"), Role::Admin).await;
    for name in [
        "projects/own/jobs/x\"; drop table job; --",
        "projects/../jobs/1",
        "projects/own\u{202e}/jobs/1",
    ] {
        let mut bytes = Vec::new();
        encode_key(1, WireType::LengthDelimited, &mut bytes);
        encode_varint(name.len() as u64, &mut bytes);
        bytes.extend(name.as_bytes());
        let path = "/mltraining.v1.JobService/GetJob";
        let refused = call(api.channel().await, path, Some(&key), bytes.into())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{name}: {refused:?}");
        assert_eq!(
            refused.get_details_bad_request().unwrap().field_violations[0].field,
            "name"
        );
    }
    assert!(api.store.schema_is_current().await.unwrap());
}
