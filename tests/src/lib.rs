//! mltraining-tests
