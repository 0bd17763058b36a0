//! Clients that ask for the same thing many times at once.

use super::kill::assert_all_succeeded;
use super::{Outcome, Scale, system};
use crate::{data, wait};
use futures::future::join_all;
use std::collections::HashSet;
use uuid::Uuid;

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
            async move { client.train_model(request).await }
        }))
        .await;
        let names: HashSet<String> = answers
            .into_iter()
            .map(|answer| {
                answer
                    .expect("each submit is answered with the job")
                    .into_inner()
                    .name
            })
            .collect();
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
