//! What jobs are counted by, and the counts.

use super::job::{show_kind, show_state};
use crate::error::ApiError;
use mltraining_domain::{JobKind, JobState, Violations, labels};
use mltraining_proto::v1;
use mltraining_store::jobs::{JobCount, JobGrouping};

/// Most things that are counted apart.
const MAX_PARTS: usize = 4;

/// The grouping of a request.
///
/// # Errors
/// INVALID_FIELD with every wrong part.
pub(crate) fn read(parts: &[String]) -> Result<JobGrouping, ApiError> {
    let mut found = Violations::new();
    found.require(parts.len() <= MAX_PARTS, "group_by", || {
        format!("{} parts; at most {MAX_PARTS} are taken", parts.len())
    });
    let mut grouping = JobGrouping::default();
    for (i, part) in parts.iter().enumerate() {
        let field = format!("group_by[{i}]");
        found.require(!parts[..i].contains(part), &field, || "is named twice".to_owned());
        match (part.as_str(), part.strip_prefix("labels.")) {
            ("state", _) => grouping.state = true,
            ("kind", _) => grouping.kind = true,
            (_, Some(key)) => {
                let one = [(key.to_owned(), String::new())].into();
                found.extend(labels::check(&one, &field));
                grouping.labels.push(key.to_owned());
            }
            _ => found.invalid(field, "give state, kind or labels.KEY"),
        }
    }
    Ok(found.into_result(grouping)?)
}

/// The counts as the wire holds them.
pub(crate) fn show(counts: &[JobCount], grouping: &JobGrouping) -> v1::CountJobsResponse {
    let grouped = *grouping != JobGrouping::default();
    v1::CountJobsResponse {
        total_count: counts.iter().map(|count| count.jobs).sum(),
        groups: counts
            .iter()
            .filter(|_| grouped)
            .map(|count| show_group(count, grouping))
            .collect(),
    }
}

fn show_group(count: &JobCount, grouping: &JobGrouping) -> v1::JobCount {
    let state = |state: JobState| show_state(state).into();
    let kind = |kind: JobKind| show_kind(kind).into();
    let labels = grouping.labels.iter().zip(&count.labels);
    v1::JobCount {
        state: count.state.map(state).unwrap_or_default(),
        kind: count.kind.map(kind).unwrap_or_default(),
        labels: labels
            .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
            .collect(),
        count: count.jobs,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn grouping(parts: &[&str]) -> Result<JobGrouping, ApiError> {
        read(&parts.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_wrong_part_is_named_by_its_place() {
        for parts in [
            &["state", "stat"][..],
            &["state", "labels."],
            &["kind", "labels.Team"],
            &["state", "state"],
            &["state", ""],
        ] {
            let refused = grouping(parts).unwrap_err().to_string();
            assert!(refused.contains("group_by[1]"), "{refused}");
        }
        assert!(grouping(&["state", "kind", "labels.a", "labels.b", "labels.c"]).is_err());
    }

    #[test]
    fn a_label_that_a_job_does_not_have_is_left_out() {
        let grouping = grouping(&["labels.team", "labels.tier"]).unwrap();
        let count = JobCount {
            state: None,
            kind: None,
            labels: vec![None, Some("1".to_owned())],
            jobs: 3,
        };
        let shown = show(&[count], &grouping);
        assert_eq!(shown.total_count, 3);
        assert_eq!(
            shown.groups[0].labels,
            [("tier".to_owned(), "1".to_owned())].into()
        );
        assert_eq!(shown.groups[0].state(), v1::JobState::Unspecified);
    }
}
