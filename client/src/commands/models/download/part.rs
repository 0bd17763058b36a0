//! A file that is being downloaded: its part, and its place when it is whole.

use crate::errors::CliError;
use crate::names;
use anyhow::Context as _;
use mltraining_domain::hex;
use mltraining_proto::v1;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Where a file goes.
pub(super) struct Target {
    path: PathBuf,
    part: PathBuf,
    sha256: String,
}

impl Target {
    /// The file's place in `folder`. Its part is named after its hash, so that it never continues another file.
    ///
    /// # Errors
    /// [`CliError::Other`] for a name that would leave the folder.
    pub(super) fn new(folder: &Path, artifact: &v1::Artifact) -> Result<Self, CliError> {
        let file = names::last(&artifact.name);
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        if file.is_empty() || file.starts_with('.') || !file.chars().all(plain) {
            return Err(anyhow::anyhow!(
                "the service names a file `{}`, which is no plain name",
                file.escape_default()
            )
            .into());
        }
        let hash = artifact.sha256.get(..12).unwrap_or_default();
        Ok(Self {
            path: folder.join(file),
            part: folder.join(format!(".{file}.{hash}.part")),
            sha256: artifact.sha256.clone(),
        })
    }

    /// Where it is when it is whole.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// True when the whole file is there already.
    ///
    /// # Errors
    /// [`CliError::Conflict`] when another file has its name, unless that may be replaced.
    pub(super) fn is_there(&self, replace: bool) -> Result<bool, CliError> {
        let Some(found) = self.read(&self.path)? else {
            return Ok(false);
        };
        if found.hex() == self.sha256 {
            return Ok(true);
        }
        match replace {
            true => Ok(false),
            false => Err(CliError::Conflict(format!(
                "{} is there and differs; --force replaces it",
                self.path.display()
            ))),
        }
    }

    /// The part as it is now, to be continued.
    ///
    /// # Errors
    /// When the disk does not let us.
    pub(super) fn open(&self) -> Result<Part, CliError> {
        let done = self.read(&self.part)?.unwrap_or_default();
        let file = OpenOptions::new().create(true).append(true).open(&self.part);
        let file = file.with_context(|| format!("{} cannot be written", self.part.display()))?;
        Ok(Part { file, done })
    }

    /// Forgets the part.
    ///
    /// # Errors
    /// When the disk does not let us.
    pub(super) fn discard(&self) -> Result<(), CliError> {
        match fs::remove_file(&self.part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Puts a whole part in its place, if its hash is right.
    ///
    /// # Errors
    /// A wrong hash: the part is thrown away.
    pub(super) fn finish(&self, part: &Part) -> Result<(), CliError> {
        let found = part.done.hex();
        if found != self.sha256 {
            self.discard()?;
            let file = self.path.display();
            let text = format!(
                "{file} arrived with the hash {found} instead of {}; run the command again",
                self.sha256
            );
            return Err(anyhow::anyhow!(text).into());
        }
        part.file.sync_all()?;
        fs::rename(&self.part, &self.path)?;
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Option<Done>, CliError> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.with_context(|| format!("{} cannot be read", path.display()))?,
        };
        let mut done = Done::default();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Some(done)),
                n => done.add(&buffer[..n]),
            }
        }
    }
}

/// Bytes that are there, and their hash so far.
#[derive(Default)]
struct Done {
    length: i64,
    hash: Sha256,
}

impl Done {
    fn add(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as i64;
        self.hash.update(bytes);
    }

    fn hex(&self) -> String {
        hex(&self.hash.clone().finalize())
    }
}

/// A part that is open.
pub(super) struct Part {
    file: File,
    done: Done,
}

impl Part {
    /// Bytes that are there.
    pub(super) fn length(&self) -> i64 {
        self.done.length
    }

    /// Adds the bytes that follow.
    ///
    /// # Errors
    /// When the disk does not let us.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.file.write_all(bytes).context("the file cannot be written")?;
        self.done.add(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "hello".
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn artifact(file: &str) -> v1::Artifact {
        v1::Artifact {
            name: format!("projects/p/jobs/j/artifacts/{file}"),
            sha256: HELLO.to_owned(),
            ..v1::Artifact::default()
        }
    }

    #[test]
    fn a_download_goes_on_where_it_broke_off() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(folder.path(), &artifact("model.mlts")).unwrap();
        target.open().unwrap().append(b"hel").unwrap();
        let mut part = target.open().unwrap();
        assert_eq!(part.length(), 3);
        part.append(b"lo").unwrap();
        target.finish(&part).unwrap();
        assert_eq!(fs::read(target.path()).unwrap(), b"hello");
        assert!(target.is_there(false).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_download_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(folder.path(), &artifact("model.mlts")).unwrap();
        let mut part = target.open().unwrap();
        part.append(b"hullo").unwrap();
        assert!(target.finish(&part).unwrap_err().to_string().contains(HELLO));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_file_of_the_same_name_is_not_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(folder.path(), &artifact("model.mlts")).unwrap();
        fs::write(target.path(), "mine").unwrap();
        assert!(matches!(target.is_there(false), Err(CliError::Conflict(_))));
        assert!(!target.is_there(true).unwrap());
    }

    #[test]
    fn a_file_never_leaves_its_folder() {
        for file in ["..", ".bashrc", "a\\b", "a b", ""] {
            assert!(
                Target::new(Path::new("/tmp"), &artifact(file)).is_err(),
                "{file:?} was taken"
            );
        }
    }
}
