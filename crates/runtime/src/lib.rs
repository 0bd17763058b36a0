//! mltraining-runtime
