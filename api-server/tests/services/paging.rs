//! Pages and filters of lists.

use crate::house::{House, PARENT, fields, metadata, reason, refused, text_of, train};
use mltraining_proto::v1;
use mltraining_proto::v1::training_service_client::TrainingServiceClient;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status};
use uuid::Uuid;

/// Again while the service says that it cannot answer now: under the load of all tests its connections are not made in time. The
/// id of the request makes it one job all the same.
async fn make_job(mut client: TrainingServiceClient<Channel>, request: v1::TrainModelRequest) {
    loop {
        match client.train_model(request.clone()).await {
            Ok(_) => return,
            Err(status) if status.code() == Code::Unavailable => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(status) => panic!("the job is refused: {status}"),
        }
    }
}

async fn make_jobs(house: &House, count: usize) -> Vec<String> {
    let mut calls = JoinSet::new();
    for i in 0..count {
        let request = v1::TrainModelRequest {
            labels: [("n".to_owned(), (i % 10).to_string())].into(),
            request_id: Uuid::new_v4().to_string(),
            ..train()
        };
        calls.spawn(make_job(house.training(), request));
        if calls.len() >= 20 {
            calls.join_next().await.unwrap().unwrap();
        }
    }
    calls.join_all().await;
    house
        .sql("select 'projects/default/jobs/' || id from job")
        .lines()
        .map(str::to_owned)
        .collect()
}

fn page(size: i32, token: &str, filter: &str) -> v1::ListJobsRequest {
    v1::ListJobsRequest {
        parent: PARENT.to_owned(),
        page_size: size,
        page_token: token.to_owned(),
        filter: filter.to_owned(),
        ..v1::ListJobsRequest::default()
    }
}

async fn list(house: &House, request: v1::ListJobsRequest) -> Result<v1::ListJobsResponse, Status> {
    house
        .jobs()
        .list_jobs(request)
        .await
        .map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_each_job_once_while_others_are_made() {
    let house = House::with_bars().await;
    let made = make_jobs(&house, 500).await;
    assert_eq!(made.len(), 500);
    let mut seen = BTreeMap::<String, usize>::new();
    let (mut token, mut last) = (String::new(), None);
    loop {
        let answer = list(&house, page(37, &token, "")).await.unwrap();
        for job in &answer.jobs {
            *seen.entry(job.name.clone()).or_default() += 1;
            let at = job.create_time.map(|at| (at.seconds, at.nanos));
            assert!(last.is_none() || at <= last, "newest first");
            last = at;
            assert!(job.spec.is_none(), "a list is BASIC");
        }
        house.train().await;
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    for name in &made {
        assert_eq!(seen.get(name), Some(&1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_leaves_what_it_says() {
    let house = House::with_bars().await;
    make_jobs(&house, 20).await;
    let lease = house.claim().await;
    let count = async |filter: &str| list(&house, page(0, "", filter)).await.unwrap().jobs.len();
    assert_eq!(count("state = RUNNING").await, 1);
    assert_eq!(count("state != RUNNING").await, 19);
    assert_eq!(count("labels.n = 3").await, 2);
    assert_eq!(count("labels.n != 3 AND kind = TRAIN").await, 18);
    assert_eq!(count("model = pump AND priority <= 2").await, 20);
    assert_eq!(count("model = other").await, 0);
    assert_eq!(count("created_by = local").await, 20);
    assert_eq!(count("state = RUNNING AND state = QUEUED").await, 0);
    let all = list(&house, page(0, "", "")).await.unwrap().jobs;
    let oldest = text_of(all.last().unwrap().create_time.as_ref());
    assert_eq!(count(&format!("create_time > {oldest}")).await, 19);
    assert_eq!(count(&format!("create_time <= {oldest}")).await, 1);
    house.fail(lease).await;
    assert_eq!(count("state = FAILED").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_rare_filter_may_be_empty_and_the_list_go_on() {
    let house = House::with_bars().await;
    let rare = house.train().await;
    house.sql(
        "insert into job (id, project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon, created_by,
                          created_at, priority)
         select gen_random_uuid(), project, queue, kind, spec, spec_version, model, source, range_start, range_end, horizon,
                created_by, created_at + n * interval '1 second', 4
           from job cross join generate_series(1, 2100) n",
    );
    let first = list(&house, page(50, "", "priority = 2")).await.unwrap();
    assert!(first.jobs.is_empty() && !first.next_page_token.is_empty());
    let second = list(&house, page(50, &first.next_page_token, "priority = 2"))
        .await
        .unwrap();
    assert_eq!(
        second.jobs.iter().map(|job| &job.name).collect::<Vec<_>>(),
        [&rare]
    );
    assert_eq!(second.next_page_token, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_page_or_filter_is_refused_with_its_place() {
    let house = House::with_bars().await;
    make_jobs(&house, 3).await;
    let syntax = list(&house, page(0, "", "state = RUNNING AND stat = 1"))
        .await
        .unwrap_err();
    refused(&syntax, Code::InvalidArgument, "FILTER_SYNTAX", &["filter"]);
    assert_eq!(metadata(&syntax, "column"), "21");
    assert!(metadata(&syntax, "expected").starts_with("one of the fields"));
    for filter in [
        "state = runing",
        "create_time > now",
        "labels.n = \"\u{0}\"",
        "state > RUNNING",
        "state =",
    ] {
        assert_eq!(
            reason(&list(&house, page(0, "", filter)).await.unwrap_err()),
            "FILTER_SYNTAX",
            "{filter:?}"
        );
    }
    let negative = list(&house, page(-1, "", "")).await.unwrap_err();
    refused(&negative, Code::InvalidArgument, "INVALID_FIELD", &["page_size"]);

    let token = list(&house, page(1, "", "")).await.unwrap().next_page_token;
    for wrong in [
        page(1, &token, "state = QUEUED"),
        page(1, "x\"; drop table job; --", ""),
        page(1, &token[1..], ""),
    ] {
        refused(
            &list(&house, wrong).await.unwrap_err(),
            Code::InvalidArgument,
            "PAGE_TOKEN_INVALID",
            &["page_token"],
        );
    }
    let of_jobs = v1::ListModelsRequest {
        page_token: token,
        ..v1::ListModelsRequest::default()
    };
    let foreign = house.models().list_models(of_jobs).await.unwrap_err();
    assert_eq!(fields(&foreign), ["page_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_does_not_exist_is_no_empty_list() {
    let house = House::with_bars().await;
    let request = v1::ListJobsRequest {
        parent: "projects/none".to_owned(),
        ..v1::ListJobsRequest::default()
    };
    let status = list(&house, request).await.unwrap_err();
    refused(&status, Code::NotFound, "NOT_FOUND", &[]);
    assert!(list(&house, page(0, "", "")).await.unwrap().jobs.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_names_what_is_missing() {
    let house = House::with_bars().await;
    let (first, second) = (house.train().await, house.train().await);
    let get = |names: Vec<String>| {
        let mut client = house.jobs();
        async move {
            let request = v1::BatchGetJobsRequest {
                names,
                ..v1::BatchGetJobsRequest::default()
            };
            client
                .batch_get_jobs(request)
                .await
                .map(|answer| answer.into_inner().jobs)
        }
    };
    let both = get(vec![second.clone(), first.clone()]).await.unwrap();
    assert_eq!([&both[0].name, &both[1].name], [&second, &first]);
    let none = "projects/default/jobs/01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let missing = get(vec![first.clone(), none.clone()]).await.unwrap_err();
    refused(&missing, Code::NotFound, "NOT_FOUND", &[]);
    assert_eq!(metadata(&missing, "name"), none);
    let wrong = get(vec![
        first.clone(),
        first.clone(),
        "x\"; drop table job; --".to_owned(),
        second.replace("default", "other"),
    ]);
    let wrong = wrong.await.unwrap_err();
    refused(
        &wrong,
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["names[1]", "names[2]", "names[3]"],
    );
    refused(
        &get(Vec::new()).await.unwrap_err(),
        Code::InvalidArgument,
        "INVALID_FIELD",
        &["names"],
    );
}
