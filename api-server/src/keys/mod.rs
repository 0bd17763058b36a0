//! API keys: `mlts_{short}_{secret}`. The short part finds the row, the secret proves itself by its SHA-256.

mod secret;

pub use secret::ApiKeySecret;

use crate::caller::Caller;
use crate::error::ApiError;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use mltraining_domain::Reason;
use mltraining_runtime::config::AuthMode;
use mltraining_store::Store;
use moka::future::Cache;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a key that was found good is trusted without another look: one that is revoked, or whose secret was replaced, works no
/// longer than this, on any replica.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// Keys remembered at once.
const REMEMBERED: u64 = 10_000;

/// Finds the caller of a request by the key in its headers. Clones share what they remember.
#[derive(Clone)]
pub struct Keys {
    mode: AuthMode,
    store: Store,
    good: Cache<[u8; 32], Caller>,
}

impl Keys {
    /// Looks keys up in `store`, unless the server runs without authentication.
    pub fn new(mode: AuthMode, store: Store) -> Self {
        let good = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(TRUSTED_FOR)
            .build();
        Self { mode, store, good }
    }

    /// Who calls.
    ///
    /// # Errors
    /// UNAUTHENTICATED, with the same words whether the key is missing, malformed, unknown, wrong, expired or revoked.
    /// UNAVAILABLE when the store cannot say.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        if self.mode == AuthMode::None {
            return Ok(Caller::local());
        }
        let key = given(headers).ok_or_else(unauthenticated)?;
        let hash = key.hash();
        if let Some(caller) = self.good.get(&hash).await
            && caller.key == key.short_id()
        {
            return Ok(caller);
        }
        let caller = self.look_up(&key, &hash).await?;
        self.good.insert(hash, caller.clone()).await;
        Ok(caller)
    }

    async fn look_up(&self, key: &ApiKeySecret, hash: &[u8; 32]) -> Result<Caller, ApiError> {
        let row = self.store.find_api_key(key.short_id()).await?;
        let row = row.ok_or_else(unauthenticated)?;
        let present = row.secret_hash.ct_eq(hash);
        let previous = row.previous.as_ref().filter(|previous| previous.is_live);
        let proven = previous.map_or(present, |previous| present | previous.hash.ct_eq(hash));
        if !bool::from(proven) || !row.is_live {
            return Err(unauthenticated());
        }
        Ok(Caller {
            key: row.short_id,
            project: Some(row.project),
            role: row.role,
        })
    }
}

/// The key of `authorization: Bearer mlts_...`; the scheme in any case (RFC 9110).
fn given(headers: &HeaderMap) -> Option<ApiKeySecret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    ApiKeySecret::parse(key.trim())
}

fn unauthenticated() -> ApiError {
    let message =
        "no valid API key: send the header `authorization: Bearer mlts_...` with a key of this server";
    ApiError::new(Reason::Unauthenticated, message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::HeaderValue;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_key_is_read_from_one_bearer_header_alone() {
        let (_, text) = ApiKeySecret::make();
        let bearer = format!("Bearer {text}");
        assert!(given(&headers(&[&bearer])).is_some());
        assert!(given(&headers(&[&format!("bearer {text}")])).is_some());
        for values in [
            vec![],
            vec![bearer.as_str(), bearer.as_str()],
            vec![text.as_str()],
            vec!["Bearer"],
            vec!["Basic bWx0czpx"],
        ] {
            assert!(given(&headers(&values)).is_none(), "{values:?} was taken");
        }
    }
}
