//! The lists of the store.

use super::questions::{QUESTIONS, some_time};
use super::timing::{Timing, time};
use super::{PAGE, Size};
use mltraining_domain::{JobId, ModelId, ProjectId};
use mltraining_store::Store;
use mltraining_store::jobs::{JobCursor, JobFilter, JobView};
use mltraining_store::models::{Deleted, ModelFilter, VersionView};

/// The filter of a call, by its number.
type ModelFilterOf = fn(u32) -> ModelFilter;

const LEVEL: &str = "store";
/// A page, and the row that shows whether another follows.
const LIMIT: i64 = PAGE as i64 + 1;

/// Times each list of `store`.
///
/// # Errors
/// Those of the store.
pub async fn by_store(store: &Store, size: Size) -> anyhow::Result<Vec<Timing>> {
    let mut lists = jobs(store, size).await?;
    lists.extend(models(store, size).await?);
    Ok(lists)
}

async fn jobs(store: &Store, size: Size) -> anyhow::Result<Vec<Timing>> {
    let project = ProjectId::default_project();
    let mut lists = Vec::new();
    for question in QUESTIONS {
        let name = format!("ListJobs {}", question.name);
        let ask = async |n| {
            let mut filter = JobFilter::default();
            (question.set)(&mut filter, n);
            let list = store
                .list_jobs(&project, &filter, None, LIMIT, JobView::Basic)
                .await?;
            Ok(list.jobs.len())
        };
        lists.push(time(LEVEL, &name, size.samples, ask).await?);
    }
    let deep = async |n| {
        let after = Some(JobCursor {
            created_at: some_time(n, size.jobs),
            id: JobId(uuid::Uuid::max()),
        });
        let filter = JobFilter::default();
        let list = store
            .list_jobs(&project, &filter, after, LIMIT, JobView::Basic)
            .await?;
        Ok(list.jobs.len())
    };
    lists.push(time(LEVEL, "ListJobs deep page", size.samples, deep).await?);
    let newest = store
        .list_jobs(&project, &JobFilter::default(), None, 1000, JobView::Basic)
        .await?;
    let ids: Vec<JobId> = newest.jobs.iter().map(|job| job.id).collect();
    let batch = async |n: u32| {
        let from = n as usize * 7 % (ids.len().saturating_sub(100)).max(1);
        let wanted = &ids[from..ids.len().min(from + 100)];
        Ok(store.batch_get_jobs(&project, wanted, JobView::Full).await?.len())
    };
    lists.push(time(LEVEL, "BatchGetJobs 100", size.samples, batch).await?);
    Ok(lists)
}

/// Name and filter of the lists of models.
fn model_filters() -> [(&'static str, ModelFilterOf); 5] {
    [
        ("newest", |_| ModelFilter::default()),
        ("deleted ones too", |_| ModelFilter {
            deleted: Deleted::Shown,
            ..ModelFilter::default()
        }),
        ("label, one of 50", |n| ModelFilter {
            labels: [("team".to_owned(), format!("t{}", n % 50))].into(),
            ..ModelFilter::default()
        }),
        ("label, twenty of all", |_| ModelFilter {
            labels: [("rare".to_owned(), "yes".to_owned())].into(),
            ..ModelFilter::default()
        }),
        ("name, one of all", |n| ModelFilter {
            display_name: Some(format!("m{}", n + 1)),
            ..ModelFilter::default()
        }),
    ]
}

async fn models(store: &Store, size: Size) -> anyhow::Result<Vec<Timing>> {
    let project = ProjectId::default_project();
    let mut lists = Vec::new();
    for (name, filter) in model_filters() {
        let ask = async |n| {
            let list = store.list_models(&project, &filter(n), None, LIMIT).await?;
            Ok(list.models.len())
        };
        lists.push(time(LEVEL, &format!("ListModels {name}"), size.samples, ask).await?);
    }
    let versions = async |n: u32| {
        let model: ModelId = format!("m{}", n + 1).parse()?;
        let list = store.list_model_versions(&project, &model, None, LIMIT, VersionView::Basic);
        Ok(list.await?.len())
    };
    lists.push(time(LEVEL, "ListModelVersions", size.samples, versions).await?);
    Ok(lists)
}
