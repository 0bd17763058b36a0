//! Names of aliases, and of versions by number or by alias.

use super::{ModelName, NameError, VersionName};
use crate::alias::AliasId;
use std::fmt;

/// `projects/{project}/models/{model}@{alias}`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AliasName {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasId,
}

/// A version by its number, or by an alias that holds it at the time of the request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// `projects/{project}/models/{model}/versions/{version}`
    Number(VersionName),
    /// `projects/{project}/models/{model}@{alias}`
    Alias(AliasName),
}

const FORM: &str = "projects/{project}/models/{model}@{alias}";
const EITHER: &str =
    "projects/{project}/models/{model}/versions/{version}` or `projects/{project}/models/{model}@{alias}";

impl AliasName {
    /// Parses `projects/{project}/models/{model}@{alias}`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let shape = NameError::Shape { expected: FORM };
        let (model, alias) = text.split_once('@').ok_or_else(|| shape.clone())?;
        let model = ModelName::parse(model).map_err(|error| match error {
            NameError::Shape { .. } => shape,
            id => id,
        })?;
        let alias = alias.parse()?;
        Ok(Self { model, alias })
    }
}

impl VersionRef {
    /// Parses the name of a version, or that of an alias.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let named = match text.contains('@') {
            true => AliasName::parse(text).map(Self::Alias),
            false => VersionName::parse(text).map(Self::Number),
        };
        named.map_err(|error| match error {
            NameError::Shape { .. } => NameError::Shape { expected: EITHER },
            id => id,
        })
    }

    /// The model.
    pub fn model(&self) -> ModelName {
        match self {
            Self::Number(name) => ModelName {
                project: name.project.clone(),
                model: name.model.clone(),
            },
            Self::Alias(name) => name.model.clone(),
        }
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.model, self.alias)
    }
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(name) => name.fmt(f),
            Self::Alias(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_by_its_number_or_by_an_alias() {
        for text in ["projects/p/models/m/versions/3", "projects/p/models/m@champion"] {
            let name = VersionRef::parse(text).unwrap();
            assert_eq!(
                (name.to_string().as_str(), name.model().model.as_str()),
                (text, "m")
            );
        }
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in [
            "",
            "projects/p/models/m",
            "projects/p/models/m@",
            "projects/p/models/m@3",
            "projects/p/models/m@latest",
            "projects/p/models/m@a@b",
            "projects/p/models/@champion",
            "projects/p/models/m/versions/champion",
            "projects/p/models/m/versions/3@champion",
            "m@champion",
        ] {
            assert!(VersionRef::parse(text).is_err(), "{text:?} was taken");
        }
    }
}
