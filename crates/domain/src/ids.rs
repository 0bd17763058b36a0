//! Ids as newtypes: a slug for what people name, a UUID for what the service makes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not of the slug's form.
    #[error("`{0}` must start with a lower-case letter and have 1 to 63 of a-z, 0-9, '-' and '_'")]
    Slug(String),
    /// Not a UUID.
    #[error("`{0}` is not a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
    Uuid(String),
    /// A word that means something else.
    #[error("`{0}` is a reserved word")]
    Reserved(String),
}

pub(crate) fn is_slug(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    first
        && text.len() <= 63
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

/// Text shown in an error: at most 80 characters, no control characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// A project, the unit of access and of quotas. Slug; `default` when a request names none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProjectId(String);

/// A model: a name under which versions gather. Slug.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelId(String);

/// A registered source. Slug.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

/// What workers take jobs from. Slug; `default` when a request names none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueId(String);

/// A job. UUID v7, made by the API, so that ids sort by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub Uuid);

/// A worker process. UUID, fresh per boot, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(pub Uuid);

/// What a job leaves behind: one set of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResultId(pub Uuid);

/// An evaluation of a model version. UUID, made by the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvaluationId(pub Uuid);

/// A client's idempotency key: the `request_id` field of AIP-155, a UUID. (The correlation id of the header `x-request-id` is a plain text.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub Uuid);

/// The fence of a job: +1 per claim, never reset. Zero before the first claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub i64);

impl ProjectId {
    /// The project of requests that name none.
    pub fn default_project() -> Self {
        Self("default".to_owned())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl QueueId {
    /// The queue of requests that name none.
    pub fn default_queue() -> Self {
        Self("default".to_owned())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ModelId {
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SourceId {
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JobId {
    /// The id of a new job, made of the caller's random and time: `Uuid::now_v7()` belongs to the callers, who have a clock.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl FromStr for ProjectId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Slug(shown(text)))
        }
    }
}

impl FromStr for ModelId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Slug(shown(text)))
        }
    }
}

impl FromStr for SourceId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Slug(shown(text)))
        }
    }
}

impl FromStr for QueueId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Slug(shown(text)))
        }
    }
}

impl FromStr for WorkerId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| IdError::Uuid(shown(text)))
    }
}

impl FromStr for JobId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| IdError::Uuid(shown(text)))
    }
}

impl FromStr for EvaluationId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| IdError::Uuid(shown(text)))
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| IdError::Uuid(shown(text)))
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for EvaluationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_no_id() {
        for text in [
            "",
            "X",
            "9a",
            "a b",
            "x\"; drop table job; --",
            "ä",
            &"a".repeat(64),
            "a/b",
            "a\u{202e}b",
        ] {
            assert!(text.parse::<ModelId>().is_err(), "{text:?} was taken");
        }
        for text in ["a", "pump-10m", "coin_metrics", &"a".repeat(63)] {
            assert!(text.parse::<ModelId>().is_ok(), "{text:?} was refused");
        }
    }

    #[test]
    fn an_error_never_repeats_control_characters() {
        let error = "a\u{1b}[31m\n".parse::<SourceId>().unwrap_err().to_string();
        assert!(!error.chars().any(char::is_control), "{error:?}");
    }
}
