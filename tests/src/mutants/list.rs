//! The safeguards that are taken out, one at a time.

/// A change of one statement, by text: so it says when it does not apply any more.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// As `./dev mutants` calls it.
    pub name: &'static str,
    /// The file of the statement, from the root of the checkout.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub from: &'static str,
    /// What is put in its place. Parameters stay in use, so that the statement still stands.
    pub to: &'static str,
    /// The scenarios that must notice, beside the store's tests; none where only the store's tests can.
    pub scenarios: &'static [&'static str],
}

/// Every mutant. Not among them, because no test can be red when it is gone:
///
/// - The second look at `queue.paused_at`, in `claim_of_project`: it matters to a claim that chose its project before the pause was
///   committed and locks it after the pause has waited for every lock of a project. Nothing holds a claim between these two statements of
///   one function, so that no test meets those microseconds; a claim that waits for its lock is waited for by the pause.
pub const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "finish_without_epoch",
        file: "crates/store/sql/claims/finish.sql",
        from: "where j.id = $1 and j.lease_epoch = $2 and j.state = 'RUNNING'",
        to: "where j.id = $1 and j.state = 'RUNNING'",
        scenarios: &["late_finish"],
    },
    Mutant {
        name: "beat_without_epoch",
        file: "crates/store/sql/claims/beat.sql",
        from: "where j.id = held.id and j.lease_epoch = held.epoch and j.state = 'RUNNING'",
        to: "where j.id = held.id and j.state = 'RUNNING'",
        scenarios: &["late_beat"],
    },
    Mutant {
        name: "stage_without_epoch",
        file: "crates/store/sql/claims/stage.sql",
        from: "where id = $2 and lease_epoch = $3 and state = 'RUNNING'",
        to: "where id = $2 and $3::bigint is not null and state = 'RUNNING'",
        scenarios: &["late_stage"],
    },
    Mutant {
        name: "fail_without_epoch",
        file: "crates/store/sql/claims/fail.sql",
        from: "where id = $1 and lease_epoch = $2 and state = 'RUNNING'",
        to: "where id = $1 and $2::bigint is not null and state = 'RUNNING'",
        scenarios: &["late_fail"],
    },
    Mutant {
        name: "progress_without_epoch",
        file: "crates/store/sql/claims/progress.sql",
        from: "where id = $1 and lease_epoch = $2 and state = 'RUNNING'",
        to: "where id = $1 and $2::bigint is not null and state = 'RUNNING'",
        scenarios: &["late_progress"],
    },
    Mutant {
        name: "log_without_epoch",
        file: "crates/store/sql/claims/log.sql",
        from: "where id = $1 and lease_epoch = $2 and state = 'RUNNING'",
        to: "where id = $1 and $2::bigint is not null and state = 'RUNNING'",
        scenarios: &["late_log"],
    },
    Mutant {
        name: "record_without_epoch",
        file: "crates/store/sql/studies/record.sql",
        from: "where id = $1 and lease_epoch = $2 and state = 'RUNNING'",
        to: "where id = $1 and $2::bigint is not null and state = 'RUNNING'",
        scenarios: &[],
    },
    Mutant {
        name: "park_without_epoch",
        file: "crates/store/sql/studies/park.sql",
        from: "where j.id = $1 and j.lease_epoch = $2 and j.state = 'RUNNING' and j.cancel_requested_at is null",
        to: "where j.id = $1 and $2::bigint is not null and j.cancel_requested_at is null",
        scenarios: &[],
    },
    Mutant {
        name: "guard_dropped",
        file: "migrations/0004_job.up.sql",
        from: "create trigger job_guard before update on job for each row execute function job_guard();",
        to: "",
        scenarios: &["broken_rules"],
    },
    Mutant {
        name: "claim_waits_for_locked_jobs",
        file: "migrations/0013_large_jobs.up.sql",
        from: "for no key update of j skip locked",
        to: "for no key update of j",
        scenarios: &["stuck_sessions"],
    },
    Mutant {
        name: "pick_waits_for_locked_projects",
        file: "migrations/0013_large_jobs.up.sql",
        from: "where p.id = candidate for no key update skip locked",
        to: "where p.id = candidate for no key update",
        scenarios: &["stuck_sessions"],
    },
    Mutant {
        name: "reap_waits_for_locked_jobs",
        file: "crates/store/sql/claims/reap.sql",
        from: "for no key update skip locked",
        to: "for no key update",
        scenarios: &["stuck_sessions"],
    },
    Mutant {
        name: "finish_deaf_to_cancels",
        file: "crates/store/sql/claims/finish.sql",
        from: "set state = case when j.cancel_requested_at is null then 'SUCCEEDED' else 'CANCELLED' end,\n         result_id = case when j.cancel_requested_at is null then $3::uuid end,\n         error_code = case when j.cancel_requested_at is not null then 'CANCELLED' end,\n         error_message = case when j.cancel_requested_at is not null\n                              then cancel_message(j.cancel_requested_by, j.cancel_reason) end,",
        to: "set state = 'SUCCEEDED', cancel_requested_at = null, result_id = $3::uuid,",
        scenarios: &["cancel_meets_finish"],
    },
    Mutant {
        name: "claim_without_limit",
        file: "migrations/0013_large_jobs.up.sql",
        from: "< (select p.max_running from project p where p.id = locked)",
        to: "< 1000000 + (select p.max_running from project p where p.id = locked)",
        scenarios: &["max_running"],
    },
    Mutant {
        name: "claim_without_lock",
        file: "migrations/0013_large_jobs.up.sql",
        from: "where p.id = candidate for no key update skip locked",
        to: "where p.id = candidate",
        scenarios: &[],
    },
    Mutant {
        name: "create_without_lock",
        file: "crates/store/sql/jobs/create_lock.sql",
        from: "select pg_advisory_xact_lock(hashtextextended('job.create ' || $1::text, 0))",
        to: "select hashtextextended('job.create ' || $1::text, 0)",
        scenarios: &[],
    },
    Mutant {
        name: "sweep_of_committed_results",
        file: "crates/store/sql/sweep/remove_results.sql",
        from: "and r.state <> 'COMMITTED'",
        to: "and r.state is not null",
        scenarios: &[],
    },
    Mutant {
        name: "reap_right_after_a_start",
        file: "crates/store/sql/claims/reap.sql",
        from: "and now() - pg_postmaster_start_time() > $2::bigint * interval '1 microsecond'",
        to: "and $2::bigint is not null",
        scenarios: &[],
    },
    Mutant {
        name: "finish_without_staged_result",
        file: "crates/store/sql/claims/finish.sql",
        from: "and exists (select from result r\n                  where r.id = $3 and r.job_id = $1 and r.lease_epoch = $2 and r.state = 'STAGED')",
        to: "",
        scenarios: &[],
    },
];
