//! The words of the service: ids, specs, states and error reasons.
//!
//! This crate is pure: no I/O, no clock, no other room of the house. Specs are plain data that can always be read back
//! from a row; only a [`Checked`] one can be stored or run.

pub mod alias;
pub mod backtest;
pub mod comparison;
pub mod context;
pub mod curves;
pub mod evaluation;
pub mod failure;
pub mod filter;
pub mod gate;
pub mod ids;
pub mod job;
pub mod labels;
pub mod model;
pub mod name;
pub mod names;
pub mod page;
pub mod prediction;
pub mod progress;
pub mod reason;
pub mod release;
pub mod reproduction;
pub mod role;
pub mod slices;
pub mod source;
pub mod spec;
pub mod study;
pub mod time;
pub mod violation;

mod hex;

pub use alias::AliasId;
pub use backtest::{Backtest, BacktestPeriod, PeriodTrading, RoundTrip, Side, Trading};
pub use comparison::{
    Answer, ComparedMetric, ComparedVersion, MetricAnswer, VersionComparison, VersionDifference,
};
pub use context::SourceContext;
pub use curves::{AtThreshold, CalibrationPart, CurvePoint, Curves, ForecastPart};
pub use evaluation::{
    Baseline, CalibrationBin, Confusion, CorrelatedFeature, Evaluation, Fold, Interval, IntervalUnset,
    Intervals, LeakProof, Metrics, Period, RegressionIntervals, RegressionMetrics, ScoreIntervals,
    SingleFeature, SingleRule, TestGap, TopRows, UnseenEntities, Verdict,
};
pub use failure::{FailureClass, JobFailure};
pub use gate::{Condition, EvaluationMetric};
pub use hex::hex;
pub use ids::{
    Epoch, EvaluationId, IdError, IdempotencyKey, JobId, ModelId, ProjectId, QueueId, ResultId, SourceId,
    WorkerId,
};
pub use job::{DisplayState, JobKind, JobState, Priority};
pub use model::{RowCounts, VersionFacts};
pub use prediction::{PredictedRows, PredictionSet};
pub use progress::{Progress, WorkPhase};
pub use reason::Reason;
pub use reproduction::{
    DayChange, DifferingDay, DifferingDays, Reproduction, ReproductionVerdict, ThenAndNow,
};
pub use role::Role;
pub use slices::{FeatureDrop, Slice, SliceKind, Slices};
pub use source::{ColumnRole, DataType, DuplicateRule, SourceColumn, SourcePhase, SourceSpec};
pub use spec::Checked;
pub use spec::algorithm::{
    AlgorithmSpec, ClassWeight, ExtraTreesSpec, LogisticRegressionSpec, RandomForestSpec,
};
pub use spec::backtest::{BacktestSpec, TradingCosts};
pub use spec::batch_predict::BatchPredictSpec;
pub use spec::calibration::Calibration;
pub use spec::compare::{CompareSpec, NotComparable};
pub use spec::decision_tree::DecisionTreeSpec;
pub use spec::evaluate::{EvaluateSpec, PeriodPlace, ScoredVersion, TrainedRows};
pub use spec::features::{FeatureExpr, FeatureSpec, Window};
pub use spec::gaussian_nb::GaussianNbSpec;
pub use spec::gradient_boosting::{
    DEFAULT_MAX_LEAVES, EarlyStopping, GradientBoostingSpec, Growth, Monotone,
};
pub use spec::knn::{KnnSpec, MOST_KNN_ROWS};
pub use spec::label::{
    ChangeAtHorizon, ChangeTarget, ColumnLabel, Comparison, Direction, ExtremeWithinHorizon, LabelSpec,
    ThresholdAtHorizon, TripleBarrier,
};
pub use spec::least_squares::{ElasticNetSpec, RidgeSpec};
pub use spec::probe::{ProbeSpec, ProbeStep};
pub use spec::reproduce::{Expected, ReproduceSpec, StoredFile};
pub use spec::sample_weight::SampleWeight;
pub use spec::split::{CombinatorialPurged, Holdout, SplitSpec, WalkForward, WalkForwardScheme};
pub use spec::task::Task;
pub use spec::threshold::{ThresholdSpec, Utility};
pub use spec::train::TrainSpec;
pub use spec::trial::{TrialConfiguration, TrialSpec};
pub use spec::tune::{Configuration, Halving, Parameter, ParameterValues, Scale, SearchMethod, TuneSpec};
pub use study::{SearchEnd, Study, StudyMetric, Trial, TrialError, TrialScore, TrialState};
pub use time::{Span, TimeRange};
pub use violation::{FieldViolation, Violations};
