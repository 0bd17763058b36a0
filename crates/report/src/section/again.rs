//! What is needed to make the model again.

use super::Pair;
use crate::words::number::count;
use crate::{Onnx, Parity, Report};
use mltraining_domain::VersionFacts;

pub(crate) fn again(report: &Report<'_>) -> Vec<Pair> {
    let (spec, facts) = (report.spec, report.facts);
    let mut pairs = vec![
        Pair::new("Seed", spec.seed.to_string()),
        Pair::new("Version of the service", service(facts)),
        Pair::new("SHA-256 of the spec", facts.spec_hash.clone()),
        Pair::new("Fingerprint of the rows", facts.source_fingerprint.clone()),
        Pair::new("SHA-256 of model.mlts", facts.model_sha256.clone()),
    ];
    pairs.push(Pair::new("model.onnx", told(report.onnx)));
    pairs
}

/// `0.1.0, commit 1a2b3c4`.
pub(crate) fn service(facts: &VersionFacts) -> String {
    match facts.git_hash.as_str() {
        "" => facts.service_version.clone(),
        hash => format!("{}, commit {hash}", facts.service_version),
    }
}

fn told(onnx: &Onnx) -> String {
    match onnx {
        Onnx::LeftOut(why) => format!("left out: {why}"),
        Onnx::Kept(Parity {
            rows,
            largest_difference,
        }) => {
            let rows = count(*rows);
            if *largest_difference == 0.0 {
                format!("says the same, asked about {rows} rows")
            } else {
                format!("differs by {largest_difference:.0e} at most, asked about {rows} rows")
            }
        }
    }
}
