//! The word that something has changed, and its form on the channel.

use std::fmt;
use std::str::FromStr;

/// The only version so far.
const VERSION: &str = "1";

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// A model: its row, or its newest version.
    Model,
}

impl Changed {
    const ALL: [(Self, &str); 1] = [(Self::Model, "model")];

    fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
        }
    }
}

/// That a row is no longer what it was. Names only: what it is now stands in Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing.
    pub kind: Changed,
    /// Its project.
    pub project: String,
    /// Its id in the project.
    pub id: String,
}

/// `1 model default candles`: version, kind, project, id. Ids are slugs and hold no spaces.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION} {} {} {}", self.kind.as_str(), self.project, self.id)
    }
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let [version, kind, project, id] = words[..] else {
            return Err(format!("{} words instead of 4", words.len()));
        };
        if version != VERSION {
            return Err("the version is unknown".to_owned());
        }
        let kind = Changed::ALL.into_iter().find(|(_, word)| *word == kind);
        let (kind, _) = kind.ok_or("the kind is unknown")?;
        if project.is_empty() || id.is_empty() {
            return Err("a name is empty".to_owned());
        }
        Ok(Self {
            kind,
            project: project.to_owned(),
            id: id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_survives_the_channel() {
        for (kind, _) in Changed::ALL {
            let change = Change {
                kind,
                project: "default".to_owned(),
                id: "candles-5m".to_owned(),
            };
            assert_eq!(change.to_string().parse(), Ok(change));
        }
    }

    #[test]
    fn a_message_that_is_no_change_is_told_why() {
        let why = |text: &str| text.parse::<Change>().unwrap_err();
        assert_eq!(why(""), "1 words instead of 4");
        assert_eq!(why("2 model p m"), "the version is unknown");
        assert_eq!(why("1 moon p m"), "the kind is unknown");
        assert_eq!(why("1 model  m"), "a name is empty");
        assert_eq!(why("1 model p m x"), "5 words instead of 4");
    }
}
