//! Names of what belongs to the service as a whole, and of a project's quota.

use super::{NameError, split};
use crate::ids::{ProjectId, QueueId, WorkerId};
use std::fmt;

/// `workers/{worker}`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorkerName(pub WorkerId);

/// `queues/{queue}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueueName(pub QueueId);

/// `projects/{project}/quota`: each project has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuotaName(pub ProjectId);

/// `projects/{project}/apiKeys/{api_key}`, the last part being the short part of the key, which is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiKeyName {
    /// The project.
    pub project: ProjectId,
    /// 6 to 32 of A-Z, a-z, 0-9.
    pub key: String,
}

impl ApiKeyName {
    /// Parses `projects/{project}/apiKeys/{api_key}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const FORM: &str = "projects/{project}/apiKeys/{api_key}";
        let [project, key] = split(text, FORM)?;
        let fits = (6..=32).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            return Err(NameError::Shape { expected: FORM });
        }
        Ok(Self {
            project: project.parse()?,
            key,
        })
    }
}

impl WorkerName {
    /// Parses `workers/{worker}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [worker] = split(text, "workers/{worker}")?;
        Ok(Self(worker.parse()?))
    }
}

impl QueueName {
    /// Parses `queues/{queue}`; an empty text is `queues/default`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Ok(Self(QueueId::default_queue()));
        }
        let [queue] = split(text, "queues/{queue}")?;
        Ok(Self(queue.parse()?))
    }
}

impl QuotaName {
    /// Parses `projects/{project}/quota`; an empty text is `projects/default/quota`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Ok(Self(ProjectId::default_project()));
        }
        let [project] = split(text, "projects/{project}/quota")?;
        Ok(Self(project.parse()?))
    }
}

impl fmt::Display for ApiKeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/apiKeys/{}", self.project, self.key)
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workers/{}", self.0)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queues/{}", self.0)
    }
}

impl fmt::Display for QuotaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/quota", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_service_read_back_as_they_were_written() {
        let worker = "workers/01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(WorkerName::parse(worker).unwrap().to_string(), worker);
        assert_eq!(
            QueueName::parse("queues/slow").unwrap().to_string(),
            "queues/slow"
        );
        assert_eq!(QueueName::parse("").unwrap().to_string(), "queues/default");
        let key = "projects/p/apiKeys/ab12cd";
        assert_eq!(ApiKeyName::parse(key).unwrap().to_string(), key);
        let quota = "projects/p/quota";
        assert_eq!(QuotaName::parse(quota).unwrap().to_string(), quota);
        assert_eq!(
            QuotaName::parse("").unwrap().to_string(),
            "projects/default/quota"
        );
    }

    #[test]
    fn a_name_of_something_else_is_none_of_the_service() {
        for text in [
            "",
            "workers/",
            "workers/w1",
            "queues/default",
            "projects/p/workers/1",
        ] {
            assert!(WorkerName::parse(text).is_err(), "{text:?}");
        }
        for text in [
            "projects/p/apiKeys/",
            "projects/p/apiKeys/short",
            "projects/p/apiKeys/ab-12cd",
        ] {
            assert!(ApiKeyName::parse(text).is_err(), "{text:?}");
        }
        for text in ["default", "queues/", "queues/Default", "queues/a/b"] {
            assert!(QueueName::parse(text).is_err(), "{text:?}");
        }
        for text in ["projects/p", "projects/p/quotas", "projects//quota", "quota"] {
            assert!(QuotaName::parse(text).is_err(), "{text:?}");
        }
    }
}
