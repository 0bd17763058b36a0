//! Limits of calls by real processes: shared by servers, kept while Redis is away, and not to be talked around.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::system::System;
use std::time::Instant;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// Nothing counts but what a test says.
const OFF: [(&str, &str); 3] = [
    ("MLTS_SERVER__RATE__KEY_PER_SECOND", "0"),
    ("MLTS_SERVER__RATE__ADDRESS_PER_SECOND", "0"),
    ("MLTS_SERVER__RATE__TOTAL_PER_SECOND", "0"),
];
const BURST: usize = 30;

/// The settings for one token a second and a few at once.
fn limit(whose: &str) -> [(String, String); 2] {
    [
        (format!("MLTS_SERVER__RATE__{whose}_PER_SECOND"), "1".to_owned()),
        (format!("MLTS_SERVER__RATE__{whose}_BURST"), BURST.to_string()),
    ]
}

async fn system(whose: &str, more: &[(&str, &str)]) -> System {
    let limit = limit(whose);
    let limit: Vec<(&str, &str)> = limit.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    System::start_with(&[&OFF, limit.as_slice(), more].concat()).await
}

/// Lists jobs, as one who says that he comes from `address`.
async fn list(caller: &Caller, address: &str) -> Result<(), Status> {
    let mut request = Request::new(pb::ListJobsRequest::default());
    request
        .metadata_mut()
        .insert("x-forwarded-for", address.parse().unwrap());
    caller.jobs.clone().list_jobs(request).await.map(drop)
}

/// How many calls are let through before one is refused, and the refusal.
async fn until_refused(callers: &[&Caller], address: &str) -> (usize, Status) {
    for (count, caller) in callers.iter().cycle().take(BURST * 10).enumerate() {
        if let Err(refusal) = list(caller, address).await {
            return (count, refusal);
        }
    }
    panic!("{} calls were let through", BURST * 10)
}

/// What flows in while a test runs may be used as well.
fn assert_about_the_burst(count: usize, began: Instant) {
    let most = BURST + began.elapsed().as_secs() as usize + 1;
    assert!((BURST..=most).contains(&count), "{count} of {BURST}");
}

fn assert_refused(refusal: &Status, quota: &str) {
    assert_eq!(refusal.code(), Code::ResourceExhausted, "{refusal:?}");
    let details = refusal.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "RATE_LIMITED");
    assert_eq!(info.metadata["quota"], quota);
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    assert!(!details.quota_failure().unwrap().violations.is_empty());
}

#[tokio::test]
async fn servers_share_the_calls_of_a_key_and_other_keys_have_their_own() {
    let system = system("KEY", &[]).await;
    let other = system.add_server().await;
    let words = [
        "keys",
        "create",
        "--project",
        "default",
        "--role",
        "viewer",
        "--name",
        "other",
    ];
    let second_key = system.run("api-server", &words);
    let (here, there) = (system.caller(), Caller::new(&other.endpoint, &system.key));
    let began = Instant::now();
    let (count, refusal) = until_refused(&[&here, &there], "192.0.2.1").await;
    assert_about_the_burst(count, began);
    assert_refused(&refusal, "calls_of_a_key");
    let second = Caller::new(&system.endpoint, &second_key);
    assert!(list(&second, "192.0.2.1").await.is_ok());
}

#[tokio::test]
async fn without_redis_a_server_counts_by_itself() {
    let system = system("KEY", &[("MLTS_REDIS__URL", "redis://127.0.0.1:1/0")]).await;
    let began = Instant::now();
    let (count, refusal) = until_refused(&[&system.caller()], "192.0.2.1").await;
    assert_about_the_burst(count, began);
    assert_refused(&refusal, "calls_of_a_key");
}

#[tokio::test]
async fn addresses_are_those_that_trusted_proxies_name_and_wrong_keys_count() {
    let trusted = ("MLTS_SERVER__RATE__TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8");
    let system = system("ADDRESS", &[trusted]).await;
    let caller = system.caller();
    let stranger = Caller::new(
        &system.endpoint,
        "mlts_nobody00_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    let began = Instant::now();
    let mut count = 0;
    let refusal = loop {
        // Whatever he writes before it, the proxy's word is the last one.
        let written = format!("198.51.100.{count}, 192.0.2.1, 10.0.0.7");
        match list(&stranger, &written).await.unwrap_err() {
            refusal if refusal.code() == Code::Unauthenticated => count += 1,
            refusal => break refusal,
        }
        assert!(count < BURST * 10, "wrong keys are counted");
    };
    assert_about_the_burst(count, began);
    assert_refused(&refusal, "calls_of_an_address");
    assert!(
        list(&caller, "192.0.2.2").await.is_ok(),
        "another address comes through"
    );
    assert!(
        list(&caller, "192.0.2.1").await.is_err(),
        "a good key does not help"
    );
}

#[tokio::test]
async fn where_no_proxy_is_trusted_nobody_can_say_that_he_is_somebody_else() {
    let system = system("ADDRESS", &[]).await;
    let (caller, began) = (system.caller(), Instant::now());
    let mut count = 0;
    while list(&caller, &format!("192.0.2.{count}")).await.is_ok() {
        count += 1;
        assert!(count < 255, "what is written does not matter");
    }
    assert_about_the_burst(count, began);
}
