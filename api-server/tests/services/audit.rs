//! Every change leaves a row that says who made it, in its own transaction; nothing else leaves any.

use crate::house::{House, PARENT, create_bars, refused, train};
use crate::statements::{calls::call, world};
use crate::support::requests::JOB;
use api_server::access::{Access, Effect, METHODS, Method, Port};
use mltraining_proto::v1;
use std::collections::BTreeSet;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use uuid::Uuid;
use v1::admin_service_client::AdminServiceClient;

async fn admin(house: &House) -> AdminServiceClient<Channel> {
    AdminServiceClient::new(house.api.channel_to(Port::Admin).await)
}

/// `Service/Method`, as the calls name it.
fn short(method: &Method) -> String {
    let path = method.path.replace("/mltraining.v1.", "");
    path.replace("/inference.", "")
}

fn count(house: &House) -> u64 {
    house.sql("select count(*) from audit_event").parse().unwrap()
}

/// The rows since there were `before`, oldest first.
fn since(house: &House, before: u64) -> Vec<String> {
    let rows = house.sql(&format!(
        "select concat_ws(' ', caller_key, caller_role, method, peer, request_id is not null, outcome)
           from audit_event order by id offset {before}"
    ));
    rows.lines().map(str::to_owned).collect()
}

/// An evaluation that no training made, which can be deleted.
async fn delete_an_evaluation(house: &House) {
    house.sql("update evaluation set version = 1 where version = 3");
    let name = house.sql(&format!(
        "select '{PARENT}/evaluations/' || e.id from evaluation e join model_version v using (project, model, version)
          where v.result_id <> e.result_id"
    ));
    let request = v1::DeleteEvaluationRequest { name };
    house.evaluations().delete_evaluation(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_that_changes_something_leaves_one_row_and_no_other_leaves_any() {
    let house = House::empty().await;
    world::fill(&house, 2).await;
    let mut changing = 0;
    for method in METHODS.iter().filter(|method| method.access != Access::Open) {
        let before = count(&house);
        match method.name() {
            "DeleteEvaluation" => Box::pin(delete_an_evaluation(&house)).await,
            _ => Box::pin(call(&house, &short(method))).await,
        }
        let rows = since(&house, before);
        if method.effect == Effect::Reads {
            assert_eq!(rows, [""; 0], "{} only looks", method.path);
            continue;
        }
        changing += 1;
        assert_eq!(rows.len(), 1, "{}: {rows:?}", method.path);
        let start = format!("local admin {} 127.0.0.1 t ", method.path);
        assert!(rows[0].starts_with(&start), "{rows:?}");
    }
    assert!(changing >= 26, "{changing} methods change something");
    // What they name is what they changed.
    let named = house.sql(
        "select string_agg(distinct regexp_replace(resource, '[0-9a-f]{8}-[-0-9a-f]{27}', 'ID'), E'\\n') from audit_event
          where (project = 'default') = (resource like 'projects/default/%') or project is null",
    );
    let named: BTreeSet<&str> = named.lines().collect();
    for resource in [
        "projects/default/jobs/ID",
        "projects/default/models/x",
        "projects/default/models/x@champion",
        "projects/default/evaluations/ID",
        "projects/default/quota",
        "queues/default",
        "workers/ID",
    ] {
        assert!(named.contains(resource), "{resource} is not among {named:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_leaves_no_row() {
    let house = House::with_bars().await;
    let request_id = Uuid::now_v7().to_string();
    let wish = v1::TrainModelRequest {
        request_id,
        ..train()
    };
    let made = house.training().train_model(wish.clone()).await.unwrap();
    let name = made.into_inner().name;
    house.cancel(&name).await;
    let pause = || v1::PauseQueueRequest::default();
    admin(&house).await.pause_queue(pause()).await.unwrap();
    let before = count(&house);
    // Asked again.
    house.training().train_model(wish).await.unwrap();
    house.cancel(&name).await;
    admin(&house).await.pause_queue(pause()).await.unwrap();
    let many = |validate_only| v1::BatchCancelJobsRequest {
        parent: PARENT.to_owned(),
        names: vec![name.clone()],
        validate_only,
        ..v1::BatchCancelJobsRequest::default()
    };
    house.jobs().batch_cancel_jobs(many(false)).await.unwrap();
    // Only looked at.
    let validated = v1::TrainModelRequest {
        validate_only: true,
        ..train()
    };
    house.training().train_model(validated).await.unwrap();
    let waiting = house.train().await;
    let made = count(&house) - before;
    assert_eq!(made, 1, "the one job that was made");
    let seen = v1::BatchCancelJobsRequest {
        names: vec![waiting],
        ..many(true)
    };
    house.jobs().batch_cancel_jobs(seen).await.unwrap();
    // Refused.
    let unknown = format!("{PARENT}/jobs/{JOB}");
    let cancel = v1::CancelJobRequest {
        name: unknown,
        ..v1::CancelJobRequest::default()
    };
    house.jobs().cancel_job(cancel).await.unwrap_err();
    house.catalog().create_source(create_bars()).await.unwrap_err();
    let nowhere = v1::ResumeQueueRequest {
        name: "queues/nowhere".to_owned(),
    };
    admin(&house).await.resume_queue(nowhere).await.unwrap_err();
    assert_eq!(count(&house) - before, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_jobs_that_one_call_cancels_leave_a_row_each_with_one_request_id() {
    let house = House::with_bars().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(house.train().await);
    }
    let mut request = Request::new(v1::BatchCancelJobsRequest {
        parent: PARENT.to_owned(),
        names: names.clone(),
        ..v1::BatchCancelJobsRequest::default()
    });
    request
        .metadata_mut()
        .insert("x-request-id", "the-one".parse().unwrap());
    house.jobs().batch_cancel_jobs(request).await.unwrap();
    let told = house.sql("select resource from audit_event where request_id = 'the-one'");
    let told: BTreeSet<&str> = told.lines().collect();
    assert_eq!(told, names.iter().map(String::as_str).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_row_cannot_be_written_is_not_made() {
    let house = House::empty().await;
    world::fill(&house, 1).await;
    let waiting = house.train().await;
    house.sql("alter table audit_event add constraint broken check (method = '') not valid");
    let before = house.contents();
    let alias = v1::SetModelAliasRequest {
        name: format!("{PARENT}/models/x@new"),
        version: format!("{PARENT}/models/x/versions/1"),
        ..v1::SetModelAliasRequest::default()
    };
    let delete = v1::DeleteModelRequest {
        name: format!("{PARENT}/models/x"),
        ..v1::DeleteModelRequest::default()
    };
    let cancel = v1::BatchCancelJobsRequest {
        parent: PARENT.to_owned(),
        names: vec![waiting],
        ..v1::BatchCancelJobsRequest::default()
    };
    let source = v1::CreateSourceRequest {
        source_id: "more".to_owned(),
        ..create_bars()
    };
    let pause = v1::PauseQueueRequest::default();
    let failures = [
        house.training().train_model(train()).await.unwrap_err(),
        house.models().set_model_alias(alias).await.unwrap_err(),
        house.models().delete_model(delete).await.unwrap_err(),
        house.jobs().batch_cancel_jobs(cancel).await.unwrap_err(),
        house.catalog().create_source(source).await.unwrap_err(),
        admin(&house).await.pause_queue(pause).await.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.code(), Code::Internal, "{failure:?}");
    }
    assert_eq!(house.contents(), before);
}

async fn list(
    house: &House,
    filter: &str,
    page_size: i32,
    page_token: &str,
) -> Result<v1::ListAuditEventsResponse, Status> {
    let request = v1::ListAuditEventsRequest {
        filter: filter.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    };
    let listed = admin(house).await.list_audit_events(request).await;
    listed.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_newest_first_page_by_page_and_by_filter() {
    let house = House::with_bars().await;
    let job = house.train().await;
    house.cancel(&job).await;
    admin(&house)
        .await
        .pause_queue(v1::PauseQueueRequest::default())
        .await
        .unwrap();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = list(&house, "", 1, &token).await.unwrap();
        seen.extend(page.audit_events);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let methods: Vec<&str> = seen
        .iter()
        .map(|e| e.method.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(methods, ["PauseQueue", "CancelJob", "TrainModel", "CreateSource"]);
    let made = &seen[2];
    assert_eq!(
        (made.resource.as_str(), made.caller_key.as_str()),
        (job.as_str(), "local")
    );
    assert_eq!(made.outcome(), v1::AuditOutcome::Created);
    assert_eq!(made.project.as_deref(), Some(PARENT));
    assert_eq!(seen[0].project, None, "a queue belongs to all projects");
    for (filter, wanted) in [
        ("project = default", 3),
        ("method = CancelJob", 1),
        (
            "method = /mltraining.v1.JobService/CancelJob AND project = default",
            1,
        ),
        (&format!("resource = {job}"), 2),
        ("caller_key = local", 4),
        ("caller_key = local AND caller_key = cli", 0),
        ("create_time < 2026-01-01T00:00:00Z", 0),
        ("create_time >= 2026-01-01T00:00:00Z", 4),
    ] {
        let found = list(&house, filter, 0, "").await.unwrap().audit_events;
        assert_eq!(found.len(), wanted, "{filter}: {found:?}");
    }
    let token = list(&house, "", 1, "").await.unwrap().next_page_token;
    let foreign = list(&house, "project = default", 1, &token).await.unwrap_err();
    refused(
        &foreign,
        Code::InvalidArgument,
        "PAGE_TOKEN_INVALID",
        &["page_token"],
    );
    let wrong = list(&house, "outcome = CREATED", 1, "").await.unwrap_err();
    refused(&wrong, Code::InvalidArgument, "FILTER_SYNTAX", &["filter"]);
}
