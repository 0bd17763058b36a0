//! New values of a job, by a field mask (AIP-161).

use crate::error::ApiError;
use mltraining_domain::{Priority, Violations, labels};
use mltraining_proto::v1;
use mltraining_store::jobs::JobChange;

const PATHS: [&str; 2] = ["priority", "labels"];

/// The change that a request asks for; without a mask, the fields of `job` that are not empty.
///
/// # Errors
/// INVALID_FIELD with every wrong field.
pub(crate) fn read(job: v1::Job, mask: Option<&prost_types::FieldMask>) -> Result<JobChange, ApiError> {
    let mut found = Violations::new();
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    for path in paths {
        found.require(
            path == "*" || PATHS.contains(&path.as_str()),
            "update_mask",
            || format!("`{path}` cannot be changed; give {} or *", PATHS.join(", ")),
        );
    }
    let wanted = |path: &str, is_empty: bool| match paths {
        [] => !is_empty,
        paths => paths.iter().any(|p| p == "*" || p == path),
    };
    let priority = Priority::new(job.priority);
    found.require(priority.is_some(), "job.priority", || {
        format!("{} is none of 0 (first) to 4 (last)", job.priority)
    });
    found.extend(labels::check(&job.labels, "job.labels"));
    let change = JobChange {
        priority: priority.filter(|_| wanted("priority", job.priority == 0)),
        labels: wanted("labels", job.labels.is_empty()).then_some(job.labels),
    };
    Ok(found.into_result(change)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn change(priority: i32, label: Option<&str>, paths: &[&str]) -> Result<JobChange, ApiError> {
        let mask = prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        };
        let label = label.map(|key| (key.to_owned(), "x".to_owned()));
        let job = v1::Job {
            priority,
            labels: label.into_iter().collect(),
            ..v1::Job::default()
        };
        read(job, Some(&mask))
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let labels = change(1, Some("team"), &["labels"]).unwrap();
        assert_eq!((labels.priority, labels.labels.unwrap().len()), (None, 1));
        let without = change(1, None, &[]).unwrap();
        assert_eq!((without.priority.unwrap().value(), without.labels), (1, None));
        let first = change(0, None, &["priority"]).unwrap();
        assert_eq!(first.priority.unwrap().value(), 0);
        let all = change(0, None, &["*"]).unwrap();
        assert_eq!((all.priority.unwrap().value(), all.labels), (0, Some([].into())));
        assert_eq!(change(0, None, &[]).unwrap(), JobChange::default());
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let refused = change(5, Some("Team"), &["state"]).unwrap_err().to_string();
        for field in ["job.priority", "job.labels", "update_mask", "`state`"] {
            assert!(refused.contains(field), "{refused}");
        }
        assert!(change(-1, None, &[]).is_err());
    }
}
