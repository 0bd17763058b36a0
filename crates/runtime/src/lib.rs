//! What every process of the service does: read its configuration, log and trace, follow signals, tell its health, and
//! end with an exit code that a script can read.
//!
//! A binary's `main` reads: [`config::load`] -> [`telemetry::Telemetry::init`] -> connect -> bind ->
//! [`health::Health`] -> serve until [`shutdown::on_signal`] -> drain -> [`exit::report`].

pub mod config;
pub mod dependency;
pub mod exit;
pub mod health;
pub mod metrics;
pub mod readiness;
pub mod request_id;
pub mod shutdown;
pub mod telemetry;
pub mod tls;
pub mod trace;
