//! Messages to domain values and back, one file per subject.
//!
//! `read` takes a message apart and notes every violation under the field's path as the client wrote it. Where it notes one
//! it goes on with a stand-in that passes all checks, so that the rest is read as well; the caller refuses the request when
//! anything was noted. `show` makes a message of a domain value.

pub(crate) mod algorithm;
pub(crate) mod api_key;
pub(crate) mod artifact;
pub(crate) mod audit;
pub(crate) mod backtest;
pub(crate) mod backtest_request;
pub(crate) mod batch_predict;
pub(crate) mod calibration;
pub(crate) mod catalogue;
pub(crate) mod compare_request;
pub(crate) mod comparison;
pub(crate) mod context;
pub(crate) mod coverage;
pub(crate) mod curve;
pub(crate) mod dataset_preview;
pub(crate) mod etag;
pub(crate) mod evaluate_request;
pub(crate) mod evaluation;
pub(crate) mod evaluation_filter;
pub(crate) mod event;
mod feature_order;
pub(crate) mod features;
pub(crate) mod field;
mod gradient_boosting;
pub(crate) mod idempotency;
pub(crate) mod importances;
pub(crate) mod intervals;
pub(crate) mod job;
pub(crate) mod job_change;
pub(crate) mod job_count;
pub(crate) mod job_error;
pub(crate) mod job_filter;
pub(crate) mod job_log;
pub(crate) mod job_options;
pub(crate) mod label;
pub(crate) mod leaderboard;
pub(crate) mod leakage;
pub(crate) mod lineage;
pub(crate) mod model;
pub(crate) mod model_change;
pub(crate) mod model_filter;
pub(crate) mod model_version;
pub(crate) mod name;
pub(crate) mod page;
pub(crate) mod prediction;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod promotion;
pub(crate) mod queue_stats;
pub(crate) mod quota;
pub(crate) mod read_error;
pub(crate) mod reproduce_request;
pub(crate) mod reproduction;
pub(crate) mod role;
pub(crate) mod sample_weight;
pub(crate) mod server_info;
pub(crate) mod slices;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod stored_evaluation;
pub(crate) mod study;
pub(crate) mod tensors;
pub(crate) mod term;
pub(crate) mod threshold;
pub(crate) mod time;
pub(crate) mod train_request;
pub(crate) mod train_spec;
pub(crate) mod tune_request;
pub(crate) mod worker;

#[cfg(test)]
mod tests;
