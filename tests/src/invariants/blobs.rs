//! I8: the stored bytes of every committed artifact hash to the stored sha256.
//!
//! Retention removes the files of a job before its rows, so that a crash in between leaves rows to go on from: a file that is
//! missing is a violation only when its row stays.

use super::Violation;
use crate::system::System;
use crate::wait;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long the rows of files that are gone may stay.
const REMOVAL: Duration = Duration::from_secs(15);

/// What is broken of the files, once a removal that is under way is over.
pub(super) async fn violations(system: &System) -> Vec<Violation> {
    let mut found = Vec::new();
    wait::holds(REMOVAL, || {
        found = now(system);
        let is_whole = found.is_empty();
        async move { is_whole }
    })
    .await;
    found
}

fn now(system: &System) -> Vec<Violation> {
    let rows = system.database.sql(
        "SELECT r.job_id, a.storage_key, a.size_bytes, encode(a.sha256, 'hex')
           FROM artifact a JOIN result r ON r.id = a.result_id WHERE r.state = 'COMMITTED'",
    );
    rows.lines().filter_map(|row| check(system, row)).collect()
}

fn check(system: &System, row: &str) -> Option<Violation> {
    let mut columns = row.split('|');
    let (job, key) = (columns.next()?, columns.next()?);
    let (size, hash) = (columns.next()?, columns.next()?);
    let detail = match std::fs::read(system.artifacts().join(key)) {
        Err(error) => format!("{key}: {error}"),
        Ok(bytes) if bytes.len().to_string() != size => {
            format!("{key}: {} bytes stored, {size} in the row", bytes.len())
        }
        Ok(bytes) if hex(&bytes) != hash => format!("{key}: {} stored, {hash} in the row", hex(&bytes)),
        Ok(_) => return None,
    };
    Some(Violation {
        invariant: "I8".to_owned(),
        job: job.to_owned(),
        detail,
    })
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
