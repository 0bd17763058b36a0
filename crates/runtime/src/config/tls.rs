//! `[server.tls]`: how api-server proves who it is, and whose certificates it asks for.

use super::rules::must_be;
use super::sections::seconds;
use super::{Problem, ServerConfig, span};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[server.tls]`: TLS of both ports.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of the server's certificate, and of those that lead to its CA; `None`: connections are not encrypted.
    pub certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub private_key: Option<PathBuf>,
    /// PEM file of the CAs whose clients may connect; `None`: clients need no certificate.
    pub client_ca: Option<PathBuf>,
    /// Time between two looks at the files.
    #[serde(with = "span")]
    pub reload_interval: Duration,
    /// Address of a health service without TLS; `None`: none.
    pub health_listen: Option<SocketAddr>,
}

/// The files of a server that speaks TLS.
#[derive(Debug, Clone, Copy)]
pub struct TlsFiles<'a> {
    /// The server's certificate and those that lead to its CA.
    pub certificate: &'a Path,
    /// Its private key.
    pub private_key: &'a Path,
    /// The CAs of clients; `None` when they need no certificate.
    pub client_ca: Option<&'a Path>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            certificate: None,
            private_key: None,
            client_ca: None,
            reload_interval: seconds(10),
            health_listen: None,
        }
    }
}

impl TlsConfig {
    /// The files; `None` when the server speaks no TLS.
    pub fn files(&self) -> Option<TlsFiles<'_>> {
        Some(TlsFiles {
            certificate: self.certificate.as_deref()?,
            private_key: self.private_key.as_deref()?,
            client_ca: self.client_ca.as_deref(),
        })
    }
}

/// What is wrong with the section.
pub(super) fn check(server: &ServerConfig, problems: &mut Vec<Problem>) {
    let tls = &server.tls;
    let files = [
        ("server.tls.certificate", &tls.certificate),
        ("server.tls.private_key", &tls.private_key),
        ("server.tls.client_ca", &tls.client_ca),
    ];
    for (key, file) in files {
        match file {
            Some(path) if !path.is_absolute() => problems.push(must_be(key)),
            None if key != "server.tls.client_ca" && files.iter().any(|(_, other)| other.is_some()) => {
                let message =
                    "is missing, and other files of [server.tls] are named: name this one as well, or none";
                problems.push(Problem::new(key, message));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(change: impl FnOnce(&mut TlsConfig)) -> Vec<String> {
        let mut server = ServerConfig::default();
        change(&mut server.tls);
        let mut problems = Vec::new();
        check(&server, &mut problems);
        problems
            .iter()
            .map(|problem| format!("{}: {}", problem.field, problem.message))
            .collect()
    }

    #[test]
    fn a_certificate_without_its_key_is_refused_and_so_is_a_ca_alone() {
        let path = |name: &str| Some(PathBuf::from(name));
        assert_eq!(wrong(|_| {}), Vec::<String>::new());
        let whole = wrong(|tls| (tls.certificate, tls.private_key) = (path("/c"), path("/k")));
        assert_eq!(whole, Vec::<String>::new());
        let half = wrong(|tls| tls.certificate = path("/c"));
        assert!(
            half.len() == 1 && half[0].contains("server.tls.private_key"),
            "{half:?}"
        );
        assert_eq!(wrong(|tls| tls.client_ca = path("/ca")).len(), 2);
        let loose = wrong(|tls| (tls.certificate, tls.private_key) = (path("c"), path("/k")));
        assert!(loose.len() == 1 && loose[0].contains("absolute"), "{loose:?}");
    }
}
