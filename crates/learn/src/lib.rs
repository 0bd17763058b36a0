//! mltraining-learn
