//! Numbers to foresee, from the request to the report, by real processes: what is planted is found with skill, noise is not.
#![allow(clippy::unwrap_used)]

use mltraining_proto::v1 as pb;
use mltraining_tests::caller::Caller;
use mltraining_tests::data::START;
use mltraining_tests::system::System;
use pb::algorithm_spec::Algorithm;
use pb::label_spec::Kind;
use prost_types::{Duration, Timestamp};

/// 40 days of three entities.
const HOURS: i64 = 960;

/// Hourly bars of which `step` and `line` tell half of the next change or more, and nothing tells the changes of `noise`.
async fn make_hours(system: &System, caller: &Caller) {
    system.database.sql(&format!(
        "CREATE TABLE hours (entity text NOT NULL, at timestamptz NOT NULL, close float8, noise float8, step float8, line float8);
         INSERT INTO hours
         WITH drawn AS (
           SELECT e, m, (hashint4(m * 7 + e * 100003) & 65535) / 65535.0 AS step,
                  (hashint4(m * 7 + e * 100003 + 1) & 65535) / 65535.0 AS line,
                  (hashint4(m * 7 + e * 100003 + 2) & 65535) / 65535.0 AS rest,
                  (hashint4(m * 7 + e * 100003 + 3) & 65535) / 65535.0 AS other
           FROM generate_series(0, 2) e, generate_series(0, {HOURS} - 1) m
         ), moved AS (
           SELECT *, 0.02 * ((step > 0.5)::int - 0.5) + 0.02 * (line - 0.5) + 0.01 * (rest - 0.5) AS move FROM drawn
         )
         SELECT 'e' || e, to_timestamp({START} + 3600 * m),
                100 * exp(sum(move) OVER (PARTITION BY e ORDER BY m) - move),
                100 * exp(sum(0.02 * (other - 0.5)) OVER (PARTITION BY e ORDER BY m)), step, line
         FROM moved;"
    ));
    let column = |name: &str, role: pb::ColumnRole| pb::SourceColumn {
        name: name.into(),
        role: role.into(),
        ..pb::SourceColumn::default()
    };
    let source = pb::Source {
        table: "hours".into(),
        entity_column: "entity".into(),
        time_column: "at".into(),
        columns: vec![
            column("close", pb::ColumnRole::Close),
            column("noise", pb::ColumnRole::Unspecified),
            column("step", pb::ColumnRole::Unspecified),
            column("line", pb::ColumnRole::Unspecified),
        ],
        bar_interval: seconds(3600),
        ..pb::Source::default()
    };
    let request = pb::CreateSourceRequest {
        source_id: "hours".into(),
        source: Some(source),
        ..pb::CreateSourceRequest::default()
    };
    caller.catalog.clone().create_source(request).await.unwrap();
}

fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

/// From one hour up to another.
fn hours(from: i64, to: i64) -> Option<pb::TimeRange> {
    let at = |hour: i64| {
        Some(Timestamp {
            seconds: START + 3600 * hour,
            nanos: 0,
        })
    };
    Some(pb::TimeRange {
        start: at(from),
        end: at(to),
    })
}

/// A training on the change of a column within the next hour.
fn training(model: &str, column: &str, algorithm: Algorithm) -> pb::TrainModelRequest {
    let target = pb::ChangeTarget {
        column: column.into(),
        horizon: seconds(3600),
        ..pb::ChangeTarget::default()
    };
    let walk = pb::WalkForward {
        folds: Some(3),
        ..pb::WalkForward::default()
    };
    let spec = pb::TrainSpec {
        source: "projects/default/sources/hours".into(),
        range: hours(0, HOURS),
        label: Some(pb::LabelSpec {
            kind: Some(Kind::ChangeTarget(target)),
        }),
        features: Some(pb::FeatureSpec {
            features: ["step", "line", "pct_change(close, 3)"]
                .map(str::to_owned)
                .to_vec(),
            ..pb::FeatureSpec::default()
        }),
        algorithm: Some(pb::AlgorithmSpec {
            algorithm: Some(algorithm),
        }),
        split: Some(pb::SplitSpec {
            split: Some(pb::split_spec::Split::WalkForward(walk)),
            ..pb::SplitSpec::default()
        }),
        ..pb::TrainSpec::default()
    };
    pb::TrainModelRequest {
        model_id: model.into(),
        spec: Some(spec),
        ..pb::TrainModelRequest::default()
    }
}

fn every_learner() -> Vec<(&'static str, Algorithm)> {
    let forest = pb::RandomForest {
        trees: Some(30),
        max_depth: Some(6),
        max_features: Some(1.0),
        ..Default::default()
    };
    let extra = pb::ExtraTrees {
        trees: Some(30),
        max_features: Some(1.0),
        ..Default::default()
    };
    let boosting = pb::GradientBoosting {
        trees: Some(40),
        max_depth: Some(3),
        ..Default::default()
    };
    vec![
        ("random_forest", Algorithm::RandomForest(forest)),
        ("extra_trees", Algorithm::ExtraTrees(extra)),
        ("gradient_boosting", Algorithm::GradientBoosting(boosting)),
        (
            "decision_tree",
            Algorithm::DecisionTree(pb::DecisionTree::default()),
        ),
        ("knn", Algorithm::Knn(pb::Knn { neighbors: Some(10) })),
        ("elastic_net", Algorithm::ElasticNet(pb::ElasticNet::default())),
        ("ridge", Algorithm::Ridge(pb::Ridge::default())),
    ]
}

fn numbers(metrics: Option<&pb::Metrics>) -> pb::RegressionMetrics {
    metrics.unwrap().regression.unwrap()
}

fn check_planted(name: &str, version: &pb::ModelVersion) {
    let evaluation = version.evaluation.as_ref().unwrap();
    assert_eq!(version.threshold, None);
    let rows = version.row_counts.unwrap();
    assert_eq!((rows.positives, rows.negatives), (0, 0));
    assert!(
        rows.labeled > 2800 && rows.unknown == 3,
        "{rows:?}: the last hour of each is unknown"
    );
    let overall = numbers(evaluation.overall.as_ref());
    let r2 = overall.r2.unwrap();
    assert!(r2 > 0.6, "{name}: {r2}");
    assert!(overall.spearman.unwrap() > 0.6 && overall.mae.unwrap() < overall.rmse.unwrap());
    assert_eq!(evaluation.overall.as_ref().unwrap().roc_auc, None);
    assert_eq!(evaluation.folds.len(), 3);
    let baselines: Vec<&str> = evaluation
        .baselines
        .iter()
        .map(|baseline| baseline.name.as_str())
        .collect();
    let all = ["mean", "last_value", "best_single_feature", "ridge"];
    let expected = &all[..if name == "ridge" { 3 } else { 4 }];
    assert_eq!(baselines, expected, "{name}");
    let intervals = evaluation.intervals.as_ref().unwrap();
    let sure = intervals
        .overall
        .as_ref()
        .unwrap()
        .regression
        .as_ref()
        .unwrap()
        .r2
        .unwrap();
    assert!(sure.low.unwrap() < r2 && r2 < sure.high.unwrap(), "{sure:?}");
    let proof = evaluation.leak_proof.as_ref().unwrap();
    assert!(
        proof.shuffled_spearman.unwrap().abs() < 0.2,
        "{:?}",
        proof.shuffled_spearman
    );
    let drops: Vec<f64> = evaluation
        .importances
        .iter()
        .map(|of| of.r2_drop.unwrap())
        .collect();
    assert!(
        drops[0] > 0.1 && drops[1] > 0.1 && drops[2] < 0.05,
        "{name}: {drops:?}"
    );
    assert!(evaluation.slices.iter().all(|slices| {
        slices
            .slices
            .iter()
            .all(|slice| numbers(slice.metrics.as_ref()).rmse.is_some())
    }));
}

#[tokio::test]
async fn a_planted_step_and_line_are_found_by_every_learner_of_numbers() {
    let mut system = System::start().await;
    let caller = system.caller();
    make_hours(&system, &caller).await;
    system.add_worker().await;
    for (name, algorithm) in every_learner() {
        let version = caller.trained_version(training(name, "close", algorithm)).await;
        check_planted(name, &version);
        let evaluation = version.evaluation.unwrap();
        let intervals = evaluation.intervals.unwrap();
        // A step and a line: what sees both beats ridge, which sees a slope for the step.
        if ["random_forest", "extra_trees", "gradient_boosting"].contains(&name) {
            assert_eq!(intervals.best_baseline, "ridge", "{name}");
            assert_eq!(
                intervals.verdict(),
                pb::Verdict::Skill,
                "{name}: {:?}",
                intervals.skill
            );
        }
    }
    let report = system.says(0, &["model", "get", "random_forest"]);
    for part in [
        "random_forest learned by how much close changes in 1h",
        "RMSE",
        "skill",
        "R2 lost without it",
        "Spearman on shuffled labels",
        "with a known number",
    ] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
    let models = system.says(0, &["models"]);
    assert!(models.contains("R2 0."), "{models}");
    check_files(&system);
}

/// Page, card and portable model are of numbers, too.
fn check_files(system: &System) {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    system.says(0, &["report", "random_forest", "--no-open", "--output", into]);
    let page = read("report.html");
    for part in [
        "the change of close in 1 hour",
        "Whether its numbers come true",
        "forecasts-title",
    ] {
        assert!(page.contains(part), "{part} is not in the page");
    }
    for (model, portable) in [("ridge", true), ("gradient_boosting", true), ("knn", false)] {
        let folder = tempfile::tempdir().unwrap();
        system.says(
            0,
            &[
                "model",
                "download",
                model,
                "--output",
                folder.path().to_str().unwrap(),
            ],
        );
        assert_eq!(folder.path().join("model.onnx").exists(), portable, "{model}");
        assert!(folder.path().join("predictions.parquet").exists(), "{model}");
        let card = std::fs::read_to_string(folder.path().join("model_card.md")).unwrap();
        assert!(card.contains("mean R²") && !card.contains("ROC AUC"), "{card}");
    }
}

#[tokio::test]
async fn a_kept_model_of_numbers_is_judged_on_later_rows_beside_rules_that_need_no_fit() {
    const TRAINED: i64 = 700;
    const FROM: i64 = 710;
    let mut system = System::start().await;
    let caller = system.caller();
    make_hours(&system, &caller).await;
    system.add_worker().await;
    let (_, boosting) = every_learner().into_iter().nth(2).unwrap();
    let mut request = training("m", "close", boosting);
    request.spec.as_mut().unwrap().range = hours(0, TRAINED);
    let version = caller.trained_version(request).await;
    let request = pb::EvaluateModelRequest {
        model_version: version.name.clone(),
        range: hours(FROM, HOURS),
        ..pb::EvaluateModelRequest::default()
    };
    let job = caller.training.clone().evaluate_model(request).await.unwrap();
    let job = caller.ended(&job.into_inner().name).await;
    let name = job.result.as_ref().unwrap().evaluation.clone();
    let request = pb::GetEvaluationRequest { name: name.clone() };
    let found = caller.evaluations.clone().get_evaluation(request).await;
    let found = found.unwrap().into_inner();
    let overall = numbers(found.overall.as_ref());
    assert!(overall.r2.unwrap() > 0.6, "{overall:?}");
    let rows = found.period.as_ref().unwrap().row_counts.unwrap();
    // The change of the last hour of each of the three is not known.
    assert_eq!((rows.labeled, rows.unknown), (3 * (HOURS - FROM - 1), 3));
    let beside: Vec<(&str, f64)> = found
        .baselines
        .iter()
        .map(|rule| (rule.name.as_str(), numbers(rule.metrics.as_ref()).rmse.unwrap()))
        .collect();
    let unchanged: f64 = system.database.sql(&changes_since(FROM)).trim().parse().unwrap();
    assert!((beside[0].1 - unchanged).abs() < 1e-7, "{beside:?} {unchanged}");
    assert_eq!((beside[0].0, beside[1].0), ("no_change", "last_value"));
    let best = beside[0].1.min(beside[1].1);
    assert!((found.skill.unwrap() - (1.0 - overall.rmse.unwrap() / best)).abs() < 1e-12);
    assert_eq!(found.intervals.as_ref().unwrap().verdict(), pb::Verdict::Skill);
    assert!(found.importances.iter().all(|feature| feature.r2_drop.is_some()));

    let told = system.says(0, &["evaluations"]);
    assert!(told.contains("R2 0."), "{told}");
}

/// From 710 on, versions that were trained up to 700.
const AFTER: (i64, i64) = (710, HOURS);

/// A version that learned the first 700 hours, from a seed.
async fn earlier(caller: &Caller, model: &str, column: &str, algorithm: Algorithm, seed: u64) -> String {
    let mut request = training(model, column, algorithm);
    let spec = request.spec.as_mut().unwrap();
    (spec.range, spec.seed) = (hours(0, 700), Some(seed));
    caller.trained_version(request).await.name
}

fn compared(versions: &[&String]) -> pb::CompareModelsRequest {
    pb::CompareModelsRequest {
        parent: "projects/default".into(),
        model_versions: versions.iter().map(ToString::to_string).collect(),
        range: hours(AFTER.0, AFTER.1),
        ..pb::CompareModelsRequest::default()
    }
}

async fn comparison(caller: &Caller, versions: &[&String]) -> pb::ModelComparison {
    let job = caller
        .training
        .clone()
        .compare_models(compared(versions))
        .await
        .unwrap();
    let job = caller.ended(&job.into_inner().name).await;
    let name = job.result.unwrap_or_else(|| panic!("{:?}", job.error)).comparison;
    let request = pb::GetComparisonRequest { name };
    let found = caller.evaluations.clone().get_comparison(request).await;
    found.unwrap().into_inner()
}

/// Of a line and a forest that is better: the differences are those of the metrics, and sure.
fn check_differences(found: &pb::ModelComparison) {
    use pb::ComparedMetric as By;
    let by: Vec<By> = found.answers.iter().map(pb::MetricAnswer::metric).collect();
    assert_eq!(by, [By::Rmse, By::Mae, By::R2, By::Spearman]);
    assert_eq!((found.rows, found.positives), (3 * (HOURS - AFTER.0 - 1), 0));
    let of = |place: usize| numbers(found.versions[place].metrics.as_ref());
    let less = [
        of(0).rmse.unwrap() - of(1).rmse.unwrap(),
        of(0).mae.unwrap() - of(1).mae.unwrap(),
        of(0).r2.unwrap() - of(1).r2.unwrap(),
        of(0).spearman.unwrap() - of(1).spearman.unwrap(),
    ];
    for (difference, less) in found.differences.iter().zip(less) {
        assert!(
            (difference.difference.unwrap() - less).abs() < 1e-12,
            "{difference:?}"
        );
        assert!(difference.p_value_overall.unwrap() < 0.05, "{difference:?}");
    }
    let sure = found.versions[1]
        .intervals
        .unwrap()
        .regression
        .unwrap()
        .rmse
        .unwrap();
    assert!(sure.low.unwrap() < of(1).rmse.unwrap() && of(1).rmse.unwrap() < sure.high.unwrap());
}

#[tokio::test]
async fn versions_that_foresee_numbers_are_compared_on_the_same_rows_and_two_seeds_of_one_are_not_told_apart()
{
    use pb::ComparisonAnswer as Answer;
    let mut system = System::start().await;
    let caller = system.caller();
    make_hours(&system, &caller).await;
    system.add_worker().await;
    let learner = |name: &str| {
        let mut all = every_learner().into_iter();
        all.find(|(known, _)| *known == name).unwrap().1
    };
    let forest = earlier(&caller, "forest", "close", learner("random_forest"), 1).await;
    let again = earlier(&caller, "forest", "close", learner("random_forest"), 2).await;
    let ridge = earlier(&caller, "line", "close", learner("ridge"), 1).await;
    let other = earlier(&caller, "other", "noise", learner("ridge"), 1).await;

    // A step is among what moves the next hour: the forest sees it, a line does not.
    let found = comparison(&caller, &[&ridge, &forest]).await;
    assert_eq!(
        (found.overall(), &found.better_version),
        (Answer::Better, &forest),
        "{found:?}"
    );
    check_differences(&found);

    let found = comparison(&caller, &[&forest, &again]).await;
    assert_eq!(found.overall(), Answer::NotDistinguishable, "{found:?}");
    for difference in &found.differences {
        assert!(
            difference.p_value.is_some() && difference.p_value_overall.is_none(),
            "{difference:?}"
        );
    }
    let told = system.says(0, &["compare", "forest@1", "line@1"]);
    assert!(told.contains("Spearman") && !told.contains("positive"), "{told}");

    let mut training = caller.training.clone();
    let status = training
        .compare_models(compared(&[&forest, &other]))
        .await
        .unwrap_err();
    assert!(
        status
            .message()
            .contains("only versions of one source and one label can"),
        "{status}"
    );
    let walk = pb::BacktestModelRequest {
        parent: "projects/default".into(),
        subject: Some(pb::backtest_model_request::Subject::ModelVersion(forest)),
        range: hours(AFTER.0, AFTER.1),
        step: seconds(86_400),
        training_part: Some(pb::backtest_model_request::TrainingPart::Window(
            seconds(20 * 86_400).unwrap(),
        )),
        ..pb::BacktestModelRequest::default()
    };
    let status = training.backtest_model(walk).await.unwrap_err();
    assert!(
        status
            .message()
            .contains("no rule says from which number on to act"),
        "{status}"
    );
}

/// The root of the mean squared change of an hour, of all rows from an hour on.
fn changes_since(hour: i64) -> String {
    format!(
        "SELECT sqrt(avg((next / close - 1) ^ 2))
         FROM (SELECT at, close, lead(close) OVER (PARTITION BY entity ORDER BY at) AS next FROM hours) AS pairs
         WHERE next IS NOT NULL AND at >= to_timestamp({START} + 3600 * {hour});"
    )
}

#[tokio::test]
async fn noise_has_no_skill_and_what_belongs_to_classes_is_refused() {
    let mut system = System::start().await;
    let caller = system.caller();
    make_hours(&system, &caller).await;
    system.add_worker().await;
    let learners = every_learner().into_iter();
    for (name, algorithm) in learners.filter(|(name, _)| ["random_forest", "ridge"].contains(name)) {
        let version = caller.trained_version(training(name, "noise", algorithm)).await;
        let evaluation = version.evaluation.unwrap();
        assert!(evaluation.skill.unwrap() < 0.02, "{name}: {:?}", evaluation.skill);
        let intervals = evaluation.intervals.unwrap();
        assert_eq!(
            intervals.verdict(),
            pb::Verdict::NoSkill,
            "{name}: {:?}",
            intervals.skill
        );
    }
    let plain = || {
        training(
            "refused",
            "close",
            Algorithm::LogisticRegression(pb::LogisticRegression::default()),
        )
    };
    let mut request = plain();
    let spec = request.spec.as_mut().unwrap();
    spec.set_calibration(pb::Calibration::Platt);
    spec.threshold = Some(pb::ThresholdSpec {
        rule: Some(pb::threshold_spec::Rule::TopPerDay(5)),
    });
    let status = caller.training.clone().train_model(request).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    for part in [
        "spec.algorithm",
        "elastic_net",
        "spec.calibration",
        "spec.threshold",
    ] {
        assert!(status.message().contains(part), "{part} is not in {status}");
    }
    let request = pb::PreviewDatasetRequest {
        spec: plain().spec,
        ..pb::PreviewDatasetRequest::default()
    };
    let status = caller
        .datasets
        .clone()
        .preview_dataset(request)
        .await
        .unwrap_err();
    assert!(status.message().contains("spec.label.change_target"), "{status}");
}

#[tokio::test]
async fn a_number_is_trained_again_to_the_same_bytes() {
    let mut system = System::start().await;
    let caller = system.caller();
    make_hours(&system, &caller).await;
    system.add_worker().await;
    for (name, algorithm) in every_learner().into_iter().take(3) {
        let job = caller.trained(training(name, "close", algorithm)).await;
        let request = pb::ReproduceJobRequest {
            name: job.name,
            ..pb::ReproduceJobRequest::default()
        };
        let again = caller.training.clone().reproduce_job(request).await.unwrap();
        let again = caller.ended(&again.into_inner().name).await;
        let found = again.result.unwrap().reproduction.unwrap();
        assert_eq!(
            found.verdict(),
            pb::ReproductionVerdict::Equal,
            "{name}: {found:?}"
        );
    }
}
