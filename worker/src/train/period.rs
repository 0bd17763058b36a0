//! What a fitted model is worth on a period that its training does not touch: the kept model, at its own threshold and with its own
//! calibration. Nothing is fitted.

use super::baselines::{self, LAST_LABEL, PREVALENCE, SINGLE_FEATURE};
use super::folds::{OutOfFold, fit_failure, judged, time};
use super::{
    TrainInput, intervals, numbers, permutation, single_features, slices, stop_check, untold, user_failure,
};
use crate::work::{Work, WorkError};
use mltraining_domain::{
    Baseline, EvaluateSpec, Evaluation, Metrics, Period, Reason, RowCounts, ScoredVersion, Task, TimeRange,
    WorkPhase,
};
use mltraining_learn::bootstrap::Tested;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::metrics::{self, Cut};
use mltraining_learn::model_file::ModelFile;
use mltraining_learn::{baseline, permutation as learned_permutation};
use mltraining_panel::rows::{LabelledRows, RowsError};

/// Steps of an evaluation, for its progress.
const STEPS: u64 = 5;

/// What a model says of rows that it has not seen, in their order.
pub struct Scored {
    /// As the learner gave them.
    pub raw: Vec<f64>,
    /// With the model's calibration.
    pub scores: Vec<f64>,
}

/// A baseline with its scores on all rows.
struct Beside {
    measured: Baseline,
    scores: Vec<f64>,
}

/// Scores all labelled rows. Runs in the caller's rayon pool.
///
/// # Errors
/// SCHEMA_CHANGED when the features that the source gives are not those of the model; when the job is stopped.
pub fn score(input: &TrainInput, file: &ModelFile, work: &Work) -> Result<Scored, WorkError> {
    check_features(&input.plan.names(), &file.header.feature_names)?;
    let matrix = &input.gathered.matrix;
    let rows: Vec<u32> = (0..matrix.rows() as u32).collect();
    let raw = file.model.predict(matrix, &rows);
    stop_check(work)?;
    let mut scores = raw.clone();
    if let Some(calibration) = &file.header.calibration {
        calibration.apply_all(&mut scores);
    }
    Ok(Scored { raw, scores })
}

/// Holds the features that the source gives against those of a model.
///
/// # Errors
/// SCHEMA_CHANGED.
pub(crate) fn check_features(found: &[String], wanted: &[String]) -> Result<(), WorkError> {
    match found == wanted {
        true => Ok(()),
        false => Err(other_features(found, wanted)),
    }
}

fn other_features(found: &[String], wanted: &[String]) -> WorkError {
    let place = found.iter().zip(wanted).position(|(a, b)| a != b);
    let place = place.unwrap_or(found.len().min(wanted.len()));
    let name = |list: &[String]| {
        list.get(place)
            .map_or("none".to_owned(), |name| format!("`{name}`"))
    };
    let text = format!(
        "the source gives other features than the model was trained on: {} where it had {}, {} in all where it had {}; train a new \
         version",
        name(found),
        name(wanted),
        found.len(),
        wanted.len(),
    );
    user_failure(Reason::SchemaChanged, WorkPhase::Features, text)
}

/// Judges a version on the rows that were read for it. Runs in the caller's rayon pool.
///
/// # Errors
/// TIME_RANGE_EMPTY, TOO_FEW_ROWS, LABEL_HAS_NO_POSITIVES, LABEL_HAS_NO_NEGATIVES with the numbers; those of [`score`].
pub fn judge(
    input: &TrainInput,
    spec: &EvaluateSpec,
    file: &ModelFile,
    work: &Work,
) -> Result<Evaluation, WorkError> {
    let (rows, task) = (&input.gathered.rows, input.spec.label.task());
    let _span = tracing::info_span!("judge", rows = rows.len()).entered();
    check_rows(rows, spec.range, task)?;
    note(work, 0, format!("scoring {} rows", rows.len()));
    let scored = score(input, file, work)?;
    let evaluation = match task {
        Task::Binary => of_classes(input, &spec.version, file, scored, work)?,
        Task::Regression => numbers::judge(input, file, scored.raw, work)?,
    };
    Ok(Evaluation {
        period: Some(period(input, spec)),
        ..evaluation
    })
}

/// Judges scores of all rows; the period itself aside.
fn of_classes(
    input: &TrainInput,
    version: &ScoredVersion,
    file: &ModelFile,
    Scored { raw, scores }: Scored,
    work: &Work,
) -> Result<Evaluation, WorkError> {
    let rows = &input.gathered.rows;
    let matrix = &input.gathered.matrix;
    let out = OutOfFold::of_all(&rows.labels, scores, file.header.threshold);
    note(work, 1, "the baselines".to_owned());
    let beside = beside(matrix, rows, version);
    let overall = at_threshold(&out, file.header.threshold);
    let best = best_of(&beside);
    note(work, 2, "how sure the numbers are".to_owned());
    let (intervals, _) = intervals::draw(
        Tested {
            labels: &out.labels,
            scores: &out.scores,
            baseline: best.map(|beside| beside.scores.as_slice()),
            times: &rows.decisions,
            fold_ends: &out.fold_ends,
        },
        best.map(|beside| beside.measured.name.clone()),
        &input.spec,
        work,
    )?;
    note(work, 3, "what each feature is worth".to_owned());
    let drops = drops(input, &out, file, work)?;
    note(work, 4, "the parts of the rows".to_owned());
    let best_auc = best.and_then(|beside| beside.measured.metrics.roc_auc);
    Ok(Evaluation {
        skill: overall.roc_auc.zip(best_auc).map(|(auc, best)| auc - best),
        intervals: Some(intervals),
        uncalibrated: file
            .header
            .calibration
            .as_ref()
            .map(|_| metrics::measure(&out.labels, &raw, Cut::None)),
        calibration: metrics::calibration(&out.labels, &out.scores),
        curves: Some(metrics::curves(&out.labels, &out.scores)),
        baselines: beside.into_iter().map(|beside| beside.measured).collect(),
        alarms: single_features::alarms(mltraining_learn::single_features::measure(matrix, &rows.labels)),
        importances: file.model.importances(),
        permutation: permutation::over_folds(&drops),
        slices: slices::measure(&out.rows, rows, &|places| out.measured(places)),
        overall,
        ..Evaluation::default()
    })
}

pub(super) fn note(work: &Work, step: u64, text: String) {
    work.board.note(WorkPhase::Evaluate, step, STEPS, text);
}

/// Whether anything can be said of these rows.
fn check_rows(rows: &LabelledRows, range: TimeRange, task: Task) -> Result<(), WorkError> {
    let counts = rows.counts;
    let labelled = counts.labelled();
    let refused = match (counts.read - counts.warm_up, labelled, task) {
        (0, ..) => RowsError::RangeEmpty { range },
        (_, 0, _) => RowsError::NoneKnown { range, counts },
        (_, _, Task::Binary) if counts.positives == 0 => RowsError::NoPositives { labelled },
        (_, _, Task::Binary) if counts.negatives == 0 => RowsError::NoNegatives { labelled },
        _ => return Ok(()),
    };
    Err(user_failure(
        refused.reason(),
        WorkPhase::Labels,
        refusal(&refused, counts, range),
    ))
}

/// What is wrong with the rows of a period, whose label is given and cannot be made easier.
pub(super) fn refusal(refused: &RowsError, counts: RowCounts, range: TimeRange) -> String {
    let (start, end) = (range.start.to_rfc3339(), range.end.to_rfc3339());
    let of_period = format!(
        "{} rows from {start} to {end} ({} with an unknown label, {} of other phases)",
        counts.read - counts.warm_up,
        counts.unknown,
        counts.filtered
    );
    match refused {
        RowsError::NoneKnown { .. } => {
            format!("none of the {of_period} has a known label; choose a longer period")
        }
        RowsError::NoPositives { labelled } => {
            format!("none of {labelled} labelled rows is positive, of {of_period}; choose a longer period")
        }
        RowsError::NoNegatives { labelled } => {
            format!("all {labelled} labelled rows are positive, of {of_period}; choose a longer period")
        }
        other => other.to_string(),
    }
}

/// The metrics of all rows at the model's own threshold.
fn at_threshold(out: &OutOfFold, threshold: Option<f64>) -> Metrics {
    Metrics {
        threshold,
        ..judged(&out.labels, &out.scores, out.decisions.iter().copied())
    }
}

/// What simple rules reach that need no fit: the share of positives that the training had, the last label of the entity that the
/// period shows, and the feature that the last fold of the training chose.
fn beside(matrix: &Matrix, rows: &LabelledRows, version: &ScoredVersion) -> Vec<Beside> {
    let share = version.trained.prevalence();
    let labels = &rows.labels;
    let last = |label: &Option<u8>| label.map_or(share, f64::from);
    let mut found = vec![
        Beside::new(PREVALENCE, labels, vec![share; labels.len()]),
        Beside::new(
            LAST_LABEL,
            labels,
            baselines::last_labels(rows).iter().map(last).collect(),
        ),
    ];
    found.extend(single(matrix, labels, version));
    found
}

fn single(matrix: &Matrix, labels: &[u8], version: &ScoredVersion) -> Option<Beside> {
    let rule = version.single_rule.clone()?;
    let feature = matrix.names().iter().position(|name| *name == rule.feature)?;
    let rows: Vec<u32> = (0..labels.len() as u32).collect();
    let scores = baseline::order_by(matrix, feature, rule.direction, &rows)?;
    let mut beside = Beside::new(SINGLE_FEATURE, labels, scores);
    beside.measured.rule = Some(rule);
    // An order says nothing of how often a positive comes.
    let metrics = &mut beside.measured.metrics;
    metrics.log_loss = None;
    metrics.brier = None;
    metrics.brier_skill = None;
    metrics.expected_calibration_error = None;
    Some(beside)
}

impl Beside {
    fn new(name: &str, labels: &[u8], scores: Vec<f64>) -> Self {
        let measured = Baseline {
            name: name.to_owned(),
            rule: None,
            metrics: metrics::measure(labels, &scores, Cut::None),
        };
        Self { measured, scores }
    }
}

/// The baseline with the highest ROC AUC; of equals the first.
fn best_of(beside: &[Beside]) -> Option<&Beside> {
    let auc = |beside: &Beside| beside.measured.metrics.roc_auc;
    let known = beside.iter().filter(|beside| auc(beside).is_some());
    known.reduce(|best, next| if auc(next) > auc(best) { next } else { best })
}

/// What the model loses without each feature; as one fold, none when the rows lack a class.
fn drops(
    input: &TrainInput,
    out: &OutOfFold,
    file: &ModelFile,
    work: &Work,
) -> Result<Vec<Vec<f64>>, WorkError> {
    let (matrix, seed) = (&input.gathered.matrix, input.spec.seed);
    let found = learned_permutation::drops(&file.model, matrix, &out.labels, &out.rows, seed, &untold(work));
    let found = found.map_err(|e| fit_failure(e, "the importances"))?;
    Ok(found.into_iter().collect())
}

fn period(input: &TrainInput, spec: &EvaluateSpec) -> Period {
    let rows = &input.gathered.rows;
    let first = time(rows.decisions.iter().copied().min().unwrap_or_default());
    let latest = |times: &[i64]| time(times.iter().copied().max().unwrap_or_default());
    Period {
        range: spec.range,
        known_before: spec.known_before,
        decisions: TimeRange {
            start: first,
            end: latest(&rows.decisions),
        },
        latest_resolve: latest(&rows.resolves),
        rows: rows.counts,
        entities: rows.entities,
        source_fingerprint: input.fingerprint.as_str().to_owned(),
        place: spec.version.trained.place(&spec.range),
        trained: spec.version.trained.clone(),
    }
}
