//! A client that means harm, against a real server.
#![allow(clippy::unwrap_used)]

use h2::Reason;
use h2::client::{self, SendRequest};
use mltraining_proto::v1 as pb;
use mltraining_tests::process::memory_kib;
use mltraining_tests::system::System;
use std::collections::VecDeque;
use tokio::net::TcpStream;

/// Streams that are opened and reset at once (CVE-2023-44487 and its kin).
const RESETS: usize = 10_000;
/// What the server may have grown by, in MiB: each reset kept for a while would be more.
const GROWTH: f64 = 64.0;

/// A connection, as a client makes it that knows no limits of its own.
async fn connect(address: &str) -> SendRequest<bytes::Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = client::Builder::new()
        .max_concurrent_reset_streams(RESETS)
        .handshake(stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

fn request(system: &System) -> http::Request<()> {
    http::Request::post(format!("{}/mltraining.v1.JobService/ListJobs", system.endpoint))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {}", system.key))
        .body(())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_resets_leave_the_server_answering_others() {
    let off = [
        ("MLTS_SERVER__RATE__KEY_PER_SECOND", "0"),
        ("MLTS_SERVER__RATE__ADDRESS_PER_SECOND", "0"),
        ("MLTS_SERVER__RATE__TOTAL_PER_SECOND", "0"),
    ];
    let system = System::start_with(&off).await;
    let address = system.endpoint.trim_start_matches("http://").to_owned();
    let caller = system.caller();
    let before = memory_kib(system.api.id(), "VmRSS").unwrap();
    let (mut resets, mut closed) = (0, VecDeque::new());
    while resets < RESETS {
        let mut client = connect(&address).await;
        while resets < RESETS {
            // The server ends a connection that only resets; then the next one begins.
            let Ok(ready) = client.ready().await else { break };
            client = ready;
            let Ok((_, mut stream)) = client.send_request(request(&system), false) else {
                break;
            };
            stream.send_reset(Reason::CANCEL);
            resets += 1;
        }
        closed.push_back(resets);
        assert!(closed.len() <= RESETS, "every connection got one reset through");
        caller
            .jobs
            .clone()
            .list_jobs(pb::ListJobsRequest::default())
            .await
            .expect("others are answered meanwhile");
    }
    assert!(closed.len() > 1, "no connection was ended for its resets");
    let grown = (memory_kib(system.api.id(), "VmRSS").unwrap() - before) / 1024.0;
    assert!(grown < GROWTH, "the server has grown by {grown} MiB");
}
