//! Hints through a Redis stream: that a job waits. The only place of redis and deadpool-redis.
//!
//! Postgres is the truth and a worker looks at it every few seconds anyway; a hint only makes it look now. So a lost,
//! doubled or malformed hint is harmless, and nothing here ever makes a caller wait longer than its limit.

mod backoff;
mod counts;
mod error;
mod hint;
mod listener;
mod read;
mod send;

pub use counts::Counts;
pub use error::SignalError;
pub use hint::Hint;
pub use listener::HintListener;
pub use send::{Limits, Signal};
