//! What was asked for.

use super::Pair;
use crate::Report;
use crate::words::number::{counted, instant, share, span};
use crate::words::{algorithm, features, split, threshold};
use mltraining_domain::{SampleWeight, Task};

pub(crate) fn asked(report: &Report<'_>) -> Vec<Pair> {
    let (spec, facts) = (report.spec, report.facts);
    let mut pairs = vec![
        Pair::new("Source", spec.source.to_string()),
        Pair::new(
            "Decided from",
            format!(
                "{} up to {} UTC",
                instant(spec.range.start),
                instant(spec.range.end)
            ),
        ),
        Pair::new("Learner", algorithm::algorithm(&spec.algorithm)),
        Pair::new(
            "Features",
            features::features(&spec.features, facts.feature_names.len()),
        ),
        Pair::new("Tested", split::split(&spec.split)),
        Pair::new("Looks ahead", span(spec.label.horizon())),
    ];
    if spec.label.task() == Task::Binary {
        pairs.push(Pair::new("Threshold", threshold::threshold(spec.threshold)));
        pairs.push(Pair::new("Calibration", threshold::calibration(spec.calibration)));
    }
    if let Some(known) = spec.known_before {
        pairs.push(Pair::new("Known before", format!("{} UTC", instant(known))));
    }
    if spec.sample_weight == SampleWeight::Uniqueness {
        pairs.push(Pair::new(
            "Row weights",
            "by the average uniqueness of each label",
        ));
    }
    if let Some(held_out) = spec.unseen_entity_share {
        pairs.push(Pair::new(
            "Held out",
            format!("{} of the entities", share(Some(held_out))),
        ));
    }
    if !spec.entities.is_empty() {
        let entities = counted(spec.entities.len() as u64, "named entity", "named entities");
        pairs.push(Pair::new("Only", entities));
    }
    if !spec.phases.is_empty() {
        let phases: Vec<String> = spec.phases.iter().map(ToString::to_string).collect();
        pairs.push(Pair::new("Phases", phases.join(", ")));
    }
    pairs
}
