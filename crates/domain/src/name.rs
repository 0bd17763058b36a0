//! Resource names (AIP-122): `projects/{p}/jobs/{j}` and its kin, parsed once at the edge.

mod alias;
mod service;

pub use alias::{AliasName, VersionRef};
pub use service::{ApiKeyName, QueueName, QuotaName, WorkerName};

use crate::ids::{EvaluationId, IdError, JobId, ModelId, ProjectId, SourceId};
use std::fmt;

/// Why a text is not the resource name that a method expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Wrong shape.
    #[error("expected a name of the form `{expected}`")]
    Shape {
        /// The form that is expected, e.g. `projects/{project}/jobs/{job}`.
        expected: &'static str,
    },
    /// The shape is right, one id in it is not.
    #[error(transparent)]
    Id(#[from] IdError),
}

/// `projects/{project}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectName(pub ProjectId);

/// `projects/{project}/jobs/{job}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobName {
    /// The project.
    pub project: ProjectId,
    /// The job.
    pub job: JobId,
}

/// `projects/{project}/models/{model}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelName {
    /// The project.
    pub project: ProjectId,
    /// The model.
    pub model: ModelId,
}

/// `projects/{project}/models/{model}/versions/{version}`, version counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VersionName {
    /// The project.
    pub project: ProjectId,
    /// The model.
    pub model: ModelId,
    /// The version, from 1.
    pub version: i32,
}

/// `projects/{project}/sources/{source}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceName {
    /// The project.
    pub project: ProjectId,
    /// The source.
    pub source: SourceId,
}

/// `projects/{project}/evaluations/{evaluation}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EvaluationName {
    /// The project.
    pub project: ProjectId,
    /// The evaluation.
    pub evaluation: EvaluationId,
}

/// `projects/{project}/comparisons/{comparison}`, the last part being the id of the job that compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComparisonName {
    /// The project.
    pub project: ProjectId,
    /// The job.
    pub job: JobId,
}

/// `projects/{project}/backtests/{backtest}`, the last part being the id of the job that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BacktestName {
    /// The project.
    pub project: ProjectId,
    /// The job.
    pub job: JobId,
}

/// `projects/{project}/jobs/{job}/artifacts/{file}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArtifactName {
    /// The project.
    pub project: ProjectId,
    /// The job that made it.
    pub job: JobId,
    /// File name, e.g. `model.mlts`: 1 to 63 of a-z, 0-9, '.', '-' and '_', not starting with a dot.
    pub file: String,
}

fn split<const N: usize>(text: &str, expected: &'static str) -> Result<[String; N], NameError> {
    let shape = || NameError::Shape { expected };
    let pattern: Vec<&str> = expected.split('/').collect();
    let parts: Vec<&str> = text.split('/').collect();
    if parts.len() != pattern.len() {
        return Err(shape());
    }
    let mut ids = Vec::with_capacity(N);
    for (part, want) in parts.iter().zip(&pattern) {
        if want.starts_with('{') {
            ids.push((*part).to_owned());
        } else if part != want {
            return Err(shape());
        }
    }
    ids.try_into().map_err(|_| shape())
}

impl ProjectName {
    /// Parses `projects/{project}`; an empty text is `projects/default`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Ok(Self(ProjectId::default_project()));
        }
        let [project] = split(text, "projects/{project}")?;
        Ok(Self(project.parse()?))
    }
}

impl JobName {
    /// Parses `projects/{project}/jobs/{job}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, job] = split(text, "projects/{project}/jobs/{job}")?;
        Ok(Self {
            project: project.parse()?,
            job: job.parse()?,
        })
    }
}

impl ModelName {
    /// Parses `projects/{project}/models/{model}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, model] = split(text, "projects/{project}/models/{model}")?;
        Ok(Self {
            project: project.parse()?,
            model: model.parse()?,
        })
    }
}

impl VersionName {
    /// Parses `projects/{project}/models/{model}/versions/{version}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const FORM: &str = "projects/{project}/models/{model}/versions/{version}";
        let [project, model, version] = split(text, FORM)?;
        let version = version
            .parse()
            .ok()
            .filter(|v: &i32| *v >= 1)
            .ok_or(NameError::Shape { expected: FORM })?;
        Ok(Self {
            project: project.parse()?,
            model: model.parse()?,
            version,
        })
    }
}

impl SourceName {
    /// Parses `projects/{project}/sources/{source}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, source] = split(text, "projects/{project}/sources/{source}")?;
        Ok(Self {
            project: project.parse()?,
            source: source.parse()?,
        })
    }
}

impl EvaluationName {
    /// Parses `projects/{project}/evaluations/{evaluation}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, evaluation] = split(text, "projects/{project}/evaluations/{evaluation}")?;
        Ok(Self {
            project: project.parse()?,
            evaluation: evaluation.parse()?,
        })
    }
}

impl ComparisonName {
    /// Parses `projects/{project}/comparisons/{comparison}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, job] = split(text, "projects/{project}/comparisons/{comparison}")?;
        Ok(Self {
            project: project.parse()?,
            job: job.parse()?,
        })
    }
}

impl BacktestName {
    /// Parses `projects/{project}/backtests/{backtest}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let [project, job] = split(text, "projects/{project}/backtests/{backtest}")?;
        Ok(Self {
            project: project.parse()?,
            job: job.parse()?,
        })
    }
}

impl ArtifactName {
    /// Parses `projects/{project}/jobs/{job}/artifacts/{file}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        const FORM: &str = "projects/{project}/jobs/{job}/artifacts/{file}";
        let [project, job, file] = split(text, FORM)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
        let good = !file.is_empty() && file.len() <= 63 && !file.starts_with('.') && file.bytes().all(plain);
        if !good {
            return Err(NameError::Shape { expected: FORM });
        }
        Ok(Self {
            project: project.parse()?,
            job: job.parse()?,
            file,
        })
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}", self.0)
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/jobs/{}", self.project, self.job)
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/models/{}", self.project, self.model)
    }
}

impl fmt::Display for VersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "projects/{}/models/{}/versions/{}",
            self.project, self.model, self.version
        )
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/sources/{}", self.project, self.source)
    }
}

impl fmt::Display for EvaluationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/evaluations/{}", self.project, self.evaluation)
    }
}

impl fmt::Display for ComparisonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/comparisons/{}", self.project, self.job)
    }
}

impl fmt::Display for BacktestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "projects/{}/backtests/{}", self.project, self.job)
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "projects/{}/jobs/{}/artifacts/{}",
            self.project, self.job, self.file
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_they_were_written() {
        let job = "projects/default/jobs/01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(JobName::parse(job).unwrap().to_string(), job);
        let version = "projects/p/models/pump/versions/3";
        assert_eq!(VersionName::parse(version).unwrap().to_string(), version);
        assert_eq!(ProjectName::parse("").unwrap().to_string(), "projects/default");
    }

    #[test]
    fn a_name_of_another_shape_is_refused() {
        for text in [
            "",
            "jobs/1",
            "projects/p/jobs",
            "projects/p/jobs/x",
            "projects/p/models/m",
            "projects//jobs/1",
        ] {
            assert!(JobName::parse(text).is_err(), "{text:?} was taken");
        }
        for version in ["0", "-1", "1x", "99999999999"] {
            assert!(VersionName::parse(&format!("projects/p/models/m/versions/{version}")).is_err());
        }
        for file in ["", "..", "../x", ".x", "A", "a b"] {
            let name = format!("projects/p/jobs/01890a5d-ac96-774b-bcce-b302099a8057/artifacts/{file}");
            assert!(ArtifactName::parse(&name).is_err(), "{file:?} was taken");
        }
    }
}
