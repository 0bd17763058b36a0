//! mltraining-artifacts
