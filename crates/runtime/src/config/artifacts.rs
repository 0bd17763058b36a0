//! `[artifacts]` and `[artifacts.s3]`: where the files of results lie.

use super::Problem;
use super::print::redacted;
use super::rules::{is_plain_url, must_be};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;

/// `[artifacts]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArtifactsConfig {
    /// Folder shared by all processes.
    pub dir: PathBuf,
    /// Free space below which the process is not ready; a bucket does not tell its own.
    pub min_free_bytes: u64,
    /// The bucket in the place of the folder.
    pub s3: S3Config,
}

/// `[artifacts.s3]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Config {
    /// Name of the bucket; `None`: the folder is used.
    pub bucket: Option<String>,
    /// What all keys begin with.
    pub prefix: String,
    /// URL of the storage; `None`: AWS.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Id of the key; `None`: what the machine gives.
    pub access_key_id: Option<String>,
    /// Secret of the key.
    #[serde(serialize_with = "secret")]
    pub secret_access_key: Option<SecretString>,
}

impl Default for ArtifactsConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("/var/lib/mltraining/artifacts"),
            min_free_bytes: 256 << 20,
            s3: S3Config::default(),
        }
    }
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            bucket: None,
            prefix: String::new(),
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key_id: None,
            secret_access_key: None,
        }
    }
}

impl S3Config {
    /// Id and secret of the key; `None` when the machine gives them.
    pub fn access_key(&self) -> Option<(String, String)> {
        let secret = self.secret_access_key.as_ref()?;
        Some((self.access_key_id.clone()?, secret.expose_secret().to_owned()))
    }

    fn is_given(&self) -> bool {
        let key = self.access_key_id.is_some() || self.secret_access_key.is_some();
        key || self.endpoint.is_some() || !self.prefix.is_empty()
    }
}

fn secret<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(redacted).serialize(serializer)
}

/// What is wrong with the section.
pub(super) fn check(config: &ArtifactsConfig, problems: &mut Vec<Problem>) {
    if !config.dir.is_absolute() {
        problems.push(must_be("artifacts.dir"));
    }
    let s3 = &config.s3;
    match &s3.bucket {
        Some(name) if !is_bucket(name) => problems.push(must_be("artifacts.s3.bucket")),
        None if s3.is_given() => {
            let message =
                "is missing, and other keys of [artifacts.s3] are set: name the bucket, or unset them";
            problems.push(Problem::new("artifacts.s3.bucket", message));
        }
        _ => {}
    }
    let of_prefix = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let loose = s3.prefix.starts_with('/') || s3.prefix.ends_with('/');
    if s3.prefix.len() > 200 || loose || !s3.prefix.chars().all(of_prefix) {
        problems.push(must_be("artifacts.s3.prefix"));
    }
    if s3.endpoint.as_ref().is_some_and(|text| !is_plain_url(text)) {
        problems.push(must_be("artifacts.s3.endpoint"));
    }
    let of_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if s3.region.is_empty() || s3.region.len() > 63 || !s3.region.chars().all(of_region) {
        problems.push(must_be("artifacts.s3.region"));
    }
    let given = (s3.access_key_id.is_some(), s3.secret_access_key.is_some());
    if given.0 != given.1 {
        let (missing, other) = match given {
            (true, _) => ("artifacts.s3.secret_access_key", "access_key_id"),
            (false, _) => ("artifacts.s3.access_key_id", "secret_access_key"),
        };
        problems.push(Problem::new(
            missing,
            format!("is missing, and {other} is set: give both or none"),
        ));
    }
}

fn is_bucket(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    (3..=63).contains(&name.len()) && name.chars().all(of_name)
}
