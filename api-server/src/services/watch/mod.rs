//! Following jobs: one poller looks for the events of all watched jobs, each watcher sends them on to its client.

mod hub;
mod stream;

pub(crate) use hub::{Hub, Subscription};
pub(crate) use stream::{HEARTBEAT, Watcher};

#[cfg(test)]
mod tests;
