//! A spec held against its source: the same for a training and for what looks at one before.

use super::call::Call;
use crate::convert::features;
use crate::error::ApiError;
use mltraining_domain::name::SourceName;
use mltraining_domain::{Checked, Reason, SourceSpec, TrainSpec, Violations};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_proto::v1;

/// A checked spec with what it names.
pub(super) struct Resolved {
    /// The spec.
    pub(super) spec: Checked<TrainSpec>,
    /// Its source.
    pub(super) source: SourceSpec,
    /// Its features, resolved against the source.
    pub(super) plan: FeaturePlan,
}

/// Holds a spec against its source. What the request alone showed, in `found`, is told together with that; `asked` are the
/// features as they were written, to call a wrong one by its name.
///
/// # Errors
/// All violations at once; NOT_FOUND for a source that is not there.
pub(super) async fn resolve(
    call: &Call,
    spec: TrainSpec,
    asked: &v1::FeatureSpec,
    mut found: Violations,
) -> Result<Resolved, ApiError> {
    let name = SourceName {
        project: call.project.clone(),
        source: spec.source.clone(),
    };
    let source = match call.source(&name).await {
        Ok(source) => source.spec,
        // A source that is not there matters less than fields that are wrong for any.
        Err(error) if error.reason() == Reason::NotFound && !found.is_empty() => {
            return Err(features::refuse(found, asked));
        }
        Err(error) => return Err(error),
    };
    let plan = match catalogue::resolve(&spec.features, &source, &spec.label, "spec.features") {
        Ok(plan) => {
            found.extend(plan.check_known_before(&source, spec.known_before, "spec.known_before"));
            plan
        }
        Err(mut more) => {
            // A stand-in for a part that could not be read would be found wanting again.
            let wrong = |part: &str| found.iter().any(|v| v.field.starts_with(part));
            let known = ["spec.features", "spec.label"].map(|part| (part, wrong(part)));
            more.retain(|v| {
                !known
                    .iter()
                    .any(|(part, wrong)| *wrong && v.field.starts_with(part))
            });
            found.extend(more);
            found.extend(source.check_known_before(spec.known_before, "spec.known_before"));
            return Err(features::refuse(found, asked));
        }
    };
    if !found.is_empty() {
        return Err(features::refuse(found, asked));
    }
    Ok(Resolved {
        spec: spec.check()?,
        source,
        plan,
    })
}
