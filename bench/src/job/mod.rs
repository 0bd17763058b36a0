//! A whole job, from submit to SUCCEEDED, beside a pipeline in Python that reads the same rows, labels them by entity, purges at the
//! border of training and test, computes the same features, and fits one booster of the same size.
//!
//! The pipeline does less: it has no folds but the one, no baselines, no intervals, no importances, no final model on all rows, and
//! writes no file.

mod ours;
mod pipeline;

use crate::data::median;
use crate::service::Service;
use crate::{Goal, Row};
use anyhow::ensure;

/// What a round took, and how well its model parts the test rows.
#[derive(Debug, Clone, Copy)]
struct Took {
    /// Seconds.
    wall: f64,
    /// Seconds of CPU.
    cpu: f64,
    /// Area under the ROC curve.
    roc_auc: f64,
    /// Average precision.
    average_precision: f64,
}

/// What a boosted model must reach on these rows.
const ROC_AUC: f64 = 0.735;
const AVERAGE_PRECISION: f64 = 0.455;

/// Measures both in turn.
///
/// # Errors
/// When a job does not succeed, or Python lacks a package.
pub async fn measure(service: &Service, url: &str, rounds: usize) -> anyhow::Result<Vec<Row>> {
    ensure!(rounds > 0, "--rounds wants at least 1");
    let worker = service.worker(&[("MLTS_WORKER__THREADS", "2")]);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        theirs.push(pipeline::run(url)?);
        ours.push(ours::run(service, &worker, round).await?);
    }
    let of = |took: &[Took], what: fn(&Took) -> f64| median(took.iter().map(what));
    let beside = |name: &str, unit, what: fn(&Took) -> f64, goal| {
        Row::new(name, unit, of(&ours, what), Some(of(&theirs, what)), goal)
    };
    let against = |name: &str, what: fn(&Took) -> f64, least| {
        let name = format!("{name} against {least}");
        Row::new(name, "", of(&ours, what), Some(least), Goal::AtLeast(1.0))
    };
    let per_pipeline = "submit to SUCCEEDED vs an honest pipeline in Python";
    Ok(vec![
        beside(
            &format!("{per_pipeline}, CPU"),
            "CPU s",
            |took| took.cpu,
            Goal::AtMost(0.2),
        ),
        beside(
            &format!("{per_pipeline}, wall"),
            "s",
            |took| took.wall,
            Goal::AtMost(1.0),
        ),
        beside(
            "ROC AUC on the next day vs the pipeline's",
            "",
            |took| took.roc_auc,
            Goal::AtLeast(1.0),
        ),
        beside(
            "average precision on the next day vs the pipeline's",
            "",
            |took| took.average_precision,
            Goal::AtLeast(1.0),
        ),
        against("ROC AUC on the next day", |took| took.roc_auc, ROC_AUC),
        against(
            "average precision on the next day",
            |took| took.average_precision,
            AVERAGE_PRECISION,
        ),
    ])
}
