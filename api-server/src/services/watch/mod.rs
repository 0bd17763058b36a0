//! Following jobs. One poller looks for the events of all watched jobs, another for those of all watched projects; each
//! watcher sends on to its client what is his.

mod feed;
mod found;
mod hub;
mod log_tail;
mod messages;
mod project;
mod resume;
mod rounds;
mod stream;

pub(crate) use feed::Feed;
pub(crate) use hub::{Hub, Subscription};
pub(crate) use log_tail::{Follow, LogTail};
pub(crate) use messages::{MessageStream, channel};
pub(crate) use project::ProjectWatcher;
pub(crate) use resume::ResumeScope;
pub(crate) use stream::{HEARTBEAT, Watcher};

#[cfg(test)]
mod tests;
