//! Who calls, and which projects he may see.

use crate::error::ApiError;
use http::Extensions;
use mltraining_domain::name::ProjectName;
use mltraining_domain::{ProjectId, Role};

/// The caller of one request, put into the request's extensions by the layer `authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The short part of the API key, or `jwt:` and the subject of the token: safe to log, stored as `created_by`, 1 to 128 bytes.
    pub key: String,
    /// The project of the key or token; `None` for a caller who sees every project.
    pub project: Option<ProjectId>,
    /// What the caller may do there.
    pub role: Role,
}

impl Caller {
    /// The caller of a server without authentication (loopback only): everything in every project.
    pub fn local() -> Self {
        Self {
            key: "local".to_owned(),
            project: None,
            role: Role::Admin,
        }
    }

    /// Whether the caller may know that `project` exists.
    pub fn sees(&self, project: &ProjectId) -> bool {
        self.project.as_ref().is_none_or(|own| own == project)
    }

    /// Whether his role holds for the service as a whole, which the project `default` stands for: he sees what belongs to
    /// no project, such as queues and workers.
    pub fn is_of_the_service(&self) -> bool {
        self.sees(&ProjectId::default_project())
    }
}

/// The caller, if he may see `project`, taken from the resource name of the request.
///
/// # Errors
/// NOT_FOUND for a foreign project, as if it did not exist. The role was checked before, by the table in `access`.
pub fn authorize<'a>(extensions: &'a Extensions, project: &ProjectId) -> Result<&'a Caller, ApiError> {
    let caller = extensions
        .get::<Caller>()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a call without a caller reached a service")))?;
    if caller.sees(project) {
        return Ok(caller);
    }
    Err(ApiError::not_found(ProjectName(project.clone())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use mltraining_domain::Reason;

    fn extensions(project: Option<&str>) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(Caller {
            key: "ab12".to_owned(),
            project: project.map(|p| p.parse().unwrap()),
            role: Role::Viewer,
        });
        extensions
    }

    #[test]
    fn a_foreign_project_reads_as_one_that_does_not_exist() {
        let own = "own".parse().unwrap();
        let foreign = "foreign".parse().unwrap();
        assert_eq!(authorize(&extensions(Some("own")), &own).unwrap().key, "ab12");
        let refused = authorize(&extensions(Some("own")), &foreign).unwrap_err();
        assert_eq!(refused.reason(), Reason::NotFound);
        assert!(authorize(&extensions(None), &foreign).is_ok());
    }

    #[test]
    fn a_call_without_a_caller_is_a_fault_and_not_an_open_door() {
        let refused = authorize(&Extensions::new(), &"own".parse().unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::Internal);
    }
}
