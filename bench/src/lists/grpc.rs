//! The same lists through an API server.

use super::questions::{QUESTIONS, some_time};
use super::timing::{Timing, time};
use super::{PAGE, Size};
use anyhow::Context;
use mltraining_proto::v1;
use mltraining_tests::caller::Caller;

/// The filter of a call, by its number.
type FilterOf = fn(u32) -> String;

const LEVEL: &str = "grpc";

/// Times each list for a client.
///
/// # Errors
/// Those of the server.
pub async fn by_grpc(caller: &Caller, size: Size) -> anyhow::Result<Vec<Timing>> {
    let mut lists = jobs(caller, size).await?;
    lists.extend(logs(caller, size).await?);
    lists.extend(models(caller, size).await?);
    Ok(lists)
}

fn page(filter: String) -> v1::ListJobsRequest {
    v1::ListJobsRequest {
        filter,
        page_size: PAGE,
        ..v1::ListJobsRequest::default()
    }
}

async fn jobs(caller: &Caller, size: Size) -> anyhow::Result<Vec<Timing>> {
    let mut client = caller.jobs.clone();
    let mut lists = Vec::new();
    for question in QUESTIONS {
        let name = format!("ListJobs {}", question.name);
        let ask = async |n| {
            let answer = client.list_jobs(page((question.filter)(n))).await?;
            Ok(answer.into_inner().jobs.len())
        };
        lists.push(time(LEVEL, &name, size.samples, ask).await?);
    }
    for (name, and) in [
        ("before a time", ""),
        ("before a time, state", " AND state = FAILED"),
        ("before a time, label", " AND labels.team = t7"),
        ("before a time, caller", " AND created_by = key7"),
    ] {
        let old = async |n| {
            let filter = format!("create_time < {}{and}", some_time(n, size.jobs).to_rfc3339());
            Ok(client.list_jobs(page(filter)).await?.into_inner().jobs.len())
        };
        lists.push(time(LEVEL, &format!("ListJobs {name}"), size.samples, old).await?);
    }
    let newest = client.list_jobs(v1::ListJobsRequest {
        page_size: 1000,
        ..v1::ListJobsRequest::default()
    });
    let newest = newest.await?.into_inner().jobs;
    let batch = async |n: u32| {
        let from = n as usize * 7 % newest.len().saturating_sub(100).max(1);
        let names = newest.iter().skip(from).take(100);
        let request = v1::BatchGetJobsRequest {
            names: names.map(|job| job.name.clone()).collect(),
            ..v1::BatchGetJobsRequest::default()
        };
        Ok(client.batch_get_jobs(request).await?.into_inner().jobs.len())
    };
    lists.push(time(LEVEL, "BatchGetJobs 100", size.samples, batch).await?);
    Ok(lists)
}

/// The log of the job that has said most.
async fn logs(caller: &Caller, size: Size) -> anyhow::Result<Vec<Timing>> {
    let mut client = caller.jobs.clone();
    let of_ann = client
        .list_jobs(page("created_by = ann".to_owned()))
        .await?
        .into_inner();
    let oldest = of_ann
        .jobs
        .last()
        .context("the filled database has jobs of ann")?;
    let request = |min_severity: v1::LogSeverity, since: i64| v1::ListJobLogsRequest {
        parent: oldest.name.clone(),
        page_size: PAGE,
        min_severity: min_severity.into(),
        since: oldest.create_time.map(|mut time| {
            time.seconds += since;
            time
        }),
        ..v1::ListJobLogsRequest::default()
    };
    let mut lists = Vec::new();
    for (name, severity, since) in [
        ("first page of 100,000 lines", v1::LogSeverity::Debug, 0),
        ("since, a page that finds nothing yet", v1::LogSeverity::Debug, 99),
        ("errors, one in 2,000, a page", v1::LogSeverity::Error, 0),
    ] {
        let ask = async |_| {
            let answer = client.list_job_logs(request(severity, since)).await?;
            Ok(answer.into_inner().entries.len())
        };
        lists.push(time(LEVEL, &format!("ListJobLogs {name}"), size.samples, ask).await?);
    }
    Ok(lists)
}

async fn models(caller: &Caller, size: Size) -> anyhow::Result<Vec<Timing>> {
    let mut client = caller.models.clone();
    let filters: [(&str, FilterOf); 4] = [
        ("newest", |_| String::new()),
        ("label, one of 50", |n| format!("labels.team = t{}", n % 50)),
        ("label, twenty of all", |_| "labels.rare = yes".to_owned()),
        ("name, one of all", |n| format!("display_name = m{}", n + 1)),
    ];
    let mut lists = Vec::new();
    for (name, filter) in filters {
        let ask = async |n| {
            let request = v1::ListModelsRequest {
                filter: filter(n),
                page_size: PAGE,
                ..v1::ListModelsRequest::default()
            };
            Ok(client.list_models(request).await?.into_inner().models.len())
        };
        lists.push(time(LEVEL, &format!("ListModels {name}"), size.samples, ask).await?);
    }
    let versions = async |n| {
        let request = v1::ListModelVersionsRequest {
            parent: format!("projects/default/models/m{}", 10 * n + 1), // others are of other projects, or deleted
            page_size: PAGE,
            ..v1::ListModelVersionsRequest::default()
        };
        let answer = client.list_model_versions(request).await?.into_inner();
        Ok(answer.model_versions.len())
    };
    lists.push(time(LEVEL, "ListModelVersions", size.samples, versions).await?);
    Ok(lists)
}
