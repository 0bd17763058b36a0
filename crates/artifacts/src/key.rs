//! Keys: made by the server, never by a caller.

use crate::ArtifactError;
use object_store::path::Path;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// `project/job/epoch/file`. Its parts are checked when it is made, so that no key leads out of the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(String);

impl Key {
    /// The key of one file of one attempt. `project`: a slug, 1 to 63 of a-z 0-9 - _, a letter first. `epoch`: 1 or
    /// more. `file`: 1 to 100 of a-z 0-9 . _ -, a letter or digit first, without `..`.
    ///
    /// # Errors
    /// [`ArtifactError::InvalidKey`].
    pub fn new(project: &str, job_id: Uuid, epoch: i64, file: &str) -> Result<Self, ArtifactError> {
        let key = format!("{project}/{job_id}/{epoch}/{file}");
        if is_project(project) && epoch >= 1 && is_file(file) {
            Ok(Self(key))
        } else {
            Err(invalid(&key))
        }
    }

    /// The folder of all files of a job, below the store's.
    ///
    /// # Errors
    /// [`ArtifactError::InvalidKey`] for a project that is no slug.
    pub(crate) fn folder_of_job(project: &str, job_id: Uuid) -> Result<String, ArtifactError> {
        let folder = format!("{project}/{job_id}");
        is_project(project)
            .then_some(())
            .ok_or_else(|| invalid(&folder))?;
        Ok(folder)
    }

    /// The job whose file it is.
    pub fn job_id(&self) -> Uuid {
        let part = self.0.split('/').nth(1);
        part.and_then(|id| id.parse().ok())
            .expect("a key is made of checked parts")
    }

    /// The attempt whose file it is.
    pub fn epoch(&self) -> i64 {
        let part = self.0.split('/').nth(2);
        part.and_then(|epoch| epoch.parse().ok())
            .expect("a key is made of checked parts")
    }

    /// The text, as it is stored in a row.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn path(&self) -> Path {
        Path::from(self.0.as_str())
    }
}

impl FromStr for Key {
    type Err = ArtifactError;

    /// Reads a key of a row. Only the text that [`Key::new`] makes is read.
    fn from_str(text: &str) -> Result<Self, ArtifactError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [project, job_id, epoch, file] = parts[..] else {
            return Err(invalid(text));
        };
        let (Ok(job_id), Ok(epoch)) = (Uuid::try_parse(job_id), epoch.parse()) else {
            return Err(invalid(text));
        };
        let key = Self::new(project, job_id, epoch, file)?;
        if key.0 == text {
            Ok(key)
        } else {
            Err(invalid(text))
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn invalid(text: &str) -> ArtifactError {
    ArtifactError::InvalidKey(text.chars().filter(|c| !c.is_control()).take(200).collect())
}

fn is_project(text: &str) -> bool {
    let of_slug =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    text.len() <= 63 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(of_slug)
}

fn is_file(text: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.len() <= 100 && begins && text.bytes().all(of_name) && !text.contains("..")
}

#[cfg(test)]
mod unit {
    use super::*;

    const JOB: Uuid = Uuid::from_u128(7);

    #[test]
    fn a_key_is_read_back_as_it_was_made() {
        let key = Key::new("default", JOB, 3, "model.json").unwrap();
        assert_eq!(key.as_str(), format!("default/{JOB}/3/model.json"));
        assert_eq!(key.as_str().parse::<Key>().unwrap(), key);
        assert_eq!((key.job_id(), key.epoch()), (JOB, 3));
    }

    #[test]
    fn no_part_of_a_key_leads_out_of_the_store() {
        for project in ["", "..", "a/b", "A", "a b", "1a", "a%2e", "é", &"a".repeat(64)] {
            assert!(Key::new(project, JOB, 1, "f").is_err(), "{project}");
        }
        for file in [
            "",
            ".",
            "..",
            ".f",
            "a..b",
            "../f",
            "a/b",
            "/f",
            "a\\b",
            "f#1",
            "f\0",
            "F",
            &"f".repeat(101),
        ] {
            assert!(Key::new("p", JOB, 1, file).is_err(), "{file:?}");
        }
        assert!(Key::new("p", JOB, 0, "f").is_err());
    }

    #[test]
    fn a_text_that_is_almost_a_key_is_none() {
        let good = format!("p/{JOB}/1/f");
        assert!(good.parse::<Key>().is_ok());
        for text in [
            format!("/{good}"),
            format!("{good}/"),
            format!("p/../{JOB}/1/f"),
            format!("p/{JOB}/01/f"),
            format!("p/{JOB}/+1/f"),
            format!("p/{}/1/f", JOB.simple()),
            format!("p/{{{JOB}}}/1/f"),
            "../../etc/passwd".to_owned(),
            "p/../../passwd".to_owned(),
        ] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
