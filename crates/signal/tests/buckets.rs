//! Token buckets in a real Redis.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

#[allow(
    dead_code,
    reason = "these tests share the support of the hints' and do not need all of it"
)]
mod support;

use mltraining_signal::{Rate, Short, Signal, SignalError};
use std::time::Duration;
use support::{Mode, Wire, redis_url, signal_at, signal_of};
use uuid::Uuid;

/// Fills so slowly that no test sees it fill.
const SLOW: Rate = Rate {
    per_second: 1,
    burst: 3,
};
const ROOMY: Rate = Rate {
    per_second: 1,
    burst: 1_000,
};

async fn take(signal: &Signal, buckets: &[(&str, Rate)]) -> Result<(), Short> {
    signal.take_tokens(buckets).await.unwrap()
}

#[tokio::test]
async fn servers_of_one_service_share_a_bucket_and_another_service_has_its_own() {
    let stream = format!("test:{}", Uuid::new_v4());
    let (one, two) = (signal_of(&redis_url(), &stream), signal_of(&redis_url(), &stream));
    let fast = Rate {
        per_second: 1_000,
        ..SLOW
    };
    for signal in [&one, &two, &one] {
        assert_eq!(take(signal, &[("a", SLOW)]).await, Ok(()));
    }
    let short = take(&two, &[("a", SLOW)]).await.unwrap_err();
    assert_eq!(short.place, 0);
    assert!(
        short.wait > Duration::ZERO && short.wait <= Duration::from_secs(1),
        "{short:?}"
    );
    assert_eq!(take(&one, &[("b", SLOW)]).await, Ok(()), "buckets have names");
    assert_eq!(take(&signal_at(&redis_url()), &[("a", SLOW)]).await, Ok(()));
    // The same bucket fills as fast as the one who asks says.
    while take(&one, &[("a", fast)]).await.is_err() {}
}

#[tokio::test]
async fn when_one_bucket_is_empty_no_token_of_the_others_is_taken() {
    let signal = signal_at(&redis_url());
    for _ in 0..3 {
        assert_eq!(take(&signal, &[("all", ROOMY), ("mine", SLOW)]).await, Ok(()));
    }
    for _ in 0..50 {
        let short = take(&signal, &[("all", ROOMY), ("mine", SLOW)])
            .await
            .unwrap_err();
        assert_eq!(short.place, 1);
    }
    // 3 are gone, 50 are not.
    let rest = Rate {
        per_second: 1,
        burst: ROOMY.burst,
    };
    for _ in 0..990 {
        assert_eq!(take(&signal, &[("all", rest)]).await, Ok(()));
    }
}

#[tokio::test]
async fn a_redis_that_says_nothing_is_told_within_the_limit() {
    let wire = Wire::new().await;
    let signal = signal_at(&wire.url);
    assert_eq!(take(&signal, &[("a", SLOW)]).await, Ok(()));
    wire.becomes(Mode::Silent);
    let silent = signal.take_tokens(&[("a", SLOW)]).await;
    assert!(
        matches!(silent, Err(SignalError::Timeout(_) | SignalError::Unavailable(_))),
        "{silent:?}"
    );
}
