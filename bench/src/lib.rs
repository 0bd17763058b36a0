//! mltraining-bench
