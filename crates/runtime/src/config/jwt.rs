//! `[server.jwt]`: tokens of an issuer outside, taken beside API keys.

use super::rules::must_be;
use super::sections::seconds;
use super::{AuthMode, Problem, ServerConfig, span};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// The signatures that a token may have: those that can be checked without the secret that makes them.
pub const JWT_ALGORITHMS: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];

/// `[server.jwt]`. Off unless `jwks_file` is named.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JwtConfig {
    /// File of the issuer's public keys, a JWK set; `None`: API keys alone are taken.
    pub jwks_file: Option<PathBuf>,
    /// What `iss` of a token has to be.
    pub issuer: Option<String>,
    /// What `aud` of a token has to hold.
    pub audience: Option<String>,
    /// The signatures that are taken, parted by commas.
    pub algorithms: String,
    /// How far the issuer's clock may be from ours.
    #[serde(with = "span")]
    pub leeway: Duration,
    /// The claim that names the caller's project.
    pub project_claim: String,
    /// The claim that names his role there.
    pub role_claim: String,
    /// Longest token.
    pub max_token_bytes: usize,
    /// Time between two looks at the file.
    #[serde(with = "span")]
    pub reload_interval: Duration,
}

impl Default for JwtConfig {
    fn default() -> Self {
        Self {
            jwks_file: None,
            issuer: None,
            audience: None,
            algorithms: "RS256".to_owned(),
            leeway: seconds(30),
            project_claim: "mlts_project".to_owned(),
            role_claim: "mlts_role".to_owned(),
            max_token_bytes: 4_096,
            reload_interval: seconds(10),
        }
    }
}

impl JwtConfig {
    /// The signatures that are taken, each one of [`JWT_ALGORITHMS`] once the section was checked.
    pub fn pinned(&self) -> impl Iterator<Item = &str> {
        let parts = self.algorithms.split(',').map(str::trim);
        parts.filter(|part| !part.is_empty())
    }
}

/// What is wrong with the section.
pub(super) fn check(server: &ServerConfig, problems: &mut Vec<Problem>) {
    let jwt = &server.jwt;
    algorithms(jwt, problems);
    for (key, claim) in [
        ("server.jwt.project_claim", &jwt.project_claim),
        ("server.jwt.role_claim", &jwt.role_claim),
    ] {
        if claim.is_empty() || claim.len() > 200 {
            problems.push(must_be(key));
        }
    }
    let named = [
        ("server.jwt.issuer", &jwt.issuer),
        ("server.jwt.audience", &jwt.audience),
    ];
    for (key, value) in named {
        match value {
            Some(text) if text.is_empty() || text.len() > 500 => problems.push(must_be(key)),
            None if jwt.jwks_file.is_some() => {
                let message = "is missing, and server.jwt.jwks_file is named: a token made for another service must not open this one";
                problems.push(Problem::new(key, message));
            }
            _ => {}
        }
    }
    match &jwt.jwks_file {
        Some(path) if !path.is_absolute() => problems.push(must_be("server.jwt.jwks_file")),
        Some(_) if server.auth.mode == AuthMode::None => {
            let message = "is named, and server.auth.mode = none lets everyone in: set server.auth.mode = api_key, or name no file";
            problems.push(Problem::new("server.jwt.jwks_file", message));
        }
        None if named.iter().any(|(_, value)| value.is_some()) => {
            let message = "is missing, and others of [server.jwt] are set: name the file of the issuer's keys, or leave them out";
            problems.push(Problem::new("server.jwt.jwks_file", message));
        }
        _ => {}
    }
}

fn algorithms(jwt: &JwtConfig, problems: &mut Vec<Problem>) {
    const KEY: &str = "server.jwt.algorithms";
    if jwt.pinned().next().is_none() {
        problems.push(must_be(KEY));
    }
    for name in jwt.pinned().filter(|name| !JWT_ALGORITHMS.contains(name)) {
        let why = match name {
            "none" => "none has no signature, so that anyone could write a token".to_owned(),
            _ if name.starts_with("HS") => format!(
                "{name} is checked with the secret that makes it, so that anyone who knows the published keys could write a token"
            ),
            _ => format!("{name:?} is not known"),
        };
        problems.push(Problem::new(
            KEY,
            format!("{why}: take some of {}", JWT_ALGORITHMS.join(", ")),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl FnOnce(&mut ServerConfig)) -> Vec<String> {
        let mut server = ServerConfig::default();
        server.jwt.jwks_file = Some(PathBuf::from("/etc/jwks.json"));
        server.jwt.issuer = Some("https://issuer.example".to_owned());
        server.jwt.audience = Some("mltraining".to_owned());
        change(&mut server);
        let mut problems = Vec::new();
        check(&server, &mut problems);
        let told = problems.iter();
        told.map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect()
    }

    #[test]
    fn it_is_on_as_a_whole_or_off() {
        assert_eq!(wrong(|_| {}), Vec::<String>::new());
        assert_eq!(wrong(|server| server.jwt = JwtConfig::default()).len(), 0);
        assert_eq!(wrong(|server| server.jwt.jwks_file = None).len(), 1);
        let half = wrong(|server| (server.jwt.issuer, server.jwt.audience) = (None, None));
        assert!(
            half.len() == 2 && half[1].contains("server.jwt.audience"),
            "{half:?}"
        );
        assert_eq!(wrong(|server| server.jwt.issuer = Some(String::new())).len(), 1);
        assert_eq!(
            wrong(|server| server.jwt.jwks_file = Some("jwks.json".into())).len(),
            1
        );
        assert_eq!(wrong(|server| server.jwt.role_claim = String::new()).len(), 1);
        let open = wrong(|server| server.auth.mode = AuthMode::None);
        assert!(open.len() == 1 && open[0].contains("auth.mode"), "{open:?}");
    }

    #[test]
    fn signatures_that_a_published_key_could_make_are_refused() {
        let of = |text: &str| wrong(|server| server.jwt.algorithms = text.to_owned());
        assert_eq!(of("RS256, ES256,EdDSA"), Vec::<String>::new());
        for text in ["", "none", "HS256", "RS256, HS512", "rs256", "ES256;RS256"] {
            assert_eq!(of(text).len(), 1, "{text}");
        }
        assert!(of("none")[0].contains("no signature"));
        assert!(of("HS256")[0].contains("the secret that makes it"));
    }
}
