//! Jobs of kind PROBE: they do what a test asks for. No RPC makes one, so they are made by SQL.

use crate::database::Database;
use crate::wait;
use serde_json::Value;
use uuid::Uuid;

/// The setting of a worker that claims probes.
pub const PROBES: (&str, &str) = ("MLTS_WORKER__PROBE_JOBS", "true");

/// Makes a probe of the project `default` and returns its id. Workers find it by their poll.
pub fn submit(database: &Database, spec: &Value) -> String {
    let id = Uuid::now_v7().to_string();
    database.sql(&format!(
        "WITH made AS (
           INSERT INTO job (id, project, queue, kind, spec, spec_version, created_by, event_seq)
           VALUES ('{id}', 'default', 'default', 'PROBE', $spec${spec}$spec$, 1, 'test', 1) RETURNING id)
         INSERT INTO job_event (job_id, seq, lease_epoch, kind, payload)
         SELECT id, 1, 0, 'state', '{{\"state\": \"QUEUED\"}}' FROM made"
    ));
    id
}

/// Waits until a job is in a state.
pub async fn until_state(database: &Database, id: &str, state: &str) {
    wait::until(state, || async {
        (database.sql(&format!("SELECT state FROM job WHERE id = '{id}'")) == state).then_some(())
    })
    .await;
}

/// As [`ended`], without waiting for the backoff of the attempts in between.
pub async fn ended_soon(database: &Database, id: &str, columns: &str) -> String {
    wait::until("the probe ends", || async {
        database.sql(&format!(
            "UPDATE job SET run_at = now() WHERE id = '{id}' AND state = 'QUEUED' AND run_at > now()"
        ));
        let row = database.sql(&format!(
            "SELECT {columns} FROM job WHERE id = '{id}' AND finished_at IS NOT NULL"
        ));
        (!row.is_empty()).then_some(row)
    })
    .await
}

/// What a query says of a job once it is final: columns of `job`, joined by `|`.
pub async fn ended(database: &Database, id: &str, columns: &str) -> String {
    wait::until("the probe ends", || async {
        let row = database.sql(&format!(
            "SELECT {columns} FROM job WHERE id = '{id}' AND finished_at IS NOT NULL"
        ));
        (!row.is_empty()).then_some(row)
    })
    .await
}
