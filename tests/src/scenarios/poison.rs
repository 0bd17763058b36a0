//! Jobs that take down what runs them.

use super::{Outcome, Scale, system};
use crate::process::Process;
use crate::scenarios::probe::{Probe, spin, step, work};
use crate::wait;
use serde_json::{Value, json};

/// What a poison does, and how its job ends.
struct Poison {
    steps: fn() -> Vec<Value>,
    timeout: &'static str,
    end: &'static str,
}

const POISONS: &[Poison] = &[
    Poison {
        steps: || vec![work(50), step("abort")],
        timeout: "10 minutes",
        end: "DEAD|LOST|POISON",
    },
    Poison {
        steps: || vec![step("overflow_stack")],
        timeout: "10 minutes",
        end: "DEAD|LOST|POISON",
    },
    Poison {
        steps: || vec![json!({"do": "exit", "code": 3})],
        timeout: "10 minutes",
        end: "DEAD|LOST|POISON",
    },
    Poison {
        steps: || vec![json!({"do": "allocate", "bytes": 1_u64 << 40})],
        timeout: "10 minutes",
        end: "DEAD|LOST|POISON",
    },
    Poison {
        // Never looks up: it is told to stop at its deadline, and killed after its grace.
        steps: || vec![spin(3_600_000)],
        timeout: "2 seconds",
        end: "FAILED|TIMEOUT|JOB_TIMEOUT",
    },
];

/// Jobs that abort, overflow their stack, exit, want all memory or never yield, beside good ones in the same worker: the good ones
/// succeed in their first attempt, the poison ends, the worker lives.
pub(super) async fn poison_jobs(scale: Scale) -> Outcome {
    let rounds = scale.of(1, 5);
    let mut system = system(&[("MLTS_WORKER__SLOTS", "3")]).await;
    let worker = system.add_worker().await;
    let pid = system.workers[worker].id();
    let mut runs = 0;
    for _ in 0..rounds {
        for poison in POISONS {
            let mut bad = Probe::doing(&(poison.steps)());
            bad.timeout = poison.timeout.to_owned();
            bad.max_lost = 2;
            bad.priority = 0;
            let bad = bad.submit_one(&system.database);
            let good = Probe::doing(&[work(700)]).submit(&system.database, 3);
            super::all_ended(&system.database, wait::PATIENCE).await;
            let end = system.database.sql(&format!(
                "SELECT state, error_class, error_code FROM job WHERE id = '{bad}'"
            ));
            assert_eq!(end, poison.end, "{:?}", (poison.steps)());
            let done = system.database.sql(&format!(
                "SELECT string_agg(DISTINCT state || lease_epoch, ',') FROM job WHERE id IN ('{}')",
                good.join("', '")
            ));
            assert_eq!(done, "SUCCEEDED1", "jobs beside {:?}", (poison.steps)());
            runs += 1;
        }
    }
    assert!(
        system.workers.iter_mut().all(Process::is_running),
        "the worker lives"
    );
    assert_eq!(system.workers[worker].id(), pid);
    Outcome::of(&system, runs).await
}
