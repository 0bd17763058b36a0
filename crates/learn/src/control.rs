//! How a running fit is watched and stopped.

use crate::fit::FitError;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a fit looks at while it runs, and tells.
#[derive(Clone, Copy)]
pub struct Control<'a> {
    /// Set to true to stop the fit: every loop of every learner looks at it, and the fit ends with
    /// [`FitError::Cancelled`].
    pub cancel: &'a AtomicBool,
    /// Called with (steps done, steps in total): trees, or iterations. Called from the pool's threads, so two calls
    /// may arrive in either order.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Control<'static> {
    /// Never cancels and tells nobody.
    pub fn none() -> Self {
        static NEVER: AtomicBool = AtomicBool::new(false);
        Self {
            cancel: &NEVER,
            progress: &|_, _| {},
        }
    }
}

impl Control<'_> {
    /// An error once the fit is cancelled.
    ///
    /// # Errors
    /// [`FitError::Cancelled`].
    pub(crate) fn check(&self) -> Result<(), FitError> {
        if self.cancel.load(Ordering::Relaxed) {
            Err(FitError::Cancelled)
        } else {
            Ok(())
        }
    }
}
