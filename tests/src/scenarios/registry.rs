//! Every scenario by name.

use super::{
    Outcome, Scale, cancel, crash, crowd, hands, hints, kill, late, network, poison, postgres, storage,
    submit, zombie,
};
use futures::future::{BoxFuture, FutureExt};
use std::future::Future;

/// A scenario.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// As `./dev faults` calls it.
    pub name: &'static str,
    /// Runs it.
    pub run: fn(Scale) -> BoxFuture<'static, Outcome>,
}

fn boxed<F: Future<Output = Outcome> + Send + 'static>(scenario: F) -> BoxFuture<'static, Outcome> {
    scenario.boxed()
}

/// Every scenario, in the order of the full suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kill_loop",
        run: |scale| boxed(kill::kill_loop(scale)),
    },
    Scenario {
        name: "kill_mid_train",
        run: |scale| boxed(kill::kill_mid_train(scale)),
    },
    Scenario {
        name: "sigterm",
        run: |scale| boxed(kill::sigterm(scale)),
    },
    Scenario {
        name: "zombie",
        run: |scale| boxed(zombie::stopped(scale)),
    },
    Scenario {
        name: "operator_retry",
        run: |scale| boxed(zombie::operator_retry(scale)),
    },
    Scenario {
        name: "late_beat",
        run: |scale| boxed(late::late_beat(scale)),
    },
    Scenario {
        name: "late_progress",
        run: |scale| boxed(late::late_progress(scale)),
    },
    Scenario {
        name: "late_log",
        run: |scale| boxed(late::late_log(scale)),
    },
    Scenario {
        name: "late_stage",
        run: |scale| boxed(late::late_stage(scale)),
    },
    Scenario {
        name: "late_finish",
        run: |scale| boxed(late::late_finish(scale)),
    },
    Scenario {
        name: "late_fail",
        run: |scale| boxed(late::late_fail(scale)),
    },
    Scenario {
        name: "crash_at_each_step",
        run: |scale| boxed(crash::at_each_step(scale)),
    },
    Scenario {
        name: "crash_at_fail",
        run: |scale| boxed(crash::at_fail(scale)),
    },
    Scenario {
        name: "answers_dropped",
        run: |scale| boxed(network::answers_dropped_during_finish(scale)),
    },
    Scenario {
        name: "cut_before_each_step",
        run: |scale| boxed(network::cut_before_each_step(scale)),
    },
    Scenario {
        name: "partition_of_one",
        run: |scale| boxed(network::partition_of_one(scale)),
    },
    Scenario {
        name: "partition_of_all",
        run: |scale| boxed(network::partition_of_all(scale)),
    },
    Scenario {
        name: "cuts_and_delays",
        run: |scale| boxed(network::cuts_and_delays(scale)),
    },
    Scenario {
        name: "postgres_crash_mid_claim",
        run: |scale| boxed(postgres::crash_mid_claim(scale)),
    },
    Scenario {
        name: "postgres_crash_mid_finish",
        run: |scale| boxed(postgres::crash_mid_finish(scale)),
    },
    Scenario {
        name: "postgres_away",
        run: |scale| boxed(postgres::away_for_two_leases(scale)),
    },
    Scenario {
        name: "sessions_ended",
        run: |scale| boxed(postgres::sessions_ended(scale)),
    },
    Scenario {
        name: "flushall",
        run: |scale| boxed(hints::flushall(scale)),
    },
    Scenario {
        name: "redis_away",
        run: |scale| boxed(hints::redis_away(scale)),
    },
    Scenario {
        name: "strange_hints",
        run: |scale| boxed(hints::strange_hints(scale)),
    },
    Scenario {
        name: "api_killed_before_hint",
        run: |scale| boxed(hints::api_killed_before_hint(scale)),
    },
    Scenario {
        name: "one_request_id",
        run: |scale| boxed(submit::one_request_id(scale)),
    },
    Scenario {
        name: "disk_full",
        run: |scale| boxed(storage::disk_full(scale)),
    },
    Scenario {
        name: "crash_while_storing",
        run: |scale| boxed(storage::crash_while_storing(scale)),
    },
    Scenario {
        name: "poison_jobs",
        run: |scale| boxed(poison::poison_jobs(scale)),
    },
    Scenario {
        name: "random_cancels",
        run: |scale| boxed(cancel::random_cancels(scale)),
    },
    Scenario {
        name: "cancel_meets_finish",
        run: |scale| boxed(cancel::cancel_meets_finish(scale)),
    },
    Scenario {
        name: "many_reapers",
        run: |scale| boxed(zombie::many_reapers(scale)),
    },
    Scenario {
        name: "stuck_sessions",
        run: |scale| boxed(hands::stuck_sessions(scale)),
    },
    Scenario {
        name: "broken_rules",
        run: |scale| boxed(hands::broken_rules(scale)),
    },
    Scenario {
        name: "max_running",
        run: |scale| boxed(crowd::max_running_is_exact(scale)),
    },
    Scenario {
        name: "fairness",
        run: |scale| boxed(crowd::fairness(scale)),
    },
    Scenario {
        name: "cpu_saturated",
        run: |scale| boxed(kill::cpu_saturated(scale)),
    },
    Scenario {
        name: "each_exactly_once",
        run: |scale| boxed(crowd::each_exactly_once(scale)),
    },
];
