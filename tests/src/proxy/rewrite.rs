//! Changes a statement between a client and Postgres.

use std::sync::atomic::{AtomicU64, Ordering};

/// Replaces a text in statements on their way; parameters must stay the same.
#[derive(Debug)]
pub struct Rewrite {
    pub(super) from: String,
    pub(super) to: String,
    times: AtomicU64,
}

impl Rewrite {
    /// Replaces `from`, once in a statement, by `to`.
    pub fn new(from: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            times: AtomicU64::new(0),
        }
    }

    /// How many statements were changed so far.
    pub fn rewritten(&self) -> u64 {
        self.times.load(Ordering::Acquire)
    }

    pub(super) fn count(&self) {
        self.times.fetch_add(1, Ordering::AcqRel);
    }
}
