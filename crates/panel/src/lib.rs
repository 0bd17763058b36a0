//! mltraining-panel
