//! Jobs that a claim took whose answer was lost: they run in this worker's name, and nobody does them. They go back at once,
//! uncharged, instead of when their leases run out.

use crate::context::Context;
use mltraining_store::StoreError;
use mltraining_store::claims::Lease;
use tokio::time::Instant;

/// Whether there may be such jobs.
#[derive(Debug, Default)]
pub(crate) struct Unheard {
    /// Until when a claim whose answer was lost may still come to be: the server ends its statement by then.
    until: Option<Instant>,
}

impl Unheard {
    /// Notes that the answer to a claim was lost.
    pub(crate) fn note(&mut self, context: &Context) {
        self.until = Some(Instant::now() + context.config.database.statement_timeout);
    }

    /// Done when the last lost claim has come to be, or never will; never when none was lost.
    pub(crate) async fn settled(&self) {
        match self.until {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    }

    /// Gives back what runs in this worker's name and is not done by it. To be called while no claim is under way.
    ///
    /// # Errors
    /// Postgres cannot answer now: there may still be such jobs.
    pub(crate) async fn give_back(&mut self, context: &Context) -> Result<(), StoreError> {
        let Some(until) = self.until else {
            return Ok(());
        };
        let asked = Instant::now();
        let held = context.keeper.held();
        for lease in context.store.leases_of(context.worker).await? {
            if !held.contains(&lease) {
                release(context, lease).await?;
            }
        }
        if asked >= until {
            self.until = None;
        }
        Ok(())
    }
}

async fn release(context: &Context, lease: Lease) -> Result<(), StoreError> {
    match context.store.release_job(lease).await {
        Ok(_) => {
            tracing::info!(job.id = %lease.job, job.epoch = %lease.epoch, "gave back a job whose claim was not heard of");
            Ok(())
        }
        Err(StoreError::LeaseLost { .. }) => Ok(()), // somebody else has it by now
        Err(error) => Err(error),
    }
}
