//! Learners, metrics, thresholds and the model file.
//!
//! Pure: no I/O, no clock. The same spec, rows and seed give the same bytes on any number of threads: work is cut into
//! pieces that do not depend on the pool, and pieces are joined in order. Everything parallel runs in the rayon pool
//! that the caller is in (`ThreadPool::install`); no pool is configured here.
//!
//! The way of a fit: [`matrix::Matrix`] -> [`fit::fit`] -> [`model::Model`] -> [`model_file::encode`]. A new learner is
//! one module with an `impl Learner`, and its lines in [`registry`].

pub mod baseline;
mod binned;
pub mod bootstrap;
pub mod calibration;
mod class_weight;
pub mod control;
pub mod decision_tree;
pub mod elastic_net;
pub mod extra_trees;
pub mod fit;
mod functions;
pub mod gaussian_nb;
pub mod gradient_boosting;
pub mod knn;
mod largest;
mod least_squares;
pub mod logistic_regression;
pub mod matrix;
mod median;
pub mod metrics;
pub mod model;
pub mod model_file;
pub mod onnx;
mod parting;
pub mod permutation;
mod random;
pub mod random_forest;
pub mod registry;
pub mod ridge;
pub mod single_features;
pub mod threshold;
pub mod tree;
pub mod utility;
mod variance_trees;
