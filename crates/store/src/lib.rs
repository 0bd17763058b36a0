//! mltraining-store
