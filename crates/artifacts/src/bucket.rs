//! Artifacts in a bucket of an S3 storage: the same rules as in a folder, kept by the storage.

use crate::parts::Parts;
use crate::{ArtifactError, Artifacts, place::Place};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Longest run of one request. The largest are those of files of 64 MiB, and of the parts of larger ones.
const REQUEST: Duration = Duration::from_secs(300);
/// How long a request that failed is tried again.
const RETRIES: Duration = Duration::from_secs(10);

/// Where a machine says how it is known to the storage, as AWS's own clients read it: a web identity (Kubernetes), or the role of a container.
const FROM_MACHINE: [(&str, AmazonS3ConfigKey); 7] = [
    (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        AmazonS3ConfigKey::WebIdentityTokenFile,
    ),
    ("AWS_ROLE_ARN", AmazonS3ConfigKey::RoleArn),
    ("AWS_ROLE_SESSION_NAME", AmazonS3ConfigKey::RoleSessionName),
    ("AWS_ENDPOINT_URL_STS", AmazonS3ConfigKey::StsEndpoint),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ),
    (
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        AmazonS3ConfigKey::ContainerAuthorizationTokenFile,
    ),
];

/// Where a bucket is, and who may use it.
#[derive(Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What all keys begin with; empty: nothing.
    pub prefix: String,
    /// URL of the storage; `None`: AWS.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Id and secret of a key; `None`: what the machine gives, by the variables of its environment in [`FROM_MACHINE`], else by the
    /// metadata of its instance.
    pub access_key: Option<(String, String)>,
}

/// Without the secret.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Artifacts {
    /// The store in a bucket. Nothing is asked of it before the first file. TLS is that of the process, which must have installed
    /// its provider.
    ///
    /// A put is one request that the storage refuses when the key is taken (`If-None-Match`): the file is there whole or not at all. A file
    /// above 64 MiB goes up in parts, and the request that makes one file of them is the one that is refused.
    ///
    /// # Errors
    /// [`ArtifactError::Unavailable`] when the endpoint is no URL.
    pub fn bucket(bucket: &Bucket) -> Result<Self, ArtifactError> {
        let unusable =
            |error: &dyn fmt::Display| ArtifactError::Unavailable(format!("bucket {}: {error}", bucket.name));
        let plain = bucket
            .endpoint
            .as_ref()
            .is_some_and(|endpoint| endpoint.starts_with("http://"));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&bucket.name)
            .with_region(&bucket.region)
            .with_client_options(ClientOptions::new().with_timeout(REQUEST).with_allow_http(plain))
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 5,
                retry_timeout: RETRIES,
            });
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = match &bucket.access_key {
            Some((id, secret)) => builder.with_access_key_id(id).with_secret_access_key(secret),
            None => by_machine(builder, |name| std::env::var(name).ok()),
        };
        let storage = builder.build().map_err(|error| unusable(&error))?;
        let http = reqwest::Client::builder().timeout(REQUEST).build();
        let parts = Parts {
            storage: storage.clone(),
            prefix: Path::from(bucket.prefix.as_str()),
            http: http.map_err(|error| unusable(&error))?,
            retries: RETRIES,
        };
        Ok(Self {
            store: Arc::new(PrefixStore::new(storage, bucket.prefix.as_str())),
            place: Place::Bucket(parts),
        })
    }
}

/// The builder with what the machine says of itself.
fn by_machine(builder: AmazonS3Builder, told: impl Fn(&str) -> Option<String>) -> AmazonS3Builder {
    FROM_MACHINE
        .into_iter()
        .fold(builder, |builder, (name, key)| match told(name) {
            Some(value) => builder.with_config(key, value),
            None => builder,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_says_of_itself_is_used_and_nothing_else() {
        let told = |name: &str| match name {
            "AWS_ROLE_ARN" => Some("arn:aws:iam::1:role/worker".to_owned()),
            "AWS_WEB_IDENTITY_TOKEN_FILE" => Some("/run/token".to_owned()),
            "AWS_ENDPOINT_URL" | "AWS_REGION" => panic!("settings of the service are its own"),
            _ => None,
        };
        let builder = by_machine(AmazonS3Builder::new(), told);
        let value = |key| builder.get_config_value(&key);
        let role = value(AmazonS3ConfigKey::RoleArn);
        assert_eq!(role.as_deref(), Some("arn:aws:iam::1:role/worker"));
        let file = value(AmazonS3ConfigKey::WebIdentityTokenFile);
        assert_eq!(file.as_deref(), Some("/run/token"));
        assert_eq!(value(AmazonS3ConfigKey::ContainerCredentialsFullUri), None);
    }
}
