//! Charts as SVG, one file for each.

mod by_fold;
mod calibration;
mod fold_times;
mod forecasts;
mod frame;
mod precision_recall;
mod roc;
mod skill;
mod svg;
mod thresholds;

pub(crate) use by_fold::by_fold;
pub(crate) use calibration::calibration;
pub(crate) use fold_times::fold_times;
pub(crate) use forecasts::forecasts;
pub(crate) use precision_recall::precision_recall;
pub(crate) use roc::roc;
pub(crate) use skill::skill;
pub(crate) use thresholds::{thresholds, utilities};
