//! Models in memory: read once, bounded, and never damaged ones.
#![allow(clippy::unwrap_used)]

use super::*;
use bytes::Bytes;
use chrono::DateTime;
use futures::future::join_all;
use mltraining_domain::TrainSpec;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{Header, encode};
use tempfile::TempDir;

