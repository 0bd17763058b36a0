//! The text of a key.

use mltraining_domain::hex;
use sha2::{Digest, Sha256};
use std::fmt;

const PREFIX: &str = "mlts";
/// Bytes of the secret part; twice as many hex digits.
const SECRET_BYTES: usize = 32;
/// Bytes of the short part of the keys that this build makes.
const SHORT_BYTES: usize = 6;

/// A key as its bearer sends it. The secret is never shown.
pub struct ApiKeySecret {
    short_id: String,
    secret: String,
}

impl ApiKeySecret {
    /// A new key of 32 random bytes, and its text: the only time that it is seen.
    pub fn make() -> (Self, String) {
        Self::of(&hex(&rand::random::<[u8; SHORT_BYTES]>()))
    }

    /// A new secret for the key with this short part, and its text.
    pub fn of(short_id: &str) -> (Self, String) {
        let key = Self {
            short_id: short_id.to_owned(),
            secret: hex(&rand::random::<[u8; SECRET_BYTES]>()),
        };
        let text = format!("{PREFIX}_{}_{}", key.short_id, key.secret);
        (key, text)
    }

    /// Takes `mlts_{short}_{secret}` apart; `None` for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('_');
        let (Some(PREFIX), Some(short_id), Some(secret), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let short = (6..=32).contains(&short_id.len()) && short_id.bytes().all(|b| b.is_ascii_alphanumeric());
        let long = secret.len() == 2 * SECRET_BYTES
            && secret.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (short && long).then(|| Self {
            short_id: short_id.to_owned(),
            secret: secret.to_owned(),
        })
    }

    /// The short part, which is no secret.
    pub fn short_id(&self) -> &str {
        &self.short_id
    }

    /// SHA-256 of the secret part. The secret has 256 random bits, so a slow hash would add nothing.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}_{}_***", self.short_id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_new_key_reads_back_and_never_shows_its_secret() {
        let (key, text) = ApiKeySecret::make();
        let read = ApiKeySecret::parse(&text).unwrap();
        assert_eq!((read.short_id(), read.hash()), (key.short_id(), key.hash()));
        assert!(!format!("{key:?}").contains(&key.secret));
        assert_ne!(ApiKeySecret::make().1, text);
    }

    #[test]
    fn a_text_of_another_form_is_no_key() {
        let (_, good) = ApiKeySecret::make();
        let long = "0".repeat(64);
        for text in [
            String::new(),
            "mlts".to_owned(),
            good.replace("mlts_", "mltx_"),
            good.to_uppercase(),
            format!("{good}0"),
            format!("{good}_"),
            format!("mlts_abc_{long}"),
            format!("mlts_ab'c12_{long}"),
            format!("mlts_{}_{long}", "a".repeat(33)),
            format!("mlts_abc123_{}", "ä".repeat(32)),
        ] {
            assert!(ApiKeySecret::parse(&text).is_none(), "{text} was taken");
        }
    }
}
