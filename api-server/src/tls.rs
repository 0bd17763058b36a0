//! TLS of both ports. Certificates are read again while the server runs: connections that are there stay as they are, new ones get the new
//! certificate.

use crate::reload;
use anyhow::{Context as _, ensure};
use mltraining_runtime::config::TlsConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// What both ports speak.
const PROTOCOL: &[u8] = b"h2";

/// The server's side of TLS.
pub(crate) struct Tls {
    files: Files,
    interval: Duration,
    current: Mutex<Current>,
}

/// Where the server's certificate, its key, and the CAs of clients lie.
struct Files {
    certificate: PathBuf,
    private_key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// What stood in the files at one moment.
#[derive(PartialEq)]
struct Found {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What new connections get, and what the last look at the files saw.
struct Current {
    acceptor: TlsAcceptor,
    seen: Result<Found, String>,
}

impl Tls {
    /// Reads the files; `None` when the configuration names none.
    ///
    /// # Errors
    /// When a file cannot be read, is no PEM of what it should be, or the key is not that of the certificate.
    pub(crate) fn open(config: &TlsConfig) -> anyhow::Result<Option<Arc<Self>>> {
        let Some(files) = config.files() else {
            return Ok(None);
        };
        let files = Files {
            certificate: files.certificate.to_owned(),
            private_key: files.private_key.to_owned(),
            client_ca: files.client_ca.map(Path::to_owned),
        };
        let found = files.read()?;
        let current = Current {
            acceptor: found.acceptor()?,
            seen: Ok(found),
        };
        Ok(Some(Arc::new(Self {
            files,
            interval: config.reload_interval,
            current: Mutex::new(current),
        })))
    }

    /// What agrees on TLS with the next client.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.current().acceptor.clone()
    }

    /// Looks at the files until `stop`.
    pub(crate) async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let interval = self.interval;
        reload::follow(self, Self::look, interval, stop).await;
    }

    /// Takes what stands in the files when it has changed. What cannot be used is told once, and what was there before stays: a
    /// certificate and its key are seldom replaced in one moment.
    fn look(&self) {
        let found = self.files.read().map_err(|error| format!("{error:#}"));
        if self.current().seen == found {
            return;
        }
        let made = match &found {
            Ok(found) => found.acceptor().map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.clone()),
        };
        let mut current = self.current();
        current.seen = found;
        match made {
            Ok(acceptor) => {
                current.acceptor = acceptor;
                tracing::info!("TLS: new connections get what the files of [server.tls] say now");
            }
            Err(error) => {
                tracing::warn!(%error, "TLS: the files of [server.tls] cannot be used; what was there before stays");
            }
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files {
    fn read(&self) -> anyhow::Result<Found> {
        let client_ca = self.client_ca.as_deref();
        Ok(Found {
            certificate: read("certificate", &self.certificate)?,
            private_key: read("private_key", &self.private_key)?,
            client_ca: client_ca.map(|file| read("client_ca", file)).transpose()?,
        })
    }
}

fn read(key: &str, file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("server.tls.{key}: {} cannot be read", file.display()))
}

impl Found {
    fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let chain = certificates("certificate", &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.private_key)
            .context("server.tls.private_key: no private key in PEM")?;
        let builder = ServerConfig::builder();
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for ca in certificates("client_ca", pem)? {
                    roots
                        .add(ca)
                        .context("server.tls.client_ca: not the certificate of a CA")?;
                }
                let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build();
                builder.with_client_cert_verifier(clients.context("server.tls.client_ca")?)
            }
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .context("server.tls.private_key: not the key of server.tls.certificate")?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn certificates(key: &str, pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.with_context(|| format!("server.tls.{key}: no certificates in PEM"))?;
    ensure!(!found.is_empty(), "server.tls.{key}: no certificate is in it");
    Ok(found)
}
