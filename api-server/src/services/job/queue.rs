//! How full a queue is: GetQueueStats.

use super::JobApi;
use crate::convert::{name, queue_stats};
use crate::error::ApiError;
use crate::services::call::Call;
use mltraining_domain::ProjectId;
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::queues::DEFAULT_QUEUE;
use tonic::Request;

impl JobApi {
    pub(super) async fn queue_stats(
        &self,
        request: Request<v1::GetQueueStatsRequest>,
    ) -> Result<v1::QueueStats, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(&self.context, &extensions, name::parent(&request.parent)?)?;
        let queue = match request.queue.as_str() {
            "" => DEFAULT_QUEUE,
            queue => queue,
        };
        // A queue is named as a project is.
        if let Err(error) = queue.parse::<ProjectId>() {
            return Err(ApiError::invalid("queue", error.to_string()));
        }
        match call.store.queue_stats(&call.project, queue).await {
            Ok(stats) => Ok(queue_stats::show(queue, &stats)),
            Err(StoreError::NotFound { .. }) => {
                call.require_project().await?;
                Err(ApiError::not_found(format!("queue {queue}")))
            }
            Err(error) => Err(error.into()),
        }
    }
}
