//! Hints through a Redis stream: that a job waits; and through Redis channels changes, that a row is no longer what it was, and words
//! of events, that a job has new ones; and token buckets that servers share. The only place of redis and deadpool-redis.
//!
//! Postgres is the truth and a worker looks at it every few seconds anyway; a hint only makes it look now. So a lost,
//! doubled or malformed hint is harmless. Who remembers rows bounds their age by himself; a change only makes him look sooner.
//! Nothing here ever makes a caller wait longer than its limit.

mod backoff;
mod bucket;
mod change;
mod changes;
mod counts;
mod error;
mod hint;
mod listener;
mod read;
mod send;

pub use bucket::{Rate, Short};
pub use change::{Change, Changed};
pub use changes::{ChangeListener, Heard};
pub use counts::Counts;
pub use error::SignalError;
pub use hint::Hint;
pub use listener::HintListener;
pub use send::{Limits, Signal};
