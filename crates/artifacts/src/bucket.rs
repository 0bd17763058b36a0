//! Artifacts in a bucket of an S3 storage: the same rules as in a folder, kept by the storage.

use crate::{ArtifactError, Artifacts, place::Place};
use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Longest run of one request, a whole file included.
const REQUEST: Duration = Duration::from_secs(300);
/// How long a request that failed is tried again.
const RETRIES: Duration = Duration::from_secs(10);

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
    /// Id and secret of a key; `None`: what the machine gives (web identity, container or instance).
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
    /// A put is one request that the storage refuses when the key is taken (`If-None-Match`): the file is there whole or not at all.
    ///
    /// # Errors
    /// [`ArtifactError::Unavailable`] when the endpoint is no URL.
    pub fn bucket(bucket: &Bucket) -> Result<Self, ArtifactError> {
        let unusable = |error: object_store::Error| {
            ArtifactError::Unavailable(format!("bucket {}: {error}", bucket.name))
        };
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
        if let Some((id, secret)) = &bucket.access_key {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        let store = builder.build().map_err(unusable)?;
        Ok(Self {
            store: Arc::new(PrefixStore::new(store, bucket.prefix.as_str())),
            place: Place::Bucket,
        })
    }
}
