//! Aliases: names within a model for one of its versions.

use crate::ids::{IdError, is_slug, shown};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Most aliases of one model.
pub const MAX_ALIASES: i64 = 16;

/// Words that say something else where a version is named.
const RESERVED: [&str; 4] = ["latest", "newest", "none", "versions"];

/// The name of a version within its model, e.g. `champion`. Slug, and no reserved word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AliasId(String);

impl AliasId {
    /// The alias that a promotion moves when it names none.
    pub fn champion() -> Self {
        Self("champion".to_owned())
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AliasId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if RESERVED.contains(&text) {
            return Err(IdError::Reserved(text.to_owned()));
        }
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::Slug(shown(text)))
        }
    }
}

impl fmt::Display for AliasId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_a_slug_that_means_nothing_else() {
        for text in ["champion", "challenger-2", "a"] {
            assert_eq!(text.parse::<AliasId>().unwrap().to_string(), text);
        }
        for text in [
            "latest", "newest", "none", "versions", "3", "", "Champion", "a@b", "a b",
        ] {
            assert!(text.parse::<AliasId>().is_err(), "{text:?} was taken");
        }
    }
}
