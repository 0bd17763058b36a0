//! The one cryptography of TLS in this process.

/// Makes ring the provider of rustls for the whole process. With two providers compiled in and none chosen, rustls
/// panics at the first connection; this chooses before anything connects. Calling it again does nothing.
pub fn install_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
