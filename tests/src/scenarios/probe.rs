//! Jobs of the kind PROBE, made by plain SQL: no call of the service makes one. Workers do them when `worker.probe_jobs` is set.

use crate::database::Database;
use serde_json::{Value, json};

/// Probe jobs that are alike.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The project.
    pub project: String,
    /// 0 goes first.
    pub priority: i16,
    /// Losses before the job is DEAD.
    pub max_lost: i32,
    /// Failures of what is around the job, before it is DEAD.
    pub max_infra_failures: i32,
    /// Longest run of an attempt, as an interval of Postgres.
    pub timeout: String,
    /// What is done; see [`steps`].
    pub spec: Value,
}

impl Probe {
    /// Does `steps`, one after the other.
    pub fn doing(steps: &[Value]) -> Self {
        Self {
            project: "default".to_owned(),
            priority: 2,
            max_lost: 3,
            max_infra_failures: 20,
            timeout: "10 minutes".to_owned(),
            spec: json!({"steps": steps}),
        }
    }

    /// Ends at once.
    pub fn nothing() -> Self {
        Self::doing(&[])
    }

    /// Survives as many losses and failures as a scenario makes.
    pub fn tough(self) -> Self {
        Self {
            max_lost: 100,
            max_infra_failures: 1000, // scenarios do not wait for backoff
            ..self
        }
    }

    /// With one more key in its spec.
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.spec[key] = value;
        self
    }

    /// Makes `count` such jobs, due now, and returns their ids.
    pub fn submit(&self, database: &Database, count: usize) -> Vec<String> {
        let Self {
            project,
            priority,
            max_lost,
            max_infra_failures,
            timeout,
            spec,
        } = self;
        let ids = database.sql(&format!(
            "WITH made AS (
               INSERT INTO job (id, project, queue, kind, spec, spec_version, created_by, event_seq, priority, max_lost,
                                max_infra_failures, timeout)
               SELECT gen_random_uuid(), '{project}', 'default', 'PROBE', '{spec}', 1, 'test', 1, {priority}, {max_lost}, {max_infra_failures}, '{timeout}'
                 FROM generate_series(1, {count}) RETURNING id
             ), told AS (
               INSERT INTO job_event (job_id, seq, lease_epoch, kind, payload)
               SELECT id, 1, 0, 'state', '{{\"state\": \"QUEUED\"}}' FROM made
             )
             SELECT id FROM made"
        ));
        ids.lines().map(str::to_owned).collect()
    }

    /// Makes one.
    pub fn submit_one(&self, database: &Database) -> String {
        self.submit(database, 1).remove(0)
    }
}

/// Computes for a while, reports progress, heeds the stop.
pub fn work(millis: u64) -> Value {
    json!({"do": "work", "millis": millis})
}

/// Waits for a while, heeds the stop.
pub fn sleep(millis: u64) -> Value {
    json!({"do": "sleep", "millis": millis})
}

/// Computes for a while and never looks up.
pub fn spin(millis: u64) -> Value {
    json!({"do": "spin", "millis": millis})
}

/// Fails as this class.
pub fn fail(class: &str) -> Value {
    json!({"do": "fail", "class": class})
}

/// A step without parameters: `abort`, `overflow_stack`, `panic`.
pub fn step(name: &str) -> Value {
    json!({"do": name})
}
