//! Tokens of an issuer outside (JWT, RFC 7519): who he says is calling. Everything that a token says is looked at only once its
//! signature is proven, by a key of the issuer and an algorithm that the configuration pins.

mod key_set;
mod verify;

use crate::caller::Caller;
use crate::details::shown;
use crate::reload;
use anyhow::{Context as _, bail, ensure};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use key_set::KeySet;
use mltraining_runtime::config::JwtConfig;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// What callers by token are named with; no short part of an API key has a colon.
const PREFIX: &str = "jwt:";
/// Longest subject: with the prefix what the columns of callers hold.
const SUBJECT_BYTES: usize = 124;
/// Largest file of keys.
const FILE_BYTES: usize = 1 << 20;

/// Reads tokens.
pub struct Tokens {
    config: JwtConfig,
    file: PathBuf,
    issuer: String,
    pinned: Vec<Algorithm>,
    expected: Validation,
    current: Mutex<Current>,
}

/// The keys that are good now, and what the last look at the file saw.
struct Current {
    keys: Arc<KeySet>,
    seen: Result<Vec<u8>, String>,
    /// What was wrong with it.
    fault: Option<String>,
}

/// Why a token is not taken: for the log, never for who sent it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it has {0} bytes, server.jwt.max_token_bytes is {1}")]
    TooLong(usize, usize),
    #[error("its header names no key (`kid`)")]
    NoKeyId,
    #[error("its key {0:?} is not in server.jwt.jwks_file")]
    UnknownKey(String),
    #[error("its key does not check {0:?}, or server.jwt.algorithms does not pin it")]
    Algorithm(Algorithm),
    #[error("{0}")]
    Invalid(String),
    #[error("`iss` is not the one text that server.jwt.issuer says")]
    Issuer,
    #[error(
        "`sub` is not a text of 1 to {} printable ASCII characters without spaces",
        SUBJECT_BYTES
    )]
    Subject,
    #[error("the claim {0:?} names no project")]
    Project(String),
    #[error("the claim {0:?} is none of viewer, trainer, admin")]
    Role(String),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        // The library's words for what is malformed may repeat parts of it.
        Self::Invalid(shown(&error.to_string()))
    }
}

impl Tokens {
    /// Reads the file of keys; `None` when the configuration names none.
    ///
    /// # Errors
    /// When the file cannot be read, is not a set of public keys, or holds what should not stand in one; an algorithm that is not known.
    pub fn open(config: &JwtConfig) -> anyhow::Result<Option<Arc<Self>>> {
        let (Some(file), Some(issuer), Some(audience)) =
            (&config.jwks_file, &config.issuer, &config.audience)
        else {
            return Ok(None);
        };
        verify::use_ring();
        let pinned: Result<Vec<Algorithm>, _> = config.pinned().map(str::parse).collect();
        let pinned = pinned.context("server.jwt.algorithms")?;
        let text = read(file)?;
        let keys = parse(file, &text, &pinned)?;
        if let Some(fault) = keys.fault() {
            bail!("{}", cannot_be_used(file, &fault));
        }
        let mut expected = Validation::new(Algorithm::RS256); // that of each token is set when it is looked at
        expected.leeway = config.leeway.as_secs();
        expected.validate_nbf = true;
        expected.set_issuer(&[issuer]);
        expected.set_audience(&[audience]);
        expected.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let current = Current {
            keys: Arc::new(keys),
            seen: Ok(text),
            fault: None,
        };
        Ok(Some(Arc::new(Self {
            file: file.clone(),
            issuer: issuer.clone(),
            config: config.clone(),
            pinned,
            expected,
            current: Mutex::new(current),
        })))
    }

    /// Who calls, by his token.
    pub(crate) fn caller(&self, token: &str) -> Result<Caller, Refused> {
        let most = self.config.max_token_bytes;
        if token.len() > most {
            return Err(Refused::TooLong(token.len(), most));
        }
        let header = decode_header(token)?;
        let id = header.kid.ok_or(Refused::NoKeyId)?;
        let keys = Arc::clone(&self.current().keys);
        let key = keys.find(&id).ok_or_else(|| Refused::UnknownKey(shown(&id)))?;
        if !key.checks(header.alg) {
            return Err(Refused::Algorithm(header.alg));
        }
        let mut expected = self.expected.clone();
        expected.algorithms = vec![header.alg];
        let token = decode::<Map<String, Value>>(token, &key.key, &expected)?;
        self.named_by(&token.claims)
    }

    /// The caller that the claims of a good token name.
    fn named_by(&self, claims: &Map<String, Value>) -> Result<Caller, Refused> {
        let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
        if text("iss") != Some(self.issuer.as_str()) {
            return Err(Refused::Issuer);
        }
        let subject = text("sub").filter(|text| (1..=SUBJECT_BYTES).contains(&text.len()));
        let subject = subject.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        let subject = subject.ok_or(Refused::Subject)?;
        let JwtConfig {
            project_claim,
            role_claim,
            ..
        } = &self.config;
        let project = text(project_claim).and_then(|text| text.parse().ok());
        let role = text(role_claim).and_then(|text| text.parse().ok());
        Ok(Caller {
            key: format!("{PREFIX}{subject}"),
            project: Some(project.ok_or_else(|| Refused::Project(project_claim.clone()))?),
            role: role.ok_or_else(|| Refused::Role(role_claim.clone()))?,
        })
    }

    /// Looks at the file until `stop`.
    pub(crate) async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let interval = self.config.reload_interval;
        reload::follow(self, Self::look, interval, stop).await;
    }

    /// Takes what stands in the file when it has changed. A set of keys is taken for what it lists, whatever else is wrong with it: a key
    /// that is not there any more was taken away. What is no set says nothing of keys, and those that were there stay.
    fn look(&self) {
        let found = read(&self.file).map_err(|error| format!("{error:#}"));
        if self.current().seen == found {
            return;
        }
        let made = match &found {
            Ok(text) => parse(&self.file, text, &self.pinned).map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.clone()),
        };
        let mut current = self.current();
        current.seen = found;
        current.fault = match made {
            Ok(keys) => {
                let fault = keys.fault().map(|fault| cannot_be_used(&self.file, &fault));
                if let Some(error) = &fault {
                    tracing::error!(
                        error,
                        keys = keys.len(),
                        "tokens: only the good keys of the file are taken"
                    );
                }
                current.keys = Arc::new(keys);
                fault
            }
            Err(error) => {
                tracing::error!(
                    error,
                    "tokens: the file of keys cannot be used; the keys that were there stay"
                );
                Some(error)
            }
        };
    }

    /// Whether the last look at the file found what it should.
    ///
    /// # Errors
    /// What was wrong with it.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.current().fault.clone().map_or(Ok(()), Err)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read(file)
        .with_context(|| format!("server.jwt.jwks_file: {} cannot be read", file.display()))?;
    ensure!(
        text.len() <= FILE_BYTES,
        "server.jwt.jwks_file: {} has more than {FILE_BYTES} bytes",
        file.display()
    );
    Ok(text)
}

fn cannot_be_used(file: &Path, fault: &str) -> String {
    format!("server.jwt.jwks_file: {} cannot be used: {fault}", file.display())
}

fn parse(file: &Path, text: &[u8], pinned: &[Algorithm]) -> anyhow::Result<KeySet> {
    let keys = KeySet::parse(text, pinned)
        .with_context(|| format!("server.jwt.jwks_file: {} cannot be used", file.display()))?;
    for why in &keys.passed_over {
        tracing::warn!(why, "tokens: a key of the file is passed over");
    }
    tracing::info!(
        keys = keys.len(),
        "tokens are taken by what the file of keys says now"
    );
    Ok(keys)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    /// The public key, header, payload and signature that RFC 7515 shows in A.2: RS256 with 2048 bits.
    const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const SIGNED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn set(keys: &str) -> String {
        format!(r#"{{"keys": [{keys}]}}"#)
    }

    fn key() -> String {
        format!(r#"{{"kty": "RSA", "kid": "a", "n": "{N}", "e": "AQAB"}}"#)
    }

    fn open(folder: &Path, text: &str) -> anyhow::Result<Arc<Tokens>> {
        let file = folder.join("jwks.json");
        std::fs::write(&file, text).unwrap();
        let config = JwtConfig {
            jwks_file: Some(file),
            issuer: Some("joe".to_owned()),
            audience: Some("service".to_owned()),
            ..JwtConfig::default()
        };
        Ok(Tokens::open(&config)?.unwrap())
    }

    #[test]
    fn ring_checks_the_signature_of_the_standard_and_no_other() {
        verify::use_ring();
        let set = KeySet::parse(set(&key()).as_bytes(), &[Algorithm::RS256]).unwrap();
        let key = &set.find("a").unwrap().key;
        let checks = |signature: &str, algorithm| {
            jsonwebtoken::crypto::verify(signature, SIGNED.as_bytes(), key, algorithm)
        };
        assert!(checks(SIGNATURE, Algorithm::RS256).unwrap());
        assert!(!checks(SIGNATURE, Algorithm::PS256).unwrap());
        assert!(!checks(&SIGNATURE.replace("cC4h", "cC4i"), Algorithm::RS256).unwrap());
        assert!(checks(SIGNATURE, Algorithm::HS256).is_err());
        assert!(checks(SIGNATURE, Algorithm::ES256).is_err());
    }

    #[test]
    fn a_file_that_breaks_leaves_the_keys_and_one_without_keys_takes_them() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path(), &set(&key())).unwrap();
        let known = |text: &str| {
            std::fs::write(&tokens.file, text).unwrap();
            tokens.look();
            tokens.current().keys.len()
        };
        assert_eq!(known("half of"), 1);
        assert!(tokens.check().unwrap_err().contains("no JSON"));
        std::fs::remove_file(&tokens.file).unwrap();
        tokens.look();
        assert_eq!(tokens.current().keys.len(), 1);
        assert!(tokens.check().unwrap_err().contains("cannot be read"));
        assert_eq!(known(&set("")), 0);
        assert_eq!(tokens.check(), Ok(()));
        assert_eq!(
            known(&set(&format!("{}, {}", key(), key().replace("\"a\"", "\"b\"")))),
            2
        );
        assert!(
            open(folder.path(), "half of").is_err(),
            "nothing was there before"
        );
    }

    #[test]
    fn a_set_without_a_usable_key_takes_the_old_keys_away_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let unusable = set(&key().replace("AQAB\"", "AQAB\", \"alg\": \"RS512\""));
        let refused = open(folder.path(), &unusable).err().unwrap();
        assert!(format!("{refused:#}").contains("none of its keys can be used"));
        let tokens = open(folder.path(), &set(&key())).unwrap();
        std::fs::write(&tokens.file, unusable).unwrap();
        tokens.look();
        assert_eq!(tokens.current().keys.len(), 0);
        let told = tokens.check().unwrap_err();
        assert!(
            told.contains("none of its keys can be used") && told.contains("server.jwt.algorithms"),
            "{told}"
        );
    }

    #[test]
    fn what_the_log_says_of_a_refused_token_does_not_repeat_it() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = open(folder.path(), &set(&key())).unwrap();
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let long = "x".repeat(1_500);
        for header in [
            r#"{"alg": "RS256", "kid": "a"}"#,
            r#"{"alg": "RS256"}"#,
            r#"{"alg": "none", "kid": "a"}"#,
            &format!(r#"{{"alg": "RS256", "kid": "{long}"}}"#),
            &format!(r#"{{"alg": "{long}", "kid": "a"}}"#),
        ] {
            let token = format!("{}.{}.{SIGNATURE}", part(header), part(r#"{"sub": "somebody"}"#));
            let told = tokens.caller(&token).unwrap_err().to_string();
            assert!(told.len() < 1_200, "{told}");
            assert!(!told.contains(SIGNATURE) && !told.contains("somebody"), "{told}");
        }
    }
}
