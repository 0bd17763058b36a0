//! Parameters of a learner by their names, which are those of the stored spec and of requests.

use super::Configuration;
use crate::AlgorithmSpec;
use serde_json::{Map, Number, Value};

/// The parameter of leaf-wise trees, which a spec holds inside of their growth.
const MAX_LEAVES: &str = "max_leaves";

/// Why an algorithm does not take a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// It has none of this name that is a number.
    #[error("{algorithm} has no number `{name}` to look for; it has {known}")]
    Unknown {
        /// The algorithm.
        algorithm: &'static str,
        /// The name.
        name: String,
        /// Those that it has.
        known: String,
    },
    /// It counts something.
    #[error("`{name}` takes whole numbers, and {value} is none")]
    NotWhole {
        /// The name.
        name: String,
        /// What was given.
        value: String,
    },
}

impl AlgorithmSpec {
    /// The names of its parameters that are numbers.
    pub fn parameter_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .fields()
            .into_iter()
            .filter(|(_, value)| value.is_number() || value.is_null())
            .filter(|(name, _)| name != "early_stopping")
            .map(|(name, _)| name)
            .collect();
        if matches!(self, Self::GradientBoosting(_)) {
            names.push(MAX_LEAVES.to_owned());
        }
        names
    }

    /// Whether a parameter counts something, so that only whole numbers are taken; `None` for a name that is none.
    pub fn counts(&self, name: &str) -> Option<bool> {
        if !self.parameter_names().iter().any(|known| known == name) {
            return None;
        }
        Some(name == MAX_LEAVES || self.fields().get(name).is_some_and(Value::is_u64))
    }

    /// It with a parameter set. The values are not checked: [`check`](Self::check) does.
    ///
    /// # Errors
    /// [`ParameterError`].
    pub fn with_parameter(&self, name: &str, value: f64) -> Result<Self, ParameterError> {
        let counts = self.counts(name).ok_or_else(|| ParameterError::Unknown {
            algorithm: self.name(),
            name: name.to_owned(),
            known: match self.parameter_names() {
                names if names.is_empty() => "none".to_owned(),
                names => names.join(", "),
            },
        })?;
        let not_whole = || ParameterError::NotWhole {
            name: name.to_owned(),
            value: value.to_string(),
        };
        let number = match counts {
            true => Number::from(whole(value).ok_or_else(not_whole)?),
            false => Number::from_f64(value).ok_or_else(not_whole)?,
        };
        let mut fields = self.fields();
        match name {
            MAX_LEAVES => fields.insert(
                "growth".to_owned(),
                serde_json::json!({"leaf_wise": {"max_leaves": number}}),
            ),
            _ => fields.insert(name.to_owned(), Value::Number(number)),
        };
        let whole = Value::Object(Map::from_iter([(self.name().to_owned(), Value::Object(fields))]));
        serde_json::from_value(whole).map_err(|_| not_whole())
    }

    /// It with all of these set.
    ///
    /// # Errors
    /// [`ParameterError`].
    pub fn with_parameters(&self, parameters: &Configuration) -> Result<Self, ParameterError> {
        parameters.iter().try_fold(self.clone(), |spec, (name, value)| {
            spec.with_parameter(name, *value)
        })
    }

    /// Its parameters as they are stored.
    fn fields(&self) -> Map<String, Value> {
        let stored = serde_json::to_value(self).expect("a spec holds only what JSON can write");
        match stored {
            Value::Object(variant) => match variant.into_iter().next() {
                Some((_, Value::Object(fields))) => fields,
                _ => Map::new(),
            },
            _ => Map::new(),
        }
    }
}

/// The count that a number says; `None` for one that is none, or too large for any parameter.
fn whole(value: f64) -> Option<u32> {
    let count = value as u32;
    (f64::from(count) == value).then_some(count)
}
