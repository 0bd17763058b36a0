//! Charts as SVG, one file for each.

mod auc_by_fold;
mod calibration;
mod fold_times;
mod frame;
mod precision_recall;
mod roc;
mod skill;
mod svg;
mod thresholds;

pub(crate) use auc_by_fold::auc_by_fold;
pub(crate) use calibration::calibration;
pub(crate) use fold_times::fold_times;
pub(crate) use precision_recall::precision_recall;
pub(crate) use roc::roc;
pub(crate) use skill::skill;
pub(crate) use thresholds::{thresholds, utilities};
