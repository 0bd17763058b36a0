//! BatchCancelJobs, CountJobs, GetQueueStats.

use crate::house::{House, refused};
use mltraining_domain::WorkerId;
use mltraining_proto::v1;
use mltraining_store::jobs::LogSeverity;
use mltraining_store::workers::NewWorker;
use std::collections::BTreeSet;
use tonic::{Code, Status};
use uuid::Uuid;

const NOBODY: &str = "projects/default/jobs/01890a5d-ac96-774b-bcce-b302099a8057";

fn by_filter(filter: &str) -> v1::BatchCancelJobsRequest {
    v1::BatchCancelJobsRequest {
        filter: filter.to_owned(),
        reason: "wrong range".to_owned(),
        ..v1::BatchCancelJobsRequest::default()
    }
}

fn by_name(names: &[&str]) -> v1::BatchCancelJobsRequest {
    v1::BatchCancelJobsRequest {
        names: names.iter().map(ToString::to_string).collect(),
        ..v1::BatchCancelJobsRequest::default()
    }
}

async fn cancel(
    house: &House,
    request: v1::BatchCancelJobsRequest,
) -> Result<v1::BatchCancelJobsResponse, Status> {
    house
        .jobs()
        .batch_cancel_jobs(request)
        .await
        .map(tonic::Response::into_inner)
}

fn counts(answer: &v1::BatchCancelJobsResponse) -> (i32, i32, i32) {
    (
        answer.cancelled_count,
        answer.cancelling_count,
        answer.already_final_count,
    )
}

/// One FAILED job, one RUNNING, and three that wait, two of them of team alpha.
async fn five(house: &House) -> [String; 5] {
    let failed = house.train().await;
    house.fail(house.claim().await).await;
    let running = house.train().await;
    let lease = house.claim().await;
    house.log(lease, LogSeverity::Info, "it runs").await;
    let alpha = house.train_with(&[("team", "alpha")]).await;
    let other = house.train_with(&[("team", "alpha"), ("tier", "1")]).await;
    let beta = house.train_with(&[("team", "beta")]).await;
    [failed, running, alpha, other, beta]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_by_filter_hits_what_it_said_it_would() {
    let house = House::with_bars().await;
    let [_, running, alpha, other, beta] = five(&house).await;
    let before = house.contents();
    let dry = v1::BatchCancelJobsRequest {
        validate_only: true,
        ..by_filter("labels.team = alpha")
    };
    let would = cancel(&house, dry).await.unwrap();
    assert_eq!(house.contents(), before, "a dry run writes nothing");
    let done = cancel(&house, by_filter("labels.team = alpha")).await.unwrap();
    assert_eq!((counts(&done), &done), ((2, 0, 0), &would));
    let names: BTreeSet<&String> = done.names.iter().collect();
    assert_eq!(names, BTreeSet::from([&alpha, &other]));
    let job = house.job(&alpha).await;
    assert_eq!(
        (job.state(), job.cancel_reason.as_str()),
        (v1::JobState::Cancelled, "wrong range")
    );
    let rest = cancel(&house, by_filter("state != DEAD")).await.unwrap();
    assert_eq!(counts(&rest), (1, 1, 0), "what has ended is not looked at");
    assert_eq!(
        house.job(&running).await.display_state(),
        v1::JobDisplayState::Cancelling
    );
    assert_eq!(house.job(&beta).await.state(), v1::JobState::Cancelled);
    let again = cancel(&house, by_filter("state != DEAD")).await.unwrap();
    assert_eq!(counts(&again), (0, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_by_name_tells_what_had_ended_and_heeds_the_filter() {
    let house = House::with_bars().await;
    let [failed, running, alpha, other, beta] = five(&house).await;
    let names = by_name(&[&failed, &running, &alpha, &beta]);
    let both = v1::BatchCancelJobsRequest {
        filter: "labels.team = beta".to_owned(),
        ..names.clone()
    };
    assert_eq!(counts(&cancel(&house, both).await.unwrap()), (1, 0, 0));
    assert_eq!(counts(&cancel(&house, names).await.unwrap()), (1, 1, 2));
    assert_eq!(
        house.job(&other).await.state(),
        v1::JobState::Queued,
        "it was not named"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_many_is_refused_as_a_whole() {
    let house = House::with_bars().await;
    let name = house.train().await;
    let refusal = cancel(&house, by_filter("")).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["filter"]);
    let long = v1::BatchCancelJobsRequest {
        reason: "x".repeat(513),
        ..by_filter("")
    };
    let refusal = cancel(&house, long).await.unwrap_err();
    refused(
        &refusal,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["reason", "filter"],
    );
    let refusal = cancel(&house, by_filter("stat = X")).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "FILTER_SYNTAX", &["filter"]);
    let refusal = cancel(&house, by_name(&[&name, "jobs/1", &name]))
        .await
        .unwrap_err();
    refused(
        &refusal,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["names[1]", "names[2]"],
    );
    assert_eq!(
        cancel(&house, by_name(&[&name, NOBODY]))
            .await
            .unwrap_err()
            .code(),
        Code::NotFound
    );
    let foreign = v1::BatchCancelJobsRequest {
        parent: "projects/none".to_owned(),
        ..by_filter("state = QUEUED")
    };
    assert_eq!(cancel(&house, foreign).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(house.job(&name).await.state(), v1::JobState::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_jobs_than_one_call_cancels_are_an_error_and_none_is_cancelled() {
    let house = House::with_bars().await;
    house.train().await;
    let copy = |count: i64| {
        house.sql(&format!(
            "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                              created_by, event_seq)
             select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end,
                    horizon, 'copy', 0 from (select * from job limit 1) j, generate_series(1, {count})"
        ))
    };
    copy(10_000);
    let refusal = cancel(&house, by_filter("state = QUEUED")).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["filter"]);
    assert!(refusal.message().contains("10000"), "{refusal:?}");
    assert_eq!(
        house.sql("select count(*) from job where state = 'CANCELLED'"),
        "0"
    );
    let done = cancel(&house, by_filter("created_by = copy")).await.unwrap();
    assert_eq!((done.cancelled_count, done.names.len()), (10_000, 100));
    assert_eq!(house.sql("select count(*) from job where state = 'QUEUED'"), "1");
}

async fn count(house: &House, filter: &str, parts: &[&str]) -> Result<v1::CountJobsResponse, Status> {
    let request = v1::CountJobsRequest {
        filter: filter.to_owned(),
        group_by: parts.iter().map(ToString::to_string).collect(),
        ..v1::CountJobsRequest::default()
    };
    house
        .jobs()
        .count_jobs(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_counted_as_a_whole_and_in_groups() {
    let house = House::with_bars().await;
    five(&house).await;
    let all = count(&house, "", &[]).await.unwrap();
    assert_eq!((all.total_count, all.groups.len()), (5, 0));
    let waiting = count(&house, "state = QUEUED AND labels.team = alpha", &[])
        .await
        .unwrap();
    assert_eq!(waiting.total_count, 2);
    let none = count(&house, "state = QUEUED AND state = DEAD", &["state"])
        .await
        .unwrap();
    assert_eq!((none.total_count, none.groups.len()), (0, 0));
    let groups = count(&house, "", &["state", "labels.team"]).await.unwrap();
    assert_eq!(groups.total_count, 5);
    let shown: BTreeSet<(String, String, i64)> = groups
        .groups
        .iter()
        .map(|group| {
            let team = group.labels.get("team").cloned().unwrap_or_default();
            (
                group.state().as_str_name().replace("JOB_STATE_", ""),
                team,
                group.count,
            )
        })
        .collect();
    let group = |state: &str, team: &str, count| (state.to_owned(), team.to_owned(), count);
    let expected = [
        group("QUEUED", "alpha", 2),
        group("QUEUED", "beta", 1),
        group("RUNNING", "", 1),
        group("FAILED", "", 1),
    ];
    assert_eq!(shown, BTreeSet::from(expected));
    let kinds = count(&house, "model = pump", &["kind"]).await.unwrap();
    assert_eq!(
        (kinds.groups[0].kind(), kinds.groups[0].count),
        (v1::JobKind::Train, 5)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_count_is_refused_with_its_place() {
    let house = House::with_bars().await;
    let refusal = count(&house, "", &["state", "model", "labels.Team", "state"])
        .await
        .unwrap_err();
    let fields = ["group_by[1]", "group_by[2]", "group_by[3]"];
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &fields);
    let refusal = count(&house, "state", &[]).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "FILTER_SYNTAX", &["filter"]);
    let foreign = v1::CountJobsRequest {
        parent: "projects/none".to_owned(),
        ..v1::CountJobsRequest::default()
    };
    assert_eq!(
        house.jobs().count_jobs(foreign).await.unwrap_err().code(),
        Code::NotFound
    );
    house.train().await;
    house.sql(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                          created_by, event_seq, labels)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                'copy', 0, jsonb_build_object('n', n::text) from (select * from job limit 1) j, generate_series(1, 1001) n",
    );
    let refusal = count(&house, "", &["labels.n"]).await.unwrap_err();
    refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["group_by"]);
    assert_eq!(
        count(&house, "created_by = copy", &["state"])
            .await
            .unwrap()
            .total_count,
        1001
    );
}

async fn stats(house: &House, queue: &str) -> Result<v1::QueueStats, Status> {
    let request = v1::GetQueueStatsRequest {
        queue: queue.to_owned(),
        ..v1::GetQueueStatsRequest::default()
    };
    house
        .jobs()
        .get_queue_stats(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_says_how_full_it_is_and_how_long_a_job_may_wait() {
    let house = House::with_bars().await;
    five(&house).await;
    let before = stats(&house, "").await.unwrap();
    assert_eq!(
        (before.due_count, before.running_count, before.scheduled_count),
        (3, 1, 0)
    );
    assert_eq!(
        (before.worker_count, before.expected_wait),
        (0, None),
        "nobody works"
    );
    assert!(before.oldest_age.is_some() && before.pause_time.is_none());
    let worker = NewWorker {
        id: WorkerId(Uuid::now_v7()),
        hostname: "h".to_owned(),
        version: "1".to_owned(),
        slots: 2,
        memory_bytes: 1 << 30,
    };
    house.api.store.register_worker(&worker).await.unwrap();
    let working = stats(&house, "default").await.unwrap();
    assert_eq!(
        (working.worker_count, working.slot_count, working.free_slot_count),
        (1, 2, 1)
    );
    assert_eq!(
        working.expected_wait, None,
        "no job has succeeded yet, and some must end first"
    );
    house.sql("update worker set slots = 8");
    let roomy = stats(&house, "default").await.unwrap();
    let limit = (
        roomy.max_running,
        roomy.expected_wait.map(|wait| (wait.seconds, wait.nanos)),
    );
    // One runs, three are due: the fifth starts at once if the project may have five.
    assert_eq!(limit.1, (limit.0 >= 5).then_some((0, 0)));
    house.api.store.pause_queue("default").await.unwrap();
    let paused = stats(&house, "default").await.unwrap();
    assert!(paused.pause_time.is_some() && paused.expected_wait.is_none());
    let counted: i64 = paused.depth.iter().map(|depth| depth.count).sum();
    assert_eq!(counted, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_told_from_one_that_cannot_be() {
    let house = House::with_bars().await;
    assert_eq!(stats(&house, "none").await.unwrap_err().code(), Code::NotFound);
    for queue in ["None", "a\0b", "x; drop table job"] {
        let refusal = stats(&house, queue).await.unwrap_err();
        refused(&refusal, Code::InvalidArgument, "INVALID_FIELD", &["queue"]);
    }
    let foreign = v1::GetQueueStatsRequest {
        parent: "projects/none".to_owned(),
        ..v1::GetQueueStatsRequest::default()
    };
    let refusal = house.jobs().get_queue_stats(foreign).await.unwrap_err();
    assert_eq!(refusal.code(), Code::NotFound);
    assert!(refusal.message().contains("projects/none"), "{refusal:?}");
}
