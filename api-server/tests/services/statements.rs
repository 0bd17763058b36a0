//! How many statements Postgres executes for each method, and that it is the same number for one row and for fifty.

pub(crate) mod calls;
pub(crate) mod world;

use crate::house::House;
use api_server::access::{Access, METHODS};
use calls::{ASIDE, call};
use std::collections::BTreeSet;
use std::time::Duration;

/// Every method with a role, and how many statements it may take: with nothing remembered, on a server without keys. `begin` and
/// `commit` count.
/// A new method needs a row here and an arm in `calls`.
#[rustfmt::skip]
const STATEMENTS: &[(&str, u32)] = &[
    ("AdminService/GetServerInfo",        2),
    ("AdminService/ListWorkers",          2),
    ("AdminService/DrainWorker",          6),
    ("AdminService/PauseQueue",           5),
    ("AdminService/ResumeQueue",          5),
    ("AdminService/GetQuota",             1),
    ("AdminService/UpdateQuota",          6),
    ("AdminService/ListAuditEvents",      1),
    ("ApiKeyService/CreateApiKey",        6),
    ("ApiKeyService/ListApiKeys",         1),
    ("ApiKeyService/RotateApiKey",        5),
    ("ApiKeyService/RevokeApiKey",        5),
    ("ArtifactService/ListArtifacts",     1),
    ("ArtifactService/DownloadArtifact",  1),
    ("CatalogService/CreateSource",       8),
    ("CatalogService/GetSource",          1),
    ("CatalogService/ListSources",        1),
    ("CatalogService/GetSourceCoverage",  8),
    ("CatalogService/ListFeatures",       1),
    ("CatalogService/ListAlgorithms",     1),
    ("CatalogService/ListPhases",         1),
    ("DatasetService/PreviewLabels",      8),
    ("DatasetService/PreviewDataset",     9),
    ("DatasetService/CheckLeakage",      15),
    ("EvaluationService/GetEvaluation",   1),
    ("EvaluationService/ListEvaluations", 1),
    ("EvaluationService/BatchGetEvaluations",  1),
    ("EvaluationService/DeleteEvaluation",     3),
    ("EvaluationService/GetEvaluationCurve",   1),
    ("EvaluationService/ListEvaluationSlices", 1),
    ("EvaluationService/GetComparison",   1),
    ("EvaluationService/ListComparisons", 2),
    ("EvaluationService/GetBacktest",     1),
    ("EvaluationService/ListBacktests",   2),
    ("JobService/GetJob",                 3),
    ("JobService/BatchGetJobs",           3),
    ("JobService/ListJobs",               3),
    ("JobService/WatchJob",               6),
    ("JobService/WaitJob",                3),
    ("JobService/CancelJob",              7),
    ("JobService/CountJobs",              3),
    ("JobService/GetQueueStats",          6),
    ("JobService/WatchJobs",              9),
    ("JobService/ListJobLogs",            3),
    ("JobService/TailJobLogs",            4),
    ("JobService/BatchCancelJobs",        9),
    ("JobService/RetryJob",               8),
    ("JobService/UpdateJob",              8),
    ("ModelService/GetModel",             1),
    ("ModelService/BatchGetModels",       1),
    ("ModelService/ListModels",           2),
    ("ModelService/UpdateModel",          5),
    ("ModelService/DeleteModel",          5),
    ("ModelService/UndeleteModel",        5),
    ("ModelService/GetModelVersion",      1),
    ("ModelService/ListModelVersions",    1),
    ("ModelService/SetModelAlias",       10),
    ("ModelService/DeleteModelAlias",     9),
    ("ModelService/PromoteModelVersion",  9),
    ("ModelService/ListPromotions",       1),
    ("ModelService/ListLeaderboard",      1),
    ("ModelService/GetLineage",           2),
    ("ModelService/GetFeatureImportance", 2),
    ("PredictionService/Predict",         1),
    ("TrainingService/TrainModel",        8),
    ("TrainingService/ReproduceJob",     11),
    ("TrainingService/EvaluateModel",    13),
    ("TrainingService/CompareModels",    17),
    ("GRPCInferenceService/ModelReady",    1),
    ("GRPCInferenceService/ModelMetadata", 1),
    ("GRPCInferenceService/ModelInfer",    1),
    ("TrainingService/BacktestModel",    13),
    ("TrainingService/BatchPredict",     13),
    ("TrainingService/TuneModel",         8),
    ("TrainingService/PreviewStudy",      1),
    ("TrainingService/ListStudies",       3),
];

/// Methods that need no statement once what they show is remembered.
const REMEMBERED: &[&str] = &[
    "CatalogService/GetSource",
    "CatalogService/ListFeatures",
    "CatalogService/ListPhases",
    "ModelService/GetModel",
];

/// What the server asks on its own account, whoever calls: readiness, metrics, and the events of all watched jobs at once.
const OWN: &str = r"^-- (store\.ping|queue_stats\.(overview|workers)|migrate\.|jobs\.(poll_events|recent_events|clock))|pg_stat_statements";

/// Statements counted in one database since the last reset.
struct Counter<'a> {
    house: &'a House,
}

impl<'a> Counter<'a> {
    /// None, with the reason printed, where the server does not count.
    fn of(house: &'a House) -> Option<Self> {
        let loaded =
            house.sql("select current_setting('shared_preload_libraries') like '%pg_stat_statements%'");
        if loaded != "t" {
            eprintln!("skipped: this Postgres has not loaded pg_stat_statements");
            return None;
        }
        house.sql("create extension if not exists pg_stat_statements");
        Some(Self { house })
    }

    /// What Postgres executes during the call of a method, name by name. Postgres keeps a limited number of statements of all
    /// databases: when it dropped some meanwhile, the count may be too small and the call is made again.
    async fn during(&self, method: &str) -> Vec<String> {
        let dropped = || self.house.sql("select dealloc from pg_stat_statements_info");
        loop {
            let before = dropped();
            self.house.sql(
                "select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()",
            );
            Box::pin(call(self.house, method)).await;
            let listed = self.house.sql(&format!(
                "select string_agg(calls || ' x ' || split_part(query, E'\\n', 1), E'\\n' order by query), sum(calls)
                   from pg_stat_statements s join pg_database d on d.oid = s.dbid
                  where d.datname = current_database() and query !~ '{OWN}' and not starts_with(query, '{ASIDE}')"
            ));
            if dropped() == before {
                return listed.lines().map(str::to_owned).collect();
            }
        }
    }
}

/// The sum that stands at the end of the list.
fn sum(listed: &[String]) -> u32 {
    let last = listed.last().and_then(|line| line.rsplit('|').next());
    last.and_then(|sum| sum.parse().ok()).unwrap_or(0)
}

#[test]
fn every_method_has_its_number_of_statements() {
    let methods: BTreeSet<String> = METHODS
        .iter()
        .filter(|method| method.access != Access::Open)
        .map(|method| {
            method
                .path
                .replace("/mltraining.v1.", "")
                .replace("/inference.", "")
        })
        .collect();
    let counted: BTreeSet<String> = STATEMENTS
        .iter()
        .map(|(method, _)| (*method).to_owned())
        .collect();
    assert_eq!(counted, methods);
    assert_eq!(counted.len(), STATEMENTS.len(), "a method has two rows");
}

/// What each method of the table takes in a project with so many rows; `None` where the server does not count.
async fn taken(rows: u32) -> Option<Vec<Vec<String>>> {
    let house = House::with(|config| config.cache.max_age = Duration::ZERO).await;
    let counter = Counter::of(&house)?;
    world::fill(&house, rows).await;
    let mut taken = Vec::new();
    for (method, _) in STATEMENTS {
        taken.push(Box::pin(counter.during(method)).await);
    }
    Some(taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_takes_no_more_than_its_statements_and_as_many_for_fifty_rows_as_for_one() {
    let (Some(one), Some(fifty)) = (Box::pin(taken(1)).await, Box::pin(taken(50)).await) else {
        return;
    };
    let mut wrong = Vec::new();
    for (((method, most), one), fifty) in STATEMENTS.iter().zip(one).zip(fifty) {
        if sum(&one) > *most || sum(&one) != sum(&fifty) {
            let (one, fifty) = (one.join("\n  "), fifty.join("\n  "));
            wrong.push(format!(
                "{method}, at most {most}; with one row:\n  {one}\nwith fifty:\n  {fifty}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_takes_no_statement() {
    let house = House::with(|config| config.cache.max_age = Duration::from_secs(3600)).await;
    let Some(counter) = Counter::of(&house) else {
        return;
    };
    world::fill(&house, 1).await;
    for method in REMEMBERED {
        Box::pin(call(&house, method)).await;
        let listed = Box::pin(counter.during(method)).await;
        assert_eq!(sum(&listed), 0, "{method}: {listed:?}");
    }
}
