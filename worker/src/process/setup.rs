//! The settings of the worker, as it hands them to the process of an attempt.

use mltraining_runtime::config::WorkerConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// What the worker has read at its start, so that a file that was edited meanwhile changes nothing. It holds the password of
/// Postgres, and so goes over a pipe alone: command lines and environments can be listed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    /// As it may be shown: a written configuration is without its secrets.
    config: WorkerConfig,
    /// The one secret that an attempt needs.
    #[serde(serialize_with = "exposed")]
    database_url: SecretString,
    /// The file that it was read from, to read it again when Postgres refuses it.
    #[serde(default)]
    database_url_file: Option<PathBuf>,
}

impl Setup {
    /// That of a worker.
    pub(crate) fn of(config: &WorkerConfig) -> Self {
        Self {
            config: config.clone(),
            database_url: config.database.url.clone(),
            database_url_file: config.database.url_file.clone(),
        }
    }

    /// The configuration, with the secrets that an attempt needs.
    pub(crate) fn into_config(self) -> WorkerConfig {
        let mut config = self.config;
        config.database.url = self.database_url;
        config.database.url_file = self.database_url_file;
        config
    }
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_setup_reads_back_whole_and_shows_no_secret() {
        let mut config = WorkerConfig::default();
        config.database.url = SecretString::from("postgres://me:hidden@host:5432/db");
        config.database.url_file = Some(PathBuf::from("/run/secrets/url"));
        config.redis.url = SecretString::from("redis://me:unneeded@host:6379/0");
        config.database.copy_timeout = Duration::from_millis(90_001);
        let setup = Setup::of(&config);
        let shown = format!("{setup:?}");
        assert!(
            !shown.contains("hidden") && !shown.contains("unneeded"),
            "{shown}"
        );
        let line = serde_json::to_string(&setup).unwrap();
        assert!(!line.contains("unneeded"), "an attempt needs no Redis");
        let back = serde_json::from_str::<Setup>(&line).unwrap().into_config();
        assert_eq!(
            back.database.url.expose_secret(),
            "postgres://me:hidden@host:5432/db"
        );
        assert_eq!(back.database.url_file, config.database.url_file);
        assert_eq!(back.database.copy_timeout, config.database.copy_timeout);
    }
}
