//! Page tokens that no server made: their seal is no secret, so a client may put into them what it likes.

use super::world::World;
use mltraining_domain::page;
use serde_json::{Value, json};

/// A list, the name that its request needs, what its tokens are sealed with, and a cursor that it takes.
pub struct List {
    pub path: &'static str,
    /// Field and value.
    pub named: Option<(&'static str, String)>,
    /// The field of the token.
    pub token: &'static str,
    scope: Vec<String>,
    cursor: Value,
}

/// What stands in the place of every part of a cursor, in turns.
fn odd() -> Vec<Value> {
    let ends = [i64::MIN, -1, 0, i64::from(i32::MAX), i64::MAX].map(|end| json!(end));
    let texts = [
        "",
        "\0",
        "a\0b",
        "-4799-01-01T00:00:00Z",
        "-262143-01-01T00:00:00Z",
        "+262142-12-31T23:59:59.999999999Z",
        "0000-01-01T00:00:00Z",
    ];
    let others = [
        json!(1e308),
        json!(null),
        json!([]),
        json!(u64::MAX),
        json!("x".repeat(300)),
    ];
    [
        ends.to_vec(),
        texts.map(|text| json!(text)).to_vec(),
        others.to_vec(),
    ]
    .concat()
}

impl List {
    /// A token that its list takes.
    pub fn good(&self) -> String {
        self.seal(&self.cursor)
    }

    /// Tokens with a good seal around something odd.
    pub fn forged(&self) -> Vec<String> {
        let mut cursors = odd();
        for key in self.cursor.as_object().into_iter().flat_map(|parts| parts.keys()) {
            cursors.extend(odd().into_iter().map(|value| {
                let mut cursor = self.cursor.clone();
                cursor[key] = value;
                cursor
            }));
        }
        cursors.iter().map(|cursor| self.seal(cursor)).collect()
    }

    fn seal(&self, cursor: &Value) -> String {
        let scope: Vec<&str> = self.scope.iter().map(String::as_str).collect();
        page::encode(cursor, &scope)
    }
}

fn list(path: &'static str, scope: &[&str], cursor: Value) -> List {
    let method = path.rsplit('/').next().unwrap();
    let scope = [&[method], scope].concat();
    List {
        path,
        named: None,
        token: "page_token",
        scope: scope.iter().map(ToString::to_string).collect(),
        cursor,
    }
}

fn below(path: &'static str, field: &'static str, name: &str, more: &[&str], cursor: Value) -> List {
    List {
        named: Some((field, name.to_owned())),
        ..list(path, &[&[name], more].concat(), cursor)
    }
}

/// Names that lists are asked below.
#[derive(Debug, Default)]
pub struct Parents {
    job: String,
    evaluation: String,
}

impl Parents {
    /// Things that the world has.
    pub fn of(world: &World) -> Self {
        let first = |sql: &str| world.system.database.sql(sql);
        Self {
            job: first("select 'projects/default/jobs/' || id from job where state = 'SUCCEEDED' limit 1"),
            evaluation: first("select 'projects/default/evaluations/' || id from evaluation limit 1"),
        }
    }
}

/// The lists of the service, which read their cursor back.
#[expect(clippy::too_many_lines, reason = "a table of lists")]
pub fn lists(Parents { job, evaluation }: &Parents) -> Vec<List> {
    let (time, id) = ("2026-01-01T00:00:00Z", "01890a5d-ac96-774b-bcce-b302099a8057");
    let at = |id: Value| json!({"created_at": time, "id": id});
    let (model, version) = (
        "projects/default/models/rise",
        "projects/default/models/rise/versions/1",
    );
    let board = json!({"test_key": "", "label_key": "", "badness": 0.5, "model": "rise", "version": 1});
    vec![
        list(
            "/mltraining.v1.JobService/ListJobs",
            &["default", ""],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.ModelService/ListModels",
            &["default", "", ""],
            at(json!("rise")),
        ),
        list(
            "/mltraining.v1.ModelService/ListLeaderboard",
            &["default", "roc_auc", "", ""],
            board,
        ),
        list(
            "/mltraining.v1.EvaluationService/ListEvaluations",
            &["default", ""],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.EvaluationService/ListComparisons",
            &["default"],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.EvaluationService/ListBacktests",
            &["default"],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.TrainingService/ListStudies",
            &["default", ""],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.ApiKeyService/ListApiKeys",
            &["default"],
            at(json!(id)),
        ),
        list(
            "/mltraining.v1.CatalogService/ListSources",
            &["default"],
            json!("bars"),
        ),
        list(
            "/mltraining.v1.CatalogService/ListFeatures",
            &["default", ""],
            json!("lag"),
        ),
        list(
            "/mltraining.v1.CatalogService/ListAlgorithms",
            &["default"],
            json!("x"),
        ),
        list("/mltraining.v1.AdminService/ListAuditEvents", &[""], at(json!(5))),
        list(
            "/mltraining.v1.AdminService/ListWorkers",
            &[],
            json!({"started_at": time, "id": id}),
        ),
        below(
            "/mltraining.v1.JobService/ListJobLogs",
            "parent",
            job,
            &["LogFilter { attempt: None, least: Debug, since: None }"],
            json!(2),
        ),
        below(
            "/mltraining.v1.ArtifactService/ListArtifacts",
            "parent",
            job,
            &[],
            json!("a"),
        ),
        below(
            "/mltraining.v1.ModelService/ListModelVersions",
            "parent",
            model,
            &[],
            json!(2),
        ),
        below(
            "/mltraining.v1.ModelService/ListPromotions",
            "parent",
            model,
            &[],
            json!(2),
        ),
        below(
            "/mltraining.v1.ModelService/GetLineage",
            "name",
            version,
            &[],
            json!({"created_at": time, "key": ""}),
        ),
        below(
            "/mltraining.v1.CatalogService/ListPhases",
            "parent",
            "projects/default/sources/bars",
            &[],
            json!(2),
        ),
        below(
            "/mltraining.v1.EvaluationService/ListEvaluationSlices",
            "parent",
            evaluation,
            &["0"],
            json!(0),
        ),
        List {
            token: "resume_token",
            ..list(
                "/mltraining.v1.JobService/WatchJobs",
                &["default", ""],
                json!(1_767_225_600_000_000_i64),
            )
        },
    ]
}
