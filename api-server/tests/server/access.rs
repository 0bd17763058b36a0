//! Each method with each kind of caller, by the table and the descriptor set: new methods are covered as they come.

use crate::support::issuer::Issuer;
use crate::support::raw::call;
use crate::support::requests::{Contract, JOB};
use crate::support::world::{furnish, usable_model};
use crate::support::{Api, project, short_id, until};
use api_server::access::{Access, METHODS, Method, Port, Served};
use api_server::keys::ApiKeySecret;
use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use mltraining_domain::Role;
use mltraining_store::testing::TestDatabase;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Every method that needs a key, with the role it needs.
fn guarded() -> impl Iterator<Item = (&'static Method, Role)> {
    METHODS.iter().filter_map(|method| match method.access {
        Access::Role(role) | Access::ServiceRole(role) => Some((method, role)),
        Access::Open => None,
    })
}

/// A request of the method that names things of the project `own`, where the method is about projects at all.
fn request_of(contract: &Contract, method: &Method) -> Bytes {
    match method.access {
        Access::ServiceRole(_) => Bytes::new(),
        Access::Role(_) | Access::Open => contract.request(method.path, "own"),
    }
}

fn reason(status: &Status) -> String {
    let info = status.get_details_error_info();
    info.unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
}

/// What a client can see of a refusal, but for the request id.
fn visible(status: &Status) -> (Code, String, String) {
    (status.code(), status.message().to_owned(), reason(status))
}

/// A server that takes keys, and the tokens of the issuer.
async fn start_with(issuer: &Issuer) -> Api {
    let api = Api::start_on(TestDatabase::migrated().await, |config| issuer.enter(config)).await;
    for name in ["own", "strange"] {
        api.store.ensure_project(&project(name)).await.unwrap();
    }
    api
}

/// Keys that must not work: none, malformed, unknown, of a wrong secret, expired, revoked.
async fn bad_keys(api: &Api) -> Vec<Option<String>> {
    let own = project("own");
    let good = api.key(&own, Role::Admin).await;
    let (_, unknown) = ApiKeySecret::make();
    let wrong = format!("mlts_{}_{}", short_id(&good), unknown.rsplit('_').next().unwrap());
    let revoked = api.key(&own, Role::Admin).await;
    api.store.revoke_api_key(&own, short_id(&revoked)).await.unwrap();
    let end = Utc::now() + TimeDelta::seconds(1);
    let expired = api.key_until(&own, Role::Admin, Some(end)).await;
    until("the key expires", || async {
        let row = api.store.find_api_key(short_id(&expired)).await.unwrap();
        !row.unwrap().is_live
    })
    .await;
    vec![
        None,
        Some("mlts_x".to_owned()),
        Some(unknown),
        Some(wrong),
        Some(expired),
        Some(revoked),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_method_answers_without_a_good_key_or_says_what_is_wrong_with_a_bad_one() {
    let issuer = Issuer::new();
    let api = start_with(&issuer).await;
    let contract = Contract::read();
    let mut keys = bad_keys(&api).await;
    keys.extend(issuer.bad("own").into_iter().map(|(_, token)| Some(token)));
    let mut seen = None;
    for (method, _) in guarded() {
        for key in &keys {
            let request = request_of(&contract, method);
            let channel = api.channel_of(method.served).await;
            let refused = call(channel, method.path, key.as_deref(), request)
                .await
                .unwrap_err();
            assert_eq!(
                refused.code(),
                Code::Unauthenticated,
                "{} {refused:?}",
                method.path
            );
            let first = seen.get_or_insert_with(|| visible(&refused));
            assert_eq!(first, &visible(&refused), "{} tells bad keys apart", method.path);
        }
    }
    assert_eq!(api.audited().await, 0, "what is refused changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_too_small_is_told_which_one_is_needed() {
    let issuer = Issuer::new();
    let api = start_with(&issuer).await;
    let contract = Contract::read();
    // The project `default` stands for the service: whose role is too small there, has too small a one everywhere.
    let viewer = api.key(&project("default"), Role::Viewer).await;
    let trainer = api.key(&project("default"), Role::Trainer).await;
    let of_token = |role| (issuer.good("eve", "default", role), role);
    let callers = [
        (viewer, Role::Viewer),
        (trainer, Role::Trainer),
        of_token(Role::Viewer),
        of_token(Role::Trainer),
    ];
    let mut tried = 0;
    for (method, needed) in guarded() {
        for (key, role) in &callers {
            if *role >= needed {
                continue;
            }
            let request = request_of(&contract, method);
            let channel = api.channel_of(method.served).await;
            let refused = call(channel, method.path, Some(key), request).await.unwrap_err();
            assert_eq!(
                refused.code(),
                Code::PermissionDenied,
                "{} as {role}: {refused:?}",
                method.path
            );
            let metadata = refused.get_details_error_info().unwrap().metadata;
            assert_eq!(metadata["required_role"], needed.as_str());
            assert_eq!(metadata["role"], role.as_str());
            tried += 1;
        }
    }
    assert!(tried > 0);
    assert_eq!(api.audited().await, 0, "what is refused changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_foreign_project_is_not_found_and_of_ones_own_is_answered() {
    let issuer = Issuer::new();
    let api = start_with(&issuer).await;
    let contract = Contract::read();
    let own = project("own");
    api.sql("create table candles (symbol text not null, at timestamptz not null, close float8)")
        .await;
    Box::pin(furnish(&api.store, &api.context.artifacts, &own)).await;
    let usable = usable_model(&api.context.artifacts, &own).await;
    api.sql(&usable).await;
    // Its id is made by the database.
    api.sql(&format!(
        "update evaluation set id = '{JOB}' where project = 'own'"
    ))
    .await;
    let strangers = [
        api.key(&project("strange"), Role::Admin).await,
        issuer.good("eve", "strange", Role::Admin),
    ];
    // What one caller has changed, another may find changed: they take turns.
    let admins = [
        api.key(&own, Role::Admin).await,
        issuer.good("adam", "own", Role::Admin),
    ];
    let mut turn = admins.iter().cycle();
    let of_projects = guarded().filter(|(method, _)| matches!(method.access, Access::Role(_)));
    for (method, _) in of_projects {
        let request = contract.request(method.path, "own");
        let channel = api.channel_of(method.served).await;
        let before = api.audited().await;
        for stranger in &strangers {
            let refused = call(channel.clone(), method.path, Some(stranger), request.clone()).await;
            assert_eq!(api.audited().await, before, "{}", method.path);
            let refused = refused.expect_err(method.path);
            assert_eq!(
                (refused.code(), reason(&refused).as_str()),
                (Code::NotFound, "NOT_FOUND"),
                "{}",
                method.path
            );
        }
        // The same request of someone who may make it: else the one before proves nothing.
        let answer = call(channel, method.path, turn.next().map(String::as_str), request).await;
        let code = answer.as_ref().err().map_or(Code::Ok, Status::code);
        let fine = [
            Code::Ok,
            Code::InvalidArgument,
            Code::FailedPrecondition,
            Code::AlreadyExists,
        ];
        // A comparison and a backtest are what jobs of their own have found, and none was done here: tests/tests/compare.rs and
        // backtest.rs read one.
        let found = ["/GetComparison", "/GetBacktest"]
            .iter()
            .any(|of| method.path.ends_with(of));
        let absent = found && code == Code::NotFound;
        assert!(absent || fine.contains(&code), "{}: {answer:?}", method.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_service_needs_a_role_in_the_project_default() {
    let issuer = Issuer::new();
    let api = start_with(&issuer).await;
    let elsewhere = [
        api.key(&project("own"), Role::Admin).await,
        issuer.good("eve", "own", Role::Admin),
    ];
    let viewer = api.key(&project("default"), Role::Viewer).await;
    let mut tried = 0;
    for (method, role) in guarded().filter(|(method, _)| matches!(method.access, Access::ServiceRole(_))) {
        let channel = api.channel_of(method.served).await;
        for elsewhere in &elsewhere {
            let refused = call(channel.clone(), method.path, Some(elsewhere), Bytes::new()).await;
            let refused = refused.expect_err(method.path);
            assert_eq!(refused.code(), Code::PermissionDenied, "{}", method.path);
            assert!(
                refused.message().contains("of the project `default`"),
                "{refused:?}"
            );
        }
        let answer = call(channel, method.path, Some(&viewer), Bytes::new()).await;
        assert_eq!(answer.is_ok(), role == Role::Viewer, "{}", method.path);
        tried += 1;
    }
    assert!(tried >= 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_port_has_its_own_methods_and_none_of_the_other() {
    let api = Api::start().await;
    let contract = Contract::read();
    let key = api.key(&project("default"), Role::Admin).await;
    for (method, _) in guarded() {
        let other = match method.served {
            Served::On(Port::Public) => Port::Admin,
            Served::On(Port::Admin) => Port::Public,
            Served::Everywhere => panic!("{} is guarded and everywhere", method.path),
        };
        let request = request_of(&contract, method);
        let refused = call(api.channel_to(other).await, method.path, Some(&key), request).await;
        let refused = refused.expect_err(method.path);
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unimplemented, "UNIMPLEMENTED"),
            "{} on {other:?}",
            method.path
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_reflection_need_no_key() {
    let api = Api::start().await;
    let open: Vec<&str> = METHODS
        .iter()
        .filter(|m| m.access == Access::Open)
        .map(Method::service)
        .collect();
    let probes = "inference.GRPCInferenceService"; // lives, is ready, and its name
    let (of_protocol, others): (Vec<&str>, Vec<&str>) = open.iter().partition(|service| **service == probes);
    assert!(
        of_protocol.len() == 3 && others.iter().all(|service| service.starts_with("grpc.")),
        "{open:?} are open"
    );
    for port in [Port::Public, Port::Admin] {
        let path = "/grpc.health.v1.Health/Check";
        let checked = call(api.channel_to(port).await, path, None, "".into()).await;
        assert_eq!(checked.unwrap(), 1, "{port:?}");
    }
}
