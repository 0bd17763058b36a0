//! A request to compare model versions.

use super::evaluate_request::{self, PeriodRows};
use super::idempotency;
use super::job_options::{self, JobOptions};
use super::train_spec::DEFAULT_SEED;
use mltraining_domain::name::VersionRef;
use mltraining_domain::spec::compare::MOST_VERSIONS;
use mltraining_domain::{ProjectId, Violations, labels};
use mltraining_proto::v1;

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct CompareRequest {
    /// The versions, each name once.
    pub(crate) versions: Vec<VersionRef>,
    /// On which rows.
    pub(crate) rows: PeriodRows,
    /// Seed of the draws.
    pub(crate) seed: u64,
    /// What is said of the job.
    pub(crate) options: JobOptions,
}

/// Reads a request; what is wrong with it is noted in `found`.
pub(crate) fn read(
    mut request: v1::CompareModelsRequest,
    project: &ProjectId,
    found: &mut Violations,
) -> CompareRequest {
    let request_id = std::mem::take(&mut request.request_id);
    request.parent = project.to_string();
    let idempotency = idempotency::read(&request_id, &request, found);
    found.extend(labels::check(&request.labels, "labels"));
    CompareRequest {
        versions: versions(&request.model_versions, project, found),
        rows: evaluate_request::rows(request.range, request.known_before, request.max_rows, found),
        seed: request.seed.unwrap_or(DEFAULT_SEED),
        options: JobOptions {
            idempotency,
            validate_only: request.validate_only,
            priority: job_options::priority(request.priority, found),
            labels: request.labels,
            timeout: job_options::timeout(request.timeout, found),
        },
    }
}

fn versions(texts: &[String], project: &ProjectId, found: &mut Violations) -> Vec<VersionRef> {
    let count = texts.len();
    found.require((2..=MOST_VERSIONS).contains(&count), "model_versions", || {
        format!("{count} versions; give 2 to {MOST_VERSIONS}")
    });
    let mut names: Vec<VersionRef> = Vec::with_capacity(count.min(MOST_VERSIONS));
    for (place, text) in texts.iter().enumerate().take(MOST_VERSIONS) {
        let field = format!("model_versions[{place}]");
        match VersionRef::parse(text) {
            Err(error) => found.invalid(field, error.to_string()),
            Ok(name) if name.model().project != *project => {
                found.invalid(field, format!("must be of projects/{project}, like the request"));
            }
            Ok(name) if names.contains(&name) => found.invalid(field, "is named twice"),
            Ok(name) => names.push(name),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_version_of_a_request_is_named() {
        let project = ProjectId::default_project();
        let said = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
            let mut found = Violations::new();
            versions(&texts, &project, &mut found);
            found.iter().map(|v| v.field.clone()).collect::<Vec<_>>()
        };
        let of = |version: u32| format!("projects/default/models/m/versions/{version}");
        assert!(said(&[&of(1), &of(2)]).is_empty());
        assert_eq!(said(&[]), ["model_versions"]);
        assert_eq!(said(&[&of(1)]), ["model_versions"]);
        let alias = "projects/default/models/m@champion";
        assert!(said(&[&of(1), alias]).is_empty());
        let wrong = said(&[
            &of(1),
            &of(1),
            "m@2",
            "projects/other/models/m/versions/1",
            alias,
            alias,
        ]);
        assert_eq!(
            wrong,
            [
                "model_versions[1]",
                "model_versions[2]",
                "model_versions[3]",
                "model_versions[5]"
            ]
        );
        let many: Vec<String> = (1..=11).map(of).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(said(&many), ["model_versions"]);
    }
}
