//! Who calls, by the header `authorization: Bearer ..`: an API key `mlts_{short}_{secret}`, whose short part finds the row and whose secret proves
//! itself by its SHA-256; or a token, where [`crate::tokens`] are taken.

mod secret;

pub use secret::ApiKeySecret;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::tokens::Tokens;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use mltraining_domain::{ProjectId, Reason};
use mltraining_runtime::config::AuthMode;
use mltraining_store::{Store, StoreError};
use moka::future::Cache;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// How long a key that was found good is trusted without another look: one that is revoked, or whose secret was replaced, works no
/// longer than this, on any replica.
const TRUSTED_FOR: Duration = Duration::from_secs(2);
/// Keys remembered at once.
const REMEMBERED: u64 = 10_000;

/// What every API key begins with, and no token.
const KEY_PREFIX: &str = "mlts_";

/// Finds the caller of a request by what its headers hold. Clones share what they remember.
#[derive(Clone)]
pub struct Keys {
    mode: AuthMode,
    store: Store,
    tokens: Option<Arc<Tokens>>,
    good: Cache<[u8; 32], Caller>,
    projects: Cache<ProjectId, ()>,
}

impl Keys {
    /// Looks keys up in `store` and takes `tokens` beside them, unless the server runs without authentication.
    pub fn new(mode: AuthMode, store: Store, tokens: Option<Arc<Tokens>>) -> Self {
        Self {
            mode,
            store,
            tokens,
            good: remembered(),
            projects: remembered(),
        }
    }

    /// Who calls.
    ///
    /// # Errors
    /// UNAUTHENTICATED, with the same words whether the key or token is missing, malformed, unknown, wrong, expired or revoked: which it
    /// is of a token stands in the log. UNAVAILABLE when the store cannot say.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        if self.mode == AuthMode::None {
            return Ok(Caller::local());
        }
        let text = bearer(headers).ok_or_else(|| self.unauthenticated())?;
        match &self.tokens {
            Some(tokens) if !text.starts_with(KEY_PREFIX) => self.by_token(tokens, text).await,
            _ => self.by_key(text).await,
        }
    }

    async fn by_key(&self, text: &str) -> Result<Caller, ApiError> {
        let key = ApiKeySecret::parse(text).ok_or_else(|| self.unauthenticated())?;
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

    async fn by_token(&self, tokens: &Tokens, text: &str) -> Result<Caller, ApiError> {
        let caller = tokens.caller(text).map_err(|why| {
            tracing::info!(%why, "a token was refused");
            self.unauthenticated()
        })?;
        if let Some(project) = &caller.project {
            self.expect_project(project).await?;
        }
        Ok(caller)
    }

    /// An issuer may name projects; he does not make them.
    async fn expect_project(&self, project: &ProjectId) -> Result<(), ApiError> {
        if self.projects.contains_key(project) {
            return Ok(());
        }
        match self.store.project(project).await {
            Ok(_) => self.projects.insert(project.clone(), ()).await,
            Err(StoreError::NotFound { .. }) => {
                tracing::info!(project.id = %project, "a token was refused: its project does not exist");
                return Err(self.unauthenticated());
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn look_up(&self, key: &ApiKeySecret, hash: &[u8; 32]) -> Result<Caller, ApiError> {
        let row = self.store.find_api_key(key.short_id()).await?;
        let row = row.ok_or_else(|| self.unauthenticated())?;
        let present = row.secret_hash.ct_eq(hash);
        let previous = row.previous.as_ref().filter(|previous| previous.is_live);
        let proven = previous.map_or(present, |previous| present | previous.hash.ct_eq(hash));
        if !bool::from(proven) || !row.is_live {
            return Err(self.unauthenticated());
        }
        Ok(Caller {
            key: row.short_id,
            project: Some(row.project),
            role: row.role,
        })
    }

    /// The same for all that is wrong with a key or a token.
    fn unauthenticated(&self) -> ApiError {
        let message = match self.tokens {
            None => {
                "no valid API key: send the header `authorization: Bearer mlts_...` with a key of this server"
            }
            Some(_) => {
                "no valid API key or token: send the header `authorization: Bearer ...` with a key of this server (mlts_...), or a token (JWT) that its issuer made for it"
            }
        };
        ApiError::new(Reason::Unauthenticated, message)
    }
}

fn remembered<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>()
-> Cache<K, V> {
    let cache = Cache::builder().max_capacity(REMEMBERED);
    cache.time_to_live(TRUSTED_FOR).build()
}

/// What stands behind `Bearer` in the one header `authorization`; the scheme in any case (RFC 9110).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, text) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
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
        let of_key = format!("Bearer {text}");
        assert_eq!(bearer(&headers(&[&of_key])), Some(text.as_str()));
        assert!(bearer(&headers(&[&format!("bearer {text}")])).is_some());
        for values in [
            vec![],
            vec![of_key.as_str(), of_key.as_str()],
            vec![text.as_str()],
            vec!["Bearer"],
            vec!["Basic bWx0czpx"],
        ] {
            assert!(bearer(&headers(&values)).is_none(), "{values:?} was taken");
        }
    }
}
