//! A request to look for parameters.

use super::field::{choice, count};
use super::job_options::{self, JobOptions};
use super::{idempotency, time, train_request, train_spec};
use mltraining_domain::spec::tune::{
    DEFAULT_HOLDOUT_SHARE, DEFAULT_PARALLEL_JOBS, DEFAULT_SEARCH, DEFAULT_TRIALS,
};
use mltraining_domain::{
    Halving, Parameter, ParameterValues, ProjectId, Scale, SearchMethod, StudyMetric, TrainSpec, TuneSpec,
    Violations, labels,
};
use mltraining_proto::v1;
use v1::search_parameter::Values;

const DEFAULT_RUNGS: u32 = 3;
const DEFAULT_RATE: u32 = 3;

/// What a request asks for, checked but for what its source must have.
#[derive(Debug)]
pub(crate) struct TuneRequest {
    /// What to train, and how parameters are looked for.
    pub(crate) spec: TuneSpec,
    /// The features as they were written, to call a wrong one by its name.
    pub(crate) asked: v1::FeatureSpec,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    mut request: v1::TuneModelRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> TuneRequest {
    let request_id = std::mem::take(&mut request.request_id);
    request.parent = project.to_string();
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    let asked = request.spec.as_ref().and_then(|spec| spec.features.clone());
    let model = train_request::model_id(&request.model_id, found);
    let options = JobOptions {
        idempotency,
        validate_only: request.validate_only,
        priority: job_options::priority(request.priority, found),
        labels: request.labels,
        timeout: job_options::timeout(request.timeout, found),
    };
    let train = train_spec::read(request.spec, project, model, found);
    TuneRequest {
        spec: study(request.study, train, found),
        asked: asked.unwrap_or_default(),
        options,
    }
}

fn study(study: Option<v1::StudySpec>, train: TrainSpec, found: &mut Violations) -> TuneSpec {
    let is_said = study.is_some();
    found.require(is_said, "study", || {
        "required: say which parameters are looked for; the least is a space".to_owned()
    });
    let study = study.unwrap_or_default();
    let mut wrong = Violations::new();
    let read = TuneSpec {
        space: space(study.space, &mut wrong),
        method: method(study.method, &mut wrong),
        metric: metric(study.metric, &train, &mut wrong),
        max_trials: count(study.max_trials, DEFAULT_TRIALS, "max_trials", &mut wrong),
        max_duration: time::read_span(study.max_duration, "max_duration", &mut wrong)
            .unwrap_or(DEFAULT_SEARCH),
        halving: study.halving.map(|halving| Halving {
            rungs: count(halving.rungs, DEFAULT_RUNGS, "halving.rungs", &mut wrong),
            rate: count(halving.rate, DEFAULT_RATE, "halving.rate", &mut wrong),
        }),
        holdout_share: study.holdout_share.unwrap_or(DEFAULT_HOLDOUT_SHARE),
        parallel_jobs: count(
            study.parallel_jobs,
            DEFAULT_PARALLEL_JOBS,
            "parallel_jobs",
            &mut wrong,
        ),
        seed: study.seed.unwrap_or(train_spec::DEFAULT_SEED),
        train,
    };
    if is_said {
        // What could not be read is not found wrong again.
        if wrong.is_empty() {
            wrong = read.violations_of_search();
        }
        found.extend(below_study(&wrong));
    }
    read
}

/// What is wrong with a search, with the fields of the request.
pub(crate) fn below_study(found: &Violations) -> Violations {
    let mut named = Violations::new();
    for violation in found.iter() {
        let field = match violation.field.starts_with("spec.") {
            true => violation.field.clone(),
            false => format!("study.{}", violation.field),
        };
        named.add(field, violation.reason, violation.description.clone());
    }
    named
}

fn space(space: Vec<v1::SearchParameter>, found: &mut Violations) -> Vec<Parameter> {
    let parameters = space.into_iter().enumerate().filter_map(|(place, parameter)| {
        let path = format!("space[{place}]");
        Some(Parameter {
            values: values(parameter.values, &path, found)?,
            name: parameter.name,
        })
    });
    parameters.collect()
}

fn values(values: Option<Values>, path: &str, found: &mut Violations) -> Option<ParameterValues> {
    Some(match values {
        None => {
            found.invalid(
                format!("{path}.values"),
                "required: give a list, a range of integers, or a range of numbers",
            );
            return None;
        }
        Some(Values::List(list)) => ParameterValues::List(list.values),
        Some(Values::Integers(range)) => ParameterValues::Integers {
            low: range.low,
            high: range.high,
            scale: scale(range.scale, &format!("{path}.integers.scale"), found),
        },
        Some(Values::Numbers(range)) => ParameterValues::Numbers {
            low: range.low,
            high: range.high,
            scale: scale(range.scale, &format!("{path}.numbers.scale"), found),
        },
    })
}

fn scale(value: i32, field: &str, found: &mut Violations) -> Scale {
    match choice(value, "SEARCH_SCALE_LINEAR or SEARCH_SCALE_LOG", field, found) {
        v1::SearchScale::Unspecified | v1::SearchScale::Linear => Scale::Linear,
        v1::SearchScale::Log => Scale::Log,
    }
}

fn method(value: i32, found: &mut Violations) -> SearchMethod {
    match choice(
        value,
        "SEARCH_METHOD_GRID or SEARCH_METHOD_RANDOM",
        "method",
        found,
    ) {
        v1::SearchMethod::Unspecified | v1::SearchMethod::Random => SearchMethod::Random,
        v1::SearchMethod::Grid => SearchMethod::Grid,
    }
}

fn metric(value: i32, train: &TrainSpec, found: &mut Violations) -> StudyMetric {
    match choice(
        value,
        "a StudyMetric, such as STUDY_METRIC_ROC_AUC",
        "metric",
        found,
    ) {
        v1::StudyMetric::Unspecified => StudyMetric::default_of(train.label.task()),
        v1::StudyMetric::RocAuc => StudyMetric::RocAuc,
        v1::StudyMetric::AveragePrecision => StudyMetric::AveragePrecision,
        v1::StudyMetric::LogLoss => StudyMetric::LogLoss,
        v1::StudyMetric::Brier => StudyMetric::Brier,
        v1::StudyMetric::Rmse => StudyMetric::Rmse,
        v1::StudyMetric::Mae => StudyMetric::Mae,
        v1::StudyMetric::Spearman => StudyMetric::Spearman,
    }
}
