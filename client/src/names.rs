//! Names as people write them: the id alone, or the full resource name.

use crate::errors::CliError;
use mltraining_domain::name::{
    AliasName, JobName, ModelName, QueueName, SourceName, VersionName, VersionRef, WorkerName,
};
use mltraining_domain::{AliasId, JobId, ModelId, ProjectId, SourceId};
use std::fmt::Display;

/// The job `ID` of this project, or `projects/{project}/jobs/{job}`.
pub(crate) fn job(text: &str, project: &ProjectId) -> Result<JobName, CliError> {
    if text.contains('/') {
        return JobName::parse(text).map_err(|error| wrong("job", text, &error));
    }
    let job: JobId = text.parse().map_err(|error| wrong("job", text, &error))?;
    Ok(JobName {
        project: project.clone(),
        job,
    })
}

/// The source `ID` of this project, or `projects/{project}/sources/{source}`.
pub(crate) fn source(text: &str, project: &ProjectId) -> Result<SourceName, CliError> {
    if text.contains('/') {
        return SourceName::parse(text).map_err(|error| wrong("source", text, &error));
    }
    let source: SourceId = text.parse().map_err(|error| wrong("source", text, &error))?;
    Ok(SourceName {
        project: project.clone(),
        source,
    })
}

/// The worker `ID`, or `workers/{worker}`.
pub(crate) fn worker(text: &str) -> Result<WorkerName, CliError> {
    let name = match text.contains('/') {
        true => text.to_owned(),
        false => format!("workers/{text}"),
    };
    WorkerName::parse(&name).map_err(|error| wrong("worker", text, &error))
}

/// The queue `ID`, or `queues/{queue}`.
pub(crate) fn queue(text: &str) -> Result<QueueName, CliError> {
    let name = match text.contains('/') {
        true => text.to_owned(),
        false => format!("queues/{text}"),
    };
    QueueName::parse(&name).map_err(|error| wrong("queue", text, &error))
}

/// The full name of what is called by its id in a collection of `parent`; a full name stays.
pub(crate) fn below(parent: &str, collection: &str, text: &str) -> String {
    match text.contains('/') {
        true => text.to_owned(),
        false => format!("{parent}/{collection}/{text}"),
    }
}

/// The source of who names none: the one of `mlts demo-data`.
pub(crate) const DEFAULT_SOURCE: &str = "coin_metrics";

/// The error of a call on the named source, or on [`DEFAULT_SOURCE`]: who did not choose that one is told how to choose.
pub(crate) fn of_source(named: Option<&String>, error: CliError) -> CliError {
    match named {
        Some(_) => error,
        None => error.or_choose("choose one with --source; see mlts sources list"),
    }
}

/// A model, and one of its versions when the user named one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelRef {
    /// The model.
    pub(crate) model: ModelName,
    /// `None` for the newest.
    pub(crate) version: Option<Chosen>,
}

/// One version of a model.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chosen {
    /// By its number.
    Number(i32),
    /// The one that holds the alias now.
    Alias(AliasId),
}

impl ModelRef {
    /// The resource name of the version that the user named; `None` when he named none.
    pub(crate) fn named_version(&self) -> Option<VersionRef> {
        let ModelName { project, model } = self.model.clone();
        Some(match self.version.clone()? {
            Chosen::Number(version) => VersionRef::Number(VersionName {
                project,
                model,
                version,
            }),
            Chosen::Alias(alias) => VersionRef::Alias(AliasName {
                model: self.model.clone(),
                alias,
            }),
        })
    }
}

/// `ID`, `ID@3`, `ID@alias`, `projects/{project}/models/{model}`, the same with `@alias`, or `.../versions/{version}`.
pub(crate) fn model(text: &str, project: &ProjectId) -> Result<ModelRef, CliError> {
    let (name, version) = match text.split_once("/versions/").or_else(|| text.split_once('@')) {
        Some((name, version)) => (name, Some(chosen(version, text)?)),
        None => (text, None),
    };
    if name.contains('/') {
        let model = ModelName::parse(name).map_err(|error| wrong("model", text, &error))?;
        return Ok(ModelRef { model, version });
    }
    let model: ModelId = name.parse().map_err(|error| wrong("model", text, &error))?;
    let model = ModelName {
        project: project.clone(),
        model,
    };
    Ok(ModelRef { model, version })
}

fn chosen(version: &str, text: &str) -> Result<Chosen, CliError> {
    let number = version.parse().ok().filter(|number: &i32| *number >= 1);
    if let Some(number) = number {
        return Ok(Chosen::Number(number));
    }
    let alias = version.parse().ok().filter(|_| !text.contains("/versions/"));
    let why = "a version is a number from 1 or an alias, as in pump@3 or pump@champion";
    alias.map(Chosen::Alias).ok_or_else(|| wrong("model", text, &why))
}

/// The last part of a resource name: what people call the thing.
pub(crate) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn wrong(what: &str, text: &str, why: &dyn Display) -> CliError {
    let (why, shown) = (why.to_string(), text.escape_default().to_string());
    match why.contains(&format!("`{text}`")) {
        true => CliError::Usage(format!("this is no {what}: {why}")),
        false => CliError::Usage(format!("`{shown}` is no {what}: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_short_name_belongs_to_the_project_of_the_call() {
        let project: ProjectId = "p".parse().unwrap();
        assert_eq!(
            job(JOB, &project).unwrap().to_string(),
            format!("projects/p/jobs/{JOB}")
        );
        assert_eq!(
            source("candles", &project).unwrap().to_string(),
            "projects/p/sources/candles"
        );
        let pump = model("pump@3", &project).unwrap();
        assert_eq!(
            (pump.model.to_string().as_str(), pump.version),
            ("projects/p/models/pump", Some(Chosen::Number(3)))
        );
        assert_eq!(model("pump", &project).unwrap().version, None);
        for text in ["pump@champion", "projects/p/models/pump@champion"] {
            let champion = model(text, &project).unwrap().named_version().unwrap();
            assert_eq!(champion.to_string(), "projects/p/models/pump@champion");
        }
    }

    #[test]
    fn a_full_name_keeps_its_own_project() {
        let project: ProjectId = "p".parse().unwrap();
        let name = "projects/other/models/pump/versions/2";
        let pump = model(name, &project).unwrap();
        assert_eq!(
            (pump.model.to_string().as_str(), pump.version),
            ("projects/other/models/pump", Some(Chosen::Number(2)))
        );
    }

    #[test]
    fn a_wrong_name_is_a_usage_error_that_repeats_no_control_characters() {
        let project: ProjectId = "p".parse().unwrap();
        for text in [
            "",
            "x\u{1b}[31m",
            "pump@0",
            "pump@X",
            "pump@latest",
            "projects/p/models/pump/versions/champion",
            "models/pump",
            "projects/p/jobs/x",
        ] {
            let error = model(text, &project).unwrap_err();
            assert!(matches!(error, CliError::Usage(_)), "{text:?}: {error:?}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
        assert!(job("12", &project).is_err());
    }
}
