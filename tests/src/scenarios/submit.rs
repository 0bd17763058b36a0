//! Clients that ask for the same thing many times at once.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, system};
use crate::caller::Authenticated;
use crate::{data, wait};
use futures::future::join_all;
use mltraining_proto::v1 as pb;
use mltraining_proto::v1::training_service_client::TrainingServiceClient;
use std::collections::HashSet;
use tonic::Code;
use uuid::Uuid;

type Client = TrainingServiceClient<Authenticated>;

/// Fifty clients submit with one request id at once: one job, and each of them gets it.
pub(super) async fn one_request_id(scale: Scale) -> Outcome {
    let rounds = scale.of(2, 20);
    let mut system = system(&[]).await;
    data::make_bars(&system.database, 4, 300);
    let caller = system.caller();
    data::register_bars(&caller).await;
    for _ in 0..rounds {
        let mut request = data::training("once", 240, 2);
        request.request_id = Uuid::new_v4().to_string();
        let answers = join_all((0..50).map(|_| {
            let (request, mut client) = (request.clone(), system.caller().training);
            async move { submit(&mut client, request).await }
        }))
        .await;
        let names: HashSet<String> = answers.into_iter().collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }
    assert_eq!(
        system.database.count("SELECT count(*) FROM job"),
        i64::from(rounds)
    );
    system.add_worker().await;
    super::all_ended(&system.database, wait::PATIENCE).await;
    assert_all_succeeded(&system);
    Outcome::of(&system, rounds * 50).await
}

/// Submits until there is an answer, as a client does that is told to try again. Returns the job's name.
async fn submit(client: &mut Client, request: pb::TrainModelRequest) -> String {
    for _ in 0..20 {
        match client.train_model(request.clone()).await {
            Ok(job) => return job.into_inner().name,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status}"),
        }
    }
    panic!("the API server is never available");
}
