//! Hints through a real Redis, with no poll that could do the work in their stead.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

mod support;

use mltraining_signal::{Counts, Hint, Limits, Signal, SignalError};
use secrecy::SecretString;
use std::collections::HashSet;
use std::time::Duration;
use support::{
    DEADLINE, Mode, OwnRedis, Wire, ask, hint, next, ready, redis_url, sent, signal_at, signal_of,
};
use tokio::time::timeout;
use uuid::Uuid;

#[tokio::test]
async fn a_hint_arrives_after_seconds_of_silence() {
    let signal = signal_at(&redis_url());
    let mut listener = signal.listen();
    ready(&mut listener).await;
    // Longer than any default limit of the client: one of 500 ms would abandon the read, and lose the hint with it.
    let nothing = timeout(Duration::from_millis(3_200), listener.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    let full = Hint {
        request_id: Some("order-1".to_owned()),
        traceparent: Some(format!("00-{}-{}-01", "a".repeat(32), "b".repeat(16))),
        ..hint()
    };
    signal.hint(&full).await.unwrap();
    assert_eq!(next(&mut listener).await, full);
    assert_eq!(
        signal.counts(),
        Counts {
            sent: 1,
            received: 1,
            connections: 1,
            ..Counts::default()
        }
    );
}

#[tokio::test]
async fn each_hint_reaches_one_of_two_workers() {
    let stream = format!("test:{}", Uuid::new_v4());
    let (api, worker_1, worker_2) = (
        signal_of(&redis_url(), &stream),
        signal_of(&redis_url(), &stream),
        signal_of(&redis_url(), &stream),
    );
    let (mut first, mut second) = (worker_1.listen(), worker_2.listen());
    ready(&mut first).await;
    ready(&mut second).await;
    let mut waiting = HashSet::new();
    for _ in 0..40 {
        waiting.insert(sent(&api).await.job_id);
    }
    while !waiting.is_empty() {
        let got = timeout(DEADLINE, async {
            tokio::select! { hint = first.next() => hint, hint = second.next() => hint }
        });
        let id = got.await.unwrap().job_id;
        assert!(waiting.remove(&id), "{id} came twice");
    }
    let received = worker_1.counts().received + worker_2.counts().received;
    assert_eq!(received, 40);
    let pending: (u64, redis::Value, redis::Value, redis::Value) =
        ask(&redis_url(), &["XPENDING", &stream, "workers"])
            .await
            .unwrap();
    assert_eq!(pending.0, 0, "Redis keeps no list of what was read");
    assert!(
        worker_1.counts().received > 0 && worker_2.counts().received > 0,
        "one did all"
    );
}

#[tokio::test]
async fn a_hint_is_not_lost_with_the_future_that_waited_for_it() {
    let signal = signal_at(&redis_url());
    let mut listener = signal.listen();
    ready(&mut listener).await;
    let mut waiting: HashSet<Uuid> = HashSet::new();
    for _ in 0..100 {
        waiting.insert(sent(&signal).await.job_id);
        // Drops the future at every stage of a read, most often before its end.
        tokio::select! {
            biased;
            hint = listener.next() => assert!(waiting.remove(&hint.job_id)),
            () = tokio::task::yield_now() => {}
        }
    }
    while !waiting.is_empty() {
        assert!(waiting.remove(&next(&mut listener).await.job_id));
    }
}

#[tokio::test]
async fn a_worker_with_full_hands_takes_no_hints_from_the_others() {
    let stream = format!("test:{}", Uuid::new_v4());
    let (busy, idle) = (signal_of(&redis_url(), &stream), signal_of(&redis_url(), &stream));
    let (mut full_hands, mut free_hands) = (busy.listen(), idle.listen());
    ready(&mut full_hands).await;
    ready(&mut free_hands).await;
    for _ in 0..10 {
        let sent = sent(&idle).await;
        assert_eq!(next(&mut free_hands).await, sent);
    }
    assert_eq!(busy.counts().received, 0);
}

#[tokio::test]
async fn a_malformed_hint_is_skipped_and_counted() {
    let (url, stream) = (redis_url(), format!("test:{}", Uuid::new_v4()));
    let signal = signal_of(&url, &stream);
    let mut listener = signal.listen();
    ready(&mut listener).await;
    for entry in [
        &["v", "1"][..],
        &["v", "9", "job_id", "x"],
        &["v", "1", "job_id", "x", "queue", "q"],
        &["", ""],
    ] {
        let words = [&["XADD", &stream, "*"], entry].concat();
        ask::<String>(&url, &words).await.unwrap();
    }
    let good = sent(&signal).await;
    assert_eq!(next(&mut listener).await, good);
    assert_eq!(
        signal.counts(),
        Counts {
            sent: 1,
            received: 1,
            malformed: 4,
            connections: 1,
            ..Counts::default()
        }
    );
}

#[tokio::test]
async fn a_lost_stream_is_made_anew_and_hints_sent_meanwhile_come() {
    let (url, stream) = (redis_url(), format!("test:{}", Uuid::new_v4()));
    let signal = signal_of(&url, &stream);
    let mut listener = signal.listen();
    ready(&mut listener).await;
    for _ in 0..3 {
        // What FLUSHALL does to the stream, without doing it to the streams of other tests.
        assert_eq!(ask::<u32>(&url, &["DEL", &stream]).await.unwrap(), 1);
        let sent = sent(&signal).await;
        assert_eq!(next(&mut listener).await, sent);
    }
}

#[tokio::test]
async fn a_listener_outlives_flushall_and_a_killed_redis() {
    let Some(mut redis) = OwnRedis::prepare().await else {
        return;
    };
    redis.start().await;
    let signal = signal_at(&redis.url());
    let mut listener = signal.listen();
    let first = sent(&signal).await;
    assert_eq!(next(&mut listener).await, first);

    ask::<String>(&redis.url(), &["FLUSHALL"]).await.unwrap();
    let second = sent(&signal).await;
    assert_eq!(next(&mut listener).await, second);

    redis.kill();
    assert!(matches!(
        signal.hint(&hint()).await,
        Err(SignalError::Unavailable(_))
    ));
    redis.start().await;
    let third = sent(&signal).await;
    assert_eq!(next(&mut listener).await, third);
}

#[tokio::test]
async fn a_process_starts_while_redis_is_down_and_hears_it_when_it_comes() {
    let Some(mut redis) = OwnRedis::prepare().await else {
        return;
    };
    let signal = signal_at(&redis.url());
    let mut listener = signal.listen();
    assert!(matches!(signal.ping().await, Err(SignalError::Unavailable(_))));
    assert!(matches!(
        signal.hint(&hint()).await,
        Err(SignalError::Unavailable(_))
    ));
    assert_eq!(
        signal.counts(),
        Counts {
            failed: 1,
            ..Counts::default()
        }
    );
    redis.start().await;
    let sent = sent(&signal).await;
    assert_eq!(next(&mut listener).await, sent);
    signal.ping().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_falls_silent_costs_a_request_no_more_than_its_limit() {
    let wire = Wire::new().await;
    let limits = Limits {
        timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let signal = Signal::connect(&SecretString::from(wire.url.as_str()), "test:silent", limits).unwrap();
    signal.hint(&hint()).await.unwrap();
    wire.becomes(Mode::Silent);
    let outcome = timeout(DEADLINE, signal.hint(&hint())).await.unwrap();
    assert!(
        matches!(
            outcome,
            Err(SignalError::Timeout(_) | SignalError::Unavailable(_))
        ),
        "{outcome:?}"
    );
    wire.becomes(Mode::Whole);
    signal
        .hint(&hint())
        .await
        .expect("the silent connection is not lent again");
    let counts = Counts {
        sent: 2,
        failed: 1,
        ..Counts::default()
    };
    assert_eq!(signal.counts(), counts);
}

#[tokio::test]
async fn the_stream_stays_short_when_nobody_reads_it() {
    let (url, stream) = (redis_url(), format!("test:{}", Uuid::new_v4()));
    let limits = Limits {
        stream_max_entries: 100,
        ..Limits::default()
    };
    let signal = Signal::connect(&SecretString::from(url.as_str()), &stream, limits).unwrap();
    for _ in 0..1_000 {
        sent(&signal).await;
    }
    let length: u64 = ask(&url, &["XLEN", &stream]).await.unwrap();
    assert!((100..=300).contains(&length), "{length} entries");
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_without_its_password() {
    for url in [
        "",
        "hush@redis",
        "http://:hush@localhost",
        "rediss://:hush@localhost",
        "redis://:hush@localhost/x",
    ] {
        let refused = Signal::connect(&SecretString::from(url), "test", Limits::default()).err();
        let message = refused.expect(url).to_string();
        assert!(
            !message.contains("hush") && message.contains("redis://user:password@host"),
            "{message}"
        );
    }
}
