//! A training job from its rows to its result. It knows no clock and writes nothing but a scratch file of its own, so the same
//! spec, rows and seed give the same bytes.

mod baselines;
mod differing_days;
mod files;
mod folds;
mod gather;
mod intervals;
mod numbers;
mod onnx;
mod operating;
mod period;
mod permutation;
mod predictions;
mod scratch;
mod shuffled;
mod single_features;
mod slices;
mod source_days;
pub(crate) mod trial;
mod validation;
pub(crate) mod walk;
mod weights;

use crate::work::{OutputFile, Work, WorkError};
use files::Findings;
use mltraining_domain::{
    AlgorithmSpec, Checked, Evaluation, FailureClass, JobFailure, Reason, SampleWeight, SingleFeature,
    SourceSpec, Task, TimeRange, TrainSpec, VersionFacts, WorkPhase, release,
};
use mltraining_learn::control::Control;
use mltraining_learn::fit::Truth;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics;
use mltraining_learn::model::Model;
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::rows::{LabelledRows, RowPhases, RowsError};
use mltraining_panel::{Fingerprint, labels};
use operating::Operating;
use predictions::Told;

pub use differing_days::{DaysError, differing_days};
pub(crate) use folds::time;
pub use gather::{Gathered, Gathering, Known, Tradable, TradableRow, gather};
pub(crate) use intervals::resampling;
pub(crate) use period::check_features;
pub use period::{Scored, judge, score};

/// What a training job works on.
pub struct TrainInput {
    /// The checked spec.
    pub spec: Checked<TrainSpec>,
    /// The source as it is registered.
    pub source: SourceSpec,
    /// The features, resolved against the source.
    pub plan: FeaturePlan,
    /// What became of the rows.
    pub gathered: Gathered,
    /// The hash over the rows.
    pub fingerprint: Fingerprint,
}

/// What a training job leaves behind.
pub struct Trained {
    /// The facts of the new version.
    pub facts: VersionFacts,
    /// What it is worth.
    pub evaluation: Evaluation,
    /// Model, metrics, report and the rest as files.
    pub files: Vec<OutputFile>,
}

/// Trains on what was gathered: folds, final model, files. Runs in the caller's rayon pool.
pub fn train(input: TrainInput, work: &Work) -> Result<Trained, WorkError> {
    let TrainInput {
        spec,
        source,
        plan,
        gathered:
            Gathered {
                mut rows,
                matrix,
                outline,
                tradable: _,
            },
        fingerprint,
    } = input;
    check_rows(&rows, &spec)?;
    let days = source_days::file(&outline, &fingerprint)?;
    drop(outline);
    let Evaluated {
        mut evaluation,
        kept,
        predictions,
    } = match spec.label.task() {
        Task::Binary => of_classes(&matrix, &rows, &source, &spec, work)?,
        Task::Regression => numbers::evaluate(&matrix, &rows, &spec, work)?,
    };
    let facts = facts(&spec, &plan, &rows, fingerprint, kept.threshold);
    shed(&mut rows, &spec);
    let model = final_step(&matrix, &rows, &spec, work)?;
    work.board
        .note(WorkPhase::Evaluate, 0, 1, "writing what was measured");
    evaluation.importances = model.importances();
    stop_check(work)?;
    let found = Findings { facts, evaluation };
    let mut trained = files::write(found, &spec, model, kept.calibrator, &matrix)?;
    trained.files.extend([predictions, days]);
    Ok(trained)
}

/// What the folds say.
struct Evaluated {
    /// Of the model, its importances aside.
    evaluation: Evaluation,
    /// How its scores become answers.
    kept: Operating,
    /// What was said of each row.
    predictions: OutputFile,
}

/// What a model of classes is worth.
fn of_classes(
    matrix: &Matrix,
    rows: &LabelledRows,
    source: &SourceSpec,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Evaluated, WorkError> {
    let singles = mltraining_learn::single_features::measure(matrix, &rows.labels);
    if let Some(column) = labels::telling_column(&spec.label, source) {
        single_features::refuse_copies(column, &singles, spec)?;
    }
    let validated = folds_step(matrix, rows, spec, work)?;
    evaluate(validated, rows, singles, spec, work)
}

/// Measures what the folds have scored. Of each score only its line in the file of predictions is left.
fn evaluate(
    mut validated: folds::CrossValidation,
    rows: &LabelledRows,
    singles: Vec<SingleFeature>,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Evaluated, WorkError> {
    let _span = tracing::info_span!("evaluate").entered();
    let intervals = intervals::measure(&mut validated, rows, spec, work)?;
    let out = &validated.out_of_fold;
    let kept = operating::kept(out, rows, spec);
    let (overall, baselines) = folds::overall(out);
    let evaluation = Evaluation {
        skill: intervals::skill(&validated.folds),
        intervals: Some(intervals),
        overall,
        uncalibrated: out.uncalibrated(),
        baselines,
        unseen: folds::unseen(&validated, rows),
        shuffled_roc_auc: validated.shuffled_roc_auc,
        alarms: single_features::alarms(singles),
        permutation: permutation::over_folds(&out.drops),
        slices: slices::measure(&out.rows, rows, &|places| out.measured(places)),
        curves: Some(metrics::curves(&out.labels, &out.scores)),
        folds: validated.folds,
        ..Evaluation::default()
    };
    Ok(Evaluated {
        evaluation,
        kept,
        predictions: predictions::file(Told::scores(out), rows)?,
    })
}

/// Gives back what the last fit, the largest, does not look at: the times of the rows, unless rows are weighed or kept apart by them.
fn shed(rows: &mut LabelledRows, spec: &TrainSpec) {
    rows.phases = RowPhases::default();
    if spec.sample_weight == SampleWeight::None && spec.algorithm.validation_share().is_none() {
        rows.decisions = Vec::new();
        rows.resolves = Vec::new();
    }
}

/// Whether a training can come of the rows.
fn check_rows(rows: &LabelledRows, spec: &TrainSpec) -> Result<(), WorkError> {
    rows.check(spec).map_err(|refused| {
        let phase = match refused {
            RowsError::UnseenShare { .. } => WorkPhase::Split,
            _ => WorkPhase::Labels,
        };
        user_failure(refused.reason(), phase, refused.to_string())
    })?;
    let (algorithm, labelled) = (&spec.algorithm, rows.counts.labelled());
    match algorithm.most_rows() {
        // Before the folds are fitted, of which each would be small enough: the final model would not be.
        Some(most) if labelled > most => {
            let text = format!(
                "{labelled} labelled rows, and {} takes at most {most}; choose a shorter range, fewer entities, or another \
                 algorithm such as random_forest",
                algorithm.name()
            );
            Err(user_failure(Reason::RowLimitExceeded, WorkPhase::Labels, text))
        }
        _ => Ok(()),
    }
}

fn folds_step(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<folds::CrossValidation, WorkError> {
    let _span = tracing::info_span!("folds", folds = spec.split.folds()).entered();
    folds::cross_validate(matrix, rows, spec, work)
}

/// The model that is kept: fitted on every labelled row of the range (one that stops early leaves out the later slice). Its numbers come from the folds.
fn final_step(
    matrix: &Matrix,
    rows: &LabelledRows,
    spec: &TrainSpec,
    work: &Work,
) -> Result<Model, WorkError> {
    let _span = tracing::info_span!("final_fit", rows = rows.len()).entered();
    let nth = spec.split.folds() + 1;
    let progress = fit_progress(work, spec.split.folds(), nth, "final model", &spec.algorithm);
    let control = Control {
        cancel: work.stop.flag(),
        progress: &progress,
    };
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    validation::fit(&spec.algorithm, spec, matrix, rows, truth(rows), &all, &control)
        .map_err(|e| folds::fit_failure(e, "final model"))
}

/// What came true in the rows.
fn truth(rows: &LabelledRows) -> Truth<'_> {
    match rows.targets.as_slice() {
        [] => Truth::Classes(&rows.labels),
        targets => Truth::Numbers(targets),
    }
}

fn facts(
    spec: &TrainSpec,
    plan: &FeaturePlan,
    rows: &LabelledRows,
    fingerprint: Fingerprint,
    threshold: Option<f64>,
) -> VersionFacts {
    let latest = |times: &[i64]| folds::time(times.iter().copied().max().unwrap_or_default());
    let first = folds::time(rows.decisions.iter().copied().min().unwrap_or_default());
    VersionFacts {
        source_fingerprint: fingerprint.into_string(),
        spec_hash: spec.hash(),
        feature_names: plan.names(),
        rows: rows.counts,
        decision_range: TimeRange {
            start: first,
            end: latest(&rows.decisions),
        },
        latest_resolve_time: latest(&rows.resolves),
        entities: rows.entities,
        threshold,
        model_sha256: String::new(), // known once the file is written
        service_version: release::VERSION.to_owned(),
        git_hash: release::GIT_HASH.to_owned(),
    }
}

pub(crate) fn stop_check(work: &Work) -> Result<(), WorkError> {
    if work.stop.reason().is_some() {
        Err(WorkError::Stopped)
    } else {
        Ok(())
    }
}

/// The control of what is stopped like everything else and tells no progress.
fn untold(work: &Work) -> Control<'_> {
    Control {
        cancel: work.stop.flag(),
        progress: &|_, _| {},
    }
}

/// Notes the steps of the `nth` fit (from 0) of a job of so many folds: these, then what else a training fits, the shuffled labels and
/// the final model.
fn fit_progress<'a>(
    work: &'a Work,
    folds: u32,
    nth: u32,
    what: &'a str,
    algorithm: &AlgorithmSpec,
) -> impl Fn(u64, u64) + Sync + use<'a> {
    let (nth, fits) = (u64::from(nth), u64::from(folds) + 2);
    let word = step_word(algorithm);
    move |done, total| {
        let text = format!("{what}: {word} {done} of {total}");
        work.board
            .note(WorkPhase::Fit, nth * total + done, fits * total, text);
    }
}

/// What a learner counts its steps in.
fn step_word(algorithm: &AlgorithmSpec) -> &'static str {
    match algorithm {
        AlgorithmSpec::RandomForest(_)
        | AlgorithmSpec::ExtraTrees(_)
        | AlgorithmSpec::GradientBoosting(_) => "tree",
        AlgorithmSpec::LogisticRegression(_) | AlgorithmSpec::ElasticNet(_) => "iteration",
        AlgorithmSpec::DecisionTree(_) => "tree",
        AlgorithmSpec::Ridge(_) | AlgorithmSpec::GaussianNb(_) | AlgorithmSpec::Knn(_) => "step",
    }
}

pub(crate) fn user_failure(reason: Reason, phase: WorkPhase, message: impl Into<String>) -> WorkError {
    WorkError::Failed(JobFailure {
        class: FailureClass::User,
        reason,
        message: message.into(),
        phase,
    })
}
