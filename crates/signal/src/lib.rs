//! mltraining-signal
