//! Changes through a real Redis.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, unreachable_pub)]

#[allow(
    dead_code,
    reason = "these tests share the support of the hints' and do not need all of it"
)]
mod support;

use mltraining_signal::{Change, ChangeListener, Changed, Heard, Signal};
use support::{DEADLINE, Mode, OwnRedis, Wire, ask, redis_url, signal_at, signal_of};
use tokio::time::timeout;
use uuid::Uuid;

fn change(id: &str) -> Change {
    Change {
        kind: Changed::Model,
        project: "default".to_owned(),
        id: id.to_owned(),
    }
}

async fn next(listener: &mut ChangeListener) -> Heard {
    timeout(DEADLINE, listener.next())
        .await
        .expect("something is heard")
}

/// Tells a change, again and again until Redis takes it.
async fn told(signal: &Signal, id: &str) -> Heard {
    let change = change(id);
    let told = async { while signal.tell(&change).await.is_err() {} };
    timeout(DEADLINE, told).await.expect("Redis takes a change");
    Heard::Changed(change)
}

#[tokio::test]
async fn every_listener_hears_every_change_after_it_was_told_to_trust_nothing() {
    let stream = format!("test:{}", Uuid::new_v4());
    let (teller, other) = (signal_of(&redis_url(), &stream), signal_of(&redis_url(), &stream));
    let (mut first, mut second) = (teller.listen_for_changes(), other.listen_for_changes());
    for listener in [&mut first, &mut second] {
        assert_eq!(next(listener).await, Heard::Missed);
    }
    for id in ["a", "b", "c"] {
        let told = told(&teller, id).await;
        assert_eq!(next(&mut first).await, told);
        assert_eq!(next(&mut second).await, told);
    }
    let (counts, others) = (teller.counts(), other.counts());
    assert_eq!(
        (counts.changes_told, counts.changes_heard, counts.subscriptions),
        (3, 3, 1)
    );
    assert_eq!((others.changes_told, others.changes_heard), (0, 3));
}

#[tokio::test]
async fn changes_of_another_service_on_the_same_redis_are_not_heard() {
    let (here, elsewhere) = (signal_at(&redis_url()), signal_at(&redis_url()));
    let mut listener = here.listen_for_changes();
    assert_eq!(next(&mut listener).await, Heard::Missed);
    told(&elsewhere, "theirs").await;
    let ours = told(&here, "ours").await;
    assert_eq!(next(&mut listener).await, ours);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_may_be_any_change() {
    let stream = format!("test:{}", Uuid::new_v4());
    let signal = signal_of(&redis_url(), &stream);
    let mut listener = signal.listen_for_changes();
    assert_eq!(next(&mut listener).await, Heard::Missed);
    let heard: u32 = ask(
        &redis_url(),
        &["PUBLISH", &format!("{stream}:changes"), "2 model p m"],
    )
    .await
    .unwrap();
    assert_eq!(heard, 1);
    assert_eq!(next(&mut listener).await, Heard::Missed);
    assert_eq!(signal.counts().malformed, 1);
}

#[tokio::test]
async fn words_of_events_are_heard_and_one_that_cannot_be_read_says_nothing_about_changes() {
    let stream = format!("test:{}", Uuid::new_v4());
    let signal = signal_of(&redis_url(), &stream);
    let mut listener = signal.listen_for_changes();
    assert_eq!(next(&mut listener).await, Heard::Missed);
    let events = format!("{stream}:events");
    let heard: u32 = ask(&redis_url(), &["PUBLISH", &events, "moon"]).await.unwrap();
    assert_eq!(heard, 1);
    let job = Uuid::new_v4();
    let tell = async { while signal.tell_events(job).await.is_err() {} };
    timeout(DEADLINE, tell)
        .await
        .expect("Redis takes a word of events");
    assert_eq!(next(&mut listener).await, Heard::Events(job));
    let counts = signal.counts();
    assert_eq!(counts.events_told, 1);
    assert!(counts.events_heard >= 1);
    assert_eq!((counts.malformed, counts.changes_heard), (1, 0));
}

#[tokio::test]
async fn a_listener_that_lost_redis_says_that_it_may_have_missed_something() {
    let Some(mut redis) = OwnRedis::prepare().await else {
        return;
    };
    let signal = signal_at(&redis.url());
    let mut listener = signal.listen_for_changes();
    assert!(signal.tell(&change("lost")).await.is_err());
    for round in 1..=2 {
        redis.start().await;
        assert_eq!(next(&mut listener).await, Heard::Missed, "round {round}");
        timeout(DEADLINE, listener.ready()).await.unwrap();
        let told = told(&signal, "seen").await;
        assert_eq!(next(&mut listener).await, told);
        redis.kill();
    }
    assert_eq!(signal.counts().subscriptions, 2);
    assert!(signal.counts().changes_untold >= 1);
}

#[tokio::test]
async fn a_wire_that_falls_silent_is_noticed_without_a_word_from_it() {
    let wire = Wire::new().await;
    let signal = signal_at(&wire.url);
    let mut listener = signal.listen_for_changes();
    assert_eq!(next(&mut listener).await, Heard::Missed);
    timeout(DEADLINE, listener.ready()).await.unwrap();
    wire.becomes(Mode::Silent);
    assert!(signal.tell(&change("lost")).await.is_err());
    wire.becomes(Mode::Whole);
    // The old connection stays open and says nothing: only the unanswered ping tells.
    assert_eq!(next(&mut listener).await, Heard::Missed);
    assert_eq!(signal.counts().subscriptions, 2);
}
