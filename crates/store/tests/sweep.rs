//! What attempts leave behind that no job succeeded with: found and removed, and nothing else is.
#![allow(clippy::unwrap_used)]

mod support;

use futures::future::join_all;
use mltraining_domain::{Epoch, FailureClass, JobId, ResultId};
use mltraining_store::claims::Lease;
use mltraining_store::sweep::{AttemptFile, FileVerdict, OrphanedResult};
use std::time::Duration;
use support::{Fixture, failure};
use uuid::Uuid;

const NOW: Duration = Duration::ZERO;

impl Fixture {
    async fn orphans(&self, grace: Duration) -> Vec<OrphanedResult> {
        self.store.orphaned_results(grace, None, 1000).await.unwrap()
    }

    /// A result whose attempt failed after it was staged.
    async fn orphan(&self) -> (Lease, ResultId) {
        let lease = self.running().await;
        let result = self.stage(lease).await;
        self.store
            .fail_job(lease, &failure(FailureClass::User))
            .await
            .unwrap();
        (lease, result)
    }

    async fn count(&self, table: &str) -> i64 {
        let text = match table {
            "result" => "select count(*) from result",
            "artifact" => "select count(*) from artifact",
            other => panic!("{other}"),
        };
        sqlx::query_scalar(text)
            .fetch_one(&self.sql().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn an_orphan_is_found_with_its_files_once_its_grace_is_over_and_goes_with_them() {
    let fixture = Fixture::new().await;
    let (_, result) = fixture.orphan().await;
    assert_eq!(fixture.orphans(Duration::from_secs(3600)).await, []);
    let found = fixture.orphans(NOW).await;
    assert_eq!(found.len(), 1);
    let keys = ["metrics.json", "model.mlts"].map(|name| format!("default/{}/{name}", result.0));
    assert_eq!(
        (found[0].id, found[0].storage_keys.as_slice()),
        (result, keys.as_slice())
    );
    assert_eq!(fixture.store.remove_orphaned_results(&[result]).await.unwrap(), 1);
    assert_eq!(
        (fixture.count("result").await, fixture.count("artifact").await),
        (0, 0)
    );
    assert_eq!(fixture.store.remove_orphaned_results(&[result]).await.unwrap(), 0);
}

#[tokio::test]
async fn neither_a_committed_result_nor_one_of_a_running_attempt_is_ever_an_orphan() {
    let fixture = Fixture::new().await;
    let (_, committed) = fixture.succeeded().await;
    let running = fixture.running().await;
    let staged = fixture.stage(running).await;
    assert_eq!(fixture.orphans(NOW).await, []);
    let removed = fixture.store.remove_orphaned_results(&[committed, staged]).await;
    assert_eq!(removed.unwrap(), 0, "they are looked at once more");
    assert_eq!(
        (fixture.count("result").await, fixture.count("artifact").await),
        (2, 4)
    );
}

#[tokio::test]
async fn a_staged_result_whose_attempt_has_ended_is_an_orphan_whatever_its_state_says() {
    let fixture = Fixture::new().await;
    let (_, result) = fixture.orphan().await;
    sqlx::query("update result set state = 'STAGED'")
        .execute(&fixture.sql().await)
        .await
        .unwrap();
    assert_eq!(fixture.orphans(NOW).await[0].id, result);
    assert_eq!(fixture.store.remove_orphaned_results(&[result]).await.unwrap(), 1);
}

#[tokio::test]
async fn batches_go_on_where_the_last_one_ended() {
    let fixture = Fixture::new().await;
    for _ in 0..5 {
        fixture.orphan().await;
    }
    let all = fixture.orphans(NOW).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let batch = fixture.store.orphaned_results(NOW, after, 2).await.unwrap();
        let Some(last) = batch.last() else { break };
        after = Some(last.cursor());
        seen.extend(batch);
    }
    assert_eq!((seen.len(), &seen), (5, &all));
}

#[tokio::test]
async fn twenty_sweeps_at_once_remove_each_orphan_once() {
    let fixture = Fixture::new().await;
    for _ in 0..10 {
        fixture.orphan().await;
    }
    let sweep = || async {
        let found = fixture.orphans(NOW).await;
        let ids: Vec<ResultId> = found.iter().map(|orphan| orphan.id).collect();
        fixture.store.remove_orphaned_results(&ids).await.unwrap()
    };
    let removed: u64 = join_all((0..20).map(|_| sweep())).await.into_iter().sum();
    assert_eq!((removed, fixture.count("result").await), (10, 0));
}

#[tokio::test]
async fn a_result_that_another_sweep_holds_is_passed_over() {
    let fixture = Fixture::new().await;
    let (_, result) = fixture.orphan().await;
    let sql = fixture.sql().await;
    let mut other = sql.begin().await.unwrap();
    sqlx::query("select from result for update")
        .execute(&mut *other)
        .await
        .unwrap();
    assert_eq!(fixture.store.remove_orphaned_results(&[result]).await.unwrap(), 0);
    other.rollback().await.unwrap();
    assert_eq!(fixture.store.remove_orphaned_results(&[result]).await.unwrap(), 1);
}

fn file(lease: Lease, key: Option<String>) -> AttemptFile {
    AttemptFile {
        storage_key: key,
        job: lease.job,
        epoch: lease.epoch,
    }
}

#[tokio::test]
async fn a_file_is_rowless_only_when_its_attempt_has_ended_and_no_row_names_it() {
    use FileVerdict::{Awaited, Named, Rowless, Unknown};
    let fixture = Fixture::new().await;
    let (ended, orphan) = fixture.orphan().await;
    let running = fixture.running().await;
    let staged = fixture.stage(running).await;
    let named = |result: ResultId| Some(format!("default/{}/model.mlts", result.0));
    let other = || Some("default/x/other.bin".to_owned());
    let never = Lease {
        epoch: Epoch(2),
        ..ended
    };
    let elsewhere = Lease {
        job: JobId(Uuid::now_v7()),
        ..ended
    };
    let files = [
        (file(running, named(staged)), Named),
        (file(running, other()), Awaited),
        (file(running, None), Awaited),
        (file(ended, named(orphan)), Named),
        (file(ended, other()), Rowless),
        (file(ended, None), Rowless),
        (file(never, other()), Unknown),
        (file(elsewhere, None), Unknown),
    ];
    let (asked, expected): (Vec<AttemptFile>, Vec<FileVerdict>) = files.into_iter().unzip();
    assert_eq!(fixture.store.judge_files(&asked).await.unwrap(), expected);
    assert_eq!(fixture.store.judge_files(&[]).await.unwrap(), []);
}
