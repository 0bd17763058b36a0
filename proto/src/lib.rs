//! mltraining-proto
