//! Audit events, and which of them a list shows.

use super::role;
use super::term::{self, Instants};
use super::time::show_instant;
use crate::access::METHODS;
use crate::error::ApiError;
use mltraining_domain::ProjectId;
use mltraining_domain::filter::{EQUAL, Field, ORDERED};
use mltraining_domain::name::ProjectName;
use mltraining_proto::v1;
use mltraining_store::audit::{AuditEvent, AuditFilter, AuditOutcome};

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    Field { path: "project",     comparators: EQUAL },
    Field { path: "resource",    comparators: EQUAL },
    Field { path: "method",      comparators: EQUAL },
    Field { path: "caller_key",  comparators: EQUAL },
    Field { path: "create_time", comparators: ORDERED },
];

/// The filter of a request; `None` when its terms contradict each other, so that no event can pass.
///
/// # Errors
/// FILTER_SYNTAX.
pub(crate) fn read(text: &str) -> Result<Option<AuditFilter>, ApiError> {
    let (mut filter, mut created) = (AuditFilter::default(), Instants::default());
    let mut possible = true;
    for term in term::parse(text, FIELDS)? {
        let (field, value) = match term.field.as_str() {
            "create_time" => {
                created.narrow(&term)?;
                continue;
            }
            "project" => (&mut filter.project, term.value),
            "resource" => (&mut filter.resource, term.value),
            "method" => (&mut filter.method, whole(term.value)),
            _ => (&mut filter.caller_key, term.value),
        };
        let before = field.replace(value.clone());
        possible &= before.is_none_or(|before| before == value);
    }
    filter.created_from = created.from;
    filter.created_before = created.before;
    Ok(possible.then_some(filter))
}

/// The path of a method that is called by its last part.
fn whole(method: String) -> String {
    let named = METHODS.iter().find(|row| row.name() == method);
    named.map_or(method, |row| row.path.to_owned())
}

/// The message of an event.
pub(crate) fn show(event: &AuditEvent) -> v1::AuditEvent {
    let project = |id: &Option<ProjectId>| id.clone().map(|id| ProjectName(id).to_string());
    v1::AuditEvent {
        name: format!("auditEvents/{}", event.id),
        create_time: Some(show_instant(event.created_at)),
        caller_key: event.caller_key.clone(),
        caller_role: role::show(event.caller_role).into(),
        caller_project: project(&event.caller_project),
        method: event.method.clone(),
        resource: event.resource.clone(),
        project: project(&event.project),
        outcome: match event.outcome {
            AuditOutcome::Created => v1::AuditOutcome::Created.into(),
            AuditOutcome::Changed => v1::AuditOutcome::Changed.into(),
            AuditOutcome::Removed => v1::AuditOutcome::Removed.into(),
        },
        request_id: event.request_id.clone(),
        peer: event.peer.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn events_are_found_by_who_did_what_to_what_and_when() {
        let text = "project = default AND method = TrainModel AND create_time >= 2026-01-01T00:00:00Z";
        let filter = read(text).unwrap().unwrap();
        assert_eq!(filter.project.as_deref(), Some("default"));
        assert_eq!(
            filter.method.as_deref(),
            Some("/mltraining.v1.TrainingService/TrainModel")
        );
        assert!(filter.created_from.is_some() && filter.created_before.is_none());
        let command = read("method = \"api-server keys create\"").unwrap().unwrap();
        assert_eq!(command.method.as_deref(), Some("api-server keys create"));
        assert_eq!(read("caller_key = a AND caller_key = b").unwrap(), None);
        assert!(read("outcome = CREATED").is_err() && read("project != a").is_err());
    }
}
