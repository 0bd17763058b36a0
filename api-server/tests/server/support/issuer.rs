//! An issuer of tokens with keys of its own, made when a test starts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use mltraining_domain::Role;
use mltraining_runtime::config::ApiConfig;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "mltraining";

/// The key that [`Issuer::good`] signs with.
pub const KEY: &str = "first";

/// An issuer, and the file of its public keys.
pub struct Issuer {
    folder: TempDir,
    keys: Vec<(String, Signer)>,
}

/// A pair of keys of P-256 or Ed25519.
pub enum Signer {
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl Signer {
    pub fn p256() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap();
        Self::P256(Box::new(pair))
    }

    pub fn ed25519() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Box::new(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap()))
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::P256(pair) => pair.public_key().as_ref(),
            Self::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn jwk(&self, id: &str) -> Value {
        let key = self.public();
        match self {
            Self::P256(_) => {
                json!({ "kty": "EC", "use": "sig", "crv": "P-256", "alg": "ES256", "kid": id, "x": text(&key[1..33]), "y": text(&key[33..]) })
            }
            Self::Ed25519(_) => json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": text(key) }),
        }
    }

    fn sign(&self, message: &str) -> Vec<u8> {
        match self {
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
                signature.unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        format!("{message}.{}", text(&self.sign(&message)))
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        text(header.to_string().as_bytes()),
        text(claims.to_string().as_bytes())
    )
}

/// The same object with a field of another value; null: without it.
pub fn with(object: &Value, field: &str, value: &Value) -> Value {
    let mut changed = object.clone();
    match value {
        Value::Null => drop(changed.as_object_mut().unwrap().remove(field)),
        _ => changed[field] = value.clone(),
    }
    changed
}

/// The header of a token by the key of this id.
pub fn header(id: &str) -> Value {
    json!({ "typ": "JWT", "alg": "ES256", "kid": id })
}

/// What a good token says of its bearer.
pub fn claims(subject: &str, project: &str, role: Role) -> Value {
    let now = Utc::now().timestamp();
    json!({
        "iss": ISSUER, "aud": [AUDIENCE, "another"], "sub": subject, "iat": now, "nbf": now, "exp": now + 3_600,
        "mlts_project": project, "mlts_role": role.as_str(),
    })
}

impl Issuer {
    /// With one key of P-256.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut issuer = Self {
            folder,
            keys: Vec::new(),
        };
        issuer.add(KEY, Signer::p256());
        issuer
    }

    /// Lets a server take its tokens.
    pub fn enter(&self, config: &mut ApiConfig) {
        let jwt = &mut config.server.jwt;
        jwt.jwks_file = Some(self.file());
        jwt.issuer = Some(ISSUER.to_owned());
        jwt.audience = Some(AUDIENCE.to_owned());
        jwt.algorithms = "ES256, EdDSA".to_owned();
        jwt.reload_interval = Duration::from_millis(20);
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("jwks.json")
    }

    pub fn add(&mut self, id: &str, key: Signer) {
        self.keys.push((id.to_owned(), key));
        self.publish();
    }

    pub fn remove(&mut self, id: &str) {
        self.keys.retain(|(other, _)| other != id);
        self.publish();
    }

    /// One key in the place of all.
    pub fn replace(&mut self, id: &str, key: Signer) {
        self.keys = vec![(id.to_owned(), key)];
        self.publish();
    }

    fn publish(&self) {
        let keys: Vec<Value> = self.keys.iter().map(|(id, key)| key.jwk(id)).collect();
        let beside = self.folder.path().join("new");
        std::fs::write(&beside, json!({ "keys": keys }).to_string()).unwrap();
        std::fs::rename(&beside, self.file()).unwrap();
    }

    fn key(&self) -> &Signer {
        &self.keys[0].1
    }

    /// A token that is taken.
    pub fn good(&self, subject: &str, project: &str, role: Role) -> String {
        self.key().token(&header(KEY), &claims(subject, project, role))
    }

    /// Tokens of an admin of `project` that must not work, each with what is wrong.
    pub fn bad(&self, project: &str) -> Vec<(&'static str, String)> {
        let good = claims("eve", project, Role::Admin);
        let now = Utc::now().timestamp();
        let of = |field: &str, value: Value| self.key().token(&header(KEY), &with(&good, field, &value));
        let headed = |field: &str, value: Value| self.key().token(&with(&header(KEY), field, &value), &good);
        let unsigned = message(&with(&header(KEY), "alg", &json!("none")), &good);
        let mac = message(&with(&header(KEY), "alg", &json!("HS256")), &good);
        let mac_of = |secret: &[u8]| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), mac.as_bytes());
            format!("{mac}.{}", text(tag.as_ref()))
        };
        let whole = self.good("eve", project, Role::Admin);
        let (signed, _) = whole.rsplit_once('.').unwrap();
        vec![
            ("expired", of("exp", json!(now - 3_600))),
            ("wrong issuer", of("iss", json!("https://other.example"))),
            ("wrong audience", of("aud", json!("other"))),
            ("alg none, no signature", format!("{unsigned}.")),
            ("alg none, a signature", headed("alg", json!("none"))),
            (
                "HS256 by the bytes of the public key",
                mac_of(self.key().public()),
            ),
            (
                "HS256 by the file of keys",
                mac_of(&std::fs::read(self.file()).unwrap()),
            ),
            ("unknown kid", headed("kid", json!("other"))),
            ("signed by another key", Signer::p256().token(&header(KEY), &good)),
            ("signature cut off", format!("{signed}.")),
            ("unknown role", of("mlts_role", json!("owner"))),
            ("unknown project", of("mlts_project", json!("nowhere"))),
        ]
    }

    /// More of them, of rarer faults.
    pub fn worse(&self, project: &str) -> Vec<(&'static str, String)> {
        let good = claims("eve", project, Role::Admin);
        let of = |field: &str, value: Value| self.key().token(&header(KEY), &with(&good, field, &value));
        let headed = |field: &str, value: Value| self.key().token(&with(&header(KEY), field, &value), &good);
        let (head, body) = (header(KEY), of("sub", json!("eve")));
        let parts: Vec<&str> = body.split('.').collect();
        vec![
            ("no exp", of("exp", Value::Null)),
            ("exp is a text", of("exp", json!("tomorrow"))),
            ("no iss", of("iss", Value::Null)),
            ("two issuers", of("iss", json!([ISSUER, "https://other.example"]))),
            ("no aud", of("aud", Value::Null)),
            ("not yet good", of("nbf", json!(Utc::now().timestamp() + 3_600))),
            ("no sub", of("sub", Value::Null)),
            ("sub is empty", of("sub", json!(""))),
            ("sub has a space", of("sub", json!("e ve"))),
            ("sub has a line", of("sub", json!("e\nve"))),
            ("sub is too long", of("sub", json!("e".repeat(125)))),
            ("no project", of("mlts_project", Value::Null)),
            ("project is no name", of("mlts_project", json!("Own Project"))),
            ("two projects", of("mlts_project", json!([project, "other"]))),
            ("no role", of("mlts_role", Value::Null)),
            ("role in capitals", of("mlts_role", json!("ADMIN"))),
            ("no kid", headed("kid", Value::Null)),
            ("alg of another kind of key", headed("alg", json!("EdDSA"))),
            ("alg that is not pinned", headed("alg", json!("RS256"))),
            ("alg that nobody knows", headed("alg", json!("XX"))),
            ("an extension that is critical", headed("crit", json!(["exp"]))),
            ("too long", of("filler", json!("x".repeat(4_096)))),
            ("two parts", format!("{}.{}", parts[0], parts[1])),
            ("four parts", format!("{body}.{}", parts[2])),
            ("no base64", body.replace('.', "!.")),
            ("claims are a list", self.key().token(&head, &json!([1]))),
            ("nothing", "..".to_owned()),
        ]
    }
}
