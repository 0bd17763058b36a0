//! I8: the stored bytes of every committed artifact hash to the stored sha256.

use super::Violation;
use crate::system::System;
use sha2::{Digest, Sha256};

pub(super) fn violations(system: &System) -> Vec<Violation> {
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
