//! The learners as their callers see them: what they find, that they can be stopped, stored and repeated.
#![allow(clippy::unwrap_used)]

mod boosting;
mod control;
mod determinism;
mod extra_trees;
mod forest;
mod logistic;
mod model_file;
mod numbers;
mod onnx;
mod parity;
mod seeded;
mod sklearn;
mod xgboost;
