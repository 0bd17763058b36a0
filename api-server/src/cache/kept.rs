//! Rows of one kind that are kept for a while.

use super::counts::{Counters, count};
use mltraining_runtime::metrics::list;
use moka::future::Cache;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Keys share this many counters; two that share one only cost each other a look at Postgres.
const COUNTERS: usize = 16_384;

/// What tells which of two values of one key is newer.
pub(super) trait Revised {
    /// Rises with every change.
    fn revision(&self) -> i64;
}

/// Values by key, each as old as `max_age` at most, counted from before it was read.
///
/// A value is kept under its key *and the generation* that the key had before the value was read; a change raises the
/// generation. So what was read before a change is never found after it, also when the reader was slow and keeps it only
/// then. Entries of old generations are found by nobody and go with their age.
pub(super) struct Kept<K, V> {
    entries: Cache<(K, u64), Entry<V>>,
    generations: Box<[AtomicU64]>,
    /// Added to the generation of every key.
    all: AtomicU64,
    max_age: Duration,
    counters: Arc<Counters>,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    asked_at: Instant,
}

impl<K, V> Kept<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Revised + Clone + Send + Sync + 'static,
{
    /// Keeps nothing when `max_age` is zero.
    pub(super) fn new(max_age: Duration, max_entries: u64, counters: Arc<Counters>) -> Self {
        let entries = Cache::builder()
            .max_capacity(max_entries)
            .time_to_live(max_age)
            .build();
        Self {
            entries,
            generations: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            all: AtomicU64::new(0),
            max_age,
            counters,
        }
    }

    /// The kept value, or what `read` gives, which is kept then. A refusal is not kept.
    ///
    /// Callers who miss at the same time all read: a reader whose time is short must not fail the others.
    pub(super) async fn get<E>(&self, key: &K, read: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        if self.max_age.is_zero() {
            return read.await;
        }
        let place = (key.clone(), self.generation(key));
        if let Some(value) = self.find(&place).await {
            count(&self.counters.hits);
            list::CACHE_READS.add(1, &["hit"]);
            return Ok(value);
        }
        count(&self.counters.misses);
        list::CACHE_READS.add(1, &["miss"]);
        let asked_at = Instant::now();
        let value = read.await?;
        let entry = Entry {
            value: value.clone(),
            asked_at,
        };
        // The first to come stays, unless what he read is too old by now, or he read before a change and this one after it.
        let place = self.entries.entry(place);
        let is_old = |kept: &Entry<V>| !self.is_young(kept);
        let kept = place.or_insert_with_if(std::future::ready(entry), is_old).await;
        let kept = kept.into_value();
        if kept.value.revision() < value.revision() {
            self.forget(key);
        }
        Ok(value)
    }

    /// From now on nothing is found that was read before now.
    pub(super) fn forget(&self, key: &K) {
        count(&self.counters.invalidations);
        self.raise(key);
    }

    /// As [`forget`](Self::forget), of every key.
    pub(super) fn forget_all(&self) {
        self.all.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets a value unless it `is_new`: a newer one was read elsewhere, and is shown. Where nothing is kept, somebody may
    /// be about to keep what he read before.
    pub(super) async fn forget_unless(&self, key: &K, is_new: impl FnOnce(&V) -> bool) {
        let place = (key.clone(), self.generation(key));
        match self.find(&place).await {
            Some(value) if is_new(&value) => {}
            Some(_) => self.forget(key),
            None => self.raise(key),
        }
    }

    fn raise(&self, key: &K) {
        self.own_generation(key).fetch_add(1, Ordering::AcqRel);
    }

    async fn find(&self, place: &(K, u64)) -> Option<V> {
        let entry = self.entries.get(place).await?;
        self.is_young(&entry).then_some(entry.value)
    }

    fn is_young(&self, entry: &Entry<V>) -> bool {
        entry.asked_at.elapsed() < self.max_age
    }

    /// Both parts only grow, so their sum is another one after any change.
    fn generation(&self, key: &K) -> u64 {
        let own = self.own_generation(key).load(Ordering::Acquire);
        own + self.all.load(Ordering::Acquire)
    }

    fn own_generation(&self, key: &K) -> &AtomicU64 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.generations[hasher.finish() as usize % COUNTERS]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::convert::Infallible;
    use tokio::sync::oneshot;

    const MAX_AGE: Duration = Duration::from_secs(5);

    impl Revised for i32 {
        fn revision(&self) -> i64 {
            (*self).into()
        }
    }

    fn kept(max_age: Duration) -> (Arc<Kept<&'static str, i32>>, Arc<Counters>) {
        let counters = Arc::new(Counters::default());
        (Arc::new(Kept::new(max_age, 100, counters.clone())), counters)
    }

    async fn get(kept: &Kept<&'static str, i32>, key: &'static str, row: i32) -> i32 {
        kept.get(&key, async { Ok::<_, Infallible>(row) }).await.unwrap()
    }

    #[tokio::test]
    async fn a_kept_value_is_found_until_it_is_forgotten() {
        let (kept, counters) = kept(MAX_AGE);
        assert_eq!(get(&kept, "a", 1).await, 1);
        assert_eq!(get(&kept, "a", 2).await, 1);
        kept.forget(&"a");
        assert_eq!(get(&kept, "a", 3).await, 3);
        kept.forget_all();
        assert_eq!(get(&kept, "a", 4).await, 4);
        let counts = counters.snapshot();
        assert_eq!((counts.hits, counts.misses, counts.invalidations), (1, 3, 1));
    }

    /// A reader who has looked at the row and whose answer is still on its way.
    async fn slow_reader(
        kept: &Arc<Kept<&'static str, i32>>,
    ) -> (
        oneshot::Sender<i32>,
        tokio::task::JoinHandle<Result<i32, oneshot::error::RecvError>>,
    ) {
        let (answer, slow) = oneshot::channel();
        let before = kept.counters.snapshot().misses;
        let theirs = kept.clone();
        let reader = tokio::spawn(async move { theirs.get(&"a", slow).await });
        while kept.counters.snapshot().misses == before {
            tokio::task::yield_now().await;
        }
        (answer, reader)
    }

    #[tokio::test]
    async fn what_was_read_before_a_change_is_not_found_after_it_however_late_it_comes() {
        for all in [false, true] {
            let (kept, _) = kept(MAX_AGE);
            let (answer, reader) = slow_reader(&kept).await;
            if all {
                kept.forget_all();
            } else {
                kept.forget(&"a");
            }
            answer.send(1).unwrap();
            assert_eq!(
                reader.await.unwrap(),
                Ok(1),
                "whoever asked before the change may see it"
            );
            assert_eq!(get(&kept, "a", 2).await, 2, "whoever asks after it may not");
            assert_eq!(get(&kept, "a", 3).await, 2);
        }
    }

    #[tokio::test]
    async fn nothing_older_than_what_was_shown_is_kept_by_a_late_reader() {
        // Nothing is kept when the newer value is shown.
        let (kept, _) = kept(MAX_AGE);
        let (answer, reader) = slow_reader(&kept).await;
        kept.forget_unless(&"a", |value| *value >= 2).await;
        answer.send(1).unwrap();
        reader.await.unwrap().unwrap();
        assert_eq!(get(&kept, "a", 2).await, 2);
        // Or the newer value is kept already.
        kept.forget(&"a");
        let (answer, reader) = slow_reader(&kept).await;
        assert_eq!(get(&kept, "a", 2).await, 2);
        kept.forget_unless(&"a", |value| *value >= 2).await;
        answer.send(1).unwrap();
        reader.await.unwrap().unwrap();
        assert_eq!(get(&kept, "a", 3).await, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_no_older_than_the_bound_counted_from_the_question() {
        let (kept, counters) = kept(MAX_AGE);
        let slow = async {
            tokio::time::sleep(MAX_AGE / 2).await;
            Ok::<_, Infallible>(1)
        };
        assert_eq!(kept.get(&"a", slow).await.unwrap(), 1);
        tokio::time::advance(MAX_AGE / 2 - Duration::from_millis(1)).await;
        assert_eq!(get(&kept, "a", 2).await, 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(get(&kept, "a", 2).await, 2);
        assert_eq!(get(&kept, "a", 3).await, 2, "the next one is kept at once");
        assert_eq!(counters.snapshot().invalidations, 0, "it aged, nobody changed it");
    }

    #[tokio::test]
    async fn a_refusal_is_asked_again() {
        let (kept, _) = kept(MAX_AGE);
        assert_eq!(kept.get(&"a", async { Err("no") }).await, Err("no"));
        assert_eq!(get(&kept, "a", 1).await, 1);
    }

    #[tokio::test]
    async fn an_older_value_goes_when_a_newer_one_was_seen() {
        let (kept, _) = kept(MAX_AGE);
        get(&kept, "a", 2).await;
        kept.forget_unless(&"a", |value| *value >= 2).await;
        assert_eq!(get(&kept, "a", 3).await, 2);
        kept.forget_unless(&"a", |value| *value >= 3).await;
        assert_eq!(get(&kept, "a", 3).await, 3);
    }

    #[tokio::test]
    async fn of_two_readers_at_once_the_one_who_read_the_older_value_is_not_believed() {
        let (kept, _) = kept(MAX_AGE);
        let (answer, reader) = slow_reader(&kept).await;
        get(&kept, "a", 1).await;
        answer.send(2).unwrap();
        assert_eq!(reader.await.unwrap(), Ok(2));
        assert_eq!(
            get(&kept, "a", 2).await,
            2,
            "2 was shown, so 1 is not shown any more"
        );
    }

    #[tokio::test]
    async fn with_a_bound_of_zero_nothing_is_kept() {
        let (kept, counters) = kept(Duration::ZERO);
        assert_eq!(get(&kept, "a", 1).await, 1);
        assert_eq!(get(&kept, "a", 2).await, 2);
        assert_eq!(counters.snapshot().misses, 0);
    }
}
