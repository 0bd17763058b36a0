//! A request to walk forward through time.

use super::job_options::{self, JobOptions};
use super::{evaluate_request, idempotency, threshold, time, train_spec};
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::name::{VersionName, VersionRef};
use mltraining_domain::spec::backtest::is_of_walk;
use mltraining_domain::spec::train::MAX_MAX_ROWS;
use mltraining_domain::{
    BacktestSpec, ProjectId, Span, SplitSpec, Task, ThresholdSpec, TimeRange, TradingCosts, TrainSpec,
    Violations, WalkForward, WalkForwardScheme, labels,
};
use mltraining_proto::v1;
use v1::backtest_model_request::{Subject as Asked, TrainingPart};

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct BacktestRequest {
    /// What is walked with.
    pub(crate) subject: Subject,
    /// How.
    pub(crate) walk: Walk,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// What is walked with.
#[derive(Debug)]
pub(crate) enum Subject {
    /// A spec of its own, and its features as they were written, to call a wrong one by its name.
    Spec(Box<TrainSpec>, v1::FeatureSpec),
    /// That of a version, by number or by an alias.
    Version(VersionRef),
}

/// How is walked.
#[derive(Debug)]
pub(crate) struct Walk {
    range: TimeRange,
    step: Span,
    window: Option<Span>,
    train_start: DateTime<Utc>,
    embargo: Option<Span>,
    threshold: Option<ThresholdSpec>,
    costs: TradingCosts,
    known_before: Option<DateTime<Utc>>,
    max_rows: Option<u64>,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    mut request: v1::BacktestModelRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> BacktestRequest {
    let request_id = std::mem::take(&mut request.request_id);
    request.parent = project.to_string();
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    let options = JobOptions {
        idempotency,
        validate_only: request.validate_only,
        priority: job_options::priority(request.priority, found),
        labels: std::mem::take(&mut request.labels),
        timeout: job_options::timeout(request.timeout, found),
    };
    let asked = request.subject.take();
    let walk = walk(&request, found);
    BacktestRequest {
        subject: subject(asked, project, &walk, found),
        walk,
        options,
    }
}

fn walk(request: &v1::BacktestModelRequest, found: &mut Violations) -> Walk {
    let rows = evaluate_request::rows(request.range, request.known_before, request.max_rows, found);
    found.require(
        rows.max_rows
            .is_none_or(|rows| (1..=MAX_MAX_ROWS).contains(&rows)),
        "max_rows",
        || format!("give 1 to {MAX_MAX_ROWS}"),
    );
    let costs = request.costs.unwrap_or_default();
    let (window, train_start) = training_part(request, rows.range.start, found);
    let threshold = request
        .threshold
        .map(|rule| threshold::read(Some(rule), Task::Binary));
    if let Some(threshold) = &threshold {
        found.extend(threshold.check("threshold"));
    }
    Walk {
        range: rows.range,
        step: time::require_span(request.step, "step", found),
        window,
        train_start,
        embargo: time::read_span(request.embargo, "embargo", found),
        threshold,
        costs: TradingCosts {
            fee_bps: costs.fee_bps,
            slippage_bps: costs.slippage_bps,
        },
        known_before: rows.known_before,
        max_rows: rows.max_rows,
    }
}

/// The length of a part that slides, and the first instant that is trained on.
fn training_part(
    request: &v1::BacktestModelRequest,
    start: DateTime<Utc>,
    found: &mut Violations,
) -> (Option<Span>, DateTime<Utc>) {
    // The stand-in lies before the start, so that it is not found wrong again.
    let before = start - TimeDelta::microseconds(1);
    match request.training_part {
        None => {
            found.invalid(
                "window",
                "required: give a window, how far back each training part reaches, or train_start, where all of them begin",
            );
            (None, before)
        }
        Some(TrainingPart::TrainStart(at)) => {
            let at = time::read_instant(Some(at), "train_start", found);
            (None, at.unwrap_or(before))
        }
        Some(TrainingPart::Window(window)) => {
            let Some(window) = time::read_span(Some(window), "window", found) else {
                return (None, before);
            };
            let first = start.checked_sub_signed(TimeDelta::microseconds(window.micros().max(1)));
            found.require(first.is_some(), "window", || {
                "reaches before all calendars".to_owned()
            });
            (Some(window), first.unwrap_or(before))
        }
    }
}

fn subject(asked: Option<Asked>, project: &ProjectId, walk: &Walk, found: &mut Violations) -> Subject {
    match asked {
        Some(Asked::ModelVersion(text)) => match VersionRef::parse(&text) {
            Ok(name) if name.model().project == *project => return Subject::Version(name),
            Ok(_) => found.invalid(
                "model_version",
                format!("must be of projects/{project}, like the request"),
            ),
            Err(error) => found.invalid("model_version", error.to_string()),
        },
        Some(Asked::Spec(spec)) => return own_spec(spec, project, walk, found),
        None => found.invalid(
            "spec",
            "required: say what to train for each period, or name a model_version whose spec is taken",
        ),
    }
    // Never used: something was noted.
    let model = "none".parse().expect("a word is a slug");
    Subject::Version(VersionRef::Number(VersionName {
        project: project.clone(),
        model,
        version: 1,
    }))
}

fn own_spec(mut spec: v1::TrainSpec, project: &ProjectId, walk: &Walk, found: &mut Violations) -> Subject {
    found.require(spec.range.is_none(), "spec.range", || {
        "leave it out: range, and window or train_start, say which rows are tested and trained on".to_owned()
    });
    found.require(spec.split.is_none(), "spec.split", || {
        "leave it out: step, window and embargo say how rows are parted".to_owned()
    });
    for (field, given) in [
        ("threshold", walk.threshold.is_some()),
        ("known_before", walk.known_before.is_some()),
        ("max_rows", walk.max_rows.is_some()),
    ] {
        found.require(!given, field, || {
            format!("say it as spec.{field}: this one is for a model_version")
        });
    }
    spec.split = None;
    spec.range = Some(time::show_range(&walk.range)); // stands in for that of the walk, which has its own fields
    let asked = spec.features.clone().unwrap_or_default();
    let mut of_spec = Violations::new();
    let model = "backtest".parse().expect("a word is a slug");
    let read = train_spec::read(Some(spec), project, model, &mut of_spec);
    of_spec.retain(|violation| !is_of_walk(&violation.field));
    found.extend(of_spec);
    Subject::Spec(Box::new(read), asked)
}

impl Walk {
    /// The walk with a training, that of a version of its model or one of its own; not checked yet.
    pub(crate) fn with(&self, train: TrainSpec, version: Option<i32>) -> BacktestSpec {
        let usual = version.map_or(Span::ZERO, |_| train.split.embargo());
        let known_before = match version {
            Some(_) => self.known_before,
            None => train.known_before,
        };
        BacktestSpec {
            range: self.range,
            step: self.step,
            window: self.window,
            costs: self.costs,
            version,
            train: TrainSpec {
                range: TimeRange {
                    start: self.train_start,
                    end: self.range.end,
                },
                split: SplitSpec::WalkForward(WalkForward {
                    folds: 1, // the walk cuts its own
                    scheme: WalkForwardScheme::Expanding,
                    embargo: self.embargo.unwrap_or(usual),
                }),
                unseen_entity_share: None,
                threshold: self.threshold.unwrap_or(train.threshold),
                max_rows: self.max_rows.unwrap_or(train.max_rows),
                known_before,
                ..train
            },
        }
    }
}
