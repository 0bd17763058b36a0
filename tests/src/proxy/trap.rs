//! What happens at one step of the protocol.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// On which side of the server's work a trap acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The server has not seen the step.
    Before,
    /// The server has done the step, and its client does not know.
    After,
}

/// What a trap does to the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Resets it, each time.
    Cut,
    /// Holds it until the release. Then what was held goes on, even when the client has given up meanwhile, as a packet does
    /// that was on its way for long.
    Hold,
}

/// The traps of a proxy.
pub(super) type Traps = Vec<Set>;

/// A trap as the proxy sees it.
#[derive(Clone)]
pub(super) struct Set {
    step: String,
    pub(super) when: When,
    pub(super) action: Action,
    state: Arc<State>,
}

struct State {
    hits: AtomicU32,
    wanted: AtomicBool,
    released: watch::Sender<bool>,
}

/// A trap that is set. Dropping it releases what it holds.
pub struct Trap(Set);

impl Trap {
    pub(super) fn new(step: &str, when: When, action: Action) -> Self {
        Self(Set {
            step: step.to_owned(),
            when,
            action,
            state: Arc::new(State {
                hits: AtomicU32::new(0),
                wanted: AtomicBool::new(true),
                released: watch::Sender::new(false),
            }),
        })
    }

    pub(super) fn set(&self) -> Set {
        self.0.clone()
    }

    /// How often a client came to the step.
    pub fn hits(&self) -> u32 {
        self.0.state.hits.load(Ordering::Acquire)
    }

    /// Waits until a client has come to the step.
    pub async fn sprung(&self) {
        crate::wait::until(&format!("a client comes to {}", self.0.step), || async {
            (self.hits() > 0).then_some(())
        })
        .await;
    }

    /// True when a client came to the step within `patience`.
    pub async fn sprung_within(&self, patience: Duration) -> bool {
        crate::wait::holds(patience, || async { self.hits() > 0 }).await
    }

    /// Lets go of what is held and acts no more.
    pub fn release(&self) {
        self.0.state.wanted.store(false, Ordering::Release);
        self.0.state.released.send_replace(true);
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.release();
    }
}

impl Set {
    pub(super) fn is_wanted(&self) -> bool {
        self.state.wanted.load(Ordering::Acquire)
    }

    /// True, and counted, when the trap acts on this step.
    pub(super) fn springs(&self, step: &str) -> bool {
        let springs = self.is_wanted() && step.starts_with(&self.step);
        if springs {
            self.state.hits.fetch_add(1, Ordering::AcqRel);
        }
        springs
    }

    /// Waits for the release.
    pub(super) async fn released(&self) {
        let mut released = self.state.released.subscribe();
        let _ = released.wait_for(|released| *released).await;
    }
}
