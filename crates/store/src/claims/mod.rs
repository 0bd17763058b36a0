//! What workers do with jobs. A worker holds a [`Lease`]; each of its writes names job and epoch, and a write that finds
//! them no longer together answers [`StoreError::LeaseLost`](crate::StoreError::LeaseLost). Safety comes from this fence.

mod claim;
mod fail;
mod finish;
mod lease;
mod reap;

pub(crate) use claim::await_under_way;
pub use claim::{ClaimRequest, ClaimedJob};
pub use fail::Failed;
pub use finish::{ArtifactFile, Finished, Judged, Outcome, Trained};
pub use lease::{Beat, Beats};
pub use reap::Reaped;

use crate::StoreError;
use mltraining_domain::{Epoch, JobId};

/// The right to run a job, good as long as the job is RUNNING under this epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// The fence.
    pub epoch: Epoch,
}

impl Lease {
    pub(crate) fn lost(self) -> StoreError {
        StoreError::LeaseLost {
            job: self.job,
            epoch: self.epoch,
        }
    }
}
