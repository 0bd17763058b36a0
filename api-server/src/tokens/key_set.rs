//! The file of an issuer's public keys: a JWK set (RFC 7517).

use crate::details::shown;
use anyhow::{Context as _, bail};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use serde_json::Value;
use std::collections::HashMap;

/// Keys of shorter RSA can be broken.
const LEAST_RSA_BYTES: usize = 256;
const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// The keys of a file, by their id.
#[derive(Default)]
pub(super) struct KeySet {
    keys: HashMap<String, PublicKey>,
    /// Why other keys of the file are not among them.
    pub(super) passed_over: Vec<String>,
    /// What should not stand in such a file. The keys that it speaks of are not taken.
    faults: Vec<String>,
}

/// A key, and the signatures that it may check.
pub(super) struct PublicKey {
    pub(super) key: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl PublicKey {
    pub(super) fn checks(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }
}

impl KeySet {
    /// Reads the file's text. Keys for other uses, of other kinds, and of signatures that are not `pinned` are passed over. A private key,
    /// keys that share an id, and keys of which none is of use are [faults](KeySet::fault).
    ///
    /// # Errors
    /// No JWK set.
    pub(super) fn parse(text: &[u8], pinned: &[Algorithm]) -> anyhow::Result<Self> {
        let set: Value = serde_json::from_slice(text).context("it is no JSON")?;
        let Some(listed) = set.get("keys").and_then(Value::as_array) else {
            bail!("it is no JWK set: there is no list `keys`");
        };
        let mut found = Self::default();
        let mut ids: HashMap<&str, usize> = HashMap::new();
        for (place, key) in listed.iter().enumerate() {
            let id = key.get("kid").and_then(Value::as_str).unwrap_or_default();
            let said = format!("key {place} ({:?})", shown(id));
            if key.get("d").is_some() {
                *ids.entry(id).or_default() += 1; // its public twin, of the same id, is no longer to be believed
                found.faults.push(format!(
                    "{said} holds its private part, which is the issuer's alone: list public keys, and replace this one"
                ));
                continue;
            }
            match usable(key, pinned) {
                Err(why) => found.passed_over.push(format!("{said}: {why}")),
                Ok(_) if id.is_empty() => {
                    let why = format!("key {place} has no `kid`, by which tokens name it");
                    found.passed_over.push(why);
                }
                Ok(usable) => {
                    *ids.entry(id).or_default() += 1;
                    found.keys.insert(id.to_owned(), usable);
                }
            }
        }
        for (id, _) in ids.into_iter().filter(|(_, keys)| *keys > 1) {
            found.keys.remove(id);
            found
                .faults
                .push(format!("several keys have the `kid` {:?}", shown(id)));
        }
        if found.keys.is_empty() && !found.passed_over.is_empty() {
            let why = found.passed_over.join("; ");
            found.faults.push(format!("none of its keys can be used: {why}"));
        }
        Ok(found)
    }

    /// What is wrong with the file, though its good keys are taken; `None` when nothing is. An empty list is not wrong: it refuses every token.
    pub(super) fn fault(&self) -> Option<String> {
        (!self.faults.is_empty()).then(|| shown(&self.faults.join("; ")))
    }

    /// The key of this id.
    pub(super) fn find(&self, id: &str) -> Option<&PublicKey> {
        self.keys.get(id)
    }

    /// How many keys can be used.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

/// The key, or why it is of no use here.
fn usable(key: &Value, pinned: &[Algorithm]) -> Result<PublicKey, String> {
    if key.get("kty").and_then(Value::as_str) == Some("oct") {
        return Err("it is a secret, and no public key".to_owned());
    }
    let jwk: Jwk = serde_json::from_value(key.clone()).map_err(|error| error.to_string())?;
    if jwk
        .common
        .public_key_use
        .as_ref()
        .is_some_and(|of| *of != PublicKeyUse::Signature)
    {
        return Err("its `use` is not `sig`".to_owned());
    }
    let key = DecodingKey::from_jwk(&jwk).map_err(|error| error.to_string())?;
    let mut algorithms = able(&jwk, &key)?;
    if let Some(named) = jwk.common.key_algorithm {
        algorithms.retain(|algorithm| Algorithm::try_from(named).is_ok_and(|named| named == *algorithm));
    }
    algorithms.retain(|algorithm| pinned.contains(algorithm));
    if algorithms.is_empty() {
        return Err("its signatures are not among server.jwt.algorithms".to_owned());
    }
    Ok(PublicKey { key, algorithms })
}

/// The signatures that a key of this kind can check.
fn able(jwk: &Jwk, key: &DecodingKey) -> Result<Vec<Algorithm>, String> {
    let (able, bytes) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (RSA.to_vec(), None),
        AlgorithmParameters::EllipticCurve(point) => match point.curve {
            EllipticCurve::P256 => (vec![Algorithm::ES256], Some(65)),
            EllipticCurve::P384 => (vec![Algorithm::ES384], Some(97)),
            _ => return Err("its curve is not P-256 or P-384".to_owned()),
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (vec![Algorithm::EdDSA], Some(32))
        }
        _ => return Err("its kind is not RSA, EC or Ed25519".to_owned()),
    };
    match (key.kind(), bytes) {
        (DecodingKeyKind::RsaModulusExponent { n, .. }, None) if n.len() < LEAST_RSA_BYTES => {
            Err("it has less than 2048 bits".to_owned())
        }
        (DecodingKeyKind::SecretOrDer(key), Some(bytes)) if key.len() != bytes => {
            Err("its numbers are not of the length that its curve has".to_owned())
        }
        _ => Ok(able),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    fn number(bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode(vec![0xb7; bytes])
    }

    fn read(keys: &[Value]) -> Result<KeySet, String> {
        let text = json!({ "keys": keys }).to_string();
        let pinned = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
        KeySet::parse(text.as_bytes(), &pinned).map_err(|error| format!("{error:#}"))
    }

    fn rsa(id: &str) -> Value {
        json!({ "kty": "RSA", "kid": id, "n": number(256), "e": "AQAB" })
    }

    #[test]
    fn a_key_checks_the_signatures_that_it_names_or_that_its_kind_has_and_no_others() {
        let mut named = rsa("named");
        named["alg"] = json!("RS256");
        let point = json!({ "kty": "EC", "kid": "ec", "crv": "P-256", "x": number(32), "y": number(32) });
        let edwards = json!({ "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": number(32) });
        let set = read(&[named, rsa("open"), point, edwards]).unwrap();
        assert_eq!((set.len(), set.passed_over.len()), (4, 0));
        for id in ["named", "open"] {
            assert!(set.find(id).unwrap().checks(Algorithm::RS256));
            assert!(
                !set.find(id).unwrap().checks(Algorithm::PS256),
                "it is not pinned"
            );
            assert!(!set.find(id).unwrap().checks(Algorithm::HS256));
        }
        assert!(set.find("ec").unwrap().checks(Algorithm::ES256));
        assert!(set.find("ed").unwrap().checks(Algorithm::EdDSA));
        assert!(!set.find("ed").unwrap().checks(Algorithm::ES256));
        assert!(set.find("other").is_none());
    }

    #[test]
    fn keys_of_no_use_are_passed_over_and_a_file_of_them_alone_is_a_fault() {
        let with = |field: &str, value: &str| {
            let mut key = rsa("other");
            key[field] = json!(value);
            key
        };
        let useless = [
            json!({ "kty": "oct", "kid": "secret", "k": number(32) }),
            json!({ "kty": "RSA", "kid": "short", "n": number(255), "e": "AQAB" }),
            json!({ "kty": "EC", "kid": "p521", "crv": "P-521", "x": number(66), "y": number(66) }),
            json!({ "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": number(31) }),
            json!({ "kty": "new", "kid": "new" }),
            json!({ "kty": "RSA", "n": number(256), "e": "AQAB" }),
            with("use", "enc"),
            with("alg", "RS512"),
            with("alg", "HS256"),
            with("alg", "none"),
        ];
        for key in &useless {
            let alone = read(std::slice::from_ref(key)).unwrap();
            assert_eq!(alone.len(), 0, "{key} was taken");
            assert!(alone.fault().unwrap().contains("none of its keys"), "{key}");
            let set = read(&[key.clone(), rsa("good")]).unwrap();
            assert_eq!((set.len(), set.passed_over.len()), (1, 1), "{key}");
            assert_eq!(set.fault(), None, "{key}");
        }
    }

    #[test]
    fn a_file_that_is_no_set_is_refused_and_one_without_keys_is_no_fault() {
        let empty = read(&[]).unwrap();
        assert_eq!((empty.len(), empty.fault()), (0, None));
        for text in ["", "[]", "{}", r#"{"keys": 1}"#] {
            assert!(KeySet::parse(text.as_bytes(), &RSA).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_private_key_and_keys_of_one_id_are_faults_that_leave_the_other_keys() {
        let mut private = rsa("private");
        private["d"] = json!(number(256));
        let set = read(&[private, rsa("private"), rsa("good")]).unwrap();
        assert!(set.fault().unwrap().contains("private part"));
        assert!(set.find("private").is_none() && set.find("good").is_some());
        let set = read(&[rsa("same"), rsa("good"), rsa("same"), rsa("same")]).unwrap();
        assert!(set.fault().unwrap().contains("several keys"));
        assert!(set.find("same").is_none() && set.find("good").is_some());
    }
}
